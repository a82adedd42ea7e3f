"""Snapshot and tail make what the whole journal makes, field by field, wherever it is cut.

The orders are those of the machines of test_engine_any_input; sessions, venues and bugs of ours
have their say in between. The journal is cut again and again: after each snapshot what is over is
on file, and a later event of it brings it back.
"""

from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from fixgw.journal import snapshot as snapshots
from fixgw.journal.snapshot import Fold, Snapshot
from fixgw.journal.tick import JournalEvent, SessionRow, Tick, decode, encode
from fixgw.model.cancel_on import CancelOn
from fixgw.model.ids import ExecID, SessionKey
from fixgw.model.refusals import InputRefused, RefusedKind
from fixgw.model.session_events import (
    CancelOnDisconnectSet,
    ClientGone,
    ClientReset,
    LoggedOnFrom,
    NonceUsed,
    PasswordChanged,
    ReportsCarried,
    SessionAdded,
    SessionDisabled,
    SessionEnabled,
    TokenUsed,
    TradeDisputed,
)
from fixgw.model.venue_events import VenueNoted
from tests.core.any_story import AnyStory, Contained
from tests.journal.states import Rows, State
from tests.support.orders import CLIENT, OTHER_CLIENT, VENUE

SESSIONS = st.sampled_from((CLIENT, OTHER_CLIENT))
WHICH = st.integers(0, 7)


