"""Cancel on disconnect, on real sockets and a real journal: whose orders are cancelled, and when.

The venue is of paper, the gateway's clock is by hand: a window is over when the test says so.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fixgw.core.orders.leg import Leg
from fixgw.core.orders.index import Orders
from fixgw.journal.replay import replay
from fixgw.model.cancel_on import CancelOn
from fixgw.model.effects import CancelOrder
from fixgw.model.session_events import CancelOnDisconnectSet, ClientGone, SessionEvent
from fixgw.runtime.clock import ManualClock
from tests.app.bench import Client, Running, play, running, until
from tests.support import recorded

MORNING = datetime(2026, 1, 5, 10, tzinfo=UTC)
LOST = "cancel on disconnect: the connection was lost"
LOGGED_OUT = "cancel on disconnect: the client logged out"
RESTARTED = "cancel on disconnect: the gateway was restarted and the client was not back in time"


class Stage:
    """A gateway with one client's orders A and B at its venue, on a clock by hand."""

    def __init__(self, gateway: Running, clock: ManualClock) -> None:
        self.gateway = gateway
        self.clock = clock

    async def client(self, comp_id: str = "ONE", logon: str = "", next_out: int = 1) -> Client:
        client = await self.gateway.client(comp_id, next_out=next_out)
        client.clock = lambda: datetime.fromtimestamp(self.clock.now_ms() / 1_000, UTC)
        await client.log_on(logon)
        return client

    async def with_orders(self, logon: str = "", comp_id: str = "ONE") -> Client:
        client = await self.client(comp_id, logon)
        await client.orders("A", "B")
        await client.expect("35=8|11=A|39=0")
        await client.expect("35=8|11=B|39=0")
        return client

    async def wait(self, seconds: float) -> None:
        """Let time pass, and the gateway look at it."""
        self.clock.advance(round(seconds * 1_000))
        await self.look()

    async def look(self) -> None:
        """Let the gateway's timer go round."""
        loop = self.gateway.gateway.order_loop
        for _ in range(2):
            timer = loop._timer
            await until(lambda: loop._timer is not timer)

    async def gone(self, comp_id: str = "ONE") -> None:
        await until(self.gateway.gone(comp_id))
        await self.look()

    async def lost(self, logon: str = "") -> Client:
        """A client whose connection was lost when A and B worked."""
        client = await self.with_orders(logon)
        client.close()
        await self.gone()
        return client

    async def cancels_after(self, seconds: float) -> None:
        """Both orders are cancelled after *seconds* more, and not a millisecond sooner."""
        await self.wait(seconds - 0.001)
        assert [] == self.cancelled
        await self.wait(0.001)
        assert ["A", "B"] == self.cancelled

    @property
    def cancelled(self) -> list[str]:
        """ClOrdID(11) of what the venue was asked to cancel, in this process."""
        orders = self.gateway.gateway.engine.orders
        commands = [c for c in self.gateway.paper.commands if isinstance(c, CancelOrder)]
        return sorted(orders.get(c.order.order_id).request.cl_ord_id for c in commands)


class staged:
    """A `Stage` from its start to its end; the same directory again is a restart."""

    def __init__(self, directory: Path, settings: str = "", **sessions: str) -> None:
        self._directory = directory
        self._sessions = sessions or {"ONE": settings}

    async def __aenter__(self) -> Stage:
        clock = ManualClock(int(MORNING.timestamp() * 1_000))
        self._running = running(self._directory, clock=clock, sessions=self._sessions)
        return Stage(await self._running.__aenter__(), clock)

    async def __aexit__(self, *error: object) -> None:
        await self._running.__aexit__(*error)  # type: ignore[arg-type]


def play_staged(
    scene: Callable[[Stage], Awaitable[None]], directory: Path, settings: str = "", **sessions: str
) -> None:
    """Play *scene* on a `Stage` of its own."""
    async def scenario() -> None:
        async with staged(directory, settings, **sessions) as stage:
            await scene(stage)

    play(scenario())


def on_record(directory: Path) -> list[SessionEvent]:
    """The sessions' events in the journal."""
    return whole_record(directory)[0]


