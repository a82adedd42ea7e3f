"""A bug of ours that somebody's message meets: everybody trades on, and a restart meets it no more.

The bugs are planted: a part of a real gateway raises before it has changed anything.
"""

import asyncio
import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from fixgw.app import logons
from fixgw.app.containment import LOGGED_AS
from fixgw.app.gateway import Gateway
from fixgw.cli.exit_codes import Exit
from fixgw.core import portions
from fixgw.core.orders.leg import Leg
from fixgw.core.state import EngineState
from fixgw.fix.masking import MASK
from fixgw.journal.replay import replay
from fixgw.loop.refusals import TOO_MANY
from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder
from fixgw.model.number import ZERO
from fixgw.model.requests import NewOrderSingle
from fixgw.model.venue import OrderUpdate, UnknownOrderSeen, VenueStatus
from fixgw.runtime import logs
from tests.app.bench import (
    CREDENTIALS,
    ORDER,
    PASSWORD_ASKED,
    Running,
    play,
    running,
    settings,
    until,
)
from tests.app.operated import fixgw, operated
from tests.app.paper import VENUE
from tests.support.processes import BUGS_MET
from tests.support.recorded import content
from tests.support.secrets import PASSWORD

ONE = "FIX.4.4:FIXGW->ONE"
BOTH = {"ONE": "", "TWO": ""}
PLANTED = "ZeroDivisionError: planted"


def raises(*_: object) -> Any:
    raise ZeroDivisionError("planted")


def plant_in_engine(gateway: Running, meets: Callable[[Any], bool]) -> None:
    """The engine raises where what it is to decide about *meets* the bug."""
    gateway.meets_bugs = True
    engine: Any = gateway.gateway.engine
    handle = engine.handle
    engine.handle = lambda message, now: raises() if meets(message) else handle(message, now)


def is_order(message: Any, cl_ord_id: str) -> bool:
    return isinstance(message, NewOrderSingle) and message.cl_ord_id.startswith(cl_ord_id)


async def listed(directory: Path, *arguments: str) -> list[dict[str, str]]:
    """What `fixgw refused --json` prints."""
    out = io.StringIO()
    with redirect_stdout(out):
        await fixgw(directory, "refused", "--json", *arguments)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def recorded(directory: Path) -> list[str]:
    """The names of the journal's events about orders."""
    events: list[str] = []
    path = directory / "journal"
    replay(path, lambda event: events.append(type(event).__name__))
    return events


# ------------------------------------------------------------------- a client's message


def test_an_order_that_meets_a_bug_is_answered_and_everybody_trades_on(tmp_path: Path) -> None:
    log = io.StringIO()

    async def scenario() -> None:
        logs.configure("info", "console", log)
        async with operated(tmp_path, sessions=BOTH) as gateway:
            plant_in_engine(gateway, lambda message: is_order(message, "BUG"))
            one, two = await gateway.client(), await gateway.client("TWO")
            await one.log_on()
            await two.log_on()
            await one.orders("A", "BUG", "B")

            said = await one.expect("35=j|45=3|372=D|380=0|379=BUG")
            await one.expect("35=8|11=A|39=0")
            await one.expect("35=8|11=B|39=0")
            await two.orders("C")
            await two.expect("35=8|11=C|39=0")

            (refused,) = await listed(tmp_path)
            assert said[58] == f"internal error, reference {refused['reference']}"
            assert (ONE, "message", PLANTED) == (
                refused["source"], refused["kind"], refused["error"]
            )
            assert "|35=D|" in refused["content"] and "|11=BUG|" in refused["content"]
            assert refused["reference"] in log.getvalue()
            assert "in raises\n" in log.getvalue(), "the traceback"
        references.append(refused["reference"])

        # Its MsgSeqNum(34) was counted: nothing is asked for again, and nothing meets the bug.
        async with running(tmp_path, sessions=BOTH) as gateway:
            gateway.meets_bugs = True
            one = await gateway.client(next_out=5)
            await one.log_on()
            await one.orders("BUG")
            await one.expect("35=8|11=BUG|39=0")
            assert references == [each.reference for each in gateway.refused]

    references: list[str] = []
    play(scenario())
    assert 4 == recorded(tmp_path).count("OrderPlaced")


