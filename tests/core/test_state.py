"""A step that raises changes nothing: the state is what it was, and the same input handled again
does what it does on an engine that never failed."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from fixgw.core.engine import Engine
from fixgw.core.mass import Mass
from fixgw.core.portions import LOOK
from fixgw.core.proof import PendingProof
from fixgw.core.set_aside import PAUSES_MS
from fixgw.core.state import EngineState
from fixgw.model.enums import Command, OrdRejReason, Verdict
from fixgw.model.errors import IllegalTransition
from fixgw.model.events import CancelRequested
from fixgw.model.ids import ClOrdID
from fixgw.model.session_events import MassCancelBegun, MassCancelEnded
from fixgw.model.venue import Refused, VenueHeld
from tests.support.orders import (
    CAPABILITIES,
    CLIENT,
    START_MS,
    VENUE,
    Exchange,
    Word,
    accepted,
    answer,
    cancel_refused,
    canceled_as_asked,
    execution,
    fill,
    lost,
    news,
    news_unreadable,
    no_answer,
    outcome,
    refused,
    replaced,
    request,
    state,
    stream_restored,
)

COUNTED = (
    "record", "place", "refuse", "report", "tell", "alert_id", "submit", "replace", "cancel", "ask",
    "watch", "submit_answered", "hold",
)
"""What a handler does to the state: each call of each of them may be the one that fails."""

NATIVE = replace(CAPABILITIES, replace=True)

Story = Callable[[Exchange], None]
Input = Story
"""The last of a story: nothing of it is taken yet."""


class Bug(Exception):
    """What no handler expects."""


class Fault:
    """Has one call of COUNTED fail, before it has done its work or behind it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 0
        """Which call from now on fails; 0: none."""
        self.behind = False
        for name in COUNTED:
            monkeypatch.setattr(EngineState, name, self._failing(getattr(EngineState, name)))

    def _failing(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.at -= 1
            fails = self.at == 0
            if fails and not self.behind:
                raise Bug
            result = method(*arguments, **named)
            if fails:
                raise Bug
            return result

        return call


def whole(engine: Engine) -> dict[str, object]:
    """All that the engine knows, in a form that does not change with it."""
    known, orders = engine._state, engine.orders
    return {
        "legs": {
            leg.order_id: {
                name: dict(value) if isinstance(value, dict) else value
                for name, value in state(leg).items()
            }
            for leg in orders
        },
        "names": {
            session: {
                name: kept if isinstance(kept, bytes) else kept.order_id
                for name, kept in names.items()
            }
            for session, names in orders._by_client.items() if names
        },
        "open": {leg.order_id for leg in orders.open()},
        "open of": {session: {*legs} for session, legs in orders._open_of.items() if legs},
        "last": orders.last_order_id,
        "proofs": {order_id: engine.proofs.get(order_id) for order_id in engine.proofs},
        "held": dict(known.held),
        "submitting": dict(known.submitting),
        "expiring": sorted(known.expiring),
        "departed": dict(known.departed),
        "step": [len(part) for part in known.step],
    }


def client(*messages: str) -> Story:
    def story(exchange: Exchange) -> None:
        for message in messages:
            exchange.client(message)

    return story


def venue(*words: Word, order: str = "") -> Story:
    return lambda exchange: exchange.venue(*words, order=order)


def wait(seconds: float) -> Story:
    return lambda exchange: exchange.wait(seconds)


def later(seconds: int) -> Story:
    """Let time pass that nobody looks at."""
    return lambda exchange: exchange.tick(seconds * 1000)


def asks(message: str) -> Input:
    return lambda exchange: exchange.engine.handle(request(message), exchange.moment)


def says(word: Word, order: str = "") -> Input:
    return lambda exchange: exchange.engine.handle(
        word(exchange, exchange.order(order)), exchange.moment
    )


def verdict(meant: Verdict) -> Input:
    return lambda exchange: exchange.engine.record_verdict(
        exchange.order().order_id, meant, "ann", "telephone", exchange.moment
    )


def several(exchange: Exchange) -> None:
    """Orders of all kinds: new, worked, partly filled, being cancelled, being replaced, ended."""
    for name in "ABCDEFG":
        exchange.client(f"35=D|11={name}|38=10|")
    for name in "BCDEFG":
        exchange.venue(accepted(), order=name)
    exchange.venue(fill("c1", 4), order="C")
    exchange.client("35=F|11=D2|41=D|")
    exchange.client("35=G|11=E2|41=E|38=12|44=101|")
    exchange.client("35=G|11=F2|41=F|38=12|44=101|")
    exchange.venue(replaced(), order="F2")
    exchange.venue(fill("g1", 10, status="filled"), order="G")


def worked(*more: Story, message: str = "35=D|11=X|38=10|") -> tuple[Story, ...]:
    return client(message), venue(accepted()), *more


REPLACING = client("35=G|11=Y|41=X|38=12|44=101|")
CANCELLING = client("35=F|11=Z|41=X|")
TWO_FILLS = venue(fill("t1", 4), fill("t2", 5))
SHOWN_WORKING = (
    venue(news("canceled"), news("working", cum_qty="0")), wait(3),
    venue(answer("working", cum_qty="0")),
)
REROUTED = outcome(Command.SUBMIT, Refused(
    "no", "no", ord_rej_reason=OrdRejReason.BROKER_OPTION, reroute="elsewhere"
))

CASES: dict[str, tuple[tuple[Story, ...], Input]] = {
    "a new order": ((), asks("35=D|11=X|38=10|")),
    "an order of the day": ((), asks("35=D|11=X|38=10|59=0|")),
    "one that is refused": ((), asks("35=D|11=X|38=0|")),
    "a duplicate": (worked(), asks("35=D|11=X|38=10|")),
    "a resend": (worked(), asks("35=D|11=X|38=10|97=Y|")),
    "a status": (worked(), asks("35=H|11=X|")),
    "a cancel": (worked(), asks("35=F|11=Z|41=X|")),
    "a cancel before the venue has it": (
        (client("35=D|11=X|38=10|"),), asks("35=F|11=Z|41=X|")),
    "a cancel of nothing": ((), asks("35=F|11=Z|41=X|")),
    "a cancel after the end": (worked(*SHOWN_WORKING), asks("35=F|11=Z|41=X|")),
    "a replace": (worked(), asks("35=G|11=Y|41=X|38=12|44=101|")),
    "a replace before the venue has it": (
        (client("35=D|11=X|38=10|"),), asks("35=G|11=Y|41=X|38=12|44=101|")),
    "a replace that cancels": (
        worked(venue(fill("t1", 4))), asks("35=G|11=Y|41=X|38=4|44=101|")),
    "the venue takes it": ((client("35=D|11=X|38=10|"),), says(accepted())),
    "the venue refuses it": ((client("35=D|11=X|38=10|"),), says(refused())),
    "the venue sends it elsewhere": ((client("35=D|11=X|38=10|"),), says(REROUTED)),
    "no outcome": ((client("35=D|11=X|38=10|"),), says(lost())),
    "an execution before the outcome": ((client("35=D|11=X|38=10|"),), says(fill("t1", 4))),
    "an execution": (worked(), says(fill("t1", 4))),
    "the last execution": (worked(venue(fill("t1", 4))), says(fill("t2", 6, status="filled"))),
    "the last execution crosses a cancel": (worked(CANCELLING), says(fill("t1", 10))),
    "the last execution crosses a replace": (worked(REPLACING), says(fill("t1", 10), "X")),
    "more is counted than listed": (worked(), says(news("working", cum_qty="4"))),
    "filled, and nothing is listed": (worked(), says(news("filled"))),
    "the end": (worked(CANCELLING), says(canceled_as_asked())),
    "an end that nobody asked for": (worked(), says(news("expired"))),
    "the cancel is refused": (worked(CANCELLING), says(cancel_refused())),
    "the cancel is lost": (worked(CANCELLING), says(lost(Command.CANCEL))),
    "works, after the refused cancel": (
        worked(CANCELLING, venue(cancel_refused())), says(answer("working"))),
    "works, before it is cancelled": (
        (client("35=D|11=X|38=10|"), CANCELLING), says(news("working"))),
    "replaced": (worked(REPLACING), says(replaced(cum_qty="0"))),
    "replaced, and executed before": (worked(REPLACING), says(replaced(cum_qty="4"))),
    "the replace is refused": (
        worked(REPLACING), says(outcome(Command.REPLACE, Refused("no", "no")), "Y")),
    "the replace is refused, and the order has ended": (
        worked(REPLACING, venue(news("canceled"), order="X")),
        says(outcome(Command.REPLACE, Refused("no", "no")), "Y")),
    "ended, which was to be replaced by nothing": (
        worked(venue(fill("t1", 4)), client("35=G|11=Y|41=X|38=4|44=101|")),
        says(news("canceled"), "X")),
    "an execution of the replaced leg": (
        worked(REPLACING, venue(replaced(cum_qty="4"))), says(fill("t1", 4), "X")),
    "a correction and a bust": (worked(TWO_FILLS), says(answer(
        "working", cum_qty="6", fills=(
            execution("t1", 6, cum=6), replace(execution("t2", 5, cum=6), busted=True))))),
    "a bust of the replaced leg": (
        worked(venue(fill("t1", 4)), REPLACING, venue(replaced(cum_qty="4"))),
        says(answer("canceled", cum_qty="0", fills=(
            replace(execution("t1", 4, cum=0), busted=True),)), "X")),
    "shown working after its end": (
        worked(*SHOWN_WORKING[:2]), says(answer("working", cum_qty="0"))),
    "its end is confirmed": (worked(*SHOWN_WORKING), says(answer("canceled"))),
    "absent, and sent again": (
        (client("35=D|11=X|38=10|"), venue(lost()), later(11)), says(answer("absent"))),
    "absent, and too old": (
        (client("35=D|11=X|38=10|"), venue(lost()), later(31)), says(answer("absent"))),
    "gone": (worked(CANCELLING, wait(3)), says(answer("absent"))),
    "the stream is there again": ((several,), says(stream_restored())),
    "news that nobody can read": (worked(), says(news_unreadable())),
    "the venue is held": ((), lambda exchange: exchange.engine.handle(
        VenueHeld(venue=VENUE, text="limit"), exchange.moment)),
    "an operator says canceled": (worked(CANCELLING), verdict(Verdict.CANCELED)),
    "an operator says working": (
        worked(CANCELLING, venue(lost(Command.CANCEL))), verdict(Verdict.WORKING)),
}


@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("name", CASES)
def test_a_step_that_raises_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, behind: bool
) -> None:
    stories, given = CASES[name]

    def at_the_input() -> Exchange:
        exchange = Exchange(NATIVE, day_ends=lambda at_ms: START_MS + DAY_MS)
        for story in stories:
            story(exchange)
        return exchange

    fault = Fault(monkeypatch)
    sound = at_the_input()
    fault.at, fault.behind = 0, behind
    given(sound)
    calls, step, after = -fault.at, repr(sound.engine.take()), whole(sound.engine)

    assert calls, "the input does nothing"
    for failing in range(1, calls + 1):
        exchange = at_the_input()
        before = whole(exchange.engine)
        fault.at = failing
        with pytest.raises(Bug):
            given(exchange)

        assert whole(exchange.engine) == before, f"call {failing} of {calls}"
        given(exchange)
        assert repr(exchange.engine.take()) == step, f"call {failing} of {calls}"
        assert whole(exchange.engine) == after, f"call {failing} of {calls}"