def whole_record(directory: Path) -> tuple[list[SessionEvent], list[Leg]]:
    """The sessions' events in the journal, and the orders that are open by it."""
    path, events, orders = directory / "journal", [], Orders()
    replay(path, orders.apply, on_session_event=events.append)
    return events, orders.open()


def died_after(directory: Path, ticks: int) -> Path:
    """A copy of the journal as it would be if the gateway had died after so many ticks."""
    copy = directory / f"after{ticks}"
    copy.mkdir()
    recorded.copy_until(directory / "journal", copy / "journal", ticks)
    return copy


def ticks_on_record(directory: Path) -> int:
    return recorded.ticks(directory / "journal")[-1].number


async def drops(client: Client) -> None:
    client.close()


async def logs_out(client: Client) -> None:
    await client.log_out()


async def keeps_orders(client: Client) -> None:
    await client.send("35=5|9003=Y")
    await client.expect("35=5")
    await client.expect_end()


async def uses_a_number_twice(client: Client) -> None:
    await client.send("35=0|34=1")
    await client.expect("35=5")
    await client.expect_end()


# ------------------------------------------------------------------------------ what is told


def test_what_was_cancelled_while_the_client_was_away_waits_for_it(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        client = await stage.with_orders()
        client.close()
        await until(lambda: stage.cancelled == ["A", "B"])
        await stage.look()

        client = await stage.client(next_out=client.next_out)
        await client.send("35=2|7=4|16=0")
        order_id = stage.gateway.order_id("A")
        report = await client.expect(
            f"35=8|34=4|43=Y|11=A|37={order_id}|17={order_id}-4|150=4|39=4|14=0|151=0|"
            f"58={LOST}|55=BTCUSDT|54=1|38=1|6=0|44=100|59=1"
        )
        assert 41 not in report
        await client.expect(f"35=8|34=5|43=Y|11=B|150=4|39=4|58={LOST}")
        await client.expect("35=4|34=6|123=Y|36=7")

    play_staged(scenario, tmp_path, "CancelOnDisconnect=disconnect\n")


@pytest.mark.parametrize(
    ("setting", "leaves", "cancels"),
    [
        ("off", drops, ""),
        ("off", logs_out, ""),
        ("disconnect", drops, LOST),
        ("disconnect", uses_a_number_twice, LOST),
        ("disconnect", logs_out, ""),
        ("logout", drops, ""),
        ("logout", uses_a_number_twice, ""),
        ("logout", logs_out, LOGGED_OUT),
        ("logout", keeps_orders, LOGGED_OUT),
        ("both", drops, LOST),
        ("both", logs_out, LOGGED_OUT),
        ("both\nCancelOnDisconnectByClient=any", keeps_orders, ""),
    ],
)
def test_who_leaves_how(tmp_path: Path, setting: str, leaves: object, cancels: str) -> None:
    async def scenario(stage: Stage) -> None:
        client = await stage.with_orders()
        await leaves(client)  # type: ignore[operator]
        await stage.gone()

        assert (["A", "B"] if cancels else []) == stage.cancelled
        orders = list(stage.gateway.gateway.engine.orders)
        assert {cancels} == {order.text for order in orders}

    play_staged(scenario, tmp_path, f"CancelOnDisconnect={setting}\n")


@pytest.mark.parametrize(
    ("asked", "leaves", "cancels"),
    [
        ("8013=Y", logs_out, True), ("8013=S", drops, True), ("8013=N", drops, False),
        ("9001=Y", drops, True), ("9001=Y", keeps_orders, False),
        ("8674=0", drops, True), ("8674=0", logs_out, False), ("8674=1", drops, False),
        ("5001=Y", drops, True), ("5001=Y", logs_out, False),
        ("35002=2", logs_out, True), ("35002=2", drops, False),
    ],
)
def test_what_a_client_asks_for_is_what_happens(
    tmp_path: Path, asked: str, leaves: object, cancels: bool
) -> None:
    async def scenario(stage: Stage) -> None:
        client = await stage.with_orders(asked)
        await leaves(client)  # type: ignore[operator]
        await stage.gone()

        assert (["A", "B"] if cancels else []) == stage.cancelled

    play_staged(scenario, tmp_path)


def test_what_a_logon_in_a_running_session_agrees_on_is_in_force(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with staged(tmp_path) as stage:
            client = await stage.with_orders()
            client.next_out = 1
            answer = await client.log_on("141=Y|8013=Y")
            assert "Y" == answer[8013]
            client.close()
            await until(lambda: stage.cancelled == ["A", "B"])
        # By the record, too: a gateway that died would have cancelled as well.
        terms = [e for e in on_record(tmp_path) if isinstance(e, CancelOnDisconnectSet)]
        assert [CancelOn.BOTH] == [event.on for event in terms]

    play(scenario())


def test_a_logon_in_a_running_session_may_ask_for_nothing_more(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        client = await stage.with_orders("8013=Y")
        client.next_out = 1
        await client.log_on("141=Y")
        client.close()
        await stage.gone()
        assert [] == stage.cancelled

    play_staged(scenario, tmp_path)


def test_a_client_that_falls_silent(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.with_orders()
        await stage.wait(40)
        await stage.wait(40)
        await stage.gone()

        assert ["A", "B"] == stage.cancelled

    play_staged(scenario, tmp_path, "CancelOnDisconnect=disconnect\n")


def test_a_client_that_does_not_read_and_is_cut_off(tmp_path: Path) -> None:
    async def scenario() -> None:
        sessions = {"ONE": "CancelOnDisconnect=disconnect\n"}
        small = "[limits]\noutbound_buffer_bytes = 100000\n"
        async with running(tmp_path, sessions=sessions, tables=small) as gateway:
            deaf = await gateway.client(slow=True)
            await deaf.log_on(heartbeat=1)
            await deaf.orders("A")
            await deaf.send(*["35=H|11=A|55=BTCUSDT|54=1"] * 20_000)
            await until(lambda: gateway.numbers()[1] == deaf.next_out)
            assert not gateway.state().connection.writable
            await until(gateway.gone())
            await until(lambda: any(isinstance(c, CancelOrder) for c in gateway.paper.commands))

            (order,) = gateway.gateway.engine.orders
            await until(lambda: not order.open)
            assert LOST == order.text

    play(scenario())


def test_the_end_of_the_day_counts_as_a_logout(tmp_path: Path) -> None:
    hours = "NonStopSession=N\nStartTime=08:00:00\nEndTime=10:01:00\n"

    async def scenario() -> None:
        sessions = {
            "ONE": f"{hours}CancelOnDisconnect=logout\n",
            "TWO": f"{hours}CancelOnDisconnect=disconnect\n",
        }
        async with staged(tmp_path, **sessions) as stage:
            one, two = await stage.with_orders(), await stage.client("TWO")
            await two.orders("C")
            await two.expect("35=8|11=C|39=0")
            await stage.wait(61)
            for client in (one, two):
                await client.expect("35=5")
                await client.send("35=5")
            await stage.gone("ONE")
            await stage.gone("TWO")

            assert ["A", "B"] == stage.cancelled

    play(scenario())


def test_the_orders_of_others_stay(tmp_path: Path) -> None:
    async def scenario() -> None:
        setting = "CancelOnDisconnect=both\n"
        async with staged(tmp_path, ONE=setting, TWO=setting) as stage:
            one, two = await stage.with_orders(), await stage.client("TWO")
            await two.orders("C")
            await two.expect("35=8|11=C|39=0")
            one.close()
            await stage.gone()

            assert ["A", "B"] == stage.cancelled

    play(scenario())


# -------------------------------------------------------------------------------- the window

WINDOW = "CancelOnDisconnect=both\nCancelOnDisconnectSeconds=5\n"


@pytest.mark.parametrize("leaves", [drops, logs_out])
def test_nothing_is_cancelled_before_the_window_is_over(tmp_path: Path, leaves: object) -> None:
    async def scenario(stage: Stage) -> None:
        client = await stage.with_orders()
        await leaves(client)  # type: ignore[operator]
        await stage.gone()
        await stage.cancels_after(5)

    play_staged(scenario, tmp_path, WINDOW)


def test_a_client_that_is_back_in_time_keeps_its_orders(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        client = await stage.lost()
        await stage.wait(4)
        client = await stage.client(next_out=client.next_out)
        await stage.wait(20)
        assert [] == stage.cancelled

        # And when it leaves once more, it has the whole window once more.
        client.close()
        await stage.gone()
        await stage.cancels_after(5)

    play_staged(scenario, tmp_path, WINDOW)


def test_to_knock_is_not_to_be_back(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        client = await stage.lost()
        await stage.wait(4)
        knocking = await stage.gateway.client(next_out=client.next_out)
        knocking.clock = client.clock
        await knocking.send("35=A|98=0|108=30|8013=perhaps")
        await knocking.expect("35=5")
        await stage.wait(1)

        assert ["A", "B"] == stage.cancelled

    play_staged(scenario, tmp_path, WINDOW)


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_wall_clock_that_jumps_neither_ends_nor_extends_the_window(
    tmp_path: Path, hours: int
) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.lost()
        jumped = MORNING + timedelta(hours=hours)
        stage.clock.set_wall(int(jumped.timestamp() * 1_000))
        await stage.cancels_after(5)

    play_staged(scenario, tmp_path, WINDOW)


def test_the_client_chooses_its_window(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.lost("35002=1|35003=1500")
        await stage.cancels_after(1.5)

    play_staged(scenario, tmp_path)


# -------------------------------------------------------------------------------- the journal


def test_what_is_on_record_of_a_client_that_never_asked_is_nothing(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await logs_out(await stage.with_orders())
        await stage.gone()

    play_staged(scenario, tmp_path)
    assert [] == on_record(tmp_path)


def test_agreement_and_departure_are_on_record_before_a_cancel_leaves(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        client = await stage.with_orders()
        seen: list[list[SessionEvent]] = []
        stage.gateway.paper.on_perform = lambda commands: seen.append(on_record(tmp_path))
        client.close()
        await until(lambda: stage.cancelled)

        kinds = [(type(event).__name__, event.session) for event in seen[0]]
        session = "FIX.4.4:FIXGW->ONE"
        assert [("CancelOnDisconnectSet", session), ("ClientGone", session)] == kinds
        agreed, left = seen[0]
        assert isinstance(agreed, CancelOnDisconnectSet) and isinstance(left, ClientGone)
        assert (CancelOn.DISCONNECT, 0, True) == (agreed.on, agreed.window_ms, left.cancels)

    play_staged(scenario, tmp_path, "CancelOnDisconnect=disconnect\n")


@pytest.mark.parametrize(
    ("setting", "leaves", "cancels"),
    [
        # The gateway ended while the client was there: its connection is lost.
        ("disconnect", None, True),
        ("both", None, True),
        ("logout", None, False),
        ("off", None, False),
        # The client had left before, and the gateway ended in its window.
        ("disconnect", drops, True),
        ("logout", logs_out, True),
        ("disconnect", logs_out, False),
        ("logout", drops, False),
        ("both\nCancelOnDisconnectByClient=any", keeps_orders, False),
    ],
)
def test_a_restart_begins_the_window_again(
    tmp_path: Path, setting: str, leaves: object, cancels: bool
) -> None:
    setting = f"CancelOnDisconnect={setting}\nCancelOnDisconnectSeconds=5\n"

    async def scenario() -> None:
        async with staged(tmp_path, setting) as stage:
            client = await stage.with_orders()
            if leaves is not None:
                await leaves(client)  # type: ignore[operator]
                await stage.gone()
                await stage.wait(4)
            assert [] == stage.cancelled
        async with staged(tmp_path, setting) as stage:
            await stage.wait(4.999)
            assert [] == stage.cancelled

            await stage.wait(0.001)
            assert (["A", "B"] if cancels else []) == stage.cancelled
            orders = list(stage.gateway.gateway.engine.orders)
            assert {RESTARTED if cancels else ""} == {order.text for order in orders}

    play(scenario())


def test_a_client_that_is_back_after_a_restart_keeps_its_orders(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with staged(tmp_path, WINDOW) as stage:
            client = await stage.with_orders()
        async with staged(tmp_path, WINDOW) as stage:
            await stage.wait(4)
            await stage.client(next_out=client.next_out)
            await stage.wait(20)

            assert [] == stage.cancelled

    play(scenario())


def test_a_stop_in_good_order_is_a_disconnect_whose_window_begins_at_the_start(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        setting = "CancelOnDisconnect=both\n"
        async with staged(tmp_path, setting) as stage:
            client = await stage.with_orders()
            stage.gateway.gateway.log_out_all("the gateway stops")
            await client.expect("35=5|58=the gateway stops")
            await client.send("35=5")
            await client.expect_end()
            await until(stage.gateway.gone())
            assert [] == stage.cancelled
        assert ["CancelOnDisconnectSet"] == [type(e).__name__ for e in on_record(tmp_path)]
        async with staged(tmp_path, setting) as stage:
            await stage.look()

            assert ["A", "B"] == stage.cancelled

    play(scenario())


def test_what_was_agreed_on_outlives_a_change_of_the_settings(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with staged(tmp_path) as stage:
            client = await stage.with_orders("8013=Y")
        async with staged(tmp_path) as stage:
            await until(lambda: stage.cancelled == ["A", "B"])
            # At the next Logon the client asks for nothing, and nothing is in force.
            client = await stage.client(next_out=client.next_out)
            await client.orders("C")
            await client.expect("35=8|11=C|39=0")
        async with staged(tmp_path) as stage:
            await stage.look()

            assert [] == stage.cancelled

    play(scenario())


def test_a_client_that_stays_away_over_two_restarts(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with staged(tmp_path, WINDOW) as stage:
            await stage.with_orders()
        async with staged(tmp_path, WINDOW) as stage:
            await stage.wait(3)
        async with staged(tmp_path, WINDOW) as stage:
            await stage.wait(5)
            assert ["A", "B"] == stage.cancelled
        async with staged(tmp_path, WINDOW) as stage:
            await stage.wait(5)
            assert [] == stage.cancelled

    play(scenario())


@pytest.mark.parametrize(
    ("setting", "leaves"),
    [("both", drops), ("disconnect", drops), ("disconnect", logs_out), ("logout", logs_out)],
)
def test_a_gateway_that_dies_after_any_tick(tmp_path: Path, setting: str, leaves: object) -> None:
    """Whatever the last thing on record, the open orders are cancelled, each once, or all stay."""
    setting = f"CancelOnDisconnect={setting}\nCancelOnDisconnectSeconds=5\n"
    seen = set()

    async def the_day() -> None:
        async with staged(tmp_path, setting) as stage:
            client = await stage.with_orders()
            await leaves(client)  # type: ignore[operator]
            await stage.gone()
            await stage.wait(2)
            client = await stage.client(next_out=client.next_out)
            await leaves(client)  # type: ignore[operator]
            await stage.gone()
            await stage.wait(5)

    async def another(directory: Path) -> None:
        events, open_orders = whole_record(directory)
        cancels = to_cancel(events)
        expected = sorted(o.request.cl_ord_id for o in open_orders if o.own_cancel or cancels)
        async with staged(directory, setting) as stage:
            await stage.look()
            await stage.wait(5)

            assert expected == stage.cancelled
            left_open = stage.gateway.gateway.engine.orders.open()
            assert [] == left_open or expected == []
        seen.add(cancels and tuple(expected))

    play(the_day())
    for ticks in range(1, ticks_on_record(tmp_path) + 1):
        play(another(died_after(tmp_path, ticks)))
    # The days were not all alike: there were orders to cancel, and for who may log out, to keep.
    if setting.startswith("CancelOnDisconnect=disconnect") and leaves is logs_out:
        assert {False, ("A", "B")} <= seen
    else:
        assert ("A", "B") in seen


def to_cancel(events: list[SessionEvent]) -> bool:
    """Whether a gateway that goes on from *events* has orders to cancel."""
    agreed, gone = CancelOn.NEVER, None
    for event in events:
        if isinstance(event, CancelOnDisconnectSet):
            agreed, gone = event.on, None
        elif isinstance(event, ClientGone):
            gone = event
    return bool(agreed & CancelOn.DISCONNECT) if gone is None else gone.cancels