def test_without_a_gateway_the_journal_says_what_was_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        settings(tmp_path)
        assert [] == await listed(tmp_path)  # there is no journal yet
        async with running(tmp_path) as gateway:
            plant_in_engine(gateway, lambda message: is_order(message, "BUG"))
            client = await gateway.client()
            await client.log_on()
            await client.orders("BUG")
            await client.expect("35=j")
        (refused,) = await listed(tmp_path)
        assert PLANTED == refused["error"]
        assert Exit.NO_GATEWAY == await fixgw(tmp_path, "refused")

    play(scenario())


@pytest.mark.parametrize("part", ["decoder", "dictionary", "session"])
def test_a_bug_anywhere_on_a_message_s_way_ends_nothing(tmp_path: Path, part: str) -> None:
    """In `fix.decode`, in `fix.dictionary`, and in `fix.session` itself, which is then cut off."""

    async def scenario() -> None:
        async with running(tmp_path, sessions=BOTH) as gateway:
            gateway.meets_bugs = True
            one, two = await gateway.client(), await gateway.client("TWO")
            await one.log_on()
            await two.log_on()
            state = gateway.state()
            if part == "decoder":
                state.decoder.decode = raises
                await one.orders("A")
                answer = await one.expect("35=j|45=2|372=D|379=A")
                assert answer[58] == "internal error, reference " + gateway.refused[0].reference
                del state.decoder.decode
            elif part == "dictionary":
                parse = state.dictionary.parse
                state.dictionary.parse = raises
                await one.orders("A")
                await one.expect("35=3|45=2|372=D")
                state.dictionary.parse = parse
            else:
                state.session.receive = raises
                await one.orders("A")
                await one.expect_end()
                del state.session.receive
                await until(gateway.gone())
                one = await gateway.client(next_out=3)
                await one.log_on()  # and nothing is asked for
            await one.orders("B")
            await one.expect("35=8|11=B|39=0")
            await two.orders("C")
            await two.expect("35=8|11=C|39=0")
            assert [PLANTED] == [each.error for each in gateway.refused]

    play(scenario())


def test_the_password_of_a_logon_that_meets_a_bug_is_kept_nowhere(tmp_path: Path) -> None:
    log = io.StringIO()

    def repeats(raw: bytes) -> Any:
        raise ValueError(f"what is {raw!r}?")

    async def scenario() -> None:
        logs.configure("info", "console", log)
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            gateway.meets_bugs = True
            gateway.state().dictionary.parse = repeats
            client = await gateway.client()
            await client.send(f"35=A|98=0|108=30|{CREDENTIALS}")
            await client.expect_end()
            (refused,) = gateway.refused
            assert f"554={MASK}\x01".encode() in refused.content
            assert MASK in refused.error

    play(scenario())
    assert "client_message_refused" in log.getvalue()
    assert PASSWORD not in log.getvalue()
    assert PASSWORD.encode() not in content(tmp_path / "journal")


def test_a_first_message_that_meets_a_bug_ends_its_connection_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions=BOTH) as gateway:
            gateway.meets_bugs = True
            two = await gateway.client("TWO")
            await two.log_on()
            with monkeypatch.context() as planted:
                planted.setattr(logons, "first_fields", raises)
                one = await gateway.client()
                await one.send("35=A|98=0|108=30")
                await one.expect_end()
            assert ["not logged on"] == [each.source for each in gateway.refused]
            one = await gateway.client()
            await one.log_on()
            await two.orders("C")
            await two.expect("35=8|11=C|39=0")

    play(scenario())


def test_a_logon_that_the_directories_cannot_be_asked_about_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            gateway.meets_bugs = True
            engine: Any = gateway.gateway.engine
            engine.bars_logon = raises
            client = await gateway.client()
            await client.send("35=A|98=0|108=30")
            said = await client.expect("35=5")
            assert said[58] == f"internal error, reference {gateway.refused[0].reference}"

    play(scenario())


def test_a_session_that_the_time_breaks_is_cut_off_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions=BOTH) as gateway:
            gateway.meets_bugs = True
            one, two = await gateway.client(), await gateway.client("TWO")
            await one.log_on()
            await two.log_on()
            session = gateway.state().session
            session.tick = raises
            await one.expect_end()
            del session.tick
            await two.orders("C")
            await two.expect("35=8|11=C|39=0")
            assert "time" == gateway.refused[0].kind

    play(scenario())


