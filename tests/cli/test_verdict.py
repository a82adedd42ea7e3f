"""`fixgw orders verdict`: shown first, meant, on record, and told to the client."""

import asyncio
import io
import json
import re
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fixgw.cli.exit_codes import Exit
from fixgw.journal.journal import Journal
from fixgw.model.effects import CancelOrder
from fixgw.model.events import VerdictRecorded
from fixgw.model.venue import OrderUpdate, VenueStatus
from tests.app.bench import Client, Running, play, settings, until
from tests.app.operated import fixgw, in_doubt, operated, says_nothing
from tests.support import recorded

WHO = ("--who", "jane", "--why", "phoned their desk")


@asynccontextmanager
async def doubtful(directory: Path) -> AsyncIterator[tuple[Running, Client]]:
    """A gateway, and a client whose order A is in doubt."""
    async with operated(directory) as gateway:
        client = await gateway.client()
        await client.log_on()
        await in_doubt(gateway, client, "A")
        yield gateway, client


def heard(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed since the last look, without the gateway's log."""
    lines = capsys.readouterr().out.splitlines(keepends=True)
    return "".join(line for line in lines if not re.match(r"20\d\d-", line))


def test_the_order_is_shown_and_what_followed_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with doubtful(tmp_path) as (gateway, client):
            order_id = gateway.order_id("A")
            capsys.readouterr()

            assert 0 == await fixgw(
                tmp_path, "orders", "verdict", order_id, "rejected", *WHO, "--yes"
            )

            await client.expect("35=8|11=A|150=8|39=8|58=jane: phoned their desk")
            shown = heard(capsys)
            assert f"""\
order_id       {order_id}
venue_order_id A1-{order_id}
venue          paper
exchange       PAPER
account        A1
session        FIX.4.4:FIXGW->ONE
cl_ord_id      A
side           BUY
symbol         BTCUSDT
order_qty      1
price          100
status         PENDING_NEW
in_doubt       submit
cum_qty        0
avg_px         0
""" == shown.partition("changed ")[0]
            assert shown.endswith(
                f"on record: {order_id} was PENDING_NEW, is REJECTED, CumQty(14) 0\n"
                "the client, FIX.4.4:FIXGW->ONE, has been told\n"
            )

    play(scenario())


def test_an_execution_is_recorded_with_quantity_and_price(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with doubtful(tmp_path) as (gateway, client):
            order_id = gateway.order_id("A")
            execution = ("--qty", "0.4", "--px", "99.5", "--yes", "--json")
            capsys.readouterr()

            assert 0 == await fixgw(
                tmp_path, "orders", "verdict", order_id, "filled", *WHO, *execution
            )

            await client.expect("35=8|39=0")
            await client.expect("35=8|150=F|39=1|32=0.4|31=99.5|14=0.4|151=0.6")
            done = json.loads(heard(capsys))
            assert ("PENDING_NEW", "submit", "PARTIALLY_FILLED", "0.4", "") == (
                done["before"]["status"], done["before"]["in_doubt"], done["after"]["status"],
                done["after"]["cum_qty"], done["after"]["in_doubt"],
            )

    play(scenario())


def test_a_client_that_is_away_is_told_when_it_is_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with doubtful(tmp_path) as (gateway, client):
            await client.log_out()
            await until(gateway.gone())
            capsys.readouterr()

            order_id = gateway.order_id("A")
            assert 0 == await fixgw(
                tmp_path, "orders", "verdict", order_id, "rejected", *WHO, "--yes"
            )

            assert "is not here: it is told when it is back" in heard(capsys)
            back = await gateway.client(next_out=client.next_out)
            await back.log_on()
            await back.send("35=2|7=1|16=0")
            told = [await back.receive() for _ in range(2)]
            assert ["8"] == [each[39] for each in told if each[35] == "8"]

    play(scenario())


@pytest.mark.parametrize(
    ("typed", "code", "recorded"), [("y\n", 0, 1), ("n\n", 1, 0), ("", 130, 0)]
)
def test_it_asks_whether_it_is_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    typed: str, code: int, recorded: int,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    async def scenario() -> None:
        async with doubtful(tmp_path) as (gateway, _):
            order_id = gateway.order_id("A")

            assert code == await fixgw(tmp_path, "orders", "verdict", order_id, "canceled", *WHO)

            assert recorded == verdicts(gateway.journal)

    play(scenario())
    question = "Record that nothing of it works any more, and tell the client? [y/N]: "
    assert question in capsys.readouterr().err


def verdicts(journal: Journal) -> int:
    """How many are on record."""
    return sum(isinstance(each, VerdictRecorded) for each in recorded.events(journal.path))


def test_an_order_that_changes_while_the_operator_thinks_gets_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def scenario() -> None:
        async with doubtful(tmp_path) as (gateway, client):
            loop, order_id = asyncio.get_running_loop(), gateway.order_id("A")
            decided = threading.Event()

            def confirm(*args: object, **given: object) -> bool:
                loop.call_soon_threadsafe(asked.set)
                return bool(decided.wait(10))

            monkeypatch.setattr("click.confirm", confirm)
            task = loop.create_task(
                fixgw(tmp_path, "orders", "verdict", order_id, "rejected", *WHO)
            )
            await asked.wait()
            await settle(gateway, client)
            decided.set()

            assert 1 == await task
            assert 0 == verdicts(gateway.journal)

    play(scenario())
    assert "has changed since you looked: it is NEW now" in capsys.readouterr().err


async def settle(gateway: Running, client: Client) -> None:
    """The venue says after all that it has the order."""
    gateway.paper.say(
        OrderUpdate(order_id=gateway.order_id("A"), status=VenueStatus.WORKING, asked=True)
    )
    await client.expect("35=8|11=A|39=0")


@pytest.mark.parametrize(("arguments", "said"), [
    (("rejected", "--why", "w"), "Missing option '--who'"),
    (("rejected", "--who", "jane"), "Missing option '--why'"),
    (("sold", *WHO), "'sold' is not one of"),
    (("filled", *WHO), "the verdict filled needs the quantity and the price of the execution"),
    (("filled", *WHO, "--qty", "1"), "needs the quantity and the price"),
    (("filled", *WHO, "--qty", "1e3", "--px", "1"), "'1e3' is no quantity"),
    (("filled", *WHO, "--qty", "1", "--px", "0"), "an execution of price 0 is none"),
    (("rejected", *WHO, "--qty", "1"), "the verdict rejected has no quantity and no price"),
    (("rejected", "--who", "jane", "--why", "w" * 201), "why may have 200 characters at most"),
])
def test_what_is_wrong_with_it_is_said_before_anyone_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    settings(tmp_path)

    async def scenario() -> None:
        assert 2 == await fixgw(tmp_path, "orders", "verdict", "1", *arguments)

    play(scenario())
    assert said in capsys.readouterr().err


def test_it_is_refused_where_it_makes_no_sense(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refused(gateway: Running, order_id: str, *verdict: str) -> str:
        assert 1 == await fixgw(tmp_path, "orders", "verdict", order_id, *verdict, *WHO, "--yes")
        assert 0 == verdicts(gateway.journal)
        return capsys.readouterr().err

    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("W", "C")
            await client.expect("35=8|11=W|39=0")
            await client.expect("35=8|11=C|39=0")
            await client.send(f"35=F|11=X|41=C|55=BTCUSDT|54=1|38=1|60={client.now()}")
            await client.expect("35=8|41=C|39=4")
            working, canceled = gateway.order_id("W"), gateway.order_id("C")

            assert "so it cannot be rejected" in await refused(gateway, working, "rejected")
            more = await refused(gateway, working, "filled", "--qty", "2", "--px", "1")
            assert "2 is more than order" in more
            assert "there is nothing to decide" in await refused(gateway, canceled, "working")
            assert "there is no order 77" in await refused(gateway, "77", "rejected")

    play(scenario())


def test_no_gateway_is_running(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = settings(tmp_path).journal_path

    async def scenario() -> None:
        verdict = ("orders", "verdict", "1", "rejected", *WHO, "--yes")
        assert Exit.NO_GATEWAY == await fixgw(tmp_path, *verdict)

    play(scenario())
    assert f"no gateway is running on the journal {path}" in capsys.readouterr().err


def test_what_is_in_doubt_is_listed_with_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("W")
            await client.expect("35=8|11=W|39=0")
            await in_doubt(gateway, client, "A")
            says_nothing(gateway.paper)
            await client.send(f"35=F|11=X|41=W|55=BTCUSDT|54=1|38=1|60={client.now()}")
            orders = gateway.gateway.engine.orders
            await until(lambda: 2 == sum(order.in_doubt is not None for order in orders))
            capsys.readouterr()

            assert 0 == await fixgw(tmp_path, "orders", "--in-doubt")

            captured = capsys.readouterr()
            rows = [x.split("\t") for x in captured.out.splitlines() if "\tpaper\t" in x]
            assert [
                [gateway.order_id("W"), "cancel", "no answer", "paper", "W", "PENDING_CANCEL"],
                [gateway.order_id("A"), "submit", "no answer", "paper", "A", "PENDING_NEW"],
            ] == [[row[0], row[1], row[3], row[4], row[6], row[7]] for row in rows]
            assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", row[2]) for row in rows)
            assert (
                "fixgw orders verdict ORDER_ID rejected|canceled|working --who NAME --why TEXT\n"
            ) in captured.err

    play(scenario())


def test_a_verdict_that_says_what_is_known_tells_the_client_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("W")
            await client.expect("35=8|11=W|39=0")
            order_id = gateway.order_id("W")
            capsys.readouterr()

            assert 0 == await fixgw(
                tmp_path, "orders", "verdict", order_id, "working", *WHO, "--yes"
            )

            assert heard(capsys).endswith(
                f"on record: {order_id} was NEW, is NEW, CumQty(14) 0\n"
                "that is what was known already: the client is told nothing\n"
            )

    play(scenario())


def test_after_a_replace_the_name_that_the_client_knows_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """OrderID(37) stays that of the first order; what stands is shown and settled, and the client
    is told."""
    async def scenario() -> None:
        async with operated(tmp_path, sessions={"ONE": "ReplaceByCancel=Y\n"}) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("A")
            await client.expect("35=8|11=A|39=0")
            says_nothing(gateway.paper, but=CancelOrder)
            bigger = "55=BTCUSDT|54=1|38=8|40=2|44=100|59=1"
            await client.send(f"35=G|11=B|41=A|{bigger}|60={client.now()}")
            orders = gateway.gateway.engine.orders
            await until(lambda: any(o.in_doubt for o in orders if o.request.cl_ord_id == "B"))
            old, new = gateway.order_id("A"), gateway.order_id("B")
            capsys.readouterr()

            execution = ("filled", "--qty", "4", "--px", "99.5")
            assert 0 == await fixgw(tmp_path, "orders", "verdict", old, *execution, *WHO, "--yes")

            told = await client.expect("35=8|11=B|41=A|150=5|39=0|38=8")
            assert old == told[37]
            await client.expect("35=8|11=B|150=F|39=1|14=4|151=4")
            said = heard(capsys)
            assert said.startswith(f"order_id       {new}\n")
            assert f"{old} is PENDING_REPLACE: this is about {new}\n" in said
            assert said.endswith(
                f"on record: {new} was PENDING_NEW, is PARTIALLY_FILLED, CumQty(14) 4\n"
                "the client, FIX.4.4:FIXGW->ONE, has been told\n"
            )

    play(scenario())


def test_a_terminal_gets_a_block_for_each_order_in_doubt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)

    async def scenario() -> None:
        async with doubtful(tmp_path) as (gateway, _):
            capsys.readouterr()

            assert 0 == await fixgw(tmp_path, "orders", "--in-doubt")

            captured = capsys.readouterr()
            order_id = gateway.order_id("A")
            lines = re.sub(r"\x1b\[[0-9;]*m", "", captured.out).splitlines()
            lines = [line.rstrip() for line in lines if not re.match(r"20\d\d-", line)]
            block = lines[lines.index(f"order_id        {order_id}"):]
            assert "in_doubt        submit" == block[1]
            assert "lost            no answer" == block[3]
            assert f"venue_order_id  A1-{order_id}" == block[5]
            assert max(map(len, (*lines, *captured.err.splitlines()[-6:-1]))) <= 80
            assert captured.err.endswith(f"Each with: --sessions {tmp_path}/sessions\n")

    play(scenario())
