"""How `data/2026-11/` was made: every kind of event of an order, in one journal.

    python -m tests.journal.old_journal DIRECTORY

It was run with the core as of November 2026, and what it made is kept: the journal of somebody who
has traded with that version, and what that version said of it. Never make that data again: a later
version gets a directory of its own. `test_replay_old_journals.py` replays each.
"""

import sqlite3
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from fixgw.journal.journal import Journal
from fixgw.model.enums import Command, TimeInForce, Verdict
from fixgw.model.venue import Acked, OrderUpdate, Refused, VenueHeld, VenueStatus
from tests.journal.saying import said_of
from tests.support.orders import (
    CAPABILITIES,
    CLIENT,
    OTHER_CLIENT,
    START_MS,
    VENUE,
    Exchange,
    accepted,
    answer,
    cancel_refused,
    canceled_as_asked,
    engine,
    execution,
    fill,
    lost,
    news,
    no_answer,
    outcome,
    refused,
    replaced,
)

SESSIONS = (CLIENT, OTHER_CLIENT)
HAS_DAY = frozenset({TimeInForce.DAY, *CAPABILITIES.times_in_force})
NATIVE = replace(CAPABILITIES, replace=True, times_in_force=HAS_DAY)
EVENING_MS = START_MS + 3_600_000

Scene = Callable[[Exchange], None]


def working(exchange: Exchange, name: str, more: str = "38=10|") -> None:
    exchange.client(f"35=D|11={name}|{more}")
    exchange.venue(accepted(), order=name)


# ------------------------------------------------------------------- orders and cancels


def plain(exchange: Exchange) -> None:
    """Filled, part filled, working, refused here and there, bought for an amount."""
    working(exchange, "filled")
    exchange.venue(fill("t1", "0.25", "99.5"), fill("t2", "9.75", "100"), order="filled")
    working(exchange, "part", "38=10|54=2|44=101.5|")
    exchange.venue(fill("t3", 3, "101.5"), order="part")
    working(exchange, "works")
    exchange.client("35=D|11=rejected|38=10|")
    exchange.venue(refused("insufficient funds"))
    exchange.client("35=D|11=not-placed|38=10|55=NO/SUCH|")
    working(exchange, "spent", "40=1|152=1000|59=3|")
    exchange.venue(news("filled", cum_qty="9.9", fill=execution("t4", "9.9", 101, cum="9.9")),
                   order="spent")
    working(exchange, "not-all-spent", "40=1|152=1000|59=3|")
    exchange.venue(fill("t5", 5, 101), order="not-all-spent")
    exchange.venue(news("canceled", cum_qty="5"), order="not-all-spent")
    working(exchange, "taken-back")
    exchange.venue(news("rejected", text="no credit"), order="taken-back")
    exchange.client("35=D|11=unnamed|38=10|")
    exchange.venue(news("working", native_id="n-1"), news("working", native_id="n-2"))
    exchange.venue(news("working", cum_qty="2", fill=execution("", 2, "99.9", cum=2)))
    exchange.client("35=D|11=others|38=1|", OTHER_CLIENT)
    exchange.venue(accepted(), fill("t6", 1))


def cancelled(exchange: Exchange) -> None:
    """By the client, by the venue; refused; crossed by executions; told late."""
    working(exchange, "canceled")
    exchange.client("35=F|11=c1|41=canceled|")
    exchange.venue(canceled_as_asked(), order="canceled")
    working(exchange, "part-canceled")
    exchange.venue(fill("t10", 4), order="part-canceled")
    exchange.client("35=F|11=c2|41=part-canceled|")
    exchange.venue(fill("t11", 1), canceled_as_asked("5"), order="part-canceled")
    working(exchange, "crossed")
    exchange.client("35=F|11=c3|41=crossed|")
    exchange.venue(fill("t12", 10), order="crossed")
    working(exchange, "cancel-refused")
    exchange.client("35=F|11=c4|41=cancel-refused|")
    exchange.venue(cancel_refused(), answer("working"), order="cancel-refused")
    working(exchange, "cancel-twice")
    exchange.client("35=F|11=c5|41=cancel-twice|")
    exchange.venue(cancel_refused(), answer("working"), order="cancel-twice")
    exchange.client("35=F|11=c6|41=cancel-twice|")
    exchange.venue(canceled_as_asked(), order="cancel-twice")
    working(exchange, "by-venue")
    exchange.venue(news("canceled", text="self trade"), order="by-venue")
    working(exchange, "late-fill")
    exchange.venue(fill("t13", 2), news("canceled"), fill("t14", 3), order="late-fill")
    working(exchange, "cancel-lost")
    exchange.client("35=F|11=c7|41=cancel-lost|")
    exchange.venue(lost(Command.CANCEL), order="cancel-lost")
    exchange.client("35=D|11=cancel-first|38=10|")
    exchange.client("35=F|11=c8|41=cancel-first|")
    exchange.venue(accepted(), canceled_as_asked(), order="cancel-first")
    working(exchange, "expired", "38=10|59=0|")
    exchange.venue(fill("t15", 1), news("expired"), order="expired")
    working(exchange, "overfilled")
    exchange.venue(fill("t16", 12), order="overfilled")
    working(exchange, "rejected-but-live")
    exchange.client("35=D|11=alive|38=10|")
    exchange.venue(refused("no"), fill("t17", 6), order="alive")


