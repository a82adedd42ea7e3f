"""Answers that are lost, late or unreadable, or have HTTP status 429."""

from fixgw.certify.sandbox_driver import ARRIVED, NOT_ARRIVED, Fault, SandboxFeature, Step
from fixgw.certify.scenario import CANCELS, RESTS, Requires
from fixgw.certify.scenarios.suite import SUITE, scenario, script
from fixgw.certify.stage import ScenarioStage
from fixgw.model.enums import OrdStatus

RETRY_AFTER_MS = 1_000

SUITE.each(ARRIVED, "submitted", "The venue takes an order and answers {words}: it is asked.",
           (*RESTS, Requires.QUERY), """
    fail submit {way}
    A rests 4
    offer 4
    A told F/2 4/0 4@0
""")
SUITE.each(NOT_ARRIVED, "not-submitted",
           "An order is answered {words} and never got there: that is proven first.",
           (*RESTS, Requires.QUERY, SandboxFeature.PROVE_ABSENCE), """
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
           (Requires.LIMIT, Requires.QUERY), """
    offer 4
    fail submit {way}
    A buy 4
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@0
""")
script("doubt-ended-by-news", "An answer is lost, and then the order is filled.",
       (*RESTS, Requires.PUSHES), """
    fail submit lost-after
    A buy 4
    met
    offer 4
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@0
""")
script("asking-fails", "An answer is lost, and so are the answers to questions about it.",
       (*RESTS, Requires.QUERY, SandboxFeature.FAIL_ASKING), """
    fail submit lost-after
    fail ask http-502-before
    fail ask unreadable-after
    A rests 4
""")
SUITE.each(ARRIVED, "market", "A market order is filled, and answered {words}.",
           (Requires.MARKET,), """
    meet 4
    fail submit {way}
    A market
    A told A/A 0/4, 0/0 0/4, F/2 4/0 4@0
""")


@scenario(*RESTS, SandboxFeature.TOO_OFTEN)
async def too_often(s: ScenarioStage) -> None:
    """The venue answers 429 with Retry-After: nothing is sent until then, and nothing is lost."""
    await s.fail(Step.SUBMIT, Fault.TOO_OFTEN)
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
