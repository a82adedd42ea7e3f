"""What the gateway does for its operator: on record before it is answered, told to the client."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fixgw.app.operator import reconcile_by_turns
from fixgw.model.enums import Verdict
from fixgw.model.errors import JournalError
from fixgw.model.ids import OrderID, VenueName
from fixgw.model.venue import Fill, OrderUpdate, VenueHeld, VenueStatus
from fixgw.ops.answers import Failed, OrderShown, Reconciled, Resumed, Status, VerdictOnRecord
from fixgw.ops.control import Peer
from fixgw.ops.requests import AskStatus, Reconcile, RecordVerdict, ResumeVenue, ShowOrder
from fixgw.runtime.clock import SystemClock
from tests.app.bench import DEADLINE_SECONDS, Client, Running, play, running, settings, until
from tests.app.operated import in_doubt, operator, says_nothing
from tests.app.paper import VENUE
from tests.support import recorded

ME = Peer(pid=1, uid=0)


async def ask(gateway: Running, request: Any) -> Any:
    return await operator(gateway, SystemClock()).answer(request, ME)


def verdict(gateway: Running, cl_ord_id: str, verdict: Verdict, **given: Any) -> RecordVerdict:
    order_id = gateway.order_id(cl_ord_id)
    return RecordVerdict(order_id=order_id, verdict=verdict, who="jane", why="phoned", **given)


def on_record(gateway: Running, kind: str) -> list[Any]:
    """The events of that type, as another process reads them from the file."""
    events = recorded.events(gateway.journal.path)
    return [msgspec.json.encode(each).decode() for each in events if type(each).__name__ == kind]


async def doubtful(gateway: Running) -> Client:
    """A client with an order A of which nobody knows whether the venue has it."""
    client = await gateway.client()
    await client.log_on()
    await in_doubt(gateway, client, "A")
    return client


# ------------------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("said", "given", "told"),
    [
        (Verdict.REJECTED, {}, ["35=8|11=A|150=8|39=8|103=99|58=jane: phoned"]),
        (Verdict.WORKING, {}, ["35=8|11=A|150=0|39=0"]),
        (Verdict.CANCELED, {}, ["35=8|11=A|150=0|39=0", "35=8|11=A|39=4|58=jane: phoned"]),
        (Verdict.FILLED, {"last_qty": "0.25", "last_px": "99.5"}, [
            "35=8|11=A|150=0|39=0", "35=8|11=A|150=F|39=1|32=0.25|31=99.5|14=0.25|151=0.75",
        ]),
        (Verdict.FILLED, {"last_qty": "1", "last_px": "99.5"}, [
            "35=8|11=A|150=0|39=0", "35=8|11=A|150=F|39=2|32=1|31=99.5|14=1|151=0",
        ]),
    ],
)
def test_a_verdict_is_on_record_and_told_to_the_client(
    tmp_path: Path, said: Verdict, given: dict[str, str], told: list[str]
) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await doubtful(gateway)

            done = await ask(gateway, verdict(gateway, "A", said, **given))

            assert isinstance(done, VerdictOnRecord)
            assert ("PENDING_NEW", "submit", True) == (
                done.before.status, done.before.in_doubt, done.client_is_here
            )
            [event] = on_record(gateway, "VerdictRecorded")
            assert '"who":"jane","why":"phoned"' in event
            for report in told:
                await client.expect(report)

    play(scenario())


def test_the_answer_waits_for_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(at_ms: int) -> int:
        raise JournalError("no space left")

    async def scenario() -> None:
        gateway = Running(settings(tmp_path))
        await gateway.start()
        await doubtful(gateway)
        asked = asyncio.ensure_future(ask(gateway, verdict(gateway, "A", Verdict.REJECTED)))
        monkeypatch.setattr(gateway.journal, "commit", fail)
        with pytest.raises(JournalError, match="no space left"):
            await gateway.gateway.failure()
        # Time enough for an answer that does not wait.
        await asyncio.sleep(0.05)
        answered, kept = asked.done(), on_record(gateway, "VerdictRecorded")
        asked.cancel()
        with pytest.raises(JournalError, match="no space left"):
            await gateway.stop()

        assert (False, []) == (answered, kept)

    play(scenario())


@pytest.mark.parametrize(
    ("said", "given", "why_not"),
    [
        (Verdict.REJECTED, {}, "so it cannot be rejected"),
        (Verdict.FILLED, {"last_qty": "1.5", "last_px": "1"}, "is more than order"),
    ],
)
def test_a_verdict_that_does_not_fit_changes_nothing(
    tmp_path: Path, said: Verdict, given: dict[str, str], why_not: str
) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("A")
            await client.expect("35=8|39=0")

            refused = await ask(gateway, verdict(gateway, "A", said, **given))

            assert isinstance(refused, Failed) and why_not in refused.text
            assert [] == on_record(gateway, "VerdictRecorded")
            await client.send("35=1|112=T")
            await client.expect("35=0|112=T")

    play(scenario())


def test_an_order_that_changed_since_it_was_looked_at_gets_no_verdict(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            await doubtful(gateway)
            shown = await ask(gateway, ShowOrder(order_id=gateway.order_id("A")))
            assert isinstance(shown, OrderShown)
            await asyncio.sleep(0.002)
            assert isinstance(
                await ask(gateway, verdict(gateway, "A", Verdict.WORKING)), VerdictOnRecord
            )

            late = verdict(gateway, "A", Verdict.CANCELED, seen_at=shown.changed_at)
            refused = await ask(gateway, late)

            assert isinstance(refused, Failed)
            assert "has changed since you looked: it is NEW now, CumQty(14) 0" in refused.text

    play(scenario())


async def replaced(gateway: Running) -> Client:
    """A client whose order A was replaced by B, which works: it knows both by the OrderID(37) of
    A. Nobody answers any more."""
    client = await gateway.client()
    await client.log_on()
    await client.orders("A")
    await client.expect("35=8|11=A|39=0")
    await client.send(f"35=G|11=B|41=A|{BIGGER}|60={client.now()}")
    told = await client.expect("35=8|11=B|150=5|39=0|38=8")
    assert gateway.order_id("A") == told[37]
    says_nothing(gateway.paper)
    return client


BIGGER = "55=BTCUSDT|54=1|38=8|40=2|44=100|59=1"
BY_CANCEL = {"ONE": "ReplaceByCancel=Y\n"}
FOUR = {"last_qty": "4", "last_px": "99.5"}


def fill(gateway: Running, cl_ord_id: str, quantity: int) -> None:
    """The venue tells of the first execution of that order."""
    qty = Decimal(quantity)
    one = Fill(cum_qty=qty, last_qty=qty, last_px=Decimal("99.5"), at=1, venue_exec_id="t1")
    gateway.paper.say(OrderUpdate(
        order_id=gateway.order_id(cl_ord_id), status=VenueStatus.WORKING, cum_qty=qty, fill=one
    ))


def test_the_name_that_the_client_knows_shows_the_order_that_stands(tmp_path: Path) -> None:
    """And what is recorded is said of that one: the client is told."""
    async def scenario() -> None:
        async with running(tmp_path, sessions=BY_CANCEL) as gateway:
            client = await replaced(gateway)
            old, new = gateway.order_id("A"), gateway.order_id("B")

            shown = await ask(gateway, ShowOrder(order_id=old))
            done = await ask(gateway, verdict(
                gateway, "A", Verdict.FILLED, seen_at=shown.changed_at, **FOUR
            ))

            assert (new, "NEW", "8") == (
                shown.order.order_id, shown.order.status, shown.order.order_qty
            )
            assert f"{old} is REPLACED: this is about {new}" == shown.text
            assert (new, "0", "4", True) == (
                done.after.order_id, done.before.cum_qty, done.after.cum_qty, done.client_is_told
            )
            await client.expect("35=8|11=B|150=F|39=1|14=4|151=4")

    play(scenario())


def test_an_execution_between_the_look_and_the_verdict_is_not_told_twice(tmp_path: Path) -> None:
    """4 were executed; the venue tells so while the operator writes it down."""
    async def scenario() -> None:
        async with running(tmp_path, sessions=BY_CANCEL) as gateway:
            client = await replaced(gateway)
            shown = await ask(gateway, ShowOrder(order_id=gateway.order_id("A")))
            await asyncio.sleep(0.002)
            fill(gateway, "B", 4)
            await client.expect("35=8|11=B|150=F|39=1|14=4")

            refused = await ask(gateway, verdict(
                gateway, "A", Verdict.FILLED, seen_at=shown.changed_at, **FOUR
            ))

            assert isinstance(refused, Failed)
            assert "has changed since you looked: it is PARTIALLY_FILLED now, CumQty(14) 4" in (
                refused.text
            )
            assert [] == on_record(gateway, "VerdictRecorded")

    play(scenario())


def test_an_execution_of_what_was_replaced_is_a_change_of_what_stands(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions=BY_CANCEL) as gateway:
            client = await replaced(gateway)
            shown = await ask(gateway, ShowOrder(order_id=gateway.order_id("B")))
            await asyncio.sleep(0.002)
            fill(gateway, "A", 1)
            await client.expect("35=8|11=B|150=F|39=1|14=1")

            refused = await ask(gateway, verdict(
                gateway, "B", Verdict.FILLED, seen_at=shown.changed_at, **FOUR
            ))

            assert isinstance(refused, Failed)
            assert "has changed since you looked" in refused.text

    play(scenario())


def test_nobody_has_an_order_of_that_name(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            nobodys = OrderID("77")
            asked = RecordVerdict(
                order_id=nobodys, verdict=Verdict.REJECTED, who="jane", why="phoned"
            )
            for request in (asked, ShowOrder(order_id=nobodys)):
                refused = await ask(gateway, request)
                assert isinstance(refused, Failed) and "there is no order 77" in refused.text

    play(scenario())


def test_a_gateway_that_stops_takes_no_verdict(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            await doubtful(gateway)
            gateway.gateway.log_out_all("the gateway stops")

            refused = await ask(gateway, verdict(gateway, "A", Verdict.REJECTED))

            assert isinstance(refused, Failed) and "the gateway is stopping" in refused.text
            assert [] == on_record(gateway, "VerdictRecorded")

    play(scenario())


# ----------------------------------------------------------------------- held venues


def test_a_held_venue_stays_held_across_a_restart_until_it_is_resumed(tmp_path: Path) -> None:
    async def refused(client: Client, cl_ord_id: str) -> None:
        await client.orders(cl_ord_id)
        answer = await client.receive()
        assert "HTTP 500" in answer[58], answer

    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            gateway.paper.say(VenueHeld(venue=VENUE, text="HTTP 500"))
            await until(lambda: gateway.gateway.engine.held)
            await refused(client, "A")
        async with running(tmp_path) as gateway:
            client = await gateway.client(next_out=client.next_out)
            await client.log_on()
            await refused(client, "B")
            status = await ask(gateway, AskStatus())
            assert isinstance(status, Status)
            [state] = status.venues
            assert ("HTTP 500", True) == (state.held_text, state.held_since > 0)

            resumed = await ask(gateway, ResumeVenue(venue=VENUE, who="jane"))

            assert isinstance(resumed, Resumed)
            assert (state.held_since, "HTTP 500") == (resumed.held_since, resumed.held_text)
            assert 1 == gateway.paper.resumed
            [event] = on_record(gateway, "OrdersResumed")
            assert '"who":"jane"' in event
            await client.orders("C")
            await client.expect("35=8|11=C|39=0")

    play(scenario())


def test_a_venue_that_is_not_held_is_not_resumed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            refused = await ask(gateway, ResumeVenue(venue=VENUE, who="jane"))

            assert Failed(text="paper is not held: new orders go there") == refused
            assert (0, []) == (gateway.paper.resumed, on_record(gateway, "OrdersResumed"))

    play(scenario())


@pytest.mark.parametrize(
    "request_", [ResumeVenue(venue=VenueName("x"), who="j"), Reconcile(venue=VenueName("x"))]
)
def test_a_venue_that_is_none_is_named_with_those_that_are(tmp_path: Path, request_: Any) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            refused = await ask(gateway, request_)

            assert Failed(
                text="'x' is no venue of this gateway; its venues: paper"
            ) == refused

    play(scenario())


# ------------------------------------------------------------------- looking at venues


def test_the_status_counts_what_is_open_and_what_is_in_doubt(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("W")
            await client.expect("35=8|11=W|39=0")
            await in_doubt(gateway, client, "A")

            status = await ask(gateway, AskStatus())

            [state] = status.venues
            assert ("paper", ("A1",), True, 2, 1, 0) == (
                state.venue, state.accounts, state.loaded, state.open, state.in_doubt,
                state.held_since,
            )
            assert gateway.paper.is_well == state.health

    play(scenario())


def test_reconciling_all_venues_compares_each(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            done = await ask(gateway, Reconcile())

            assert isinstance(done, Reconciled)
            assert [("paper", True, 0, 0)] == [
                (each.venue, each.reached, each.asked, each.changed) for each in done.venues
            ]

    play(scenario())


def test_venues_are_compared_by_turns_until_the_gateway_stops(tmp_path: Path) -> None:
    turns: list[str] = []

    class Turn:
        def __init__(self, name: str) -> None:
            self.name = name

        def reconcile(self) -> None:
            turns.append(self.name)

    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            venues = gateway.gateway.venues
            gateway.gateway.venues = {VenueName(name): Turn(name) for name in ("a", "b")}
            task = asyncio.ensure_future(reconcile_by_turns(gateway.gateway, 0.02))
            await until(lambda: len(turns) >= 4)

            gateway.gateway.stopping = True

            async with asyncio.timeout(DEADLINE_SECONDS):
                await task
            gateway.gateway.venues = venues
        assert ["a", "b"] * (len(turns) // 2) == turns[:len(turns) // 2 * 2]

    play(scenario())


def test_without_an_interval_nothing_is_compared_by_itself(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await reconcile_by_turns(gateway.gateway, 0)

            assert 0 == gateway.paper.reconciled

    play(scenario())
