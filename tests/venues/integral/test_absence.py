import pytest

from fixgw.model.ids import OrderID
from fixgw.model.venue import OrderUpdate, VenueStatus
from fixgw.venues.integral.absence import Absence
from fixgw.venues.integral.parse import NotFound
from fixgw.venues.integral.schemas import Listed, OrderRow
from tests.venues.integral.venue import config

ID = OrderID("1795173920087000")
NONE = NotFound("HTTP 404")
OURS, OTHER = OrderRow(co_id=ID), OrderRow(co_id="other")


@pytest.mark.parametrize(
    "rows, proof",
    [([OURS], True), ([OURS, OTHER], False), ([OTHER], False), ([], False), (NONE, False)],
)
def test_only_the_one_order_that_was_asked_for_proves_that_the_question_is_understood(rows, proof):
    absence = Absence(config("http://h"))
    assert absence.wants_proof
    listed = rows if rows is NONE else Listed(rows)
    assert proof == absence.learned(listed, ID)
    assert absence.wants_proof is not proof
    assert proof == isinstance(absence.verdict(ID, NONE, 0.1), OrderUpdate)


def test_an_answer_that_took_long_is_of_too_old_a_moment():
    absence = Absence(config("http://h", absence="always"))
    fresh = absence.verdict(ID, NONE, 2.0)
    assert (VenueStatus.ABSENT, True) == (fresh.status, fresh.asked)
    assert "2.1 s" in absence.verdict(ID, NONE, 2.1).text


def test_an_operator_may_say_never():
    absence = Absence(config("http://h", absence="never"))
    assert not absence.wants_proof
    assert "not believed" in absence.verdict(ID, NONE, 0.1).text
