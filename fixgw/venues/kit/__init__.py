"""The common parts of adapters: order entry, wording, names, codes, instruments, settings.

It knows no venue. A venue's folder follows its vendor's document; the queueing of orders, the
handling of a 429 and the rules of proof are here, once.
"""