def in_doubt(exchange: Exchange) -> None:
    """No answer, an answer too late, submitted again, sent elsewhere, never there."""
    exchange.client("35=D|11=doubt|38=10|")
    exchange.venue(lost())
    exchange.client("35=D|11=again|38=10|")
    exchange.venue(lost())
    asked_for(exchange, "again", 17)
    exchange.venue(answer("absent"), order="again")
    exchange.venue(accepted(), fill("t20", 10), order="again")
    exchange.client("35=D|11=too-old|38=10|")
    exchange.venue(lost())
    asked_for(exchange, "too-old", 60)
    exchange.venue(answer("absent"), order="too-old")
    exchange.client("35=D|11=elsewhere|38=10|")
    exchange.venue(outcome(Command.SUBMIT, Refused("T1", "no liquidity", reroute="TIER_2")))
    exchange.venue(accepted(), fill("t21", 4), order="elsewhere")
    exchange.client("35=D|11=nowhere|38=10|")
    exchange.venue(outcome(Command.SUBMIT, Refused("T1", "no liquidity", reroute="TIER_2")))
    exchange.venue(refused("T2"), order="nowhere")
    working(exchange, "counted")
    exchange.venue(news("working", cum_qty="4"), order="counted")
    exchange.venue(answer("working", cum_qty="4", fills=(
        execution("t22", 1, 99, cum=1), execution("t23", 3, 100, cum=4))), order="counted")


def asked_for(exchange: Exchange, name: str, seconds: int) -> None:
    """The venue cannot be asked for so long, and then it is."""
    for _ in range(seconds):
        exchange.venue(no_answer(), order=name)
        exchange.wait(1)


def verdicts(exchange: Exchange) -> None:
    """An operator has found out."""
    for name in ("said-rejected", "said-filled", "said-works", "said-canceled"):
        exchange.client(f"35=D|11={name}|38=10|")
        exchange.venue(lost())
    exchange.operator(Verdict.REJECTED, "ann", "no trace of it", order="said-rejected")
    exchange.operator(Verdict.FILLED, "ann", "by telephone", Decimal(4), Decimal("99.5"),
                      order="said-filled")
    exchange.operator(Verdict.CANCELED, "bob", "by telephone", order="said-filled")
    exchange.operator(Verdict.WORKING, "bob", "seen on the screen", order="said-works")
    exchange.operator(Verdict.CANCELED, "bob", "seen on the screen", order="said-canceled")


def unasked(exchange: Exchange) -> None:
    """Mass cancels, a client that has left, a venue that is held."""
    for name in ("mass-a", "mass-b", "mass-c"):
        working(exchange, name, "38=10|54=2|44=120|")
    exchange.client("35=q|11=m1|530=1|55=BTC/USDT|54=2|")
    exchange.venue(canceled_as_asked(), order="mass-a")
    exchange.venue(cancel_refused(), answer("working"), order="mass-b")
    exchange.venue(lost(Command.CANCEL), order="mass-c")
    for name in ("left-a", "left-b"):
        exchange.client(f"35=D|11={name}|38=10|", OTHER_CLIENT)
        exchange.venue(accepted())
    exchange.engine.cancel_session(OTHER_CLIENT, "the client has left", exchange.moment)
    exchange.venue(cancel_refused(), answer("working"))
    exchange.engine.client_back(OTHER_CLIENT, exchange.moment)
    exchange.tick(0)
    exchange.handle(VenueHeld(venue=VENUE, text="margin call"))
    resumed_after(exchange, 60)


def resumed_after(exchange: Exchange, seconds: float) -> None:
    exchange.wait(seconds)
    assert exchange.engine.resume_venue(VENUE, "ann", exchange.moment)
    exchange.tick(0)


# ------------------------------------------------------------------------------ replaces


