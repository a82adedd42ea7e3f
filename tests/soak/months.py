"""Months of trading in an hour: what a journal weighs and how long a start takes afterwards.

    python -m tests.soak.months --days 365 --orders 100000 --open 10000

The days are made by a set clock through the real engine, journal and compaction. At the end another
process starts on what is left, and the first day's orders are named: a ClOrdID(11) that is used
again is refused, a late fill is reported, an open order is canceled. Prints a line each tenth of
the days, and the outcome; ends with an assertion if an answer is wrong.
"""

import argparse
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from msgspec.structs import replace

from fixgw.app.closed_on_file import ClosedOnFile, Name
from fixgw.core.engine import Engine
from fixgw.journal.compaction import Keeping, compact
from fixgw.journal.embedded import DAY_MS
from fixgw.journal.journal import Journal
from fixgw.journal.tick import SessionRow
from fixgw.model.enums import Command, ExecType
from fixgw.model.ids import ClOrdID, OrderID
from fixgw.model.now import Now
from fixgw.model.venue import Acked, CommandOutcome, Fill, OrderUpdate, VenueStatus
from tests.support.orders import CLIENT, START_MS, engine, request

ORDERS_A_TICK = 50
MESSAGE = b"8=FIX.4.4\x019=320\x0135=8\x0134=%d\x01" + b"58=of an execution report\x01" * 10
KEEPING = Keeping(keep_days=7)
ONE = Decimal(1)


class Gateway:
    """The engine and its journal, as a start makes them; the clock is set by hand."""

    def __init__(self, path: Path) -> None:
        self.engine: Engine = engine()
        self.journal = Journal.open(path)
        rows = self.journal.replay(
            self.engine.replay, self.engine.replay_mass, self.engine.replay_venue
        )
        self.engine.begin_after(rows.last_order_id)
        self.on_file = ClosedOnFile(path, self.engine, KEEPING.closed_minutes)
        self.row: SessionRow = rows.get(CLIENT) or self.journal.add_session(CLIENT, START_MS)
        self.engine.take()

    def handle(self, message: Any, now: Now) -> list[Any]:
        """Decide about *message*; what follows goes into this tick. Return the reports."""
        self.engine.handle(message, now)
        step = self.engine.take()
        self.journal.add_events(step.events)
        first = self.row.next_sender
        numbers = range(first, first + len(step.reports))
        messages = [(0, number, MESSAGE % number) for number in numbers]
        self.journal.add_messages(self.row.id, messages)
        self.row = self.row._replace(
            next_sender=numbers.stop, next_target=self.row.next_target + 1, unsent_from=numbers.stop
        )
        return [each.report for each in step.reports]

    def commit(self, now: Now) -> None:
        self.journal.set_numbers(self.row)
        self.journal.commit(now.ms)

    def drop(self, now: Now) -> None:
        """Let everything leave memory that is on file."""
        self.on_file.may_leave(self.on_file.refresh())
        while self.on_file.leaving:
            self.on_file.drop_some(now)

    def close(self) -> None:
        self.on_file.close()
        self.journal.close()


def order(name: str) -> Any:
    return replace(ORDER, cl_ord_id=ClOrdID(name))


ORDER: Any = request("35=D|11=X|38=1|")


def filled(order_id: OrderID, exec_id: str, cum_qty: Decimal = ONE) -> OrderUpdate:
    return OrderUpdate(
        order_id=order_id, status=VenueStatus.FILLED, cum_qty=cum_qty,
        fill=Fill(cum_qty=cum_qty, last_qty=ONE, last_px=ONE, at=0, venue_exec_id=exec_id),
    )


