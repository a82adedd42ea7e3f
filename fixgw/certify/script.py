"""A scenario written as a message exchange: one line for each action or expected report.

    A buy 4 @-2 ioc     an order called A, for 4 lots, 2 ticks below the price; also: sell, day,
                        fok, post-only
    A rests 4           an order to buy that rests: it is reported pending, and then new
    A market            a market order for 4 lots, a sell where a buy names an amount of money
    M cancel-all        an OrderMassCancelRequest for all orders
    X cancel A          an OrderCancelRequest called X; X replace A 6 @1: a replacement
    offer 3 @1          another participant sells 3 lots; `bid` buys
    meet 3              trades 3 lots on the side that a market order needs
    unheard 3           offers 3 lots at the price; the venue's news of the trade is late
    fail submit lost-after 2        the next 2 answers to submits go wrong in this way
    met                 wait until all requested faults have happened
    back                wait until the adapter receives updates again, after `fail news cut`
    cut, dies, starts   all connections are lost; the gateway crashes; its next life begins
    A told 0/0 0/4      the next reports about A, in this order, separated by commas (see `words`)
    A finally 4/4 0/0   like `told`, with the patience that a proof of absence takes
    A executed 3        3 lots of A are reported executed, in any number of fills
    A lives             A rests, is filled in part, and canceled where that can be done
    A part              A ends with one lot executed
    A over              A ends with nothing executed, and reached the venue once
    A ends              A ends, in any way
"""

from collections.abc import Awaitable, Callable

from fixgw.certify.sandbox_driver import Fault, Step
from fixgw.certify.stage import ScenarioStage
from fixgw.model.enums import Side, TimeInForce

Action = Callable[[ScenarioStage], Awaitable[object]]

TIMES = {
    "day": TimeInForce.DAY,
    "ioc": TimeInForce.IMMEDIATE_OR_CANCEL,
    "fok": TimeInForce.FILL_OR_KILL,
}
PROOFS = 3
_EXPECT = (" rests ", " told ", " finally ", " executed ", " part", " over", " lives")


class Script:
    """The actions of one scenario, read before anything is played."""

    def __init__(self, text: str) -> None:
        self._actions: list[Action] = [
            _action(line) for each in text.splitlines() if (line := each.strip())
        ]
        if not any(word in text for word in _EXPECT):
            raise ValueError(f"the script expects nothing:\n{text}")

    async def __call__(self, stage: ScenarioStage) -> None:
        for action in self._actions:
            await action(stage)


def _action(line: str) -> Action:
    words = line.split()
    if words[0] in _ALONE:
        return _ALONE[words[0]](words[1:])
    if len(words) < 2 or words[1] not in _OF_ORDERS:
        raise ValueError(f"not a line of a script: {line!r}")
    return _OF_ORDERS[words[1]](words[0], words[2:])


def _lots_and_ticks(words: list[str]) -> tuple[int, int]:
    ticks = [int(word[1:]) for word in words[1:] if word.startswith("@")]
    return int(words[0]), ticks[0] if ticks else 0


# --------------------------------------------------------- somebody else, and the world


def _offer(side: Side) -> Callable[[list[str]], Action]:
    def read(words: list[str]) -> Action:
        lots, ticks = _lots_and_ticks(words)
        return lambda stage: stage.offer(lots, ticks, side)

    return read


def _fail(words: list[str]) -> Action:
    step, way = Step(words[0]), Fault[words[1].upper().replace("-", "_")]
    times = int(words[2]) if len(words) > 2 else 1
    return lambda stage: stage.fail(step, way, times)


_ALONE: dict[str, Callable[[list[str]], Action]] = {
    "offer": _offer(Side.SELL),
    "bid": _offer(Side.BUY),
    "unheard": lambda words: lambda stage: stage.offer_unheard(int(words[0])),
    "fail": _fail,
    "meet": lambda words: lambda stage: stage.meet_market_order(int(words[0])),
    "met": lambda words: lambda stage: stage.met(),
    "back": lambda words: lambda stage: stage.back(),
    "cut": lambda words: lambda stage: stage.counterpart.cut(),
    "dies": lambda words: lambda stage: stage.gateway_dies(),
    "starts": lambda words: lambda stage: stage.gateway_starts(),
}

# ---------------------------------------------------------------------------- the client


def _order(side: Side) -> Callable[[str, list[str]], Action]:
    def read(name: str, words: list[str]) -> Action:
        lots, ticks = _lots_and_ticks(words)
        tif = next((TIMES[word] for word in words if word in TIMES), None)
        post_only = "post-only" in words

        async def send(stage: ScenarioStage) -> None:
            stage.rim.request(
                stage.order(name, lots, at=ticks, side=side, tif=tif, post_only=post_only)
            )

        return send

    return read


def _market(name: str, words: list[str]) -> Action:
    async def send(stage: ScenarioStage) -> None:
        stage.rim.request(stage.market_order(name, TIMES[words[0]] if words else None))

    return send


def _cancel(name: str, words: list[str]) -> Action:
    return lambda stage: stage.cancel(name, words[0])


def _replace(name: str, words: list[str]) -> Action:
    lots, ticks = _lots_and_ticks(words[1:])
    return lambda stage: stage.replace(name, words[0], lots, ticks)


def _told(proofs: int) -> Callable[[str, list[str]], Action]:
    def read(name: str, words: list[str]) -> Action:
        lines = [line.strip() for line in " ".join(words).split(",")]
        return lambda stage: stage.told(name, *lines, proofs=proofs)

    return read


_OF_ORDERS: dict[str, Callable[[str, list[str]], Action]] = {
    "buy": _order(Side.BUY),
    "rests": lambda name, words: lambda stage: stage.rests(name, int(words[0])),
    "sell": _order(Side.SELL),
    "market": _market,
    "cancel": _cancel,
    "cancel-all": lambda name, words: lambda stage: stage.cancel_all(name),
    "replace": _replace,
    "told": _told(0),
    "finally": _told(PROOFS),
    "executed": lambda name, words: lambda stage: stage.executed(name, int(words[0])),
    "lives": lambda name, words: lambda stage: stage.whole_life(name),
    "part": lambda name, words: lambda stage: stage.ends_with_a_part(name),
    "over": lambda name, words: lambda stage: stage.over(name),
    "ends": lambda name, words: lambda stage: stage.ends(name),
}