def natively(exchange: Exchange) -> None:
    """The venue replaces in one step."""
    working(exchange, "n1", "38=10|")
    exchange.venue(fill("u1", 2, "99"), order="n1")
    exchange.client("35=G|11=n2|41=n1|38=12|44=101|")
    exchange.venue(replaced(cum_qty="2"), order="n2")
    exchange.venue(fill("u2", 3, "101"), order="n2")
    exchange.client("35=G|11=n3|41=n2|38=15|44=102|")
    exchange.venue(replaced(cum_qty="3"), order="n3")
    exchange.venue(fill("u3", 4, "102"), order="n3")
    working(exchange, "n-filled-1")
    exchange.client("35=G|11=n-filled-2|41=n-filled-1|38=12|")
    exchange.venue(replaced(cum_qty="0"), fill("u4", 12), order="n-filled-2")
    working(exchange, "n-refused-1")
    exchange.client("35=G|11=n-refused-2|41=n-refused-1|38=12|")
    exchange.venue(outcome(Command.REPLACE, Refused("90", "no")), order="n-refused-2")
    exchange.venue(answer("working"), order="n-refused-1")
    working(exchange, "n-crossed-1")
    exchange.client("35=G|11=n-crossed-2|41=n-crossed-1|38=12|")
    exchange.venue(fill("u5", 10), order="n-crossed-1")
    exchange.venue(outcome(Command.REPLACE, Refused("91", "filled")), order="n-crossed-2")
    # The venue counts 4 of the old one, and has told of none: one is told late, the rest is not.
    working(exchange, "n-late-1")
    exchange.client("35=G|11=n-late-2|41=n-late-1|38=12|")
    exchange.venue(replaced(cum_qty="4"), fill("u6", 1), order="n-late-2")
    exchange.venue(fill("u7", 1), order="n-late-1")
    working(exchange, "n-late-filled-1")
    exchange.client("35=G|11=n-late-filled-2|41=n-late-filled-1|38=12|")
    exchange.venue(replaced(cum_qty="4"), fill("u8", 8), order="n-late-filled-2")
    exchange.venue(answer("canceled", cum_qty="4", fills=(execution("u9", 4, "98", cum=4),)),
                   order="n-late-filled-1")
    working(exchange, "n-lost-1")
    exchange.client("35=G|11=n-lost-2|41=n-lost-1|38=12|")
    exchange.venue(lost(Command.REPLACE), order="n-lost-2")
    working(exchange, "n-canceled-1")
    exchange.client("35=G|11=n-canceled-2|41=n-canceled-1|38=12|")
    exchange.venue(replaced(), order="n-canceled-2")
    exchange.client("35=F|11=c20|41=n-canceled-2|")
    exchange.venue(canceled_as_asked(), order="n-canceled-2")
    working(exchange, "n-own-1")
    exchange.client("35=G|11=n-own-2|41=n-own-1|38=12|")
    exchange.venue(outcome(Command.REPLACE, Refused("90", "no")), order="n-own-2")
    exchange.venue(fill("u10", 3), order="n-own-2")
    # Executed so far already that nothing is left when the venue could replace it.
    exchange.client("35=D|11=n-full-1|38=10|")
    exchange.client("35=G|11=n-full-2|41=n-full-1|38=3|")
    exchange.venue(fill("u11", 4), canceled_as_asked("4"), order="n-full-1")
    # A verdict about what was replaced, and about what replaced it.
    working(exchange, "n-said-1")
    exchange.client("35=G|11=n-said-2|41=n-said-1|38=12|")
    exchange.venue(replaced(cum_qty="4"), order="n-said-2")
    exchange.operator(Verdict.FILLED, "ann", "by telephone", Decimal(4), Decimal(97),
                      order="n-said-1")
    exchange.operator(Verdict.CANCELED, "ann", "by telephone", order="n-said-1")
    working(exchange, "n-pending-1")
    exchange.client("35=G|11=n-pending-2|41=n-pending-1|38=12|")


def by_cancel(exchange: Exchange) -> None:
    """The venue cannot: the old order is canceled, then the new one leaves with what is left."""
    for name in ("b", "b-crossed", "b-full", "b-refused", "b-filled", "b-lost", "b-old"):
        working(exchange, f"{name}-1")
    exchange.client("35=G|11=b-2|41=b-1|38=12|44=101|")
    exchange.venue(canceled_as_asked(), order="b-1")
    exchange.venue(accepted(), fill("v1", 1, "101"), order="b-2")
    exchange.client("35=G|11=b-3|41=b-2|38=8|44=102|")
    exchange.venue(canceled_as_asked("1"), order="b-2")
    exchange.venue(accepted(), fill("v2", 7, "102"), order="b-3")
    exchange.client("35=G|11=b-crossed-2|41=b-crossed-1|38=12|")
    exchange.venue(fill("v3", 5), canceled_as_asked("5"), order="b-crossed-1")
    exchange.venue(accepted(), order="b-crossed-2")
    exchange.client("35=G|11=b-full-2|41=b-full-1|38=5|")
    exchange.venue(fill("v4", 6), canceled_as_asked("6"), order="b-full-1")
    exchange.client("35=G|11=b-refused-2|41=b-refused-1|38=12|")
    exchange.venue(cancel_refused(), answer("working"), order="b-refused-1")
    exchange.client("35=G|11=b-filled-2|41=b-filled-1|38=12|")
    exchange.venue(fill("v5", 10), order="b-filled-1")
    exchange.client("35=G|11=b-lost-2|41=b-lost-1|38=12|")
    exchange.venue(canceled_as_asked(), order="b-lost-1")
    exchange.venue(lost(), order="b-lost-2")
    exchange.client("35=G|11=b-old-2|41=b-old-1|38=12|")
    exchange.venue(canceled_as_asked(), order="b-old-1")
    exchange.venue(refused("no credit"), order="b-old-2")


