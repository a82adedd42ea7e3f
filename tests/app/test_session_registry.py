"""Who the clients are: each has its turn, and who was replaced or removed is none any more."""

from pathlib import Path

from fixgw.app.session_registry import IDLE_AT_ONCE
from fixgw.journal.tick import SessionRow
from fixgw.model.ids import SessionKey
from tests.app.bench import play, running

ONE = SessionKey("FIX.4.4:FIXGW->ONE")
MANY = {f"C{number}": "" for number in range(3 * IDLE_AT_ONCE + 1)}


def test_each_of_many_idle_clients_has_its_turn(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions=MANY) as gateway:
            roster = gateway.gateway.roster
            turns = [roster.some_idle() for _ in range(4)]
            while len(turns[0]) < IDLE_AT_ONCE:  # the gateway's own timer was in the middle
                turns = [*turns[1:], roster.some_idle()]

            looks = [roster.some_idle() for _ in range(2 * 4)]

            assert IDLE_AT_ONCE == max(map(len, looks))
            assert {*gateway.gateway.clients} == {c.key for some in looks for c in some}

    play(scenario())


def test_a_client_that_is_to_be_replaced_may_not_connect(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            roster, client = gateway.gateway.roster, gateway.state()
            assert roster.may_connect(client) and not roster.unsettled
            kept: list[SessionRow] = []
            settings, dictionary = client.settings, client.dictionary

            def heir(row: SessionRow) -> object:
                kept.append(row)
                return type(client)(
                    settings, client.session, dictionary, client.decoder, client.encoder, row
                )

            roster.replace(ONE, heir)  # type: ignore[arg-type]

            assert roster.is_replaced(ONE) and roster.unsettled
            assert not roster.may_connect(client)
            roster.settle()
            assert [client.saved] == kept
            assert not roster.may_connect(client)
            assert roster.may_connect(gateway.state())

    play(scenario())


def test_what_the_journal_has_of_a_removed_client_is_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            roster = gateway.gateway.roster
            client = roster.remove(ONE)

            assert roster.knows(ONE) and not roster.may_connect(client)
            roster.settle()
            assert roster.knows(ONE) and not roster.unsettled

            kept: list[SessionRow] = []
            roster.add(client.settings, lambda row: kept.append(row) or client, None)

            assert [client.saved] == kept
            assert not roster.knows(ONE) and roster.may_connect(client)

    play(scenario())
