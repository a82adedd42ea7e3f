"""What is wrong in a journal is found, whoever wrote it."""

from pathlib import Path

import pytest

from fixgw.journal.journal import Journal
from fixgw.journal.tick import SessionRow, Tick
from fixgw.journal.verify import verify
from fixgw.model.errors import JournalError
from fixgw.model.events import VenueFill
from fixgw.model.ids import OrderID, SessionKey
from fixgw.model.number import ZERO
from fixgw.model.session_events import SessionAdded
from tests.journal.test_journal import accepted
from tests.journal.test_segments import engine

ONE = SessionKey("FIX.4.4:FIXGW->ONE")


def message(number: int) -> bytes:
    return b"8=FIX.4.4\x019=20\x0135=8\x0134=%d\x01" % number


def row(next_sender: int, epoch: int = 0) -> SessionRow:
    return SessionRow(1, next_sender, 1, epoch, 0)


ADDED = Tick(1, 0, 0, [row(1)], events=[SessionAdded(session=ONE, at=0, id=1)])


def of(path: Path, *ticks: Tick) -> Path:
    made = engine(path)
    for each in (ADDED, *ticks):
        made.put(each)
    made.close()
    return path


def test_a_journal_in_order_is_counted(path: Path) -> None:
    found = verify(of(
        path, Tick(2, 1, 0, [row(3)], [(1, 0, 1), (1, 0, 2)], [], [message(1), message(2)]),
        Tick(3, 2, 0, [row(2, epoch=1)], [(1, 1, 1)], [], [message(1)]),
    ))

    assert (1, 3, 3, 1) == (found.first, found.last, found.messages, found.events)


@pytest.mark.parametrize(
    ("tick", "said"),
    [
        (Tick(2, 1, 0, [], [(1, 0, 5), (1, 0, 5)], [], [message(5), message(5)]), "5 of session 1"),
        (Tick(2, 1, 0, [], [(1, 0, 5)], [], [message(6)]), "is not number 5"),
        (Tick(2, 1, 0, [], [(1, 0, 5)]), "1 numbers for 0 messages"),
        (Tick(2, 1, 0, events=[accepted(7)]), "order 0000000000000007 is not in the journal"),
        (
            Tick(2, 1, 0, events=[VenueFill(
                order_id=OrderID("1"), at=1, venue_exec_id="t", trade_at=1, last_qty=ZERO,
                last_px=ZERO,
            )]),
            "order 1 is not in the journal",
        ),
    ],
)
def test_what_is_wrong_is_said(path: Path, tick: Tick, said: str) -> None:
    with pytest.raises(JournalError, match=said):
        verify(of(path, tick))


def test_numbers_that_fall_are_found(path: Path) -> None:
    with pytest.raises(JournalError, match="the numbers of session 1 fall"):
        verify(of(path, Tick(2, 1, 0, [row(9)]), Tick(3, 1, 0, [row(8)])))


def test_it_reads_beside_a_gateway(path: Path) -> None:
    journal = Journal.open(path)
    journal.add_session(ONE, 0)

    assert 1 == verify(path).last
    journal.close()
