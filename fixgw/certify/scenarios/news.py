"""Updates the venue sends unasked: twice, late, in the wrong order, or lost with its connection."""

import asyncio

from fixgw.certify.sandbox_driver import SandboxFeature
from fixgw.certify.scenario import RESTS, Requires
from fixgw.certify.scenarios.suite import scenario, script
from fixgw.certify.stage import ScenarioStage

LOOK_AGAIN_SECONDS = 2.0
"""The settings of `SandboxDriver.settings` look at a venue's lists more often than that."""

NEWS = (*RESTS, Requires.PUSHES, SandboxFeature.NEWS_FAULTS)

script("news-twice", "Every piece of news comes twice: each is told once.", NEWS, """
    A rests 4
    fail news twice 2
    offer 1
    offer 1
    A told F/1 1/3 1@0, F/1 2/2 1@0
""")
script("market-news-twice", "The news of a market order comes twice.",
       (Requires.MARKET, Requires.PUSHES, SandboxFeature.NEWS_FAULTS), """
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
       (*NEWS, SandboxFeature.LOSE_NEWS), """
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
       (*RESTS, SandboxFeature.CUT), """
    A rests 4
    B rests 1
    cut
    offer 4
    A told F/2 4/0 4@0
    offer 1
    B told F/2 1/0 1@0
""")


@scenario(*RESTS, SandboxFeature.STRANGER)
async def not_ours(s: ScenarioStage) -> None:
    """An order on the account that is not ours is reported once, and left alone."""
    name, ours = await s.stranger(), "order_not_ours_at_venue"
    await s.counterpart.cut()
    await s.wait(lambda: bool(s.alerts(ours)), "an alert about it")
    await s.counterpart.cut()
    await asyncio.sleep(LOOK_AGAIN_SECONDS)
    s.check(len(s.alerts(ours)) == 1, f"there is one alert: {s.alerts(ours)}")
    (row,) = [row for row in await s.counterpart.orders() if row.name == name]
    s.check(row.works and not row.cancels, f"it works on, untouched: {row}")
