"""One scenario: its name, the features it needs of a venue, and the function that plays it."""

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum

from msgspec import Struct

from fixgw.certify.sandbox_driver import Fault, SandboxDriver, SandboxFeature, Situation
from fixgw.certify.script import Script
from fixgw.certify.stage import ScenarioStage
from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import OrdType, TimeInForce

Play = Callable[[ScenarioStage], Awaitable[None]]


class Requires(Enum):
    """A requirement on the declared Capabilities; the value is the text for one that is not met."""

    LIMIT = "the adapter declares no OrdType(40) 2 (limit)"
    MARKET = "the adapter declares no OrdType(40) 1 (market)"
    IOC = "the adapter declares no TimeInForce(59) 3 (immediate or cancel)"
    FOK = "the adapter declares no TimeInForce(59) 4 (fill or kill)"
    POST_ONLY = "the adapter declares no ExecInst(18) 6 (post only)"
    CASH = "the adapter declares no CashOrderQty(152)"
    CANCEL = "the adapter declares no cancels"
    NO_CANCEL = "the adapter declares cancels"
    REPLACE = "the adapter declares no replaces"
    QUERY = "the adapter declares no questions about orders"
    PUSHES = "the adapter declares no news of its own: it polls"


def _times(capabilities: Capabilities) -> frozenset[TimeInForce]:
    of_limits = capabilities.times_in_force_of.get(OrdType.LIMIT)
    return capabilities.times_in_force if of_limits is None else of_limits


_HOLDS: dict[Requires, Callable[[Capabilities], bool]] = {
    Requires.LIMIT: lambda c: OrdType.LIMIT in c.ord_types,
    Requires.MARKET: lambda c: OrdType.MARKET in c.ord_types,
    Requires.IOC: lambda c: TimeInForce.IMMEDIATE_OR_CANCEL in _times(c),
    Requires.FOK: lambda c: TimeInForce.FILL_OR_KILL in _times(c),
    Requires.POST_ONLY: lambda c: c.post_only,
    Requires.CASH: lambda c: c.cash_order_qty or OrdType.MARKET in c.cash_or_quantity,
    Requires.CANCEL: lambda c: c.cancel,
    Requires.NO_CANCEL: lambda c: not c.cancel,
    Requires.REPLACE: lambda c: c.replace,
    Requires.QUERY: lambda c: c.query,
    Requires.PUSHES: lambda c: c.pushes,
}

Need = Requires | SandboxFeature
RESTS = (Requires.LIMIT, SandboxFeature.RESTING)
"""The need of most scenarios: an order that rests until another participant trades with it."""

CANCELS = (*RESTS, Requires.CANCEL)


class Scenario(Struct, frozen=True):
    """One of the suite."""

    name: str
    title: str
    needs: tuple[Need, ...]
    situation: Situation
    play: Play

    def not_applicable(self, capabilities: Capabilities, counterpart: SandboxDriver) -> str:
        """Return the reason it cannot be played with this venue; "" if it can."""
        for need in self.needs:
            if isinstance(need, Requires):
                if not _HOLDS[need](capabilities):
                    return need.value
            elif need in counterpart.cannot:
                return f"the sandbox cannot {need.value}: {counterpart.cannot[need]}"
        return ""


class Suite:
    """All scenarios, in the order in which they were written down."""

    def __init__(self) -> None:
        self.scenarios: dict[str, Scenario] = {}

    def scenario(
        self, *needs: Need, situation: Situation = Situation()
    ) -> Callable[[Play], Play]:
        """Put a function among the scenarios; its docstring's first line is the title."""

        def add(play: Play) -> Play:
            name = play.__name__.replace("_", "-")
            title = (play.__doc__ or "").partition("\n")[0]
            self._add(name, title, needs, situation, play)
            return play

        return add

    def script(
        self, name: str, title: str, needs: tuple[Need, ...], text: str,
        situation: Situation = Situation(),
    ) -> None:
        """Put a script among the scenarios."""
        self._add(name, title, needs, situation, Script(text))

    def each(
        self, ways: Sequence[Fault], name: str, title: str, needs: tuple[Need, ...], text: str
    ) -> None:
        """A script for each of *ways*: {way} and {words} in *title* and *text* stand for it."""
        for way in ways:
            said = way.name.lower().replace("_", "-")
            self.script(
                f"{name}-{said}", title.format(words=way.words), needs, text.format(way=said)
            )

    def _add(
        self, name: str, title: str, needs: tuple[Need, ...], situation: Situation, play: Play
    ) -> None:
        assert name not in self.scenarios, f"{name} is there twice"
        assert title, f"{name} does not say what it is about"
        self.scenarios[name] = Scenario(name, title, needs, situation, play)
