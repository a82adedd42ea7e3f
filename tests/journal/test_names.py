"""The gateway knows from memory that a name is new, whatever was merged, dropped or lost."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from fixgw.journal import names as module
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.names import Names, merge, name_hash, rebuild_names, write_names
from fixgw.journal.names_file import HEADER_BYTES, NamesFile, listed
from fixgw.model.errors import JournalError
from fixgw.model.ids import ClOrdID, OrderID
from tests.support.filed import DAY_MS, START_DAY, FiledOrder, rows
from tests.support.orders import CLIENT, OTHER_CLIENT
from tests.support.seeds import seeds

WHERE = 'docs/operating.md, "Closed orders"'


def named(first: int, count: int, day: int = START_DAY) -> FiledOrder:
    """An order with so many names, `N0` and so on from *first*."""
    return FiledOrder(
        root=OrderID("1"), session=CLIENT, ended_at=day * DAY_MS, venues=[], legs=[],
        names=[ClOrdID(f"N{each}") for each in range(first, first + count)], events=[],
    )


def has(names: Names, row: FiledOrder) -> list[bool]:
    return [names.may_have(row.session, name) for name in row.names]


def numbers(directory: Path) -> list[tuple[int, int, int]]:
    """First tick, last tick and number of names of each file."""
    return [(each.first, each.last, each.count) for each in listed(directory).values()]


# ------------------------------------------------------------------------------- what it says


def test_a_name_is_there_for_its_session_alone(tmp_path: Path) -> None:
    filed = rows(40)
    write_names(tmp_path, 1, 9, filed)
    names = Names(tmp_path)

    for row in filed:
        assert all(has(names, row))
        other = OTHER_CLIENT if row.session == CLIENT else CLIENT
        assert not any(names.may_have(other, name) for name in row.names)
    assert not names.may_have(CLIENT, ClOrdID("desk-999999"))
    assert len(names) == sum(len(row.names) for row in filed)


def test_where_nothing_was_filed_every_name_is_new(tmp_path: Path) -> None:
    assert not Names(tmp_path).may_have(CLIENT, ClOrdID("X"))
    write_names(tmp_path, 1, 9, [])

    assert not Names(tmp_path).may_have(CLIENT, ClOrdID("X"))


@pytest.mark.parametrize("name", ["", "é", "a\0b", "x" * 5_000])
def test_any_name_has_its_hash(tmp_path: Path, name: str) -> None:
    row = replace(named(0, 0), names=[ClOrdID(name)])
    write_names(tmp_path, 1, 1, [row])

    assert all(has(Names(tmp_path), row))


def test_the_hash_of_a_name_never_changes() -> None:
    """Or the files of an older version would say that every name is new."""
    assert 557279381713940677 == name_hash(CLIENT, ClOrdID("X"))


def test_names_that_come_while_it_runs_are_added(tmp_path: Path) -> None:
    names = Names(tmp_path)
    first, second = named(0, 10), named(10, 10)
    names.add_file(write_names(tmp_path, 1, 5, [first]))

    assert all(has(names, first))
    assert not any(has(names, second))
    names.add_file(write_names(tmp_path, 6, 9, [second]))
    assert all(has(names, first) + has(names, second))
    assert [] == names.missing(9)


def test_a_file_that_is_written_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    names = Names(tmp_path)
    first, second = named(0, 10), named(10, 10)
    for row in (first, second):
        names.add_file(write_names(tmp_path, 1, 5, [row]))
    assert (False, True) == (any(has(names, first)), all(has(names, second)))

    write_names(tmp_path, 1, 5, [first])
    names.refresh()
    assert (True, False) == (all(has(names, first)), any(has(names, second)))


# ---------------------------------------------------------------------------------- merging


@pytest.mark.drawn
@pytest.mark.parametrize("seed", seeds(5))
def test_files_stay_few_and_keep_every_name(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 16)
    random = Random(seed)
    names = Names(tmp_path)
    filed: list[FiledOrder] = []
    for tick in range(1, 61):
        row = named(sum(len(each.names) for each in filed), random.choice((0, 1, 5, 60)))
        filed.append(row)
        names.add_file(write_names(tmp_path, tick, tick, [row]))
        merge(tmp_path)
        names.refresh()
        assert all(found for each in filed for found in has(names, each))
        assert [] == names.missing(tick)
        assert len(names) == sum(len(each.names) for each in filed)

    assert len(names.files) <= 7
    assert not any(has(names, named(100_000, 1_000)))


def test_a_name_in_several_files_is_merged_into_one(tmp_path: Path) -> None:
    for tick in (1, 2, 3):
        write_names(tmp_path, tick, tick, [named(tick, 10)])
    merge(tmp_path)

    assert [(1, 3, 12)] == numbers(tmp_path)
    [path] = listed(tmp_path)
    hashes = NamesFile(path).hashes.tolist()
    assert hashes == sorted(set(hashes))


def test_a_reader_goes_on_while_its_files_are_merged_and_deleted(tmp_path: Path) -> None:
    filed = [named(tick * 10, 10) for tick in range(1, 6)]
    for tick, row in enumerate(filed, 1):
        write_names(tmp_path, tick, tick, [row])
    names = Names(tmp_path)
    assert merge(tmp_path)

    assert all(found for row in filed for found in has(names, row))
    names.refresh()
    assert all(found for row in filed for found in has(names, row))
    assert 1 == len(names.files) == len(list(tmp_path.iterdir()))
    assert not merge(tmp_path)


def test_a_file_that_was_merged_before_it_was_added_is_found_in_the_other(
    tmp_path: Path
) -> None:
    names = Names(tmp_path)
    first, second = named(0, 10), named(10, 10)
    path = write_names(tmp_path, 1, 1, [first])
    write_names(tmp_path, 2, 2, [second])
    merge(tmp_path)
    names.add_file(path)

    assert all(has(names, first) + has(names, second))


def test_a_file_that_contains_another_one_is_merged_into_its_own_place(tmp_path: Path) -> None:
    """As after a start from an older snapshot: its ticks are filed again."""
    first, second = named(0, 10), named(5, 5)
    write_names(tmp_path, 1, 9, [first])
    write_names(tmp_path, 4, 9, [second])
    merge(tmp_path)
    names = Names(tmp_path)

    assert [(1, 9, 10)] == numbers(tmp_path)
    assert all(has(names, first))
    assert not merge(tmp_path)


def test_ticks_that_are_filed_again_with_other_orders_lose_no_name(tmp_path: Path) -> None:
    """`closed_minutes` may have changed since: more orders are due at the same tick."""
    filed = [named(tick * 10, 10) for tick in range(1, 4)]
    for tick, row in enumerate(filed, 1):
        write_names(tmp_path, tick, tick, [row])
    merge(tmp_path)
    again = named(1_000, 10)
    write_names(tmp_path, 2, 2, [filed[1], again])
    names = Names(tmp_path)

    assert all(found for row in [*filed, again] for found in has(names, row))
    merge(tmp_path)
    names.refresh()
    assert all(found for row in [*filed, again] for found in has(names, row))


# ---------------------------------------------------------------------------------- their days


def test_old_names_are_dropped_and_no_younger_one(tmp_path: Path) -> None:
    filed: list[FiledOrder] = []
    for day in range(1, 101):
        filed.append(named(day * 10, 10, day))
        write_names(tmp_path, day, day, [filed[-1]])
        merge(tmp_path, 20, day)
        names = Names(tmp_path)
        kept = [row for row in filed if all(has(names, row))]
        assert all(found for row in filed[-21:] for found in has(names, row))
        assert len(kept) <= 28
        assert [] == names.missing(day)
        assert len(names.files) <= 10


def test_with_no_days_every_name_is_kept(tmp_path: Path) -> None:
    for day in range(1, 30):
        write_names(tmp_path, day, day, [named(day * 10, 10, day)])
        merge(tmp_path, 0, day)

    assert 290 == len(Names(tmp_path))


def test_the_last_file_stays_even_if_it_is_old(tmp_path: Path) -> None:
    """Else it would look as if it were lost."""
    for tick in (1, 2):
        write_names(tmp_path, tick, tick, [named(tick * 10, 10, tick)])
    merge(tmp_path, 5, 1_000)

    assert [(2, 2, 10)] == numbers(tmp_path)
    assert [] == Names(tmp_path).missing(2)


# ------------------------------------------------------------------------- what may be wrong


def test_a_lost_file_is_noticed(tmp_path: Path) -> None:
    paths = [write_names(tmp_path, at, at + 4, [named(at, 1)]) for at in (1, 6, 11, 16)]
    paths[1].unlink()
    paths[3].unlink()
    names = Names(tmp_path)

    assert [(6, 10), (16, 20)] == names.missing(20)
    assert [(1, 20)] == Names(tmp_path / "..").missing(20)


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a hash": (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "its checksum is wrong"),
    "cut off": (lambda data: data[:-8], "its length is wrong"),
    "longer": (lambda data: data + bytes(8), "its length is wrong"),
    "no hash left": (lambda data: data[:HEADER_BYTES], "its length is wrong"),
    "header": (lambda data: data[:20] + bytes([data[20] ^ 1]) + data[21:], "this is no file of"),
    "empty": (lambda data: b"", "this is no file of names"),
    "rubbish": (lambda data: b"rubbish" * 2_000, "this is no file of names"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_told(tmp_path: Path, damage: str) -> None:
    path = write_names(tmp_path, 1, 5, [named(0, 100)])
    change, told = DAMAGES[damage]
    path.write_bytes(change(path.read_bytes()))

    with pytest.raises(JournalError, match=told) as raised:
        Names(tmp_path)
    assert str(raised.value).startswith(f"{path}: ")
    assert WHERE in str(raised.value)


def test_a_damaged_file_is_not_merged(tmp_path: Path) -> None:
    paths = [write_names(tmp_path, tick, tick, [named(tick, 50)]) for tick in (1, 2)]
    content = paths[0].read_bytes()
    paths[0].write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    with pytest.raises(JournalError, match="its checksum is wrong"):
        merge(tmp_path)
    assert paths == sorted(tmp_path.iterdir())


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    for act in (Names, merge):
        with pytest.raises(JournalError, match="No such file or directory"):
            act(tmp_path / "none")


def test_the_names_are_made_again_from_the_closed_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 16)
    filed = rows(100, apart_ms=DAY_MS // 4)
    with closing(ClosedOrders(tmp_path / "closed.sqlite")) as closed:
        closed.file(filed, 30)
        rebuild_names(tmp_path, closed)
    names = Names(tmp_path)

    assert all(found for row in filed for found in has(names, row))
    assert sum(len(row.names) for row in filed) == len(names)
    assert [] == names.missing(30)
    [header] = listed(tmp_path).values()
    assert (filed[0].day, filed[-1].day) == (header.first_day, header.last_day)
