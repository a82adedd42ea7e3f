"""The gateway and its record: one gateway a journal, and no order without a record."""

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import StartStack
from tests.support.quickfix_initiator import FIX44, Initiator
from tests.support.stack import Stack, wait_until
from tests.support.story import missing_numbers, new_order, used_twice

EXIT_FAILURE = 1
ORDERS_BEFORE = 5
ORDERS_MAX = 400
"""So many at most before a full disk is noticed: there is a little room in what is allocated."""

QUICK_PROOF = "signature_ttl_seconds = 2\nrequests_per_second = 0\n"
LATE_ENOUGH = "[limits]\nlate_submit_seconds = 60\n"
DISK_BYTES = 1_048_576
NO_LIMIT = {"requests_per_second": 0}


def test_a_second_gateway_on_the_same_journal_is_refused(start_stack: StartStack) -> None:
    stack = start_stack(sessions=("demo44",))
    with Initiator(FIX44, stack.port, stack.directory / "client") as client:
        second = stack.another_gateway("second")
        second.launch()

        assert EXIT_FAILURE == second.wait()
        assert (
            f"fixgw: journal {stack.journal}: another gateway is running on it; stop that one "
            "first, or give this one a journal of its own ([journal] path in gateway.toml)"
        ) == second.output()
        # The first has not noticed.
        client.send(new_order("A"))
        client.wait_for("35=8|11=A|39=0")
        assert 1 == client.logons

    # And once it is gone, however it went, another may follow.
    stack.gateway.kill()
    second.start()
    assert 0 == second.stop()


def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    journal = tmp_path / "notes.txt"
    journal.write_text("Not a database, but somebody's notes.\n" * 100)
    stack = Stack(tmp_path / "stack", sessions=("demo44",), journal=journal)
    stack.gateway.launch()

    assert EXIT_FAILURE == stack.gateway.wait()
    assert stack.gateway.output().startswith(f"fixgw: journal {journal}: ")
    assert "Traceback" not in stack.gateway.output()
    assert "Not a database, but somebody's notes.\n" * 100 == journal.read_text()


# ------------------------------------------------------------- a disk that fails


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("to mount a file system is for root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_stops_the_gateway(start_stack: StartStack, small_disk: Path) -> None:
    stack = start_stack(
        sessions=("demo44",),
        journal=small_disk / "journal",
        venue_settings=QUICK_PROOF,
        settings=LATE_ENOUGH,
        sandbox_settings=NO_LIMIT,
    )
    filler = small_disk / "filler"

    def fill() -> None:
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass  # That was all there is.

    _fail_and_go_on(stack, fill, filler.unlink)


def test_a_write_that_the_disk_refuses_stops_the_gateway(start_stack: StartStack) -> None:
    stack = start_stack(
        sessions=("demo44",),
        venue_settings=QUICK_PROOF,
        settings=LATE_ENOUGH,
        sandbox_settings=NO_LIMIT,
    )

    def refuse() -> None:
        # The kernel lets the process write no file beyond its first page.
        resource.prlimit(stack.gateway.pid, resource.RLIMIT_FSIZE, (4096, 4096))

    _fail_and_go_on(stack, refuse, lambda: None)


@pytest.mark.parametrize("how", ["moved away", "replaced"])
def test_a_journal_that_is_taken_away_stops_the_gateway(
    start_stack: StartStack, how: str
) -> None:
    stack = start_stack(sessions=("demo44",))
    copy = stack.directory / "copy"
    if how == "replaced":
        shutil.copytree(stack.journal, copy)
    stack.journal.rename(stack.directory / "elsewhere")
    if how == "replaced":
        copy.rename(stack.journal)

    assert EXIT_FAILURE == stack.gateway.wait()
    said = stack.gateway.output().splitlines()[-1]
    assert said.startswith(f"fixgw: journal {stack.journal}: ")
    assert "not run without its record" in said
    assert "Traceback" not in stack.gateway.output()


def _fail_and_go_on(
    stack: Stack, break_disk: Callable[[], None], repair_disk: Callable[[], None]
) -> None:
    """Trade, lose the disk, look at what is left, get it back, go on."""
    with Initiator(FIX44, stack.port, stack.directory / "client") as client:
        orders: list[str] = []

        def order() -> str:
            orders.append(f"D{len(orders)}")
            client.send(new_order(orders[-1], price="40000"))
            return orders[-1]

        def answered_or_ended() -> bool:
            return bool(client.reports(orders[-1])) or not client.logged_on

        for _ in range(ORDERS_BEFORE):
            client.wait_for(f"35=8|11={order()}|39=0")
        break_disk()
        while client.logged_on and len(orders) < ORDERS_MAX:
            order()
            client.wait_until(answered_or_ended, "an answer, or the end")

        assert EXIT_FAILURE == stack.gateway.wait()
        said = stack.gateway.output().splitlines()[-1]
        assert said.startswith(f"fixgw: journal {stack.journal}: ")
        assert "the gateway does not run without its record. Check the disk" in said
        assert "Traceback" not in stack.gateway.output()

        # What the venue has is on record; nothing has left that is not.
        repair_disk()
        on_record = {row["order_id"]: row["cl_ord_id"] for row in stack.command("orders")}
        at_venue = {row["order"]["orderId"][-16:] for row in stack.venue.orders()}
        assert at_venue <= set(on_record)
        assert len(at_venue) >= ORDERS_BEFORE

        logons = client.logons
        stack.gateway.start()
        client.wait_until(lambda: client.logons > logons, "the client is back")
        for name in orders:
            client.wait_for(f"35=8|11={name}|39=0", 40)
        client.wait_for(f"35=8|11={order()}|39=0")

        def record() -> list[tuple[str, int]]:
            rows = stack.venue.orders()
            return [(row["order"]["orderId"][-16:], row["newOrderCalls"]) for row in rows]

        wait_until(lambda: len(record()) == len(orders), "the venue has them all")
        names = {report[37]: report[11] for report in client.reports()}
        assert sorted(orders) == sorted(names[order_id] for order_id, _ in record())
        assert {1} == {calls for _, calls in record()}
        for sent in (True, False):
            assert [] == missing_numbers(client.messages, sent=sent)
            assert [] == used_twice(client.messages, sent=sent)
