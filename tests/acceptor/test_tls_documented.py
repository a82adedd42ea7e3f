"""The commands of docs/listener.md make files that the gateway takes."""

import asyncio
import re
import ssl
import subprocess
from pathlib import Path

from fixgw.acceptor.listener import Acceptor
from fixgw.acceptor.tls import Tls
from fixgw.runtime.gateway_toml import Limits, Listener, ListenerTls
from tests.acceptor.test_connection import LOGON, Gateway, play
from tests.app.bench import until
from tests.support.tls_client import dial

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "listener.md"

TLS = ListenerTls(
    certificate="tls/gateway.crt", key="tls/gateway.key",
    client_ca="tls/authority.crt", client_certificate="required",
)


def test_the_commands_work(tmp_path: Path) -> None:
    for commands in re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text(), re.DOTALL | re.M):
        done = subprocess.run(
            ["sh", "-ec", commands], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr

    async def scenario() -> None:
        gateway = Gateway()
        acceptor = Acceptor(Listener(port=0, tls=TLS), Limits(), gateway, Tls(TLS, tmp_path))
        await acceptor.start()
        context = ssl.create_default_context(cafile=tmp_path / "tls" / "authority.crt")
        context.load_cert_chain(tmp_path / "client1.crt", tmp_path / "client1.key")

        client = await dial(acceptor.port, context, "fix.example.com")
        await client.send(LOGON)
        await until(lambda: gateway.arrivals)
        assert ("CLIENT1",) == gateway.connections[0].certificate_names

        client.close()
        acceptor.stop_accepting()
        await until(lambda: not acceptor.connections)
        await asyncio.sleep(0)

    play(scenario())


def test_the_limits_in_the_document_are_the_defaults() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([0-9,]+) \|", DOCUMENT.read_text(), re.M)

    told = {name: int(value.replace(",", "")) for name, value in rows}
    assert len(told) == 11
    assert told == {name: getattr(Limits(), name) for name in told}
