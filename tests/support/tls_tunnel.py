"""TLS for a client that has none, as QuickFIX's initiator from Python: plain in, TLS out."""

import asyncio
import ssl
import threading
from contextlib import suppress

PIECE_BYTES = 65_536
START_SECONDS = 30.0
SETTLE_SECONDS = 0.05


class TlsTunnel:
    """Listens on *port*; each connection goes on, over TLS, to *to_port* on this machine."""

    def __init__(self, to_port: int, context: ssl.SSLContext, name: str = "localhost") -> None:
        self.port = 0
        self._to_port = to_port
        self._context = context
        self._name = name
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True)

    def __enter__(self) -> "TlsTunnel":
        self._thread.start()
        assert self._started.wait(START_SECONDS), "the tunnel does not start"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._over.wait()
        server.close()
        running = asyncio.all_tasks() - {asyncio.current_task()}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        # The transports that were closed just now tell so in the loop's next turns.
        await asyncio.sleep(SETTLE_SECONDS)

    async def _connection(
        self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        # Whatever ends one side ends the other; the client then connects again, or not.
        try:
            server, to_server = await asyncio.open_connection(
                "127.0.0.1", self._to_port, ssl=self._context, server_hostname=self._name
            )
        except OSError:
            to_client.close()
            return
        try:
            await asyncio.wait(
                [
                    asyncio.ensure_future(_pump(client, to_server)),
                    asyncio.ensure_future(_pump(server, to_client)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            to_client.close()
            to_server.transport.abort()


async def _pump(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(PIECE_BYTES):
            to.write(piece)
            await to.drain()
