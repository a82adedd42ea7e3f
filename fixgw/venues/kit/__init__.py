"""What adapters are made of, and no venue knows of another: order entry, names, codes, settings.

It knows no venue. A venue's folder says what its vendor's document says; how orders queue, what a
429 does, and what a proof is stands here, once.
"""
