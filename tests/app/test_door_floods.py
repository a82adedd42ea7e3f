"""What strangers who come and go can take from clients at the door: on real sockets."""

import asyncio
from pathlib import Path

import pytest

from fixgw.app import door
from tests.app.bench import CREDENTIALS, PASSWORD_ASKED, play, running, until
from tests.support.secrets import WRONG_PASSWORD

ELSEWHERE = "127.0.0.2"
PLACES = 5


def test_who_asks_and_goes_away_keeps_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one address that connects again and again keeps every other client's password out."""
    monkeypatch.setattr(door, "VISITS_MAX", PLACES)

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            for _ in range(2 * PLACES):
                stranger = await gateway.client("NOBODY", source=ELSEWHERE)
                await stranger.send(f"35=A|98=0|108=30|553=jane|554={WRONG_PASSWORD}")
                await until(lambda: gateway.gateway._door._visits)
                stranger.close()
                await until(lambda: not gateway.acceptor.connections)
            await asyncio.sleep(0)
            assert 0 == len(gateway.gateway._door._turns)

            client = await gateway.client()
            await client.log_on(CREDENTIALS)

    play(scenario())