def replaced_old_way(exchange: Exchange) -> None:
    """The new order's acceptance comes before the old one's end, as one answer."""
    working(exchange, "w-1")
    exchange.client("35=G|11=w-2|41=w-1|38=12|")
    after, before = exchange.order("w-2"), exchange.order("w-1")
    exchange.venue(outcome(Command.REPLACE, Acked(
        OrderUpdate(order_id=after.order_id, status=VenueStatus.WORKING, native_id="w"),
        OrderUpdate(order_id=before.order_id, status=VenueStatus.CANCELED, cum_qty=Decimal(0)),
    )), order="w-2")


# ------------------------------------------------------------------------- the day is over


def evening(exchange: Exchange) -> None:
    """Day orders of a venue without Day; the client's day ends."""
    working(exchange, "day-a", "38=10|59=0|")
    working(exchange, "day-b", "38=10|59=0|")
    exchange.venue(fill("w1", 3), order="day-b")
    working(exchange, "day-c", "38=10|59=0|")
    exchange.tick(EVENING_MS - exchange.now + 1_000)
    exchange.venue(canceled_as_asked(), order="day-a")
    exchange.venue(canceled_as_asked("3"), order="day-b")
    exchange.venue(cancel_refused(), order="day-c")


def many(exchange: Exchange) -> None:
    """Mass cancels that wait for their turn, behind what the client asks about; one is done with,
    the end comes upon the other."""
    for these, last in (("one", 30), ("two", 5)):
        for number in range(last):
            exchange.client(f"35=D|11={these}-{number}|38=1|54=2|44=150|", OTHER_CLIENT)
            exchange.venue(accepted())
        for number in range(3):
            exchange.client(f"35=AF|11=a{number}|", OTHER_CLIENT)
        exchange.client(f"35=q|11=m-{these}|530=7|", OTHER_CLIENT)
        if these == "one":
            exchange.wait(1)


AT_A_NATIVE_VENUE: tuple[Scene, ...] = (
    plain, cancelled, in_doubt, verdicts, natively, replaced_old_way,
)
AT_ANOTHER: tuple[Scene, ...] = (by_cancel, evening, unasked, many)


def trade() -> Exchange:
    """All that is played, with a restart in the middle."""
    exchange = Exchange(NATIVE)
    play(exchange, AT_A_NATIVE_VENUE)
    # The venue's next version has no replace and no Day; the gateway is started again.
    exchange._make_engine = lambda: engine(
        CAPABILITIES, replace_by_cancel=True, day_ends=lambda at_ms: EVENING_MS
    )
    exchange.restart()
    play(exchange, AT_ANOTHER)
    return exchange


def play(exchange: Exchange, scenes: tuple[Scene, ...]) -> None:
    for scene in scenes:
        exchange.tick(10_007)
        scene(exchange)


def write(exchange: Exchange, path: Path) -> None:
    """Its events as a journal, a tick each moment."""
    journal = Journal.open(path)
    for key in SESSIONS:
        journal.add_session(key, START_MS)
    at = None
    for event in exchange.events:
        if event.at != at:
            journal.commit(0)
        journal.add_events([event])  # type: ignore[list-item]
        at = event.at
    journal.commit(0)
    journal.close()


def dump(path: Path) -> str:
    """The journal as SQL; the moment it was made at is that of its first order."""
    database = sqlite3.connect(path)
    database.execute("UPDATE journal SET made_at = '2023-11-14T22:13:20+00:00'")
    database.commit()
    lines = "\n".join(database.iterdump())
    database.close()
    return f"PRAGMA journal_mode = WAL;\n{lines}\n"


def main(directory: Path) -> None:
    """Make the journal, and write down what `fixgw orders` and the engine say of it."""
    with TemporaryDirectory() as place:
        path = Path(place) / "journal"
        write(trade(), path)
        (directory / "journal.sql").write_text(dump(path))
        for name, text in said_of(path).items():
            (directory / name).write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
