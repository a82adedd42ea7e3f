"""`fixgw orders`: for people, for pipes, for programs; while the gateway runs and when none has."""

import json
import re
from pathlib import Path

import pytest

from fixgw.cli import main
from tests.app.bench import ORDER, play, running, settings

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
HOSTILE = "[/x]\x1b[2J"
"""A ClOrdID(11) that is no markup and no command to a terminal, although it looks like both."""


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Output goes to a terminal of 80 columns, until COLUMNS says otherwise."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return monkeypatch


def trade(directory: Path, *cl_ord_ids: str) -> None:
    """Two clients place orders; the last one's last order is canceled, and one is refused."""

    async def scenario() -> None:
        async with running(directory, sessions={"ONE": "", "TWO": ""}) as gateway:
            one, two = await gateway.client(), await gateway.client("TWO")
            await one.log_on()
            await two.log_on()
            for each in cl_ord_ids:
                await one.orders(each)
                await one.expect("35=8|39=0")
            await two.orders("T")
            await two.expect("35=8|39=0")
            await two.send(f"35=F|11=X|41=T|55=BTCUSDT|54=1|38=1|60={two.now()}")
            await two.expect("35=8|39=4")
            await two.send(f"35=D|11=U|{ORDER.replace('38=1', '38=1.50')}".replace("USDT", "XXX"))
            await two.expect("35=8|39=8")

    play(scenario())


def fixgw(directory: Path, *arguments: str) -> int:
    return main.run([*arguments, "--sessions", str(directory / "sessions")])


def test_in_a_pipe_a_row_is_a_line_of_tab_separated_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trade(tmp_path, "A", HOSTILE)
    capsys.readouterr()

    assert 0 == fixgw(tmp_path, "orders")

    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [19] * 4 == [len(row) for row in rows]
    assert [
        ["A", "NEW", "", "BUY", "1", "0", "BTCUSDT", "100"],
        ["[/x]?[2J", "NEW", "", "BUY", "1", "0", "BTCUSDT", "100"],
        ["T", "CANCELED", "", "BUY", "1", "0", "BTCUSDT", "100"],
        ["U", "REJECTED", "", "BUY", "1.50", "0", "BTCXXX", "100"],
    ] == [row[1:9] for row in rows]


def test_json_is_an_object_a_line_while_the_gateway_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("A", HOSTILE)
            await client.expect("35=8|39=0")
            await client.expect("35=8|39=0")
            capsys.readouterr()

            assert 0 == fixgw(tmp_path, "orders", "--json")

    play(scenario())
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()[:2]]
    assert ["A", HOSTILE] == [first["cl_ord_id"], second["cl_ord_id"]]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["placed_at"])


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ((), ["A", "B", "T", "U"]),
        (("--open",), ["A", "B"]),
        (("--in-doubt",), []),
        (("--session", "FIX.4.4:FIXGW->TWO"), ["T", "U"]),
        (("--session", "FIX.4.4:FIXGW->ONE", "--limit", "1"), ["B"]),
        (("--open", "--session", "FIX.4.4:FIXGW->TWO"), []),
        (("--limit", "2"), ["T", "U"]),
        (("--limit", "0"), ["A", "B", "T", "U"]),
    ],
)
def test_filters(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    filters: tuple[str, ...],
    expected: list[str],
) -> None:
    trade(tmp_path, "A", "B")
    capsys.readouterr()

    assert 0 == fixgw(tmp_path, "orders", "--json", *filters)

    lines = capsys.readouterr().out.splitlines()
    assert expected == [json.loads(line)["cl_ord_id"] for line in lines]


def many(directory: Path, count: int) -> None:
    """So many orders of one client, all open."""

    async def scenario() -> None:
        async with running(directory) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders(*(f"C{number}" for number in range(count)))
            for _ in range(count):
                await client.expect("35=8|39=0")

    play(scenario())


def test_a_program_gets_every_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many(tmp_path, 120)
    for as_json in (["--json"], []):
        capsys.readouterr()

        assert 0 == fixgw(tmp_path, "orders", "--open", *as_json)

        captured = capsys.readouterr()
        assert 120 == len(captured.out.splitlines())
        assert "" == captured.err


def test_what_is_left_out_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], terminal: pytest.MonkeyPatch
) -> None:
    many(tmp_path, 120)
    for arguments, told in [
        ((), "20 older ones of 120 are not shown: --limit 0 shows all\n"),
        (("--json", "--limit", "3"), "117 older ones of 120 are not shown: --limit 0 shows all\n"),
        (("--limit", "0"), ""),
    ]:
        capsys.readouterr()

        assert 0 == fixgw(tmp_path, "orders", "--open", *arguments)

        assert told == capsys.readouterr().err


def test_a_negative_limit_is_refused(tmp_path: Path) -> None:
    settings(tmp_path)
    assert 2 == fixgw(tmp_path, "orders", "--limit", "-1")


@pytest.mark.parametrize(
    ("columns", "shown", "missing"),
    [
        (80, ["order_id", "cl_ord_id", "status", "side", "order_qty", "cum_qty", "symbol",
              "price"],
         "avg_px, session, text, placed_at, account, venue, exchange, own_qty, own_avg_px"),
        (140, ["order_id", "cl_ord_id", "status", "side", "order_qty", "cum_qty", "symbol",
               "price", "avg_px", "session", "placed_at", "venue"],
         "text, account, exchange, own_qty, own_avg_px"),
        (400, ["order_id", "cl_ord_id", "status", "side", "order_qty", "cum_qty", "symbol",
               "price", "avg_px", "session", "text", "placed_at", "account", "venue",
               "exchange", "own_qty", "own_avg_px"], ""),
    ],
)
def test_on_a_terminal_the_most_important_columns_stand_side_by_side(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    terminal: pytest.MonkeyPatch,
    columns: int,
    shown: list[str],
    missing: str,
) -> None:
    trade(tmp_path, "order-1", HOSTILE)
    capsys.readouterr()
    terminal.setenv("COLUMNS", str(columns))

    assert 0 == fixgw(tmp_path, "orders")

    output = capsys.readouterr().out
    lines = [line.rstrip() for line in ESCAPES.sub("", output).splitlines()]
    assert shown == lines[0].split()
    assert all(len(line) <= columns for line in lines)
    assert "\x1b[2J" not in output
    assert lines[2].split()[1] == "[/x]?[2J"
    note = " ".join(lines).partition("no room for ")[2]
    assert note == (f"{missing}: see --json, or a wider terminal" if missing else "")


def test_no_orders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], terminal: pytest.MonkeyPatch
) -> None:
    trade(tmp_path)
    capsys.readouterr()

    assert 0 == fixgw(tmp_path, "orders", "--open")

    assert "no orders\n" == capsys.readouterr().out


def test_no_journal_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings(tmp_path)

    assert 1 == fixgw(tmp_path, "orders")

    captured = capsys.readouterr()
    assert "" == captured.out
    assert (
        f"fixgw: journal {tmp_path}/journal: there is none yet; `fixgw run` makes it\n"
    ) == captured.err
