"""What an operator says of an order in doubt, and what the client hears."""

from decimal import Decimal

import pytest

from fixgw.model.enums import Verdict
from fixgw.model.errors import VerdictRefused
from tests.support.orders import Exchange, accepted, fill, lost, news

TOLD = ("11", "150", "39", "14", "151", "32", "31", "378", "58")


@pytest.fixture
def doubtful(exchange: Exchange) -> Exchange:
    """Nobody knows whether the venue has X."""
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(lost())
    exchange.reports()
    return exchange


@pytest.fixture
def working(exchange: Exchange) -> Exchange:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), fill("t1", 4))
    exchange.reports()
    return exchange


def say(exchange: Exchange, verdict: Verdict, qty: str = "", px: str = "") -> None:
    exchange.operator(
        verdict, "ann", "the venue's desk says so",
        Decimal(qty) if qty else None, Decimal(px) if px else None,
    )


def test_an_order_that_never_arrived_is_rejected(doubtful: Exchange) -> None:
    say(doubtful, Verdict.REJECTED)

    assert ["11=X|150=8|39=8|14=0|151=0|58=ann: the venue's desk says so"] == (
        doubtful.reports(*TOLD)
    )
    assert not len(doubtful.engine.proofs)


def test_one_that_was_cancelled_is_restated(doubtful: Exchange) -> None:
    """FIX 4.4, ExecType(150) D: the state is told by somebody other than the market."""
    say(doubtful, Verdict.CANCELED)

    assert [
        "11=X|150=0|39=0|14=0|151=10",
        "11=X|150=D|39=4|14=0|151=0|378=4|58=ann: the venue's desk says so",
    ] == doubtful.reports(*TOLD)


def test_an_execution_that_the_venue_does_not_list_is_reported(doubtful: Exchange) -> None:
    say(doubtful, Verdict.FILLED, "10", "99.5")

    assert [
        "11=X|150=0|39=0|14=0|151=10",
        "11=X|150=F|39=2|14=10|151=0|32=10|31=99.5|58=ann: the venue's desk says so",
    ] == doubtful.reports(*TOLD)
    # The venue tells of it after all.
    doubtful.venue(fill("t9", 10))
    assert [] == doubtful.reports()


def test_one_that_works_is_accepted_and_doubted_no_more(doubtful: Exchange) -> None:
    say(doubtful, Verdict.WORKING)

    assert ["11=X|150=0|39=0|14=0|151=10"] == doubtful.reports(*TOLD)
    assert not len(doubtful.engine.proofs)


def test_it_survives_a_restart_and_is_not_told_twice(doubtful: Exchange) -> None:
    say(doubtful, Verdict.CANCELED)
    doubtful.reports()
    doubtful.restart()
    doubtful.wait(120)

    assert [] == doubtful.reports()
    assert 4 == int(doubtful.order("X").status)


def test_what_the_venue_says_later_still_counts(doubtful: Exchange) -> None:
    say(doubtful, Verdict.CANCELED)
    doubtful.reports()
    doubtful.venue(fill("t1", 10))

    assert ["11=X|150=F|39=2|14=10|151=0|32=10|31=100"] == doubtful.reports(*TOLD)


@pytest.mark.parametrize(
    ("verdict", "qty", "text"),
    [
        (Verdict.REJECTED, "", "the venue had order {} (PARTIALLY_FILLED), so it cannot be "
                               "rejected: say `canceled`"),
        (Verdict.FILLED, "", "an execution needs a quantity and a price, both above 0"),
        (Verdict.FILLED, "7", "7 is more than order {} has left: 4 of 10 is executed"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    working: Exchange, verdict: Verdict, qty: str, text: str
) -> None:
    events = len(working.events)

    with pytest.raises(VerdictRefused) as error:
        say(working, verdict, qty, "100")

    assert text.format(working.order("X").order_id) == str(error.value)
    assert [] == working.reports()
    assert events == len(working.events)


def test_a_closed_order_needs_none(working: Exchange) -> None:
    working.venue(news("canceled"))

    with pytest.raises(VerdictRefused, match="is CANCELED: there is nothing to decide"):
        say(working, Verdict.CANCELED)
