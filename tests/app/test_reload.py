"""A reload of a running gateway: what each client notices of it, and what it does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters

from fixgw.app.reload import ADDED_PER_TICK, NAMES_LOGGED, Reloader
from fixgw.model.ids import SessionKey
from fixgw.ops.answers import ReloadResult
from tests.app.bench import (
    CREDENTIALS,
    DEADLINE_SECONDS,
    DICTIONARIES,
    ORDER,
    PASSWORD_ASKED,
    Client,
    Running,
    play,
    running,
    settings,
    until,
)
from tests.support.certificates import Authority
from tests.support.secrets import PASSWORD

ONE, TWO = SessionKey("FIX.4.4:FIXGW->ONE"), SessionKey("FIX.4.4:FIXGW->TWO")
BYSTANDER = "BYSTANDER"
SLOW_GOODBYE = "LogoutTimeout=1"


class Reloading:
    """A gateway, its reloader, and a bystander who trades through everything."""

    def __init__(self, gateway: Running, directory: Path) -> None:
        self.gateway = gateway
        self.directory = directory
        self.reloader = Reloader(
            gateway.gateway, gateway.parts, gateway.journal, gateway.acceptor
        )
        self._orders = 0

    async def start(self) -> None:
        self._bystander = await self.gateway.client(BYSTANDER)
        await self._bystander.log_on()
        self._before = self._state()
        await self.trades()

    def _state(self) -> tuple[object, ...]:
        client = self.gateway.state(BYSTANDER)
        return client, client.session, client.dictionary, client.connection, client.decoder

    async def trades(self) -> None:
        """The bystander trades on the connection that it has, and nothing else reaches it."""
        self._orders += 1
        await self._bystander.orders(f"B{self._orders}")
        answer = await self._bystander.expect(f"35=8|11=B{self._orders}|39=0")
        assert str(self._orders + 1) == answer[34]

    async def reload(self, *, venue: str = "", **sessions: str) -> ReloadResult:
        """Write these clients' .cfg files, beside the bystander's, and reload."""
        self.write(venue=venue, **sessions)
        async with asyncio.timeout(DEADLINE_SECONDS):
            outcome = await self.reloader.reload()
        await self.trades()
        assert self._before == self._state()
        return outcome

    def write(self, *, venue: str = "", **sessions: str) -> None:
        settings(self.directory, sessions={BYSTANDER: "", **sessions}, venue=venue)

    async def client(self, comp_id: str = "ONE", logon: str = "", **given: Any) -> Client:
        """That client, logged on."""
        client = await self.gateway.client(comp_id, **given)
        await client.log_on(logon)
        return client

    async def is_unknown(self, comp_id: str) -> None:
        stranger = await self.gateway.client(comp_id)
        await stranger.send("35=A|98=0|108=30")
        await stranger.expect_end()


@asynccontextmanager
async def reloading(
    directory: Path, *, venue: str = "", **sessions: str
) -> AsyncIterator[Reloading]:
    async with running(
        directory, sessions={BYSTANDER: "", **sessions}, venue=venue
    ) as gateway:
        one = Reloading(gateway, directory)
        await one.start()
        yield one


def told(outcome: ReloadResult) -> list[tuple[str, str]]:
    return [(change.what, change.name) for change in outcome.changes]


async def trades(client: Client, cl_ord_id: str) -> None:
    await client.orders(cl_ord_id)
    await client.expect(f"35=8|11={cl_ord_id}|39=0")


# ------------------------------------------------------------------------ add, remove


def test_an_added_client_logs_on_and_trades(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path) as it:
            await it.is_unknown("ONE")

            outcome = await it.reload(ONE="")

            assert ([("added", ONE)], 1, True) == (
                told(outcome), outcome.unchanged, outcome.complete
            )
            await trades(await it.client(), "A")

    play(scenario())


def test_a_removed_client_is_logged_out_and_unknown(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE="") as it:
            client = await it.client()

            outcome = await it.reload()

            assert [("removed", ONE)] == told(outcome)
            await client.expect("35=5|58=this session was removed")
            # It had not heard of it yet: refused, and not an order without an owner.
            await client.orders("A")
            await client.send("35=5")
            await client.expect_end()
            await it.is_unknown("ONE")
            assert not any(o.request.session == ONE for o in it.gateway.gateway.engine.orders)

    play(scenario())


def test_a_removed_client_that_says_nothing_is_cut_off(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE=SLOW_GOODBYE) as it:
            client = await it.client()

            await it.reload()

            await client.expect("35=5")
            await client.expect_end()

    play(scenario())


def test_a_client_with_open_orders_stays_and_the_rest_is_done(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE="", TWO="") as it:
            client = await it.client()
            await trades(client, "A")

            outcome = await it.reload(THREE="")

            assert [
                ("refused", ONE), ("removed", TWO), ("added", "FIX.4.4:FIXGW->THREE")
            ] == told(outcome)
            assert "has open orders (1)" in outcome.changes[0].text
            assert not outcome.complete
            await trades(client, "B")
            await client.log_out()
            client = await it.client(next_out=client.next_out)
            for each in ("A", "B"):
                await client.send(f"35=F|11=C{each}|41={each}|55=BTCUSDT|54=1|60={client.now()}")
                await client.expect(f"35=8|41={each}|39=4")

            assert ("removed", ONE) in told(await it.reload(THREE=""))

    play(scenario())


def test_a_client_that_is_back_goes_on_where_it_was(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE="") as it:
            client = await it.client()
            await trades(client, "A")
            await client.send(f"35=F|11=C|41=A|55=BTCUSDT|54=1|60={client.now()}")
            await client.expect("35=8|39=4")
            await it.reload()
            await client.expect("35=5|34=4")
            await client.send("35=5")
            await client.expect_end()
            numbers = (5, client.next_out)

            await it.reload(ONE="")

            assert numbers == it.gateway.numbers()
            again = await it.client(next_out=client.next_out)
            await again.send("35=2|7=2|16=3")
            await again.expect("35=8|34=2|11=A|43=Y|39=0")
            await again.expect("35=8|34=3|43=Y|39=4")

    play(scenario())


def test_a_client_that_is_back_before_it_was_gone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE="LogoutTimeout=30") as it:
            client = await it.client()
            await it.reload()
            await client.expect("35=5|34=2")

            assert [("added", ONE)] == told(await it.reload(ONE=""))

            await client.send("35=5")
            await client.expect_end()
            again = await it.client(next_out=client.next_out)
            await trades(again, "A")

    play(scenario())


# ----------------------------------------------------------------------------- change


def test_what_may_be_traded_changes_without_a_logout(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE="PendingReports=N") as it:
            client = await it.client()
            await trades(client, "A")

            outcome = await it.reload(ONE="PendingReports=Y")

            assert "PendingReports: at once" == outcome.changes[0].text
            await client.orders("B")
            await client.expect("35=8|34=3|11=B|39=A")
            await client.expect("35=8|34=4|11=B|39=0")

    play(scenario())


def test_a_password_counts_from_the_next_logon_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE="") as it:
            client = await it.client()

            await it.reload(ONE=PASSWORD_ASKED)

            await trades(client, "A")
            await client.log_out()
            await it.is_unknown("ONE")
            await it.client(logon=CREDENTIALS, next_out=client.next_out)

    play(scenario())


def test_who_names_no_session_waits_as_long_as_for_the_dearest_new_password(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE="") as gateway:
            dear = PasswordHasher(time_cost=3, memory_cost=20_000, parallelism=1).hash(PASSWORD)
            await gateway.reload(ONE=f"Username=jane\nPasswordHash={dear}\n")

            decoy = gateway.gateway.gateway._door._decoy
            assert extract_parameters(dear) == extract_parameters(decoy.made())

    play(scenario())


def test_what_the_session_depends_on_changes_once_the_client_is_gone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE="MaxHeartBtInt=30") as it:
            client = await it.client()
            await trades(client, "A")

            outcome = await it.reload(ONE="MaxHeartBtInt=10")

            assert "MaxHeartBtInt: logged out first" == outcome.changes[0].text
            await client.expect("35=5|34=3|58=this session was changed; log on again")
            await client.send("35=5")
            await client.expect_end()
            again = await it.gateway.client(next_out=client.next_out)
            await again.send("35=A|98=0|108=30")
            # The longest that it may ask for now is less.
            await again.expect("35=5|34=4")

    play(scenario())


def test_a_client_that_is_not_there_changes_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE="MaxHeartBtInt=30") as it:
            outcome = await it.reload(ONE="MaxHeartBtInt=10")

            assert "MaxHeartBtInt: at once" == outcome.changes[0].text
            client = await it.gateway.client()
            await client.send("35=A|98=0|108=30")
            await client.expect("35=5")

    play(scenario())


def test_a_report_for_a_client_that_is_being_changed_is_not_lost(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE="LogoutTimeout=30") as it:
            client = await it.client()
            await client.send(f"35=D|11=A|{ORDER}")
            await client.expect("35=8|34=2|11=A|39=0")
            await it.reload(ONE="LogoutTimeout=29")
            await client.expect("35=5|34=3")
            # It has not heard of the Logout yet.
            await client.orders("B")
            await client.send("35=5")
            await client.expect_end()

            again = await it.client(next_out=client.next_out)

            await again.send("35=2|7=4|16=4")
            await again.expect("35=8|34=4|11=B|39=0")

    play(scenario())


# ----------------------------------------------------------------- what is not done


def test_settings_with_an_error_change_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, ONE="") as it:
            client = await it.client()
            it.write(TWO="")
            (tmp_path / "sessions" / "bad.cfg").write_text("[SESSION]\nnonsense\n")

            outcome = await it.reloader.reload()

            assert "bad.cfg:2: expected Key=Value" in outcome.error
            assert ((), False) == (outcome.changes, outcome.complete)
            await trades(client, "A")
            await it.is_unknown("TWO")

    play(scenario())


def test_what_is_asked_for_meanwhile_is_done_after_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path) as it:
            asked = asyncio.Event()
            task = asyncio.create_task(it.reloader.run(asked))
            try:
                it.write(ONE="Dialect=fixgw\nValidateUserDefinedFields=N")  # takes a while
                asked.set()
                await until(lambda: not asked.is_set())
                it.write(TWO="")
                asked.set()
                await until(lambda: TWO in it.gateway.gateway.clients)
            finally:
                task.cancel()

    play(scenario())


def test_a_gateway_that_stops_does_not_reload(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path) as it:
            it.write(ONE="")
            it.gateway.gateway.log_out_all("the gateway stops")
            asked = asyncio.Event()
            asked.set()

            async with asyncio.timeout(DEADLINE_SECONDS):
                await it.reloader.run(asked)

            assert ONE not in it.gateway.gateway.clients

    play(scenario())


# ------------------------------------------------------------------------- templates

TEMPLATE = "TargetCompID=*\nAcceptorTemplate=Y\nCounterpartiesFile=clients.csv"


def test_a_client_of_a_template_is_a_client_like_any_other(tmp_path: Path) -> None:
    clients = tmp_path / "sessions" / "clients.csv"
    clients.parent.mkdir()
    clients.write_text("TargetCompID,Accounts\nONE,A1\nTWO,A1\n")

    async def scenario() -> None:
        async with reloading(tmp_path, ALL=TEMPLATE) as it:
            client = await it.client()
            await trades(client, "A")
            await it.is_unknown("NOBODY")
            await it.is_unknown("*")
            clients.write_text("TargetCompID,Accounts\nONE,A1\nTHREE,A1\n")

            outcome = await it.reload(ALL=TEMPLATE)

            assert [("removed", TWO), ("added", "FIX.4.4:FIXGW->THREE")] == told(outcome)
            await trades(client, "B")

        # Its orders are open: their session is found again, with its numbers.
        both = {BYSTANDER: "", "ALL": TEMPLATE}
        async with running(tmp_path, sessions=both) as gateway:
            again = await gateway.client(next_out=client.next_out)
            await again.log_on()
            await trades(again, "C")

    play(scenario())


def test_a_dialect_that_changed_changes_its_sessions(tmp_path: Path) -> None:
    dialect = tmp_path / "other.toml"
    dialect.write_text((DICTIONARIES / "fixgw.toml").read_text())

    async def scenario() -> None:
        one = {"ONE": "Dialect=other"}
        async with running(tmp_path, sessions=one, dialects=tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            reloader = Reloader(
                gateway.gateway, gateway.parts, gateway.journal, gateway.acceptor
            )
            assert 1 == (await reloader.reload()).unchanged
            dialect.write_text(dialect.read_text() + "\n# another\n")

            outcome = await reloader.reload()

            assert "other.toml: logged out first" == outcome.changes[0].text
            await client.expect("35=5")

    play(scenario())


def test_a_certificate_is_read_again(tmp_path: Path) -> None:
    pair = Authority(tmp_path).issue("localhost", "DNS:localhost")
    tables = f'[listener.tls]\ncertificate = "{pair.certificate}"\nkey = "{pair.key}"\n'

    async def scenario() -> None:
        async with running(tmp_path, tables=tables) as gateway:
            reloader = Reloader(
                gateway.gateway, gateway.parts, gateway.journal, gateway.acceptor
            )
            assert (await reloader.reload()).complete
            pair.certificate.write_text("no certificate")

            outcome = await reloader.reload()

            assert [("refused", "[listener] tls")] == told(outcome)

    play(scenario())


def test_thousands_of_names_are_not_logged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ",".join(f"C{number}" for number in range(ADDED_PER_TICK + NAMES_LOGGED))

    async def scenario() -> None:
        async with reloading(tmp_path) as it:
            await it.reload(
                ALL=f"TargetCompID=*\nAcceptorTemplate=Y\nCounterparties={names}"
            )

            for first_and_last in ("C0", f"C{ADDED_PER_TICK + NAMES_LOGGED - 1}"):
                await trades(await it.client(first_and_last), "A")

    play(scenario())
    assert f"'and {ADDED_PER_TICK} more'" in capsys.readouterr().out


# --------------------------------------------------------------------------- secrets


def test_a_venues_secret_is_read_anew_and_taken_into_use(tmp_path: Path) -> None:
    """What was a file in the vendor's page of keys yesterday is another one today."""

    async def scenario() -> None:
        async with reloading(tmp_path, venue=SECRETS) as it:
            used = it.gateway.paper.config.key

            outcome = await it.reload(venue=SECRETS)
            assert ((), True) == (outcome.changes, outcome.complete)

            (tmp_path / "key").write_text("the new key")
            outcome = await it.reload(venue=SECRETS)

            assert [("changed", "[venues.paper] key")] == told(outcome)
            assert ("goes with each request from now on", True) == (
                outcome.changes[0].text, outcome.complete
            )
            assert "the new key" == used.reveal()
            assert [] == told(await it.reload(venue=SECRETS))

    secrets(tmp_path)
    play(scenario())