def test_an_event_that_may_not_happen_is_rolled_back_too(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), fill("t1", 10))
    before, leg = whole(exchange.engine), exchange.order()
    known = exchange.engine._state

    with pytest.raises(IllegalTransition):
        known.record(CancelRequested(order_id=leg.order_id, at=1, cl_ord_id=ClOrdID("Z")))
    known.roll_back()
    assert whole(exchange.engine) == before


# -------------------------------------------------------------- steps that no input causes


def due(exchange: Exchange) -> None:
    exchange.mono_ms += 2_000
    exchange.now += 2_000
    exchange.engine.tick(exchange.moment)


def day_over(exchange: Exchange) -> None:
    exchange.now += DAY_MS
    exchange.engine.tick(exchange.moment)


def goes(exchange: Exchange) -> None:
    exchange.engine.cancel_session(CLIENT, "gone", exchange.moment)


def comes_back(exchange: Exchange) -> None:
    exchange.engine.client_back(CLIENT, exchange.moment)


def day_orders(exchange: Exchange) -> None:
    for name in "ABC":
        exchange.client(f"35=D|11={name}|38=10|59=0|")
        exchange.venue(accepted(), order=name)


def gone_and_refused(exchange: Exchange) -> None:
    several(exchange)
    exchange.client_gone()
    exchange.venue(cancel_refused(), order="B")
    exchange.venue(cancel_refused(), order="C")


