"""An acceptor that does next to nothing, to see what the load generator itself can drive.

It has no session, no numbers and no right checksums: `--only ceiling` measures the generator.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import cast

import uvloop

from .messages import CL_ORD_ID, MSG_TYPE, Inbound

REPORT = (
    b"8=FIX.4.4\x019=180\x0135=8\x0134=1\x0149=FIXGW\x0152=20250101-00:00:00.000\x0156=BENCH\x01"
    b"6=0\x0111=%b\x0114=0\x0117=1\x0137=1\x0138=0.25\x0139=0\x0154=1\x0155=BTC/USDT\x01"
    b"150=0\x01151=0.25\x0110=000\x01"
)
ADMIN = b"8=FIX.4.4\x019=50\x0135=%b\x0134=1\x0149=FIXGW\x0156=BENCH\x0110=000\x01"


class Responder(asyncio.Protocol):
    """Answers by byte searches, all orders of one read in one write."""

    def __init__(self) -> None:
        self._inbound = Inbound()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Orders get reports; Logon(35=A) and Logout(35=5) get themselves."""
        block = self._inbound.block(data)
        reports = [REPORT % cl_ord_id for cl_ord_id in CL_ORD_ID.findall(block)]
        admin = [ADMIN % kind for kind in (b"A", b"5") if MSG_TYPE + kind in block]
        self._transport.write(b"".join(reports + admin))


async def serve(port: int) -> None:
    """Until a signal comes."""
    server = await asyncio.get_running_loop().create_server(Responder, "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Serve on one port until a signal comes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