def test_a_secret_that_only_a_start_takes_is_told_and_stays(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, venue=SECRETS) as it:
            (tmp_path / "told").write_text("another one")

            outcome = await it.reload(venue=SECRETS)

            assert [("restart", "[venues.paper] told")] == told(outcome)
            assert "is taken into use by a start only: restart the gateway" in (
                outcome.changes[0].text
            )
            assert not outcome.complete
            assert "of the start" == it.gateway.paper.config.told.reveal()

    secrets(tmp_path)
    play(scenario())


def test_a_secret_that_cannot_be_read_changes_nothing_at_all(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path, venue=SECRETS) as it:
            (tmp_path / "key").unlink()

            outcome = await it.reload(ONE="", venue=SECRETS)

            assert "venues.paper.key: cannot read" in outcome.error
            assert "of the start" == it.gateway.paper.config.key.reveal()
            await it.is_unknown("ONE")

    secrets(tmp_path)
    play(scenario())


def test_a_secret_of_a_table_that_has_changed_waits_for_the_restart_with_it(
    tmp_path: Path,
) -> None:
    """A new key comes with a new name: the one without the other would only be refused."""

    async def scenario() -> None:
        async with reloading(tmp_path, venue=SECRETS) as it:
            (tmp_path / "key").write_text("the new key")

            outcome = await it.reload(venue=SECRETS + "reachable = true\n")

            assert [("restart", "[venues.paper]")] == told(outcome)
            assert "of the start" == it.gateway.paper.config.key.reveal()

    secrets(tmp_path)
    play(scenario())


SECRETS = 'key = { file = "../key" }\ntold = { file = "../told" }\n'


def secrets(directory: Path) -> None:
    for name in ("key", "told"):
        (directory / name).write_text("of the start")
        (directory / name).chmod(0o600)