DAY_MS = 86_400_000

ONE_BY_ONE: dict[str, tuple[Story, Input]] = {
    "a mass cancel": (several, asks("35=q|11=M|")),
    "a mass status": (several, asks("35=AF|11=M|")),
    "the client is gone": (several, goes),
    "the client is back": (gone_and_refused, comes_back),
    "questions are due": (several, due),
    "the day is over": (day_orders, day_over),
}


def at_(story: Story) -> Exchange:
    exchange = Exchange(NATIVE, day_ends=lambda at_ms: START_MS + DAY_MS)
    story(exchange)
    return exchange


def by_order(known: dict[str, Any], exchange: Exchange) -> dict[str, object]:
    """What is known of each order, by the first letter of its ClOrdID(11): with its legs."""
    found: dict[str, list[object]] = {}
    for leg in exchange.engine.orders:
        found.setdefault(leg.request.cl_ord_id[0], []).append(
            (known["legs"][leg.order_id], known["proofs"].get(leg.order_id))
        )
    return dict(found)


@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_an_order_whose_step_raises_is_put_aside_and_all_others_go_on(
    monkeypatch: pytest.MonkeyPatch, name: str, behind: bool
) -> None:
    story, given = ONE_BY_ONE[name]
    fault = Fault(monkeypatch)
    sound = at_(story)
    fault.at, fault.behind = 0, behind
    given(sound)
    calls, after = -fault.at, by_order(whole(sound.engine), sound)

    assert calls, "nothing is done"
    for failing in range(1, calls + 1):
        exchange = at_(story)
        before = by_order(whole(exchange.engine), exchange)
        fault.at = failing
        given(exchange)

        (failed,) = exchange.engine.take_failed()
        assert isinstance(failed.error, Bug)
        leg = exchange.engine.orders.get(failed.order_id) if failed.order_id else None
        aside = {leg.request.cl_ord_id[0]} if leg is not None else set()
        expected = after | {each: before[each] for each in aside}
        found = by_order(whole(exchange.engine), exchange)
        for each in aside & {"E"} if name == "the client is gone" else ():
            del expected[each], found[each]  # its two legs are two steps
        assert expected == found, f"{failing} of {calls}"
        if not name.startswith("a mass"):  # what that leaves out it has said
            fault.at = 0
            exchange.mono_ms += PAUSES_MS[0]
            exchange.engine.tick(exchange.moment)
            assert [] == exchange.engine.take_failed()
            assert statuses(sound) == statuses(exchange)