def test_ten_within_a_minute_disable_the_session_until_an_operator_enables_it(
    tmp_path: Path,
) -> None:
    async def refused_at_logon(gateway: Running, next_out: int) -> None:
        client = await gateway.client(next_out=next_out)
        await client.send("35=A|98=0|108=30")
        said = await client.expect("35=5")
        assert "the session is disabled after internal errors, reference R-" in said[58]
        await client.expect_end()
        await until(gateway.gone())

    async def scenario() -> None:
        async with operated(tmp_path, sessions=BOTH) as gateway:
            plant_in_engine(gateway, lambda message: is_order(message, "BUG"))
            one, two = await gateway.client(), await gateway.client("TWO")
            await one.log_on()
            await two.log_on()
            for number in range(TOO_MANY):
                await one.orders(f"BUG{number}")
                await one.expect(f"35=j|379=BUG{number}")
            said = await one.expect("35=5")
            assert "the session is disabled after internal errors, reference R-" in said[58]
            await one.expect_end()
            await until(gateway.gone())
            await refused_at_logon(gateway, 2 + TOO_MANY)
            await two.orders("C")
            await two.expect("35=8|11=C|39=0")

        async with operated(tmp_path, sessions=BOTH) as gateway:  # a restart does not forgive it
            gateway.meets_bugs = True
            await refused_at_logon(gateway, 3 + TOO_MANY)
            out = io.StringIO()
            with redirect_stdout(out):
                await fixgw(tmp_path, "sessions", "--json")
            rows = {row["session"]: row for row in map(json.loads, out.getvalue().splitlines())}
            assert "internal errors" in rows[ONE]["disabled"]
            assert "" == rows["FIX.4.4:FIXGW->TWO"]["disabled"]

            assert Exit.DONE == await fixgw(tmp_path, "sessions", "enable", ONE, "--who", "jane")
            assert Exit.FAILED == await fixgw(tmp_path, "sessions", "enable", ONE, "--who", "jane")
            one = await gateway.client(next_out=4 + TOO_MANY)
            await one.log_on()

        async with running(tmp_path, sessions=BOTH) as gateway:
            gateway.meets_bugs = True
            one = await gateway.client(next_out=5 + TOO_MANY)
            await one.log_on()

    play(scenario())


# ---------------------------------------------------------------------- a venue's word


