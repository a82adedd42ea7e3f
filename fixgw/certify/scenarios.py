"""The scenarios: what any adapter has to get right that can do it at all. The one file of them.

Each is played with a sandbox and an engine of its own. Most are written as the
exchange that they are (`script`); what clients are told stands as `words` has
it: ExecType/OrdStatus, CumQty/LeavesQty in lots, LastQty@LastPx in lots and in
ticks beside the price. What has to be true at the end of each stands in `audit`.
"""

import asyncio
from decimal import Decimal

from fixgw.certify.counterpart import ARRIVED, NOT_ARRIVED, Can, Situation, Step, Way
from fixgw.certify.scenario import CANCELS, RESTS, Suite, Takes
from fixgw.certify.stage import LOTS, Stage
from fixgw.model.enums import OrdStatus, OrdType, Side
from fixgw.model.number import text, trim

SUITE = Suite()
scenario, script = SUITE.scenario, SUITE.script

MANY = 30
"""Orders of one moment: more than many venues take in a second."""

SKEW_MS = 30_000
RETRY_AFTER_MS = 1_000
LOOK_AGAIN_SECONDS = 2.0
"""The settings of `Counterpart.settings` look at a venue's lists more often than that."""

# ------------------------------------------------------------- the order's states

script("fill-in-parts", "An order is filled in three parts.", RESTS, """
    A rests 4
    offer 1
    A told F/1 1/3 1@0
    offer 2
    A told F/1 3/1 2@0
    offer 1
    A told F/2 4/0 1@0
""")
script("fill-at-once", "What an order wants is there, at a better price.", (Takes.LIMIT,), """
    offer 4 @-2
    A buy 4
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@-2
""")
script("fill-at-two-prices", "An order takes what two others offer.", (Takes.LIMIT,), """
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
script("ioc-nothing", "Immediate or cancel, and nothing is there.", (Takes.LIMIT, Takes.IOC), """
    A buy 4 ioc
    A over
""")
script("fok-whole", "A fill-or-kill order finds enough.", (Takes.LIMIT, Takes.FOK), """
    offer 4
    A buy 4 fok
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@0
""")
script("fok-too-little", "Fill or kill, and it takes no part.", (Takes.LIMIT, Takes.FOK), """
    offer 3
    A buy 4 fok
    A over
""")


@scenario(*CANCELS)
async def rest_and_cancel(s: Stage) -> None:
    """An order rests until it is canceled, which the venue is asked once."""
    await s.rests("A")
    await s.cancel("X", "A")
    await s.told("A", "6/6 0/4", "4/4 0/0")
    s.check((await s.venue_has("A")).cancels == 1, "the venue was asked once to cancel it")


@scenario(*CANCELS)
async def cancel_with_the_order(s: Stage) -> None:
    """The cancel comes with the order, before the venue has accepted it."""
    s.rim.request(s.order("A"), s.cancel_request("X", "A"))
    s.check((await s.ends("A")).ord_status is OrdStatus.CANCELED, "it is canceled")


@scenario(*CANCELS, Can.RACE)
async def cancel_meets_fill(s: Stage) -> None:
    """The order is filled before the cancel arrives, and the gateway does not know it yet."""
    await s.rests("A")
    await s.offer_unheard(LOTS)
    await s.cancel("X", "A")
    # Whichever is told first: the fill counts, and the cancel is rejected, once.
    await s.wait(lambda: len(s.cancel_rejects("A")) == 1, "the cancel is rejected")
    report = await s.ends("A")
    s.check(report.cum_qty == LOTS * s.market.lot, "it is filled")


@scenario(*CANCELS, Can.RACE)
async def cancel_meets_part_fill(s: Stage) -> None:
    """A part is filled before the cancel arrives, and the gateway does not know it yet."""
    await s.rests("A")
    await s.offer_unheard(1)
    await s.cancel("X", "A")
    report = await s.ends("A")
    s.check(report.ord_status is OrdStatus.CANCELED, "it is canceled")
    s.check(report.cum_qty == s.market.lot, "the report of the end has what was filled")


@scenario(*RESTS, Takes.NO_CANCEL)
async def cancel_impossible(s: Stage) -> None:
    """A venue without cancels: the client is told why, and the order works on."""
    await s.rests("A")
    await s.cancel("X", "A")
    await s.wait(lambda: bool(s.cancel_rejects("A")), "the cancel is rejected")
    s.check(bool(s.cancel_rejects("A")[0].text), "Text(58) says why")
    await s.offer(LOTS)
    await s.executed("A", LOTS)


@scenario(Takes.LIMIT, Can.REFUSE)
async def refused(s: Stage) -> None:
    """The venue refuses an order: the client hears why, and nothing of it works."""
    order = s.market.refused
    assert order is not None
    s.rim.request(s.order("A", quantity=order.quantity, price=order.price, symbol=order.symbol))
    report = await s.ends("A")
    s.check(report.ord_status is OrdStatus.REJECTED, "it is rejected")
    s.check(report.ord_rej_reason is not None, "OrdRejReason(103) is there")
    s.check(bool(report.text), "Text(58) says why")


@scenario(Takes.LIMIT)
async def refused_here(s: Stage) -> None:
    """What the gateway itself refuses never reaches the venue."""
    s.rim.request(s.order("A", quantity=s.market.lot / 1_000_000_007))
    await s.told("A", "8/8 0/0")
    s.check(await s.booked("A") == [], "the venue never heard of it")


script("ioc-part", "Immediate or cancel: it takes what is there.", (Takes.LIMIT, Takes.IOC), """
    offer 1
    A buy 4 ioc
    A part
""")
script("market-of-the-day", "A market order without TimeInForce(59), which means DAY.",
       (Takes.MARKET,), """
    meet 4
    A market day
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@0
""")
script("market-part", "A market order finds too little, and ends with it.", (Takes.MARKET,), """
    meet 1
    A market
    A part
""")
script("market-nothing", "A market order finds nothing, and ends.", (Takes.MARKET,), """
    A market
    A over
""")


@scenario(Takes.MARKET, Takes.CASH)
async def cash(s: Stage) -> None:
    """A market order to buy for an amount of money, of which LeavesQty(151) says what is left."""
    await s.offer(LOTS)
    money, left = LOTS * s.market.lot * s.market.price, text(trim(LOTS * s.market.price))
    s.rim.request(s.order("A", ord_type=OrdType.MARKET, cash=money))
    await s.told("A", f"A/A 0/{left}", f"0/0 0/{left}", "F/2 4/0 4@0")


@scenario(*CANCELS, Takes.POST_ONLY)
async def post_only(s: Stage) -> None:
    """A post-only order rests; one that would take is refused or ends, with nothing taken."""
    s.rim.request(s.order("A", post_only=True))
    await s.told("A", "A/A 0/4", "0/0 0/4")
    await s.cancel("X", "A")
    await s.told("A", "6/6 0/4", "4/4 0/0")
    await s.offer(LOTS)
    s.rim.request(s.order("B", post_only=True))
    await s.over("B")


@scenario(*CANCELS)
async def many_at_once(s: Stage) -> None:
    """Many orders of one moment: each reaches the venue once, within its limits."""
    names = [f"M{number}" for number in range(MANY)]
    s.rim.request(*(s.order(name, 1) for name in names))
    for name in names:
        await s.told(name, "A/A 0/1", "0/0 0/1")
    s.rim.request(*(s.cancel_request(f"X{name}", name) for name in names))
    for name in names:
        await s.told(name, "6/6 0/1", "4/4 0/0")


# ----------------------------------------------------------------------- replaces

REPLACES = (*CANCELS, Takes.QUERY)
"""By one request where the venue has it; else the rim's client wants it canceled and sent anew."""

script("replace", "An order is replaced, and then filled.", REPLACES, """
    A rests 4
    B replace A 6 @-1
    A told E/E 0/4, 5/0 0/6
    offer 6 @-1
    A told F/2 6/0 6@-1
""")
script("replace-part-filled", "An order that is filled in part is replaced.", REPLACES, """
    A rests 4
    offer 1
    A told F/1 1/3 1@0
    B replace A 3
    A told E/E 1/3, 5/1 1/2
    offer 2
    A told F/2 3/0 2@0
""")
script("replace-meets-fill", "A part is filled before the replace arrives: it counts.",
       (*REPLACES, Can.RACE), """
    A rests 4
    unheard 1
    B replace A 4
    offer 8
    A executed 4
    A ends
""")
SUITE.each(ARRIVED, "replaced", "A replace is done and answered {words}.",
           (*CANCELS, Takes.REPLACE), """
    A rests 4
    fail replace {way}
    B replace A 6
    A finally E/E 0/4, 5/0 0/6
""")

# ---------------------------------------------------------------- what is told

NEWS = (*RESTS, Takes.PUSHES, Can.NEWS_FAULTS)

script("news-twice", "Every piece of news comes twice: each is told once.", NEWS, """
    A rests 4
    fail news twice 2
    offer 1
    offer 1
    A told F/1 1/3 1@0, F/1 2/2 1@0
""")
script("market-news-twice", "The news of a market order comes twice.",
       (Takes.MARKET, Takes.PUSHES, Can.NEWS_FAULTS), """
    meet 4
    fail news twice
    A market
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@0
""")
script("news-late", "News comes late: nothing is lost.", NEWS, """
    A rests 4
    fail news late
    offer 1
    A told F/1 1/3 1@0
    offer 3
    A told F/2 4/0 3@0
""")
script("news-swapped", "Two executions are told in the wrong order: both count.", NEWS, """
    A rests 4
    fail news swapped
    offer 1
    offer 2
    A executed 3
""")
script("news-lost", "News is lost on a connection that looks well: it is found nevertheless.",
       (*NEWS, Can.LOSE_NEWS), """
    A rests 4
    fail news silent 2
    offer 1
    offer 2
    A executed 3
""")
script("connection-lost", "The connection is lost with news: it is asked for.", NEWS, """
    A rests 4
    fail news cut
    offer 1
    A told F/1 1/3 1@0
    back
    fail news cut
    offer 1
    met
    offer 2
    A executed 4
""")
script("all-connections-lost", "All connections are lost, with two orders at work.",
       (*RESTS, Can.CUT), """
    A rests 4
    B rests 1
    cut
    offer 4
    A told F/2 4/0 4@0
    offer 1
    B told F/2 1/0 1@0
""")


@scenario(*RESTS, Can.STRANGER)
async def not_ours(s: Stage) -> None:
    """An order on the account that is not ours is told of once, and left alone."""
    name, ours = await s.stranger(), "order_not_ours_at_venue"
    await s.counterpart.cut()
    await s.wait(lambda: bool(s.alerts(ours)), "an alert about it")
    await s.counterpart.cut()
    await asyncio.sleep(LOOK_AGAIN_SECONDS)
    s.check(len(s.alerts(ours)) == 1, f"there is one alert: {s.alerts(ours)}")
    (row,) = [row for row in await s.counterpart.orders() if row.name == name]
    s.check(row.works and not row.cancels, f"it works on, untouched: {row}")


# --------------------------------------------------------------- lost answers

SUITE.each(ARRIVED, "submitted", "The venue takes an order and answers {words}: it is asked.",
           (*RESTS, Takes.QUERY), """
    fail submit {way}
    A rests 4
    offer 4
    A told F/2 4/0 4@0
""")
SUITE.each(NOT_ARRIVED, "not-submitted",
           "An order is answered {words} and never got there: that is proven first.",
           (*RESTS, Takes.QUERY, Can.PROVE_ABSENCE), """
    fail submit {way}
    A buy 4
    A told A/A 0/4
    A finally 0/0 0/4
    offer 4
    A told F/2 4/0 4@0
""")
SUITE.each((*ARRIVED, *NOT_ARRIVED), "canceled",
           "A cancel is answered {words}: in the end the order is canceled.", CANCELS, """
    A rests 4
    fail cancel {way}
    X cancel A
    A finally 6/6 0/4, 4/4 0/0
""")
SUITE.each(ARRIVED, "filled", "An order is filled, and answered {words}: the fill is told once.",
           (Takes.LIMIT, Takes.QUERY), """
    offer 4
    fail submit {way}
    A buy 4
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@0
""")
script("doubt-ended-by-news", "An answer is lost, and then the order is filled.",
       (*RESTS, Takes.PUSHES), """
    fail submit lost-after
    A buy 4
    met
    offer 4
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@0
""")
script("asking-fails", "An answer is lost, and so are the answers to questions about it.",
       (*RESTS, Takes.QUERY, Can.FAIL_ASKING), """
    fail submit lost-after
    fail ask http-502-before
    fail ask unreadable-after
    A rests 4
""")
SUITE.each(ARRIVED, "market", "A market order is filled, and answered {words}.",
           (Takes.MARKET,), """
    meet 4
    fail submit {way}
    A market
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@0
""")


@scenario(*RESTS, Can.TOO_OFTEN)
async def too_often(s: Stage) -> None:
    """The venue says 429 with Retry-After: nothing is sent until then, and nothing is lost."""
    await s.fail(Step.SUBMIT, Way.TOO_OFTEN)
    await s.buy("A")
    await s.met()
    await s.answered("A")
    await s.rests("B")
    (first,), second = await s.booked("A"), await s.venue_has("B")
    waited = second.submitted_at[0] - first.submitted_at[0]
    s.check(waited >= RETRY_AFTER_MS, f"the next order left after {waited} ms")
    # A refusal is right if the adapter's documents say that 429 proves it; else it is found out.
    await s.wait(lambda: s.last("A").ord_status in "08", "its outcome", s.patience(proofs=3))
    rejected = s.last("A").ord_status is OrdStatus.REJECTED
    await s.told("A", "A/A 0/4", "8/8 0/0" if rejected else "0/0 0/4")


# ------------------------------------------------- clocks, numbers, names, restarts

script("clock-ahead", "The venue's clock is half a minute ahead.", (*RESTS, Can.CLOCK), "A lives",
       Situation(clock_ahead_ms=SKEW_MS))
script("clock-behind", "The venue's clock is half a minute behind.", (*RESTS, Can.CLOCK), "A lives",
       Situation(clock_ahead_ms=-SKEW_MS))
script("longest-names", "The orders' names at the venue are as long as they may be.", RESTS,
       "A lives", Situation(longest_names=True))


@scenario(*RESTS)
async def exact_numbers(s: Stage) -> None:
    """Quantities and prices with all their digits, there and back."""
    for number, (quantity, price) in enumerate(s.market.exact):
        name = f"E{number}"
        s.rim.request(s.order(name, quantity=quantity, price=price))
        await s.wait(lambda: len(s.reports(name)) >= 2, f"order {name} rests")
        await s.counterpart.trade(Side.SELL, quantity, price)
        report = await s.ends(name)
        s.check(
            (report.last_qty, report.last_px) == (quantity, price),
            f"{text(quantity)} at {text(price)} was told as "
            f"{text(report.last_qty or Decimal(0))} at {text(report.last_px or Decimal(0))}",
        )


script("restart", "The gateway dies, and an order is executed meanwhile.", RESTS, """
    A rests 8
    offer 1
    A told F/1 1/7 1@0
    dies
    offer 1
    starts
    A told F/1 2/6 1@0
    offer 2
    A told F/1 4/4 2@0
    offer 4
    A told F/2 8/0 4@0
""")
script("restart-after-the-end", "The gateway dies, and an order is filled meanwhile.", RESTS, """
    A rests 4
    dies
    offer 4
    starts
    A finally F/2 4/0 4@0
""")
script("restart-in-doubt", "The gateway dies while it waits for the answer to an order.",
       (*RESTS, Takes.QUERY), """
    fail submit timeout-after
    A buy 4
    A told A/A 0/4
    met
    dies
    offer 1
    starts
    A told 0/0 0/4, F/1 1/3 1@0
""")
script("restart-while-canceling", "The gateway dies while it waits for the answer to a cancel.",
       CANCELS, """
    A rests 4
    fail cancel timeout-after
    X cancel A
    A told 6/6 0/4
    met
    dies
    starts
    A finally 4/4 0/0
""")
script("restart-with-a-market-order", "The gateway dies before a market order is answered.",
       (Takes.MARKET,), """
    meet 4
    fail submit timeout-after
    A market
    A told A/A 0/4
    met
    dies
    starts
    A executed 4
""")
