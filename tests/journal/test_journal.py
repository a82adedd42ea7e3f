"""What was committed is there, and what was not never happened; also after a kill -9."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from fixgw.journal.journal import Journal
from fixgw.journal.tick import SessionRow
from fixgw.journal.replay import replay
from fixgw.model.errors import JournalError
from fixgw.model.events import OrderEvent, VenueAccepted, VenueFill
from fixgw.model.ids import OrderID, SessionKey

KEY = SessionKey("FIX.4.4:GATEWAY->CLIENT")


def accepted(number: int) -> VenueAccepted:
    return VenueAccepted(order_id=OrderID(f"{number:016d}"), at=1_700_000_000_000 + number)


def contents(path: Path) -> tuple[dict[SessionKey, SessionRow], list[OrderEvent]]:
    """What a reader beside the gateway finds."""
    events: list[OrderEvent] = []
    return replay(path, events.append), events


def test_a_tick_is_on_record_once_it_is_committed(journal: Journal, path: Path) -> None:
    row = journal.add_session(KEY, 5)
    journal.set_numbers(row._replace(next_sender=2, next_target=3))
    journal.add_events([accepted(1), accepted(2)])
    assert ({KEY: row}, []) == contents(path)

    journal.commit(0)

    after = SessionRow(row.id, next_sender=2, next_target=3, epoch=0, since_ms=5, unsent_from=1)
    assert ({KEY: after}, [accepted(1), accepted(2)]) == contents(path)


def test_a_tick_without_news_writes_nothing(journal: Journal) -> None:
    journal.commit(0)

    assert 0 == journal.last


def test_numbers_keep_every_digit(journal: Journal, path: Path) -> None:
    fill = VenueFill(
        order_id=OrderID("1" * 16), at=1, venue_exec_id="t1", trade_at=1,
        last_qty=Decimal("0.00000001"), last_px=Decimal("98765432109876.100"),
    )
    journal.add_events([fill])
    journal.commit(0)

    [read] = contents(path)[1]

    assert isinstance(read, VenueFill)
    assert ("1E-8", "98765432109876.100") == (str(read.last_qty), str(read.last_px))


def test_stored_messages_come_back_by_number_this_ticks_too(journal: Journal) -> None:
    row = journal.add_session(KEY, 0)
    other = journal.add_session(SessionKey("FIX.4.4:GATEWAY->OTHER"), 0)
    journal.add_messages(row.id, [(0, 2, b"two"), (0, 3, b"three")])
    journal.add_messages(other.id, [(0, 2, b"not mine")])
    journal.commit(0)
    journal.add_messages(row.id, [(0, 5, b"five")])
    journal.commit(0)
    journal.add_messages(row.id, [(0, 6, b"six")])

    assert [(2, b"two"), (3, b"three"), (5, b"five"), (6, b"six")] == journal.stored(
        row.id, 0, 1, 9, 10
    )
    assert [(3, b"three"), (5, b"five")] == journal.stored(row.id, 0, 3, 5, 10)
    assert [(2, b"two"), (3, b"three"), (5, b"five")] == journal.stored(row.id, 0, 1, 9, 3)


def test_messages_of_earlier_numbers_are_not_those_of_a_new_run(journal: Journal) -> None:
    row = journal.add_session(KEY, 0)
    journal.add_messages(row.id, [(0, 2, b"old")])
    journal.commit(0)
    journal.add_messages(row.id, [(1, 2, b"new")])
    journal.commit(0)

    assert [(2, b"new")] == journal.stored(row.id, 1, 1, 9, 10)
    assert [] == journal.stored(row.id, 0, 1, 9, 10)


def test_after_a_restart_stored_messages_are_found_again(journal: Journal, path: Path) -> None:
    row = journal.add_session(KEY, 0)
    journal.add_messages(row.id, [(0, 2, b"two")])
    journal.commit(0)
    journal.close()

    again = Journal.open(path)
    again.replay(lambda event: None)

    assert [(2, b"two")] == again.stored(row.id, 0, 1, 9, 10)
    again.close()


def test_a_second_gateway_on_the_same_journal_is_refused(journal: Journal, path: Path) -> None:
    with pytest.raises(JournalError, match="another gateway is running on it"):
        Journal.open(path)


def test_a_failed_commit_is_a_journal_error_and_leaves_the_record_as_it_was(
    journal: Journal, path: Path
) -> None:
    journal.add_events([accepted(1)])
    journal.commit(0)
    journal.add_events([accepted(number) for number in range(2, 2_000)])

    with file_size_at_most(8_192), pytest.raises(JournalError, match="No space left on device"):
        journal.commit(0)

    assert [accepted(1)] == contents(path)[1]
    journal.close()
    again = Journal.open(path)
    again.replay(lambda event: None)
    again.add_events([accepted(2)])
    again.commit(0)
    assert [accepted(1), accepted(2)] == contents(path)[1]
    again.close()


@contextmanager
def file_size_at_most(size: int) -> Iterator[None]:
    """The kernel writes no file of this process beyond so many bytes, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("durability", ["process", "power"])