class Recorded(Contained):
    """An Exchange whose steps are ticks of a journal."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.ticks: list[Tick] = []
        super().__init__(*arguments, **named)

    def _take(self) -> None:
        known = len(self.events)
        super()._take()
        self.record(*self.events[known:])

    def record(self, *events: JournalEvent, numbers: tuple[SessionRow, ...] = ()) -> None:
        if events or numbers:
            number = len(self.ticks) + 1
            tick = Tick(number, self.now, number - 1, list(numbers), [], list(events))
            self.ticks.append(decode(encode(tick)))


class Journaled(AnyStory):
    """Whatever happens is on record, and the journal is cut."""

    exchange_type = Recorded
    exchange: Recorded

    def __init__(self, reached: Counter[str] | None = None) -> None:
        super().__init__(reached)
        self.rows: dict[SessionKey, SessionRow] = {}
        self.agreed: set[SessionKey] = set()
        self.refused = 0

    @property
    def at(self) -> int:
        return self.exchange.now

    # --------------------------------------------------------------------- sessions

    @rule(session=SESSIONS, messages=st.integers(0, 3))
    def numbers_move(self, session: SessionKey, messages: int) -> None:
        added = []
        row = self.rows.get(session)
        if row is None:
            row = SessionRow(len(self.rows) + 1, 1, 1, 0, self.at, 1)
            added.append(SessionAdded(session=session, at=self.at, id=row.id))
        self.rows[session] = row = row._replace(next_sender=row.next_sender + messages)
        self.exchange.record(*added, numbers=(row,))

    @precondition(lambda self: self.rows)
    @rule(which=WHICH, carried=st.integers(0, 3))
    def numbers_start_again(self, which: int, carried: int) -> None:
        session = list(self.rows)[which % len(self.rows)]
        row = self.rows[session]
        events: list[JournalEvent] = [ClientReset(session=session, at=self.at)]
        if carried:
            self.reached["carried"] += 1
            events.append(ReportsCarried(
                session=session, at=self.at, epoch=row.epoch + 1, first=2,
                origins=[(row.epoch, 1, carried)],
            ))
        self.rows[session] = row = row._replace(
            epoch=row.epoch + 1, next_sender=1 + carried, next_target=1
        )
        self.exchange.record(*events, numbers=(row,))

    @rule(session=SESSIONS, which=WHICH, good_ms=st.sampled_from((-1, 1_000, 10_000_000)))
    def logs_on(self, session: SessionKey, which: int, good_ms: int) -> None:
        self.names += 1
        self.exchange.record(*(
            PasswordChanged(session=session, at=self.at, password_hash=str(which), replaced="x"),
            TokenUsed(session=session, at=self.at, mark=f"t{self.names}",
                      until_ms=self.at + good_ms),
            NonceUsed(session=session, at=self.at, key="k", nonce=self.names),
            *(LoggedOnFrom(session=session, at=self.at, address=f"10.0.{i}.{which}")
              for i in range(which)),
        )[which % 4:])

    @rule(session=SESSIONS, on=st.sampled_from(CancelOn), cancels=st.booleans())
    def comes_and_goes(self, session: SessionKey, on: CancelOn, cancels: bool) -> None:
        if session in self.agreed:
            self.exchange.record(ClientGone(session=session, at=self.at, cancels=cancels))
            self.agreed.discard(session)
        else:
            self.exchange.record(CancelOnDisconnectSet(
                session=session, at=self.at, on=on, window_ms=self.names
            ))
            self.agreed.add(session)

    @rule(session=SESSIONS, disabled=st.booleans())
    def is_disabled(self, session: SessionKey, disabled: bool) -> None:
        self.exchange.record(
            SessionDisabled(session=session, at=self.at, text="ten bugs") if disabled
            else SessionEnabled(session=session, at=self.at, who="ann")
        )

    @rule(count=st.integers(1, 400))
    def refuses_inputs(self, count: int) -> None:
        first, self.refused = self.refused + 1, self.refused + count
        self.exchange.record(*(
            InputRefused(at=self.at, number=number, kind=RefusedKind.WORD, source=VENUE,
                         content=b"{", error="KeyError")
            for number in range(first, self.refused + 1)
        ))

    # --------------------------------------------------------------- about orders

    @precondition(lambda self: self.at_venue)
    @rule(which=WHICH, key=st.sampled_from("ab"), body=st.sampled_from((b"", b"1", b"2")),
          alone=st.booleans())
    def adapter_notes(self, which: int, key: str, body: bytes, alone: bool) -> None:
        order = self.at_venue[which % len(self.at_venue)]
        self.exchange.record(
            VenueNoted(venue=VENUE, at=self.at, key=key, body=body) if alone else
            VenueNoted(venue=VENUE, at=self.at, key=key, body=body, order_id=order.order_id)
        )

    @precondition(lambda self: any(order.fills for order in self.at_venue))
    @rule(which=WHICH, reason=st.sampled_from("AZ"))
    def disputes(self, which: int, reason: str) -> None:
        executions = [f"{o.order_id}-F{name}" for o in self.at_venue for name in o.fills]
        self.exchange.record(TradeDisputed(
            session=CLIENT, at=self.at, order_id="what it likes", reason=reason,
            exec_id=ExecID(executions[which % len(executions)]),
        ))

    @precondition(lambda self: self.over)
    @rule(which=WHICH, qty=st.integers(1, 3), named=st.booleans(), seconds=st.sampled_from((0, 90)))
    def executes_much_later(self, which: int, qty: int, named: bool, seconds: int) -> None:
        self.exchange.tick(seconds * 1_000)
        self._listen()
        self.executes_late(which, qty, named)

    # ----------------------------------------------------------------------- what must hold

    def teardown(self) -> None:
        super().teardown()
        ticks = self.exchange.ticks
        for every, closed_ms in ((1, 0), (7, 0), (13, 60_000)):
            self._cut(ticks, every, closed_ms)

    def _cut(self, ticks: list[Tick], every: int, closed_ms: int) -> None:
        """Make a snapshot after each so many ticks: from the one before, and from the beginning."""
        whole, rows, goes_on_rows = State(), Rows(), Rows()
        goes_on = Fold(goes_on_rows.get)
        last: Snapshot | None = None
        for first in range(0, len(ticks), every):
            chunk = ticks[first:first + every]
            begun = Fold(rows.get, last)
            for tick in chunk:
                whole.take_tick(tick)
                begun.take(tick)
                goes_on.take(tick)
            made, filed = begun.result(chunk[-1].at, closed_ms)
            assert (made, filed) == goes_on.result(chunk[-1].at, closed_ms)
            rows.put(filed)
            goes_on_rows.put(filed)
            self.reached["filed"] += len(filed)
            last = snapshots.decode(snapshots.encode(made))
            assert made == last
        self.reached["revived"] += len(rows.asked)
        if last is not None:
            self._compare(whole, last, rows, ticks[-1].at)
            for covered in {len(ticks) * each // 4 for each in (1, 2, 3)}:
                self._with_tail(whole, ticks, covered, closed_ms)

    def _with_tail(
        self, whole: State, ticks: list[Tick], covered: int, closed_ms: int
    ) -> None:
        """The snapshot covers the first so many; the rest is read by what starts with it."""
        rows = Rows()
        fold = Fold(rows.get)
        for tick in ticks[:covered]:
            fold.take(tick)
        made, filed = fold.result(ticks[covered - 1].at if covered else 0, closed_ms)
        rows.put(filed)
        self._compare(whole, made, rows, ticks[-1].at, ticks[covered:])

    def _compare(
        self, whole: State, made: Snapshot, rows: Rows, now_ms: int, tail: list[Tick] = []
    ) -> None:
        rows.asked = []
        state = State(rows)
        state.begin_with(made)
        for tick in tail:
            state.take_tick(tick)
        self.reached["revived by the tail"] += len(rows.asked)
        state.revive_all()
        latest = max([now_ms, *(tick.at for tick in self.exchange.ticks)])
        expected, found = whole.fields(latest), state.fields(latest)
        for name, value in expected.items():
            assert value == found[name], name


class JournaledInOneStep(Journaled):
    replaces = True


class JournaledByCancel(Journaled):
    by_cancel = True


REACH = {"filed": 80, "revived": 20, "revived by the tail": 10, "carried": 8}
"""So often at least: about a quarter of what it is today."""


@pytest.mark.drawn
@pytest.mark.parametrize("machine", (Journaled, JournaledInOneStep, JournaledByCancel))
def test_snapshot_and_tail_make_what_the_whole_journal_makes(machine: type[Journaled]) -> None:
    reached: Counter[str] = Counter()

    def begin() -> Journaled:
        return machine(reached)

    begin.__name__ = machine.__name__
    run_state_machine_as_test(
        begin,  # type: ignore[arg-type]
        settings=settings(max_examples=120, stateful_step_count=50),
    )

    too_rare = {
        what: (reached[what], least) for what, least in REACH.items() if reached[what] < least
    }
    assert {} == too_rare, "a run that does not meet it proves nothing of it"
