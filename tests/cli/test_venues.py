"""`fixgw venues`: what venues can do, how they are, and how one that is held goes on."""

import json
import re
from pathlib import Path

import pytest

from fixgw.model.venue import ConnectionHealth, Headroom, VenueHealth, VenueHeld
from tests.app.bench import play, settings, until
from tests.app.operated import fixgw, in_doubt, operated
from tests.app.paper import VENUE

CAN = """\
paper	accounts	A1
paper	order types	MARKET(1): DAY(0), GOOD_TILL_CANCEL(1)
paper	order types	LIMIT(2): GOOD_TILL_CANCEL(1)
paper	post only	yes
paper	market orders	a buy names CashOrderQty(152)
paper	cancel	yes
paper	replace	no: the venue has no replace
paper	status query	yes
paper	changes	told by the venue
paper	other fields	none
paper	absence	proven 1 s after an order was sent
"""

NO_GATEWAY = 4
NOT_WELL = 1

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SINCE_MS = 1_767_607_200_000

HEALTH = VenueHealth(
    connections=(
        ConnectionHealth(name="A1 stream", up=True, since=SINCE_MS),
        ConnectionHealth(name="B1 stream", up=False, since=SINCE_MS, text="refused\x1b[2J"),
    ),
    clock_skew_ms=-12,
    headroom=(
        Headroom(scope="orders of A1", left=4, maximum=10, seconds=1, waiting=3),
        Headroom(scope="queries", left=5, maximum=5, seconds=60),
    ),
    instruments=17,
)


def test_without_a_gateway_the_settings_say_what_venues_can_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(tmp_path)

    async def scenario() -> None:
        assert NO_GATEWAY == await fixgw(tmp_path, "venues")

    play(scenario())
    captured = capsys.readouterr()
    assert "paper\tadapter\tpaper\n" + CAN == captured.out
    assert "no gateway is running: this is what the settings say\n" == captured.err


def test_a_running_gateway_says_how_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await in_doubt(gateway, client, "A")
            gateway.paper.is_well = HEALTH
            capsys.readouterr()

            assert NOT_WELL == await fixgw(tmp_path, "venues")

    play(scenario())
    captured = capsys.readouterr()
    rows = captured.out.partition("paper\tadapter\tpaper\n")[2]
    assert f"""\
paper	new orders	go
paper	orders	1 open, 1 in doubt; see fixgw orders --in-doubt
paper	instruments	17
paper	connections	A1 stream up since 2026-01-05T10:00:00Z
paper	connections	B1 stream DOWN since 2026-01-05T10:00:00Z: refused?[2J
paper	clock	-12 ms from ours
paper	headroom	orders of A1: 4 of 10 left in 1 s, 3 waiting
paper	headroom	queries: 5 of 5 left in 60 s
{CAN}""" == rows.partition("2026-11")[0]
    assert re.fullmatch(
        r"the gateway runs: process \d+, fixgw \S+\n"
        r"paper is not well: B1 stream is down\n", captured.err,
    )


def test_venues_that_are_well_are_said_so_by_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path):
            assert 0 == await fixgw(tmp_path, "venues")

    play(scenario())
    assert "not well" not in capsys.readouterr().err


def test_a_venue_that_has_not_told_its_instruments_is_not_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path, venue="reachable = false"):
            assert NOT_WELL == await fixgw(tmp_path, "venues", "--json")

    play(scenario())
    assert "paper is not well: it has not told its instruments\n" in capsys.readouterr().err


def test_of_a_running_gateway_nothing_is_asked_that_needs_a_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of an operator who may talk to the gateway, and not read what it knows."""

    async def scenario() -> None:
        async with operated(tmp_path):
            file = tmp_path / "sessions" / "gateway.toml"
            file.write_text(file.read_text() + 'key = { env = "NOT_SET_HERE" }\n')
            for command in (["venues"], ["reconcile"], ["orders"]):
                assert 0 == await fixgw(tmp_path, *command)

    play(scenario())


def test_a_held_venue_is_shown_and_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            gateway.paper.say(VenueHeld(venue=VENUE, text="HTTP 500"))
            await until(lambda: gateway.gateway.engine.held)
            capsys.readouterr()
            assert NOT_WELL == await fixgw(tmp_path, "venues")
            captured = capsys.readouterr()
            shown = captured.out
            assert "paper is not well: it is held\n" in captured.err

            assert 0 == await fixgw(tmp_path, "venues", "resume", "paper", "--who", "jane")
            resumed = capsys.readouterr().out
            assert 1 == await fixgw(tmp_path, "venues", "resume", "paper", "--who", "jane")
            again = capsys.readouterr()

            assert (
                "paper\tnew orders\tHELD since TIME: HTTP 500\n"
                "paper\tnew orders\tonce it is settled: fixgw venues resume paper --who NAME\n"
            ) in TIME.sub("TIME", shown)
            assert (
                "paper: new orders go there again; it was held since TIME: HTTP 500\n"
            ) in TIME.sub("TIME", resumed)
            assert "fixgw: paper is not held: new orders go there\n" == again.err
            assert 1 == gateway.paper.resumed

    play(scenario())


def test_json_is_an_object_a_venue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            gateway.paper.is_well = HEALTH
            capsys.readouterr()

            assert NOT_WELL == await fixgw(tmp_path, "venues", "--json")

    play(scenario())
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("{"))
    venue = json.loads(line)
    assert ("paper", "paper", True, True, 0, 17, ["1", "2"]) == (
        venue["venue"], venue["adapter"], venue["running"], venue["loaded"], venue["held_since"],
        venue["health"]["instruments"], venue["capabilities"]["ord_types"],
    )


def test_json_without_a_gateway_has_nothing_of_a_running_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(tmp_path)

    async def scenario() -> None:
        assert NO_GATEWAY == await fixgw(tmp_path, "venues", "--json")

    play(scenario())
    venue = json.loads(capsys.readouterr().out)
    assert {"venue", "adapter", "running", "capabilities", "accounts"} == set(venue)
    assert venue["running"] is False


@pytest.mark.parametrize(("who", "code", "said"), [
    (("--who", " "), 2, "who you are is missing"),
    (("--who", "j" * 65), 2, "who you are may have 64 characters at most"),
    ((), 2, "Missing option '--who'"),
    (("--who", "jane"), NO_GATEWAY, "no gateway is running on the journal"),
])
def test_a_resume_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], who: tuple[str, ...], code: int, said: str
) -> None:
    settings(tmp_path)

    async def scenario() -> None:
        assert code == await fixgw(tmp_path, "venues", "resume", "paper", *who)

    play(scenario())
    assert said in capsys.readouterr().err


def test_a_terminal_gets_a_block_for_each_venue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(tmp_path)
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)

    async def scenario() -> None:
        assert NO_GATEWAY == await fixgw(tmp_path, "venues")

    play(scenario())
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", x).rstrip() for x in capsys.readouterr().out.split("\n")]
    assert ["", "paper", "adapter        paper", "accounts       A1"] == lines[:4]
    assert "               LIMIT(2): GOOD_TILL_CANCEL(1)" in lines
