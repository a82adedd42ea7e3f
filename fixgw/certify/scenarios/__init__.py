"""The scenarios: the behavior every adapter must get right if its venue has the feature at all.

A scenario that a venue cannot support is not played. Each has a sandbox and an engine of its own.
Most are written as the message exchange itself (`script`); expected reports are written as in
`words`: ExecType/OrdStatus, CumQty/LeavesQty in lots, LastQty@LastPx in lots and in ticks from the
price. The checks at the end of each are in `audit`. There is a module for each kind; scenarios are
listed and played in this order.
"""

from fixgw.certify.scenarios import orders, replaces, news, answers, lists, lives
from fixgw.certify.scenarios.suite import SUITE

__all__ = ["SUITE", "answers", "lists", "lives", "news", "orders", "replaces"]
