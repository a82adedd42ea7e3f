"""Plays scenarios, several at a time, each with a sandbox, a directory and a context of its own.

An error of the adapter, the sandbox driver or the gateway becomes the result of its scenario; the
others go on. Every step has a time limit.
"""

import asyncio
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from fixgw.certify.audit import audit
from fixgw.certify.sandbox_driver import SandboxDriver, SandboxFeature
from fixgw.certify.scenario import Scenario
from fixgw.certify.stage import WAIT_SECONDS, ScenarioStage, Unexpected
from fixgw.certify.trace import Line, Trace, current, logs_noted
from fixgw.model.ids import VenueName
from fixgw.runtime.toml import Document, Table
from fixgw.venues.adapter import VenueAdapter
from fixgw.venues.registry import VenueKind

AT_ONCE = 6
"""Scenarios that are played at the same time; they mostly wait."""

SCENARIO_SECONDS = 6 * WAIT_SECONDS
"""Time limit of one scenario, beside PROOFS times the adapter's proof of absence."""

PROOFS = 4

CLOSE_SECONDS = 10.0
"""Time limit for a sandbox to end."""


class ScenarioVerdict(StrEnum):
    """The verdict on one scenario."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


class Result(Struct, frozen=True, kw_only=True):
    """The verdict on one scenario, and the reason for it."""

    scenario: str
    title: str
    verdict: ScenarioVerdict
    reason: str = ""
    seconds: float = 0.0
    trace: tuple[Line, ...] = ()
    """Of a failed one."""
    calls: tuple[str, ...] = ()
    """The venue's calls and replies, of a failed scenario."""


class Player:
    """Plays the scenarios of one sandbox driver with its adapter."""

    def __init__(
        self,
        make: Callable[[], SandboxDriver],
        kind: VenueKind,
        wrap: Callable[[VenueAdapter], VenueAdapter] = lambda adapter: adapter,
    ) -> None:
        self._make = make
        self._kind = kind
        self._wrap = wrap

    async def play_all(
        self, scenarios: Sequence[Scenario], told: Callable[[Result], None] = lambda result: None
    ) -> list[Result]:
        """Play *scenarios* and return their results in the same order; call *told* as each one
        ends.
        """
        room = asyncio.Semaphore(AT_ONCE)

        async def one(scenario: Scenario) -> Result:
            async with room:
                result = await self.play(scenario)
            told(result)
            return result

        with logs_noted():
            # The longest scenarios begin first.
            running = {
                each.name: asyncio.ensure_future(one(each))
                for each in sorted(
                    scenarios, key=lambda each: SandboxFeature.PROVE_ABSENCE not in each.needs
                )
            }
            return [await running[each.name] for each in scenarios]

    async def play(self, scenario: Scenario) -> Result:
        """Play one."""
        began, trace = time.monotonic(), Trace()
        with tempfile.TemporaryDirectory(prefix="fixgw-certify-") as directory, current(trace):
            play = _Play(scenario, self._make(), self._kind, self._wrap, Path(directory), trace)
            # A task of its own: what is started in it notes in this trace.
            verdict, reason = await asyncio.create_task(play.run())
        failed = verdict is ScenarioVerdict.FAILED
        return Result(
            scenario=scenario.name, title=scenario.title, verdict=verdict, reason=reason,
            seconds=time.monotonic() - began,
            trace=tuple(trace.lines) if failed else (),
            calls=tuple(play.calls) if failed else (),
        )


class _Play:
    """One scenario, from its sandbox's start to its end."""

    def __init__(
        self,
        scenario: Scenario,
        counterpart: SandboxDriver,
        kind: VenueKind,
        wrap: Callable[[VenueAdapter], VenueAdapter],
        directory: Path,
        trace: Trace,
    ) -> None:
        self.calls: Sequence[str] = ()
        self._scenario = scenario
        self._counterpart = counterpart
        self._kind = kind
        self._wrap = wrap
        self._directory = directory
        self._trace = trace

    async def run(self) -> tuple[ScenarioVerdict, str]:
        """Verdict and reason; never raises but for a cancellation."""
        try:
            await self._counterpart.open(self._directory, self._scenario.situation)
            try:
                return await self._opened()
            finally:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._counterpart.close()
        except Unexpected as error:
            return ScenarioVerdict.FAILED, str(error)
        except TimeoutError as error:
            self._trace.note("stage", traceback.format_exc())
            return ScenarioVerdict.FAILED, f"it took too long: {error}"
        except Exception as error:
            # Of whatever kind: a result, with its traceback, and the others go on.
            self._trace.note("stage", traceback.format_exc())
            return ScenarioVerdict.FAILED, f"{type(error).__name__}: {error}"

    async def _opened(self) -> tuple[ScenarioVerdict, str]:
        adapter = self._adapter()
        reason = self._scenario.not_applicable(adapter.capabilities, self._counterpart)
        if reason:
            return ScenarioVerdict.NOT_APPLICABLE, reason
        stage = ScenarioStage(self._adapter, self._counterpart, self._directory, self._trace)
        proof = PROOFS * adapter.capabilities.absence_proof_ms / 1000
        try:
            async with asyncio.timeout(SCENARIO_SECONDS + proof):
                await stage.gateway_starts()
                await self._scenario.play(stage)
                await audit(stage)
        except BaseException:
            self.calls = await self._counterpart.calls()
            raise
        finally:
            await self._end(stage)
        return ScenarioVerdict.PASSED, ""

    @staticmethod
    async def _end(stage: ScenarioStage) -> None:
        if stage.lives:
            await stage.gateway_dies()

    def _adapter(self) -> VenueAdapter:
        """A new adapter, as the settings make it."""
        text = self._counterpart.settings()
        document = Document(self._directory / "gateway.toml", text)
        config = Table(document, (), document.root).decode(self._kind.config)
        return self._wrap(self._kind.make(VenueName(self._counterpart.adapter), config))
