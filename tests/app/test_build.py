"""What settings and a journal make together, and when they do not fit."""

from decimal import Decimal
from pathlib import Path

import pytest

from fixgw.app.account_directories import places
from fixgw.app.build import Parts, terms_of
from fixgw.core.engine import Engine, VenueTerms
from fixgw.core.routing import Router
from fixgw.model.enums import OrdType, Side, TimeInForce
from fixgw.model.ids import ClOrdID
from fixgw.model.instrument import Instrument
from fixgw.model.now import Now
from fixgw.model.reports import ExecutionReport
from fixgw.model.requests import NewOrderSingle
from fixgw.model.venue import InstrumentsLoaded
from fixgw.runtime.settings import SettingsErrors, read
from tests.app.bench import PASSWORD_ASKED, Running, play, running, settings
from tests.app.paper import paper_is_known


DEMO_VENUES = Path(__file__).resolve().parents[2] / "sessions" / "demo-venues"
NOW = Now(1_700_000_000_000, 0)


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


# ------------------------------------------------------------------- whose account it is


SYMBOLS = {
    "apifiny": ("BTCUSDT", "BTC", "USDT"),
    "finery": ("BTC-USD", "BTC", "USD"),
    "integral": ("GBP/USD", "GBP", "USD"),
    "asmlink": ("EURUSD", "EUR", "USD"),
}
ACCOUNTS = {
    "apifiny": "STA-00000001", "finery": "FUND", "integral": "DESK", "asmlink": "CORP-0001",
}


@pytest.fixture(scope="module")
def parts() -> Parts:
    return Parts(read(DEMO_VENUES))


@pytest.mark.parametrize("account_of", ACCOUNTS)
@pytest.mark.parametrize("symbol_of", SYMBOLS)
def test_an_account_of_another_venue_is_refused_at_all_venues_alike(
    parts: Parts, symbol_of: str, account_of: str
) -> None:
    terms = [
        terms_of(session, parts.dictionaries[key])
        for key, session in parts.settings.sessions.items()
    ]
    venues = {
        name: VenueTerms(adapter.capabilities, adapter.venue_order_id, 0)
        for name, adapter in parts.venues.items()
    }
    engine = Engine(Router(terms, places(parts.venues)), venues)
    for name in parts.venues:
        symbol, base, quote = SYMBOLS[name]
        engine.handle(InstrumentsLoaded(name, (Instrument(
            venue=name, exchange=name.upper(), symbol=symbol, base=base, quote=quote
        ),)), NOW)
    engine.take()
    symbol, account = SYMBOLS[symbol_of][0], ACCOUNTS[account_of]
    for number, exchange in enumerate(("", symbol_of.upper())):
        engine.handle(NewOrderSingle(
            session=terms[0].session, cl_ord_id=ClOrdID(f"X{number}"), symbol=symbol,
            security_exchange=exchange, account=account, side=Side.BUY, ord_type=OrdType.LIMIT,
            time_in_force=TimeInForce.GOOD_TILL_CANCEL, order_qty=Decimal(1000),
            price=Decimal(100),
        ), NOW)
    step = engine.take()
    if symbol_of == account_of:
        assert {"OrderPlaced"} == {type(event).__name__ for event in step.events}
        return
    assert {"OrderNotPlaced"} == {type(event).__name__ for event in step.events}
    assert not step.commands
    reports = [effect.report for effect in step.reports]
    at = f"is traded at {symbol_of}", f"'{symbol_of.upper()}' is at {symbol_of}"
    for report, where in zip(reports, at, strict=True):
        assert isinstance(report, ExecutionReport)
        assert ("8", "8", "15") == (report.exec_type, report.ord_status, report.ord_rej_reason)
        assert report.text.startswith(
            f"Account(1) '{account}' is an account of {account_of}, and "
        )
        assert report.text.endswith(where)
