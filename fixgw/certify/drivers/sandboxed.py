"""Base of the drivers for our own sandboxes, which run in this process on real sockets.

They trade and look up orders in the sandbox's own books, and use its faults to spoil answers. The
adapter under test knows only what it receives over the wire.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from fixgw.certify.sandbox_driver import Booked, Fault, Market, SandboxFeature, Situation, Step
from fixgw.model.enums import Side
from fixgw.sandbox import matching
from fixgw.sandbox.faults import ArmRequest, Faults
from fixgw.sandbox.record import Entry, Recorder
from fixgw.sandbox.running import Clock, Runner, wall_clock

LATE_MS = 1_600
"""The delay of a late answer; the settings give up after REQUEST_SECONDS."""

NEWS_LATE_MS = 400
"""The delay of late news."""

REQUEST_SECONDS = 0.8
"""`request_timeout_seconds` of the adapters' settings."""

CALLS_SHOWN = 80
CHARACTERS_SHOWN = 240

SIDES = {Side.BUY: matching.Side.BUY, Side.SELL: matching.Side.SELL}


class Sandboxed(ABC):
    """One sandbox. A subclass names its calls and reads its books."""

    adapter: ClassVar[str]
    cannot: Mapping[SandboxFeature, str] = {}
    calls_of: ClassVar[Mapping[Step, str]]
    """Step -> the name by which the sandbox arms faults for it."""

    def __init__(self) -> None:
        self.directory: Path
        self.situation = Situation()
        self._runner: Runner[Any]

    async def open(self, directory: Path, situation: Situation) -> None:
        """Start the sandbox."""
        self.directory, self.situation = directory, situation

        def clock() -> int:
            return wall_clock() + situation.clock_ahead_ms

        self._runner = await self.serve(clock)

    @property
    @abstractmethod
    def market(self) -> Market:
        """The market that orders are for; known before `open`."""

    @abstractmethod
    async def serve(self, clock: Clock) -> Runner[Any]:
        """Start it on a free port."""

    @abstractmethod
    def settings(self) -> str:
        """The adapter's table."""

    @abstractmethod
    async def trade(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        """Somebody else's order."""

    @abstractmethod
    async def orders(self) -> Sequence[Booked]:
        """The venue's record."""

    async def stranger(self) -> str:
        """An order that is not ours."""
        raise AssertionError(f"{self.adapter} declares what it cannot")

    async def close(self) -> None:
        """End it."""
        await self._runner.close()

    # ------------------------------------------------------------------ faults

    @property
    def _faults(self) -> Faults:
        faults: Faults = self._runner.server.faults
        return faults

    async def fail(self, step: Step, way: Fault, times: int = 1) -> None:
        """Arm the fault of that name."""
        delay_ms = NEWS_LATE_MS if step is Step.NEWS else LATE_MS
        self._faults.arm(
            ArmRequest(call=self.calls_of[step], fault=way, times=times, delay_ms=delay_ms)
        )

    async def unmet(self) -> Sequence[str]:
        """Return the faults that are still armed."""
        return [f"{armed.fault} of {armed.call}" for armed in self._faults.armed]

    async def behave(self) -> None:
        """Disarm all."""
        self._faults.clear()

    async def cut(self) -> None:
        """Lose all connections."""
        self._runner.cut()

    # ------------------------------------------------------------------ record

    @property
    def _recorder(self) -> Recorder:
        recorder: Recorder = self._runner.server.recorder
        return recorder

    def entries(self, step: Step, name: str) -> list[Entry]:
        """The calls of *step* that name the order *name* in their path or body."""
        wanted = name.encode()
        return [
            entry
            for entry in self._recorder.entries()
            if entry.call == self.calls_of[step]
            and (wanted in entry.request or name in entry.path)
        ]

    def _asked_of(self, name: str) -> Booked:
        """Return the requests made for an order of that name, as if it had never become an order.
        """
        replaces = self.entries(Step.REPLACE, name) if Step.REPLACE in self.calls_of else ()
        return Booked(
            name=name, found=False,
            submitted_at=tuple(entry.at for entry in self.entries(Step.SUBMIT, name)),
            cancels=len(self.entries(Step.CANCEL, name)), replaces=len(replaces),
        )

    def _with_lost(self, rows: Sequence[Booked], asked: Iterable[str]) -> Sequence[Booked]:
        """*rows* of the books, and those of the names *asked* that are not among them."""
        names = {row.name for row in rows}
        return [*rows, *(self._asked_of(name) for name in asked if name not in names)]

    async def calls(self) -> Sequence[str]:
        """Return the last calls and the replies to them."""
        return [
            f"{view.at} {view.method} {view.path} {view.call}"
            + (f" [{view.fault}]" if view.fault else "")
            + f" {_short(bytes(view.request))} -> {_short(bytes(view.reply))}"
            for view in self._recorder.since(0)[-CALLS_SHOWN:]
        ]


def _short(body: bytes) -> str:
    text = body.decode(errors="replace")
    return text if len(text) <= CHARACTERS_SHOWN else text[:CHARACTERS_SHOWN] + "…"