def statuses(exchange: Exchange) -> list[object]:
    return [(leg.order_id, leg.status, leg.own_cancel) for leg in exchange.engine.orders]


def breaks(monkeypatch: pytest.MonkeyPatch, method: str, order: str) -> None:
    """From now on each call of *method* of the state about that order raises."""
    sound = getattr(EngineState, method)

    def broken(self: EngineState, leg: Any, *arguments: Any, **named: Any) -> Any:
        if leg.request.cl_ord_id == order:
            raise Bug
        return sound(self, leg, *arguments, **named)

    monkeypatch.setattr(EngineState, method, broken)


def test_an_order_that_cannot_be_asked_about_is_tried_again_after_growing_pauses(
    monkeypatch: pytest.MonkeyPatch, exchange: Exchange
) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.client("35=D|11=Y|38=10|")
    exchange.venue(lost(), order="X")
    exchange.venue(lost(), order="Y")
    exchange.commands()
    tried: list[int] = []
    with monkeypatch.context() as bug:
        breaks(bug, "ask", "X")
        began = exchange.mono_ms
        for _ in range(200):
            exchange.wait(0.1)
            tried += [exchange.mono_ms - began for _ in exchange.engine.take_failed()]
            exchange.venue(no_answer(), order="Y")

    gaps = [late - early for early, late in zip(tried, tried[1:])]
    assert list(PAUSES_MS[:len(gaps)]) == gaps and len(gaps) == 4
    assert "query X" not in (asked := exchange.commands()) and asked.count("query Y") > 4
    exchange.wait(PAUSES_MS[4] / 1_000)
    assert "query X" in exchange.commands()
    exchange.venue(answer("canceled", cum_qty="0"), order="X")
    exchange.venue(answer("canceled", cum_qty="0"), order="Y")


