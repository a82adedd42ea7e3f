"""Clocks, numbers and names at their limits, and a gateway that crashes."""

from decimal import Decimal

from fixgw.certify.sandbox_driver import SandboxFeature, Situation
from fixgw.certify.scenario import CANCELS, RESTS, Requires
from fixgw.certify.scenarios.suite import scenario, script
from fixgw.certify.stage import ScenarioStage
from fixgw.model.enums import Side
from fixgw.model.number import text

SKEW_MS = 30_000

script("clock-ahead", "The venue's clock is half a minute ahead.", (*RESTS, SandboxFeature.CLOCK),
       "A lives",
       Situation(clock_ahead_ms=SKEW_MS))
script("clock-behind", "The venue's clock is half a minute behind.", (*RESTS, SandboxFeature.CLOCK),
       "A lives",
       Situation(clock_ahead_ms=-SKEW_MS))
script("longest-names", "The orders' names at the venue are as long as they may be.", RESTS,
       "A lives", Situation(longest_names=True))


@scenario(*RESTS)
async def exact_numbers(s: ScenarioStage) -> None:
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
       (*RESTS, Requires.QUERY), """
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
       (Requires.MARKET,), """
    meet 4
    fail submit timeout-after
    A market
    A told A/A 0/4
    met
    dies
    starts
    A executed 4
""")