def test_a_word_that_meets_a_bug_is_alerted_and_its_order_is_asked_about(tmp_path: Path) -> None:
    log = io.StringIO()

    async def scenario() -> None:
        logs.configure("info", "console", log)
        async with operated(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("A")
            await client.expect("35=8|11=A|39=0")
            plant_in_engine(gateway, lambda word: (
                isinstance(word, OrderUpdate) and word.status is VenueStatus.EXPIRED
            ))
            answer = gateway.paper.answer
            gateway.paper.answer = lambda command: OrderUpdate(
                order_id=command.order.order_id, status=VenueStatus.CANCELED, cum_qty=ZERO,
                asked=True,
            ) if isinstance(command, QueryOrder) else answer(command)
            gateway.paper.say(OrderUpdate(
                order_id=gateway.order_id("A"), status=VenueStatus.EXPIRED
            ))

            await client.expect("35=8|11=A|39=4")
            (refused,) = await listed(tmp_path)
            assert (VENUE, "word", PLANTED) == (
                refused["source"], refused["kind"], refused["error"]
            )
            assert refused["content"].startswith('OrderUpdate {"order_id":')

        async with running(tmp_path) as gateway:
            gateway.meets_bugs = True
            assert [] == list(gateway.gateway.engine.orders.open())

    play(scenario())
    assert "venue_word_refused" in log.getvalue()
    assert "venue_news_unreadable" in log.getvalue()


def test_a_venue_that_says_much_that_meets_bugs_is_held_until_an_operator_resumes(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            plant_in_engine(gateway, lambda word: isinstance(word, UnknownOrderSeen))
            gateway.paper.say(*TOO_MANY * [UnknownOrderSeen(VENUE, "X", "not ours")])
            await until(lambda: gateway.gateway.engine.held)
            await client.orders("A")
            await client.expect("35=j|379=A|380=4")

            assert Exit.DONE == await fixgw(tmp_path, "venues", "resume", VENUE, "--who", "jane")
            await client.orders("B")
            await client.expect("35=8|11=B|39=0")
            gateway.paper.say(UnknownOrderSeen(VENUE, "X", "not ours"))
            await until(lambda: len(gateway.refused) == TOO_MANY + 1)
            assert {} == gateway.gateway.engine.held, "the count begins anew"

    play(scenario())


def open_orders(gateway: Running) -> list[str]:
    return [each.request.cl_ord_id for each in gateway.gateway.engine.orders.open()]


# ------------------------------------------------ commands, and steps that nothing causes


def test_an_adapter_that_raises_ends_nothing_and_no_order_is_sent_twice(tmp_path: Path) -> None:
    """A submit that it has not taken, and a cancel that is repeated; a restart meets neither."""
    log = io.StringIO()

    async def scenario() -> None:
        logs.configure("info", "console", log)
        async with operated(tmp_path) as gateway:
            gateway.meets_bugs = True
            paper = gateway.paper
            perform, answer, meets = paper.perform, paper.answer, [SubmitOrder, CancelOrder]

            def faulty(commands: Any) -> None:
                if meets and any(isinstance(each, meets[0]) for each in commands):
                    meets.pop(0)
                    raises()
                perform(commands)

            paper.perform = faulty
            client = await gateway.client()
            await client.log_on()
            paper.answer = lambda command: OrderUpdate(
                order_id=command.order.order_id, status=VenueStatus.ABSENT, asked=True,
            ) if isinstance(command, QueryOrder) else answer(command)
            await client.orders("A")
            await until(lambda: any(isinstance(each, QueryOrder) for each in paper.commands))
            await client.orders("B")
            await client.expect("35=8|11=B|39=0")

            paper.answer = lambda command: OrderUpdate(
                order_id=command.order.order_id, status=VenueStatus.WORKING, asked=True,
            ) if isinstance(command, QueryOrder) else answer(command)
            await client.expect("35=8|11=A|39=0")
            await client.send(f"35=F|11=C|41=B|55=BTCUSDT|54=1|60={client.now()}")
            await client.expect("35=8|11=C|41=B|39=4")

            assert [SubmitOrder, CancelOrder] == [
                type(each) for each in paper.commands if not isinstance(each, QueryOrder)
            ]
            one, two = await listed(tmp_path)
            assert (VENUE, "command", PLANTED) == (one["source"], one["kind"], one["error"])
            assert one["content"].startswith("SubmitOrder {")
            assert two["content"].startswith("CancelOrder {")

        async with running(tmp_path) as gateway:
            gateway.meets_bugs = True
            client = await gateway.client(next_out=5)
            await client.log_on()
            await until(lambda: not len(gateway.gateway.engine.proofs))
            assert 2 == len(gateway.refused)
            assert ["A"] == open_orders(gateway)
            assert not [each for each in gateway.paper.commands if isinstance(each, SubmitOrder)]

    play(scenario())
    assert "venue_commands_lost" in log.getvalue()


def test_a_mass_cancel_leaves_out_the_order_that_meets_a_bug_also_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    sound = EngineState.cancel_unasked

    def faulty(self: EngineState, leg: Leg, *arguments: Any) -> None:
        if leg.request.cl_ord_id in ("O5", "O195"):
            raises()
        sound(self, leg, *arguments)

    monkeypatch.setattr(EngineState, "cancel_unasked", faulty)

    async def scenario() -> None:
        logs.configure("info", "console", log)
        with monkeypatch.context() as first:
            first.setattr(portions, "UNITS_PER_MS", 0)  # so it does not come to its end
            async with operated(tmp_path) as gateway:
                gateway.meets_bugs = True
                client = await gateway.client()
                await client.log_on()
                for number in range(200):
                    await client.orders(f"O{number}")
                    await client.expect(f"35=8|11=O{number}|39=0")
                await client.send(f"35=q|11=M|530=7|60={client.now()}")
                await client.expect("35=r|11=M|531=7|533=200")
                await until(lambda: gateway.refused)
                (refused,) = await listed(tmp_path)
                assert len(open_orders(gateway)) > 2
        assert (ONE, "step", PLANTED) == (refused["source"], refused["kind"], refused["error"])
        known = json.loads(refused["content"])
        assert ("mass cancel", "O5", VENUE) == (known["step"], known["cl_ord_id"], known["venue"])

        async with running(tmp_path) as gateway:
            gateway.meets_bugs = True
            await until(lambda: len(open_orders(gateway)) == 2)
            assert ["O5", "O195"] == open_orders(gateway)
            assert ["O5", "O195"] == [
                json.loads(each.content)["cl_ord_id"] for each in gateway.refused
            ]
            await until(lambda: "order_stays_open" in log.getvalue())

        async with running(tmp_path) as gateway:  # it has ended, and is met no more
            gateway.meets_bugs = True
            client = await gateway.client(next_out=203)
            await client.log_on()
            assert 2 == len(gateway.refused)

    play(scenario())
    assert "order_step_refused" in log.getvalue()


def test_a_departure_cancels_all_orders_but_one_and_that_one_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    sound, meets = EngineState.cancel_unasked, ["B"]

    def faulty(self: EngineState, leg: Leg, *arguments: Any) -> None:
        if leg.request.cl_ord_id in meets:
            raises()
        sound(self, leg, *arguments)

    monkeypatch.setattr(EngineState, "cancel_unasked", faulty)

    async def scenario() -> None:
        logs.configure("info", "console", log)
        settings = {"ONE": "CancelOnDisconnect=disconnect\n", "TWO": ""}
        async with operated(tmp_path, sessions=settings) as gateway:
            gateway.meets_bugs = True
            one, two = await gateway.client(), await gateway.client("TWO")
            await one.log_on()
            await two.log_on()
            for name in "ABC":
                await one.orders(name)
                await one.expect(f"35=8|11={name}|39=0")
            one.close()
            await until(lambda: gateway.refused)
            await until(lambda: open_orders(gateway) == ["B"])
            (refused, *_) = await listed(tmp_path)
            assert (ONE, "step", PLANTED) == (
                refused["source"], refused["kind"], refused["error"]
            )
            await two.orders("D")
            await two.expect("35=8|11=D|39=0")

            meets.clear()
            await until(lambda: open_orders(gateway) == ["D"])

    play(scenario())
    assert "order_stays_open" in log.getvalue()


# --------------------------------------------------------------------------- a report


@pytest.mark.parametrize("bare_too", [False, True])
def test_a_report_that_cannot_be_written_is_kept_and_told_bare(
    tmp_path: Path, bare_too: bool
) -> None:
    log = io.StringIO()

    async def scenario() -> None:
        logs.configure("info", "console", log)
        async with operated(tmp_path) as gateway:
            gateway.meets_bugs = True
            client = await gateway.client()
            await client.log_on()
            encoder = gateway.state().encoder
            encode = encoder.encode
            encoder.encode = lambda report: (
                raises() if bare_too or report.account else encode(report)
            )
            await client.orders("A")
            await until(lambda: gateway.refused)
            (refused,) = await listed(tmp_path)
            assert (ONE, "report") == (refused["source"], refused["kind"])
            if not bare_too:
                said = await client.expect("35=8|11=A|150=0|39=0|14=0|151=1")
                reference = refused["reference"]
                assert said[58] == f"internal error, reference {reference}: incomplete"
                assert f'"exec_id":"{said[17]}"' in refused["content"]
            encoder.encode = encode
            await client.orders("B")
            await client.expect("35=8|11=B|39=0")

    play(scenario())
    assert "report_not_written" in log.getvalue()
    assert bare_too == ("report_not_told" in log.getvalue())


def test_a_test_that_runs_a_gateway_fails_if_that_meets_a_bug() -> None:
    assert set(LOGGED_AS.values()) == set(BUGS_MET)


# ---------------------------------------------------------------- what is not contained


def test_a_bug_while_the_tick_is_committed_ends_the_gateway(tmp_path: Path) -> None:
    async def scenario() -> None:
        gateway = Running(settings(tmp_path))
        await gateway.start()
        client = await gateway.client()
        await client.log_on()
        one: Gateway = gateway.gateway
        one.before_commit = raises  # type: ignore[method-assign]
        await client.send(f"35=D|11=A|{ORDER}")
        async with asyncio.timeout(30):
            with pytest.raises(ZeroDivisionError):
                await one.failure()
        with pytest.raises(ZeroDivisionError):
            await gateway.stop()
        assert [] == recorded(tmp_path)

    play(scenario())
