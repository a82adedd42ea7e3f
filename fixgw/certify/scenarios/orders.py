"""Outcomes of orders: filled, canceled, refused; for each order type, and for many at once."""

from fixgw.certify.sandbox_driver import SandboxFeature
from fixgw.certify.scenario import CANCELS, RESTS, Requires
from fixgw.certify.scenarios.suite import scenario, script
from fixgw.certify.stage import LOTS, ScenarioStage
from fixgw.model.enums import OrdStatus, OrdType
from fixgw.model.number import text, trim

MANY = 30
"""Orders of one moment: more than many venues take in a second."""

script("fill-in-parts", "An order is filled in three parts.", RESTS, """
    A rests 4
    offer 1
    A told F/1 1/3 1@0
    offer 2
    A told F/1 3/1 2@0
    offer 1
    A told F/2 4/0 1@0
""")
script("fill-at-once", "What an order wants is there, at a better price.", (Requires.LIMIT,), """
    offer 4 @-2
    A buy 4
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@-2
""")
script("fill-at-two-prices", "An order takes what two others offer.", (Requires.LIMIT,), """
    offer 1 @-2
    offer 3 @-1
    A buy 4
    A executed 4
""")
script("sell", "A sell rests and is filled.", RESTS, """
    A sell 4
    A told A/A 0/4, 0/0 0/4
    bid 4
    A told F/2 4/0 4@0
""")
script("part-filled-and-canceled", "The rest of an order is canceled.", CANCELS, """
    A rests 4
    offer 1
    A told F/1 1/3 1@0
    X cancel A
    A told 6/6 1/3, 4/4 1/0
""")
script("mass-cancel", "All orders are canceled by one request.", CANCELS, """
    A rests 4
    B rests 1
    M cancel-all
    A told 4/4 0/0
    B told 4/4 0/0
""")
script("ioc-nothing", "Immediate or cancel, and nothing is there.", (Requires.LIMIT, Requires.IOC),
       """
    A buy 4 ioc
    A over
""")
script("fok-whole", "A fill-or-kill order finds enough.", (Requires.LIMIT, Requires.FOK), """
    offer 4
    A buy 4 fok
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@0
""")
script("fok-too-little", "Fill or kill, and it takes no part.", (Requires.LIMIT, Requires.FOK), """
    offer 3
    A buy 4 fok
    A over
""")


@scenario(*CANCELS)
async def rest_and_cancel(s: ScenarioStage) -> None:
    """An order rests until it is canceled, which the venue is asked once."""
    await s.rests("A")
    await s.cancel("X", "A")
    await s.told("A", "6/6 0/4", "4/4 0/0")
    s.check((await s.venue_has("A")).cancels == 1, "the venue was asked once to cancel it")


@scenario(*CANCELS)
async def cancel_with_the_order(s: ScenarioStage) -> None:
    """The cancel comes with the order, before the venue has accepted it."""
    s.rim.request(s.order("A"), s.cancel_request("X", "A"))
    s.check((await s.ends("A")).ord_status is OrdStatus.CANCELED, "it is canceled")


@scenario(*CANCELS, SandboxFeature.RACE)
async def cancel_meets_fill(s: ScenarioStage) -> None:
    """The order is filled before the cancel arrives, and the gateway does not know it yet."""
    await s.rests("A")
    await s.offer_unheard(LOTS)
    await s.cancel("X", "A")
    # Whichever is reported first: the fill counts, and the cancel is rejected, once.
    await s.wait(lambda: len(s.cancel_rejects("A")) == 1, "the cancel is rejected")
    report = await s.ends("A")
    s.check(report.cum_qty == LOTS * s.market.lot, "it is filled")


