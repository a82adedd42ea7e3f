"""Closed orders are found by every name they have, as they were filed, by whoever reads them."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest
from msgspec.structs import replace

from fixgw.journal import closed as module
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.tick import JournalEvent
from fixgw.model.errors import JournalError
from fixgw.model.events import FillBusted
from fixgw.model.ids import ClOrdID, ExecID, OrderID, SessionKey, VenueName
from fixgw.model.session_events import TradeDisputed
from tests.support.filed import DAY_MS, START_DAY, FiledOrder, of_events, rows
from tests.support.orders import CLIENT, OTHER_CLIENT, VENUE

WHERE = 'docs/operating.md, "Closed orders"'
NOBODY = SessionKey("FIX.4.4:GATEWAY->NOBODY")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "closed.sqlite"


@pytest.fixture
def closed(path: Path) -> Iterator[ClosedOrders]:
    with closing(ClosedOrders(path)) as opened:
        yield opened


def later(row: FiledOrder) -> FiledOrder:
    """The same order with one more event."""
    at = row.ended_at + 1
    busted = FillBusted(order_id=row.root, at=at, venue_exec_id="t", count=1)
    return replace(row, events=[*row.events, busted], ended_at=at)


# ------------------------------------------------------------------------- what is found


def test_an_order_is_found_by_the_id_of_each_of_its_legs(closed: ClosedOrders) -> None:
    filed = rows(20)
    closed.file(filed, 7)

    for row in filed:
        for order_id in (row.root, *row.legs):
            assert row.events == closed.events(order_id)
    assert any(row.legs for row in filed)
    assert 20 == len(closed)
    assert 7 == closed.filed_through


def test_an_order_is_found_by_each_name_that_its_client_gave_it(closed: ClosedOrders) -> None:
    filed = rows(20)
    closed.file(filed, 1)

    for row in filed:
        for name in row.names:
            assert row.root == closed.root_of(row.session, name)
            assert row.events == closed.by_name(row.session, name)
            other = OTHER_CLIENT if row.session == CLIENT else CLIENT
            assert closed.root_of(other, name) is None
            assert closed.root_of(NOBODY, name) is None
    assert any(len(row.names) > 1 for row in filed)


def test_what_was_noted_about_an_order_is_filed_with_it(closed: ClosedOrders) -> None:
    [row] = rows(1)
    disputed = TradeDisputed(
        session=row.session, at=row.ended_at, order_id=row.root,
        exec_id=ExecID(f"{row.root}-Ft0"), reason="A",
    )
    filed = replace(row, events=[*row.events, disputed])
    closed.file([filed], 1)

    assert filed.events == closed.events(row.root)


@pytest.mark.parametrize("order_id", [
    "", "7", "007", "-1", "1e3", " 1700000001000000", "1700000001000000x", "１７", "9" * 40,
])
def test_an_id_that_was_never_given_out_is_not_found(
    closed: ClosedOrders, order_id: str
) -> None:
    closed.file(rows(1), 1)

    assert closed.events(OrderID(order_id)) is None


def test_a_name_that_is_used_again_means_the_newer_order(closed: ClosedOrders) -> None:
    old, new = rows(2)
    new = replace(new, session=old.session, names=old.names)
    closed.file([new, old], 1)

    assert new.root == closed.root_of(old.session, old.names[0])


def test_an_order_that_is_filed_again_replaces_its_row(closed: ClosedOrders) -> None:
    filed = rows(5)
    closed.file(filed, 1)
    again = later(filed[2])
    closed.file([again], 2)

    assert again.events == closed.events(again.root)
    assert 5 == len(closed)
    assert [row.root for row in filed] == roots(closed.of_day(START_DAY), by=int)


# --------------------------------------------------------------------------- as of a tick


def test_a_fold_that_begins_earlier_finds_orders_as_they_were_then(closed: ClosedOrders) -> None:
    first = rows(3)
    closed.file(first, 10)
    again = later(first[1])
    closed.file([again], 20)

    assert first[1].events == closed.events(again.root, as_of=10)
    assert again.events == closed.events(again.root, as_of=20)
    assert first[0].events == closed.events(first[0].root, as_of=10)


def test_a_tick_that_is_filed_once_more_keeps_what_was_before_it(closed: ClosedOrders) -> None:
    first = rows(3)
    closed.file(first, 10)
    closed.file([later(first[1])], 20)
    closed.file([later(first[1]), later(first[2])], 20)

    assert [row.events for row in first] == [closed.events(row.root, as_of=10) for row in first]
    assert 3 == len(closed)


def test_a_snapshot_of_another_tick_cannot_go_with_the_file(closed: ClosedOrders) -> None:
    [row] = rows(1)
    for tick in (10, 20, 30):
        closed.file([row], tick)

    for tick in (10, 25, 40):
        with pytest.raises(JournalError, match="as of ticks 20 and 30, and the snap") as raised:
            closed.events(row.root, as_of=tick)
        assert WHERE in str(raised.value)


def test_the_file_of_a_later_journal_is_refused(closed: ClosedOrders) -> None:
    closed.file(rows(1), 10)

    with pytest.raises(JournalError, match="as of tick 10, and the journal is at tick 9"):
        closed.file(rows(1), 9)
    assert 10 == closed.filed_through


# -------------------------------------------------------------------------------- lists


def roots(
    found: Iterator[list[JournalEvent]], by: Callable[[OrderID], object] | None = None
) -> list[OrderID]:
    names = [of_events(events).root for events in found]
    return sorted(names, key=by) if by else names  # type: ignore[type-var, arg-type]


def test_the_newest_orders_are_listed(closed: ClosedOrders) -> None:
    filed = rows(1_200)
    closed.file(filed, 1)
    newest = [row.root for row in reversed(filed)]
    of_other = [row.root for row in reversed(filed) if row.session == OTHER_CLIENT]

    assert newest[:10] == roots(closed.newest(10))
    assert newest == roots(closed.newest(5_000))
    assert of_other[:7] == roots(closed.newest(7, OTHER_CLIENT))
    assert [] == roots(closed.newest(7, NOBODY))


def test_orders_are_listed_by_the_day_and_time_of_their_end(closed: ClosedOrders) -> None:
    filed = rows(40, apart_ms=DAY_MS // 8)
    there = [replace(row, venues=[VENUE, VenueName("b")]) for row in filed[::2]]
    elsewhere = [replace(row, venues=[VenueName("acme2")]) for row in filed[1::2]]
    closed.file([*elsewhere, *there], 1)
    day = filed[0].day + 2
    since = filed[20].ended_at

    of_day = [row.root for row in filed if row.day == day]
    assert 8 == len(of_day)
    assert of_day == roots(closed.of_day(day))
    assert [] == roots(closed.of_day(day + 100))
    assert [row.root for row in there if row.ended_at >= since] == roots(
        closed.ended_since(VENUE, since)
    )
    assert [] == roots(closed.ended_since(VenueName("acm"), 0))
    assert (filed[0].day, filed[-1].day) == closed.days()


def test_no_order_is_looked_at_that_is_not_asked_for(path: Path, closed: ClosedOrders) -> None:
    """Over years of orders a list takes as long as what it lists."""
    closed.file(rows(10), 1)
    with closing(sqlite3.connect(path)) as asked:
        queries: list[str] = []
        reader = ClosedOrders(path, read_only=True)
        reader._database.set_trace_callback(queries.append)
        list(reader.newest(3))
        list(reader.newest(3, CLIENT))
        list(reader.of_day(START_DAY))
        list(reader.ended_since(VENUE, 5))
        reader.by_name(CLIENT, ClOrdID("x"))
        reader.events(OrderID("1"))
        reader.close()
        plans = [
            step[3] for query in queries for step in asked.execute(f"EXPLAIN QUERY PLAN {query}")
        ]

    scans = [plan for plan in plans if "SCAN" in plan]
    assert {"SCAN closed_orders", "SCAN file", "SCAN venues", "SCAN each VIRTUAL TABLE INDEX 1:"
            } >= set(scans), scans
    assert 1 == scans.count("SCAN closed_orders"), "the newest, by their own order"
    assert not any("TEMP B-TREE" in plan for plan in plans), plans


# ------------------------------------------------------------------------------ its size


def test_an_order_is_a_small_row(path: Path, closed: ClosedOrders) -> None:
    """Once there is a dictionary; the rest is names and indexes."""
    closed.file(rows(4_000), 1)
    closed.file([], 2)  # the dictionary
    before = pages(path)
    closed.file(rows(1_000, first=4_000), 3)
    with closing(sqlite3.connect(path)) as database:
        [packed] = database.execute(
            "SELECT avg(length(events)) FROM closed_orders WHERE dictionary = 1"
        ).fetchone()

    assert packed < 130
    assert pages(path) - before < 300 * 1_000


def pages(path: Path) -> int:
    """The bytes of the database, wherever they are now."""
    with closing(sqlite3.connect(path)) as database:
        [count], [size] = (
            database.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
        )
    return int(count * size)


def test_orders_of_every_dictionary_are_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRAINED_AT", (10, 20, 30))
    filed = rows(60)
    with closing(ClosedOrders(path)) as closed, closing(ClosedOrders(path, True)) as reader:
        for at in range(0, 60, 5):
            closed.file(filed[at:at + 5], at + 5)
        for row in filed:
            assert row.events == reader.events(row.root), "it was open before there was one"
    with closing(sqlite3.connect(path)) as database:
        used = database.execute("SELECT DISTINCT dictionary FROM closed_orders").fetchall()

    assert [(0,), (1,), (2,), (3,)] == sorted(used)


# ------------------------------------------------------------------- others read meanwhile


def test_a_reader_sees_a_filing_whole_or_not_at_all(path: Path, closed: ClosedOrders) -> None:
    filed = rows(30)
    closed.file(filed[:10], 1)
    reader = ClosedOrders(path, read_only=True)

    def meanwhile() -> Iterator[FiledOrder]:
        yield from filed[10:20]
        assert (1, 10) == (reader.filed_through, len(reader))
        assert reader.events(filed[10].root) is None
        yield from filed[20:]

    closed.file(meanwhile(), 2)

    assert (2, 30) == (reader.filed_through, len(reader))
    assert filed[10].events == reader.events(filed[10].root)
    reader.close()


def test_threads_read_from_the_same_reader(path: Path, closed: ClosedOrders) -> None:
    filed = rows(200)
    closed.file(filed, 1)
    wrong: list[object] = []
    reader = ClosedOrders(path, read_only=True)

    def read(part: list[FiledOrder]) -> None:
        wrong.extend(row for row in part if reader.events(row.root) != row.events)
        wrong.extend(each for each in reader.newest(50) if not each)

    threads = [threading.Thread(target=read, args=(filed[at::4],)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader.close()

    assert [] == wrong


def test_a_reader_cannot_write(path: Path, closed: ClosedOrders) -> None:
    with closing(ClosedOrders(path, read_only=True)) as reader:
        with pytest.raises(JournalError, match="attempt to write a readonly database"):
            reader.file(rows(1), 1)


def test_orders_that_fail_to_come_file_nothing(closed: ClosedOrders) -> None:
    filed = rows(10)
    closed.file(filed[:5], 1)

    def failing() -> Iterator[FiledOrder]:
        yield from filed[5:8]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        closed.file(failing(), 2)
    assert (1, 5) == (closed.filed_through, len(closed))
    closed.file(filed[5:], 2)
    assert (2, 10) == (closed.filed_through, len(closed))


# ----------------------------------------------------------------------- what may be wrong


def test_a_file_that_is_missing_is_told(path: Path) -> None:
    with pytest.raises(JournalError, match="the file of closed orders is missing") as raised:
        ClosedOrders(path, read_only=True)
    assert WHERE in str(raised.value)
    assert not path.exists()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_database_is_told(path: Path, read_only: bool) -> None:
    path.write_bytes(b"not a database, by far" * 100)

    with pytest.raises(JournalError, match="file is not a database") as raised:
        ClosedOrders(path, read_only)
    assert WHERE in str(raised.value)
    assert path.read_bytes().startswith(b"not a database"), "it is left as it is"


@pytest.mark.parametrize("read_only", [True, False])
def test_another_database_is_told(path: Path, read_only: bool) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE cats (name TEXT)")

    with pytest.raises(JournalError, match="this is no file of closed orders"):
        ClosedOrders(path, read_only)


def test_a_file_of_a_newer_version_is_told(path: Path, closed: ClosedOrders) -> None:
    closed.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE file SET version = 99")
        database.commit()

    with pytest.raises(JournalError, match="version 99 of the closed orders, and this fixgw"):
        ClosedOrders(path, read_only=True)


@pytest.mark.parametrize(("change", "told"), [
    ("events = zeroblob(100)", "a closed order cannot be read"),
    ("events = substr(events, 1, length(events) - 1)", "a closed order cannot be read"),
    ("dictionary = 9", "there is no dictionary 9"),
], ids=["zeros", "cut off", "dictionary"])
def test_a_damaged_row_is_told(
    path: Path, closed: ClosedOrders, change: str, told: str
) -> None:
    [row] = rows(1)
    closed.file([row], 1)
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"UPDATE closed_orders SET {change}")
        database.commit()

    with pytest.raises(JournalError, match=told) as raised:
        closed.events(row.root)
    assert WHERE in str(raised.value)


def test_no_flipped_bit_makes_another_event(path: Path, closed: ClosedOrders) -> None:
    """One may switch the checksum off, or say how long it is in another way: that does no harm."""
    [row] = rows(1)
    closed.file([row], 1)
    unnoticed = 0
    with closing(sqlite3.connect(path)) as database:
        [body] = database.execute("SELECT events FROM closed_orders").fetchone()
        for at, bit in product(range(len(body)), (1, 4, 128)):
            damaged = bytearray(body)
            damaged[at] ^= bit
            database.execute("UPDATE closed_orders SET events = ?", (bytes(damaged),))
            database.commit()
            try:
                assert row.events == closed.events(row.root)
                unnoticed += 1
            except JournalError as error:
                assert "a closed order cannot be read" in str(error)

    assert unnoticed < 5


def test_a_damaged_page_is_told(path: Path, closed: ClosedOrders) -> None:
    filed = rows(2_000)
    closed.file(filed, 1)
    closed.close()
    content = bytearray(path.read_bytes())
    content[40_000:] = b"\xff" * len(content[40_000:])
    path.write_bytes(content)

    with closing(ClosedOrders(path, read_only=True)) as reader:
        with pytest.raises(JournalError, match="malformed") as raised:
            list(reader.newest(2_000))
    assert WHERE in str(raised.value)
