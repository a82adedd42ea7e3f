"""How long each event counts: what a snapshot keeps of it."""

from typing import Any, get_args

import pytest
from msgspec.structs import replace

from fixgw.acceptor.auth.history import GOOD_MAX
from fixgw.journal import retention
from fixgw.journal.retention import KeptEvents, Moment, RULES, concerned, rule_of
from fixgw.journal.tick import JournalEvent, SessionRow
from fixgw.model.cancel_on import CancelOn
from fixgw.model.errors import JournalError
from fixgw.model.events import OrderEvent, VenueAccepted
from fixgw.model.ids import ClOrdID, OrderID, SessionKey, VenueName
from fixgw.model.refusals import InputRefused, RefusedKind
from fixgw.model.requests import OrderMassCancelRequest
from fixgw.model.session_events import (
    CancelOnDisconnectSet,
    ClientGone,
    LoggedOnFrom,
    MassCancelBegun,
    MassCancelEnded,
    NonceUsed,
    PasswordChanged,
    ReportsCarried,
    SessionDisabled,
    SessionEnabled,
    SessionEventBase,
    TokenUsed,
)
from fixgw.model.venue_events import OrdersHeld, OrdersResumed, VenueNoted
from tests.support.orders import placed

ONE, OTHER = SessionKey("FIX.4.4:GATEWAY->ONE"), SessionKey("FIX.4.4:GATEWAY->OTHER")
ACME = VenueName("acme")
FIRST, SECOND = OrderID("1700000000000000"), OrderID("1700000000000001")


def kept(*events: JournalEvent, now_ms: int = 0, epoch: int = 0) -> list[JournalEvent]:
    """What is left of *events* at *now_ms*, while the session ONE is in run *epoch*."""
    all_of_them = KeptEvents()
    for event in events:
        all_of_them.take(event)
    return all_of_them.events(Moment(now_ms, {ONE: SessionRow(1, 1, 1, epoch, 0)}))


def password(session: SessionKey, new: str) -> PasswordChanged:
    return PasswordChanged(session=session, at=1, password_hash=new, replaced="x")


def token(mark: str, until_ms: int) -> TokenUsed:
    return TokenUsed(session=ONE, at=1, mark=mark, until_ms=until_ms)


def carried(epoch: int, session: SessionKey = ONE) -> ReportsCarried:
    return ReportsCarried(session=session, at=1, epoch=epoch, first=2, origins=[(0, 1, 3)])


def begun(report_id: str, *, answered: bool = False) -> MassCancelBegun:
    request = OrderMassCancelRequest(session=ONE, cl_ord_id=ClOrdID("m"), request_type="7")
    return MassCancelBegun(
        session=ONE, at=1, request=request, report_id=report_id, last_order_id=7, answered=answered
    )


def agreed(window_ms: int) -> CancelOnDisconnectSet:
    return CancelOnDisconnectSet(
        session=ONE, at=1, on=CancelOn.DISCONNECT, window_ms=window_ms
    )


def noted(key: str, body: bytes, order_id: OrderID = OrderID("")) -> VenueNoted:
    return VenueNoted(venue=ACME, at=1, key=key, body=body, order_id=order_id)


def refused(number: int) -> InputRefused:
    return InputRefused(
        at=1, number=number, kind=RefusedKind.WORD, source=ACME, content=b"", error="KeyError"
    )


def test_every_event_of_the_journal_has_a_rule() -> None:
    """Somebody has said how long a new event counts, or this fails."""
    assert set(get_args(JournalEvent)) == set(RULES)


def test_an_event_without_a_rule_is_not_dropped_silently() -> None:
    class Renamed(SessionEventBase, frozen=True, kw_only=True):
        """An event of a later fixgw."""

    unheard_of: Any = Renamed(session=ONE, at=1)
    for ask in (rule_of, concerned, KeptEvents().take):
        with pytest.raises(JournalError, match="how long the journal keeps a Renamed"):
            ask(unheard_of)


