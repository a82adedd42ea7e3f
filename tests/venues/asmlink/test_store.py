"""What was told, on disk: there after a crash, and dropped when it is old."""

import subprocess
import sys
from decimal import Decimal as D

import msgspec
import pytest

from fixgw.model.ids import OrderID, VenueName
from fixgw.model.venue import VenueNotice
from fixgw.venues.asmlink.store import FORGET_AT_ONCE, Store, StoreError
from tests.venues.asmlink.test_executions import HOOK, REPLY, STREAM
from tests.venues.asmlink.venue import order

ONE, TWO = OrderID("1"), OrderID("2")
PLACED_MS = 1723714264882
FIRST, SECOND = OrderID("1723714264882000"), OrderID("1723714264882001")


def test_what_was_told_is_there_again_in_its_order(tmp_path):
    record = Store(tmp_path / "made" / "told.sqlite")
    for tell in (STREAM, REPLY):
        record.add(ONE, tell, 1)
    record.add(TWO, HOOK, 1)
    record.close()

    again = Store(tmp_path / "made" / "told.sqlite")
    assert [STREAM, REPLY] == list(again.tells(ONE))
    assert [HOOK] == list(again.tells(TWO))
    again.close()


def test_it_survives_the_death_of_the_process(tmp_path):
    code = (
        "import os, signal; from pathlib import Path\n"
        "from fixgw.venues.asmlink.store import Store\n"
        "from tests.venues.asmlink.test_store import ONE, REPLY\n"
        f"Store(Path({str(tmp_path / 'told')!r})).add(ONE, REPLY, 1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)

    assert -9 == done.returncode, done.stderr
    record = Store(tmp_path / "told")
    assert [REPLY] == list(record.tells(ONE))
    record.close()


def test_old_orders_go_and_busy_ones_stay_whole(tmp_path):
    record = Store(tmp_path / "told.sqlite")
    record.add(ONE, REPLY, 1)
    record.add(TWO, STREAM, 1)
    record.add(TWO, REPLY, 100)

    assert [1, 0] == [record.forget(50), record.forget(50)]
    assert ([], [STREAM, REPLY]) == (list(record.tells(ONE)), list(record.tells(TWO)))
    record.close()


def test_a_great_many_old_orders_go_little_by_little(tmp_path):
    record = Store(tmp_path / "told.sqlite")
    for number in range(FORGET_AT_ONCE + 5):
        record.add(OrderID(str(number)), REPLY, 1)
        record.notice(f"evt_{number}", 1)

    assert [2 * FORGET_AT_ONCE, 10, 0] == [record.forget(50) for _ in range(3)]
    record.close()


def test_notices_and_registrations_are_known_again(tmp_path):
    record = Store(tmp_path / "told.sqlite")

    assert [True, False] == [record.notice("evt_1", 1), record.notice("evt_1", 2)]
    assert not record.registered("here")
    record.add_registration("here", 1)
    assert record.registered("here")
    record.close()


def test_what_is_to_be_told_is_there_until_it_was_passed_on(tmp_path):
    record = Store(tmp_path / "told.sqlite")
    first, second = (
        VenueNotice(
            venue=VenueName("asmlink"), kind="margin.call", text=text, accounts=("A",),
            event_id=text,
        )
        for text in ("evt_1", "evt_2")
    )
    assert record.notice("evt_1", 1, first)
    mark = record.mark()
    assert not record.notice("evt_1", 2, first)
    assert record.notice("evt_2", 2, second)
    record.close()

    again = Store(tmp_path / "told.sqlite")
    assert [first, second] == again.untold()
    again.notices_passed_on(mark)
    assert [second] == again.untold()
    again.notices_passed_on(again.mark())
    assert [] == again.untold()
    assert not again.notice("evt_2", 3, second)
    assert [] == again.untold()
    again.close()


def test_orders_are_told_again_until_they_were_passed_on_also_when_all_was_forgotten(tmp_path):
    record = Store(tmp_path / "told.sqlite")
    record.add(TWO, REPLY, 1)
    record.add(ONE, REPLY, 1)
    assert [TWO, ONE] == record.orders_not_passed_on()
    record.tells_passed_on(record.mark())
    assert [] == record.orders_not_passed_on()

    while record.forget(50):
        pass
    record.add(ONE, STREAM, 100)
    assert [ONE] == record.orders_not_passed_on()
    record.close()


def test_when_webhooks_were_last_listened_for_is_known_again(tmp_path):
    record = Store(tmp_path / "told.sqlite")
    assert record.last_alive() is None
    record.alive(7)
    record.alive(9)
    record.close()

    again = Store(tmp_path / "told.sqlite")
    assert 9 == again.last_alive()
    again.close()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("no database" * 100)
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match=str(tmp_path)):
            Store(path)


def test_a_file_that_is_no_record_is_called_so_in_plain_words(tmp_path):
    (tmp_path / "file").write_text("no database" * 100)
    with pytest.raises(StoreError) as raised:
        Store(tmp_path / "file")

    said = "this is no record of asmlink; name another file in `record`, or move it away"
    assert f"{tmp_path / 'file'}: {said}" == str(raised.value)


def test_what_was_ordered_is_kept_once_and_goes_with_what_was_told(tmp_path):
    record = Store(tmp_path / "told.sqlite")
    record.place(order("5.50", "1.08", order_id=FIRST))
    record.place(order("7", order_id=FIRST))
    record.place(order("8", order_id=SECOND))
    record.add(FIRST, REPLY, PLACED_MS + 100)
    record.doubt(FIRST, True)
    record.doubt(SECOND, True)
    record.doubt(SECOND, False)
    record.close()

    again = Store(tmp_path / "told.sqlite")
    assert ("EURUSD", D("5.50"), D("1.08")) == msgspec.structs.astuple(again.placed(FIRST))
    assert [FIRST] == again.doubted()
    while again.forget(PLACED_MS + 50):
        pass
    assert (None, [FIRST]) == (again.placed(SECOND), again.doubted())
    assert again.placed(FIRST) is not None
    while again.forget(PLACED_MS + 150):
        pass
    assert (None, []) == (again.placed(FIRST), again.doubted())
    again.close()


def test_only_its_owner_may_read_it(tmp_path):
    path = tmp_path / "told.sqlite"
    path.touch(0o644)
    record = Store(path)
    record.add(ONE, REPLY, 1)

    modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    record.close()
    assert {f"told.sqlite{each}": 0o600 for each in ("", "-wal", "-shm")} == modes
