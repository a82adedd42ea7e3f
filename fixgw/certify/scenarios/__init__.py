"""The scenarios: what any adapter has to get right that can do it at all. No others are played.

Each is played with a sandbox and an engine of its own. Most are written as the
exchange that they are (`script`); what clients are told stands as `words` has
it: ExecType/OrdStatus, CumQty/LeavesQty in lots, LastQty@LastPx in lots and in
ticks beside the price. What has to be true at the end of each stands in `audit`.
A module for each kind; they are listed and played in this order.
"""

from fixgw.certify.scenarios import orders, replaces, news, answers, lists, lives
from fixgw.certify.scenarios.suite import SUITE

__all__ = ["SUITE", "answers", "lists", "lives", "news", "orders", "replaces"]