def test_the_last_password_and_nonce_of_each_session_count() -> None:
    nonces = [NonceUsed(session=ONE, at=1, key="k", nonce=number) for number in (7, 9)]
    events = [password(ONE, "a"), password(OTHER, "b"), nonces[0], password(ONE, "c"), nonces[1]]

    assert [password(OTHER, "b"), password(ONE, "c"), nonces[1]] == kept(*events)


def test_a_used_token_is_kept_until_it_expires_by_itself() -> None:
    events = [token("a", 1_000), token("b", 2_000)]

    assert events == kept(*events, now_ms=999)
    assert events[1:] == kept(*events, now_ms=1_000)


def test_the_addresses_of_a_session_are_as_many_as_it_remembers() -> None:
    """In the order in which it was last there: the oldest is forgotten first."""
    assert GOOD_MAX == retention.ADDRESSES_MAX
    at = [LoggedOnFrom(session=ONE, at=n, address=f"10.0.0.{n}") for n in range(GOOD_MAX + 3)]
    again = LoggedOnFrom(session=ONE, at=99, address="10.0.0.2")
    elsewhere = LoggedOnFrom(session=OTHER, at=1, address="10.0.0.0")

    assert [*at[4:GOOD_MAX], again, *at[GOOD_MAX:], elsewhere] == kept(
        *at[:GOOD_MAX], again, *at[GOOD_MAX:], elsewhere
    )


def test_carried_reports_count_in_the_run_of_numbers_that_they_were_carried_into() -> None:
    assert [carried(2)] == kept(carried(1), carried(2), epoch=2)
    assert [] == kept(carried(2), epoch=3)
    assert [carried(2)] == kept(carried(2), epoch=1)
    assert [carried(2, OTHER)] == kept(carried(2, OTHER), epoch=3)


def test_an_agreement_ends_the_departure_before_it() -> None:
    gone = ClientGone(session=ONE, at=1, cancels=True)

    assert [agreed(1), gone] == kept(agreed(1), gone)
    assert [agreed(2)] == kept(agreed(1), gone, agreed(2))


def test_a_mass_cancel_counts_until_its_end_in_the_order_in_which_they_began() -> None:
    end = MassCancelEnded(session=ONE, at=1, report_id="1")

    assert [begun("1", answered=True), begun("2")] == kept(
        begun("1"), begun("2"), begun("1", answered=True)
    )
    assert [begun("2")] == kept(begun("1"), begun("2"), end)


def test_what_an_operator_has_ended_counts_no_more() -> None:
    disabled = SessionDisabled(session=ONE, at=1, text="ten bugs")
    held = OrdersHeld(venue=ACME, at=1, text="margin call")

    assert [disabled, held] == kept(disabled, held)
    assert [held] == kept(disabled, held, SessionEnabled(session=ONE, at=1, who="ann"))
    assert [disabled] == kept(disabled, held, OrdersResumed(venue=ACME, at=1, who="ann"))


def test_the_last_note_of_its_key_counts_and_an_empty_one_deletes() -> None:
    assert [noted("b", b"2"), noted("a", b"3")] == kept(
        noted("a", b"1"), noted("b", b"2"), noted("a", b"3")
    )
    assert [noted("a", b"9", FIRST)] == kept(
        noted("a", b"1"), noted("a", b"9", FIRST), noted("a", b"")
    )


def test_of_refused_inputs_the_newest_are_kept_and_the_numbering_goes_on() -> None:
    events = [refused(number) for number in range(1, retention.REFUSED_MAX + 3)]

    assert events[2:] == kept(*events)


def test_the_order_that_has_to_be_there_before_an_event_is_applied() -> None:
    replacing = replace(placed("35=D|11=Y|38=10", SECOND), replaces=FIRST)

    assert FIRST == concerned(VenueAccepted(order_id=FIRST, at=1))
    assert "" == concerned(placed("35=D|11=X|38=10", FIRST))
    assert FIRST == concerned(replacing)
    assert FIRST == concerned(noted("a", b"1", FIRST))
    assert "" == concerned(noted("a", b"1"))
    assert "" == concerned(password(ONE, "a"))


def test_all_events_of_an_order_live_with_it() -> None:
    assert {retention.OF_AN_ORDER} == {RULES[kind] for kind in get_args(OrderEvent)}