@scenario(*CANCELS, SandboxFeature.RACE)
async def cancel_meets_part_fill(s: ScenarioStage) -> None:
    """A part is filled before the cancel arrives, and the gateway does not know it yet."""
    await s.rests("A")
    await s.offer_unheard(1)
    await s.cancel("X", "A")
    report = await s.ends("A")
    s.check(report.ord_status is OrdStatus.CANCELED, "it is canceled")
    s.check(report.cum_qty == s.market.lot, "the report of the end has what was filled")


@scenario(*RESTS, Requires.NO_CANCEL)
async def cancel_impossible(s: ScenarioStage) -> None:
    """A venue without cancels: the client receives the reason, and the order keeps working."""
    await s.rests("A")
    await s.cancel("X", "A")
    await s.wait(lambda: bool(s.cancel_rejects("A")), "the cancel is rejected")
    s.check(bool(s.cancel_rejects("A")[0].text), "Text(58) says why")
    await s.offer(LOTS)
    await s.executed("A", LOTS)


@scenario(Requires.LIMIT, SandboxFeature.REFUSE)
async def refused(s: ScenarioStage) -> None:
    """The venue refuses an order: the client receives the reason, and no part of the order works.
    """
    order = s.market.refused
    assert order is not None
    s.rim.request(s.order("A", quantity=order.quantity, price=order.price, symbol=order.symbol))
    report = await s.ends("A")
    s.check(report.ord_status is OrdStatus.REJECTED, "it is rejected")
    s.check(report.ord_rej_reason is not None, "OrdRejReason(103) is there")
    s.check(bool(report.text), "Text(58) says why")


@scenario(Requires.LIMIT)
async def refused_here(s: ScenarioStage) -> None:
    """An order that the gateway itself refuses never reaches the venue."""
    s.rim.request(s.order("A", quantity=s.market.lot / 1_000_000_007))
    await s.told("A", "8/8 0/0")
    s.check(await s.booked("A") == [], "the venue never heard of it")


script("ioc-part", "Immediate or cancel: it takes what is there.", (Requires.LIMIT, Requires.IOC),
       """
    offer 1
    A buy 4 ioc
    A part
""")
script("market-of-the-day", "A market order without TimeInForce(59), which means DAY.",
       (Requires.MARKET,), """
    meet 4
    A market day
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@0
""")
script("market-part", "A market order finds too little, and ends with it.", (Requires.MARKET,), """
    meet 1
    A market
    A part
""")
script("market-nothing", "A market order finds nothing, and ends.", (Requires.MARKET,), """
    A market
    A over
""")


@scenario(Requires.MARKET, Requires.CASH)
async def cash(s: ScenarioStage) -> None:
    """A market order to buy for an amount of money; LeavesQty(151) is the amount that is left."""
    await s.offer(LOTS)
    money, left = LOTS * s.market.lot * s.market.price, text(trim(LOTS * s.market.price))
    s.rim.request(s.order("A", ord_type=OrdType.MARKET, cash=money))
    await s.told("A", f"A/A 0/{left}", f"0/0 0/{left}", "F/2 4/0 4@0")


@scenario(*CANCELS, Requires.POST_ONLY)
async def post_only(s: ScenarioStage) -> None:
    """A post-only order rests; one that would take is refused or ends, with nothing taken."""
    s.rim.request(s.order("A", post_only=True))
    await s.told("A", "A/A 0/4", "0/0 0/4")
    await s.cancel("X", "A")
    await s.told("A", "6/6 0/4", "4/4 0/0")
    await s.offer(LOTS)
    s.rim.request(s.order("B", post_only=True))
    await s.over("B")


@scenario(*CANCELS)
async def many_at_once(s: ScenarioStage) -> None:
    """Many orders of one moment: each reaches the venue once, within its limits."""
    names = [f"M{number}" for number in range(MANY)]
    s.rim.request(*(s.order(name, 1) for name in names))
    for name in names:
        await s.told(name, "A/A 0/1", "0/0 0/1")
    s.rim.request(*(s.cancel_request(f"X{name}", name) for name in names))
    for name in names:
        await s.told(name, "6/6 0/1", "4/4 0/0")
