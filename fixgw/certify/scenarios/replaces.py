"""Replaces: by one request where the venue has it; otherwise by a cancel and a new order."""

from fixgw.certify.sandbox_driver import ARRIVED, SandboxFeature
from fixgw.certify.scenario import CANCELS, Requires
from fixgw.certify.scenarios.suite import SUITE, script

REPLACES = (*CANCELS, Requires.QUERY)
"""By one request where the venue has it; otherwise the harness's client has ReplaceByCancel set."""

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
       (*REPLACES, SandboxFeature.RACE), """
    A rests 4
    unheard 1
    B replace A 4
    offer 8
    A executed 4
    A ends
""")
SUITE.each(ARRIVED, "replaced", "A replace is done and answered {words}.",
           (*CANCELS, Requires.REPLACE), """
    A rests 4
    fail replace {way}
    B replace A 6
    A finally E/E 0/4, 5/0 0/6
""")