def test_what_was_committed_survives_a_kill(tmp_path: Path, durability: str) -> None:
    """The child says how far it has committed and is killed while it goes on."""
    path = tmp_path / "journal"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), durability], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    committed = [int(child.stdout.readline()) for _ in range(200)][-1]
    os.kill(child.pid, signal.SIGKILL)
    committed = int((child.stdout.read().splitlines() or [b"%d" % committed])[-1] or committed)
    child.wait()
    child.stdout.close()

    events = contents(path)[1]

    assert [accepted(number) for number in range(len(events))] == events
    assert len(events) > committed


CHILD = """
import sys
from pathlib import Path
from fixgw.journal.journal import Journal
from tests.journal.test_journal import accepted
journal = Journal.open(Path(sys.argv[1]), sys.argv[2])
for number in range(1_000_000):
    journal.add_events([accepted(number)])
    journal.commit(0)
    print(number, flush=True)
"""


def test_with_power_a_tick_is_durable_when_the_disk_has_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fdatasync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda fd: synced.append(fd) or fdatasync(fd))

    async def scenario() -> None:
        journal = Journal.open(path, "power")
        risen = asyncio.Event()
        journal.on_durable = risen.set
        journal.add_events([accepted(1)])
        assert 1 == journal.commit(0)
        assert 0 == journal.durable, "it waits, and the next tick is decided meanwhile"
        journal.add_events([accepted(2)])
        assert 2 == journal.commit(0)
        while journal.durable < 2:
            await asyncio.wait_for(risen.wait(), 60)
            risen.clear()
        assert synced
        journal.close()

    asyncio.run(scenario())
    assert [accepted(1), accepted(2)] == contents(path)[1]


def test_with_process_a_tick_is_durable_when_it_is_written(journal: Journal) -> None:
    journal.add_events([accepted(1)])

    assert 1 == journal.commit(0) == journal.durable


def test_a_disk_that_fails_at_a_sync_makes_nothing_durable(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        journal = Journal.open(path, "power")
        told = asyncio.Event()
        journal.on_durable = told.set

        def fail(fd: int) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(os, "fdatasync", fail)
        journal.add_events([accepted(1)])
        journal.commit(0)
        await asyncio.wait_for(told.wait(), 60)

        assert 0 == journal.durable
        assert "Input/output error" in str(journal.failure)
        journal.close()

    asyncio.run(scenario())


def test_a_second_sync_does_not_make_good_what_the_first_has_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel may have given up the data of a sync that failed: the next one succeeds."""
    let_go, syncs = threading.Event(), iter([True, False, False])
    fdatasync = os.fdatasync

    def fail_once(fd: int) -> None:
        assert let_go.wait(60)
        if next(syncs):
            raise OSError(5, "Input/output error")
        fdatasync(fd)

    monkeypatch.setattr(os, "fdatasync", fail_once)

    async def scenario() -> None:
        journal = Journal.open(path, "power")
        told = asyncio.Event()
        journal.on_durable = told.set
        journal.add_events([accepted(1)])
        journal.commit(0)
        let_go.set()
        with pytest.raises(JournalError, match="Input/output error"):
            journal.sync()
        await asyncio.wait_for(told.wait(), 60)
        with pytest.raises(JournalError, match="Input/output error"):
            journal.sync()

        assert 0 == journal.durable
        journal.close()

    asyncio.run(scenario())


def test_only_its_owner_may_read_the_journal_and_what_lies_beside_it(
    journal: Journal, path: Path
) -> None:
    journal.add_session(SessionKey("FIX.4.4:FIXGW->ONE"), 0)

    modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.rglob("*")}
    files = (f"{path.name}.lock", "durable", f"{1:020d}.ticks")
    assert {path.name: 0o700} | dict.fromkeys(files, 0o600) == modes