def trade(gateway: Gateway, day: int, orders: int, stay_open: int) -> None:
    """One day: each order is acknowledged and filled, but for the last ones."""
    begin = START_MS + day * DAY_MS
    for first in range(0, orders, ORDERS_A_TICK):
        now = Now(begin + first * (DAY_MS // 2) // orders, day * DAY_MS + first)
        names = [f"D{day}-{n}" for n in range(first, min(first + ORDERS_A_TICK, orders))]
        for name in names:
            gateway.handle(order(name), now)
        gateway.commit(now)
        for number, name in enumerate(names, first):
            leg = gateway.engine.orders.of_client(CLIENT, ClOrdID(name))
            assert leg is not None
            outcome = Acked(OrderUpdate(order_id=leg.order_id, status=VenueStatus.WORKING))
            gateway.handle(CommandOutcome(leg.order_id, Command.SUBMIT, outcome), now)
            if number < orders - stay_open:
                gateway.handle(filled(leg.order_id, f"t{day}-{number}"), now)
        gateway.commit(now)
    evening = Now(begin + DAY_MS - 1, (day + 1) * DAY_MS)
    gateway.commit(evening)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--orders", type=int, default=2_000, help="a day")
    parser.add_argument("--open", type=int, default=1_000, help="orders that stay open, in all")
    parser.add_argument("--start", help="only start on this journal, and say how long it took")
    given = parser.parse_args()
    if given.start:
        return start(Path(given.start))
    with TemporaryDirectory() as place:
        return months(Path(place) / "journal", given.days, given.orders, given.open)


def months(path: Path, days: int, orders: int, stay_open: int) -> int:
    """Trade, and look at what is left."""
    gateway, begun = Gateway(path), time.monotonic()
    for day in range(days):
        share = stay_open * (day + 1) // days - stay_open * day // days
        trade(gateway, day, orders, share)
        compact(path, KEEPING)
        gateway.drop(Now(START_MS + (day + 1) * DAY_MS, (day + 1) * DAY_MS))
        if not (day + 1) % max(1, days // 10):
            print(
                f"day {day + 1}: {len(gateway.engine.orders)} orders in memory, "
                f"{megabytes()} MB, journal {size(path)} MB, {time.monotonic() - begun:.0f} s",
                flush=True,
            )
    gateway.close()
    return subprocess.call([sys.executable, "-m", "tests.soak.months", "--start", str(path)])


def start(path: Path) -> int:
    """Start on the journal at *path*; name the first day's orders."""
    begun = time.monotonic()
    gateway = Gateway(path)
    seconds, before = time.monotonic() - begun, megabytes()
    legs = list(gateway.engine.orders)
    now = Now(legs[-1].placed_at + DAY_MS, 10**12)
    names = gateway.on_file.named_by(CLIENT, "D", {11: "D0-0"})
    assert [Name(CLIENT, "D0-0")] == names
    begun = time.monotonic()
    gateway.on_file.bring(names, now)
    looked_up = time.monotonic() - begun
    [refused] = gateway.handle(order("D0-0"), now)
    assert ExecType.REJECTED is refused.exec_type, refused
    leg = gateway.engine.orders.of_client(CLIENT, ClOrdID("D0-0"))
    assert leg is not None
    [late] = gateway.handle(filled(leg.order_id, "late", Decimal(2)), now)
    assert (ExecType.TRADE, Decimal(2)) == (late.exec_type, late.cum_qty)
    oldest = min(gateway.engine.orders.open(), key=lambda each: each.placed_at)
    canceled = gateway.handle(
        request(f"35=F|11=cancel|41={oldest.request.cl_ord_id}"), now
    )
    assert canceled, "a cancel of the oldest open order is taken on"
    gateway.commit(now)
    gateway.close()
    print(msgspec.json.encode({
        "start_s": round(seconds, 3), "rss_mb": before, "in_memory": len(legs),
        "look_up_ms": round(looked_up * 1_000, 2), "journal_mb": size(path),
    }).decode())
    return 0


def megabytes() -> int:
    """Resident memory of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    raise AssertionError("no VmRSS")


def size(path: Path) -> int:
    """Megabytes of all files of the journal."""
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file()) // 1_000_000


if __name__ == "__main__":
    sys.exit(main())