def test_a_proof_that_cannot_be_looked_at_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, exchange: Exchange
) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.client("35=D|11=Y|38=10|")
    exchange.venue(lost(), order="X")
    exchange.venue(lost(), order="Y")
    exchange.commands()
    bad = exchange.engine.proofs.get(exchange.order("X").order_id)
    sound = PendingProof.is_due

    def broken(self: PendingProof, now: int) -> bool:
        if self is bad:
            raise Bug
        return sound(self, now)

    with monkeypatch.context() as bug:
        bug.setattr(PendingProof, "is_due", broken)
        exchange.wait(3)
    assert {exchange.order("X").order_id} == {
        each.order_id for each in exchange.engine.take_failed()
    }
    assert "query Y" in exchange.commands()
    exchange.venue(news("canceled"), order="X")
    exchange.venue(answer("canceled", cum_qty="0"), order="Y")


def test_a_mass_request_says_what_it_leaves_out(
    monkeypatch: pytest.MonkeyPatch, exchange: Exchange
) -> None:
    for name in "XYZ":
        exchange.client(f"35=D|11={name}|38=10|")
        exchange.venue(accepted(), order=name)
    exchange.reports(), exchange.commands()
    with monkeypatch.context() as bug:
        breaks(bug, "cancel_unasked", "Y")
        exchange.client("35=q|11=M|530=7|")
    assert ["cancel X", "cancel Z"] == exchange.commands()
    assert [
        "35=r|11=M|531=7|533=3",
        "35=9|11=M|41=Y|39=0|102=99|58=internal error: the order is left out",
    ] == exchange.reports("11", "531", "533", "41", "39", "102", "58")

    with monkeypatch.context() as bug:
        breaks(bug, "report", "Y")
        exchange.client("35=AF|11=S|585=7|")
    assert [
        "11=X|911=3", "11=Z|911=3", "58=internal error: 1 order is left out",
    ] == exchange.reports("11", "911", "58")

    with monkeypatch.context() as bug:
        breaks(bug, "is_named", "Y")
        exchange.client("35=q|11=N|530=1|55=BTC/USDT|")
    (told,) = exchange.reports("11", "531", "533", "58")
    assert told == "35=r|11=N|531=1|533=2|58=internal error: 1 order is left out"
    assert 3 == len(exchange.engine.take_failed())


def test_a_mass_cancel_that_fails_as_a_whole_is_answered_and_met_no_more(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = Exchange()
    for number in range(400):
        exchange.client(f"35=D|11=X{number}|38=10|")
        exchange.venue(accepted(), order=f"X{number}")
    exchange.reports()
    exchange.client("35=q|11=L|530=7|")
    exchange.reports()

    def fails(*arguments: object) -> Any:
        yield LOOK
        raise Bug

    with monkeypatch.context() as bug:
        bug.setattr(Mass, "_select", fails)
        exchange.client("35=q|11=M|530=7|")
    exchange.wait(1)
    assert ["35=r|11=M|531=0|532=99|58=internal error"] == exchange.reports(
        "11", "531", "532", "58"
    )
    begun = [each.report_id for each in exchange.events if isinstance(each, MassCancelBegun)]
    ended = [each.report_id for each in exchange.events if isinstance(each, MassCancelEnded)]
    assert set(begun) == set(ended) and len(ended) == 2
    assert 1 == len(exchange.engine.take_failed())
    exchange.restart()
    exchange.wait(1)
    assert [] == exchange.engine.take_failed()
