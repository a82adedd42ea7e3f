"""The common parts of adapters: order entry, order names, error codes, settings.

It knows no venue. A venue's folder follows its vendor's document; the queueing of orders, the
handling of a 429 and the rules of proof are here, once.
"""
