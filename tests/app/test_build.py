"""What settings and a journal make together, and when they do not fit."""

from pathlib import Path

import pytest

from fixgw.app.build import Parts
from fixgw.runtime.settings import SettingsErrors, read
from tests.app.bench import PASSWORD_ASKED, Running, play, running, settings
from tests.app.paper import paper_is_known


def errors(directory: Path, **given: object) -> list[str]:
    """What is wrong with the settings alone, from the sessions directory."""
    with paper_is_known(), pytest.raises(SettingsErrors) as raised:
        Parts(settings(directory, **given))  # type: ignore[arg-type]
    return [str(each).replace(f"{directory}/sessions/", "") for each in raised.value.errors]


async def trade(directory: Path, *, cancel: bool = False) -> None:
    """A first life, in which two clients place an order each."""
    async with running(directory, sessions={"ONE": "", "TWO": ""}) as gateway:
        for name in ("ONE", "TWO"):
            client = await gateway.client(name)
            await client.log_on()
            await client.orders("A")
            await client.expect("35=8|39=0")
            if cancel:
                await client.send(f"35=F|11=B|41=A|55=BTCUSDT|54=1|38=1|60={client.now()}")
                await client.expect("35=8|39=4")


def refusal(directory: Path, **given: object) -> list[str]:
    with pytest.raises(SettingsErrors) as raised:
        Running(settings(directory, **given))  # type: ignore[arg-type]
    return [str(each) for each in raised.value.errors]


def test_a_client_with_an_open_order_may_not_be_removed(tmp_path: Path) -> None:
    play(trade(tmp_path))

    async def scenario() -> None:
        assert [
            f"{tmp_path}/sessions: session FIX.4.4:FIXGW->TWO is gone, and the journal has open "
            "orders of it (1): put it back until they are closed (`fixgw orders --open`)"
        ] == refusal(tmp_path)

    play(scenario())


def test_a_venue_with_open_orders_may_not_be_removed(tmp_path: Path) -> None:
    play(trade(tmp_path))

    async def scenario() -> None:
        given = settings(tmp_path, sessions={"ONE": "", "TWO": ""})
        file = given.directory / "gateway.toml"
        file.write_text(file.read_text().replace("[venues.paper]", "[venues.other]"))
        for session in given.directory.glob("*.cfg"):
            session.write_text(session.read_text().replace("Venues=paper", "Venues=other"))

        with pytest.raises(SettingsErrors) as raised:
            Running(read(given.directory))
        assert [
            f"{tmp_path}/sessions: [venues.paper] is gone, and the journal has open orders of it "
            "(2): put it back until they are closed (`fixgw orders --open`)"
        ] == [str(each) for each in raised.value.errors]

    play(scenario())


def test_a_client_without_open_orders_may_go_and_come_back(tmp_path: Path) -> None:
    play(trade(tmp_path, cancel=True))

    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            assert 1 == len(gateway.gateway.clients)
        # Its numbers are still known when it comes back.
        async with running(tmp_path, sessions={"ONE": "", "TWO": ""}) as gateway:
            assert (4, 4) == gateway.numbers("TWO")

    play(scenario())


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    play(trade(tmp_path))

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": "", "TWO": ""}) as gateway:
            assert (3, 3) == gateway.numbers()
            client = await gateway.client(next_out=3)
            await client.send("35=A|98=0|108=30")
            await client.expect("35=A|34=3")
            await client.send("35=2|7=2|16=2")
            await client.expect("35=8|34=2|43=Y|11=A|39=0")

    play(scenario())


def test_every_part_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    assert [
        "gateway.toml:10: venues.paper.reachable: expected bool, got str",
    ] == errors(tmp_path, venue='reachable = "often"')
    assert [
        "ONE.cfg:8: Accounts: A2 is no account of paper; known: A1",
    ] == errors(tmp_path, sessions={"ONE": "Accounts=A1,A2\n"})
    old = f"BeginString=FIX.4.2\nDialect=apifiny-fix42\n{PASSWORD_ASKED}"
    assert [
        "ONE.cfg:10: Username: a Logon of FIX.4.2 has no Username(553) in the dialect "
        "apifiny-fix42, so nobody could log on: add it there, or name another Dialect",
    ] == errors(tmp_path, sessions={"ONE": old})
