from fixgw.model.venue import Refused, Unknown
from fixgw.venues.outcome import NOT_SENT, NoAnswer, NotSent, unanswered


def test_what_never_left_is_refused():
    assert unanswered(NotSent("no connection")) == Refused(
        NOT_SENT, "no connection; nothing was sent"
    )


def test_what_may_have_left_is_unknown():
    assert unanswered(NoAnswer("timed out")) == Unknown("timed out")
