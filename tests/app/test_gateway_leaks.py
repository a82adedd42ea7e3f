"""Thousands of connections come and go, and nothing of them stays."""

import asyncio
import gc
from pathlib import Path

from fixgw.acceptor.connection import Connection
from tests.app.bench import PASSWORD_ASKED, play, running, until

CONNECTIONS = 2_000
AT_ONCE = 50
LOGON = "35=A|98=0|108=30"


def test_nothing_of_a_connection_stays(tmp_path: Path) -> None:
    async def scenario() -> None:
        sessions = {"ONE": "", "TWO": PASSWORD_ASKED}
        async with running(tmp_path, sessions=sessions) as gateway:
            tasks = asyncio.all_tasks()
            for _ in range(CONNECTIONS // AT_ONCE):
                clients = [await gateway.client() for _ in range(AT_ONCE - 2)]
                await clients[0].send(LOGON)
                await clients[1].send("35=D|11=A")
                clients.append(await gateway.client("TWO"))
                await clients[-1].send(f"{LOGON}|553=jane|554=wrong")
                clients.append(await gateway.client(next_out=gateway.numbers()[1]))
                for client in clients:
                    client.close()
                await until(lambda: not gateway.acceptor.connections)

            await until(lambda: asyncio.all_tasks() == tasks)
            assert not gateway.gateway.connected
            # Timers of Logons that nobody waits for any more would keep them.
            gc.collect()
            assert [] == [each for each in gc.get_objects() if isinstance(each, Connection)]

    play(scenario())
