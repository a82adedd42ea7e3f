"""A whole gateway in this process: real sockets, a real journal, and a venue of our own behind it.

    async with running(tmp_path) as gateway:
        client = await gateway.client()
        await client.log_on()
        await client.send("35=D|11=A|…")
        await client.expect("35=8|11=A|39=0")

What is by hand is when a client reads and what the venue says. Deadlines, no waits.
"""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from msgspec.structs import replace

from fixgw.acceptor.auth.password import hashed
from fixgw.acceptor.listener import Acceptor
from fixgw.app.build import Parts, build
from fixgw.app.gateway import Gateway
from fixgw.fix.framing import Framer
from fixgw.fix.wire import header_fields
from fixgw.journal.journal import Journal
from fixgw.model.ids import OrderID
from fixgw.model.refusals import InputRefused
from fixgw.runtime.clock import Clock, SystemClock
from fixgw.runtime.gateway_toml import Limits
from fixgw.runtime.settings import Settings, read
from tests.app.paper import VENUE, paper_is_known
from tests.support.fixtext import fix
from tests.support.secrets import PASSWORD

DEADLINE_SECONDS = 30.0
POLL_SECONDS = 0.001
SMALL_BUFFER = 4_096
PASSWORD_HASH = hashed(PASSWORD)
PATIENCE_SECONDS = 60
"""For a Logon, where a test says nothing of that."""

PASSWORD_ASKED = f"Username=jane\nPasswordHash={PASSWORD_HASH}\n"
"""For the .cfg of a client that must give it."""

CREDENTIALS = f"553=jane|554={PASSWORD}"

DICTIONARIES = Path(__file__).resolve().parents[2] / "dictionaries"

ORDER = "55=BTCUSDT|54=1|38=1|40=2|44=100|59=1"
"""The body of a NewOrderSingle(35=D) behind ClOrdID(11), but for TransactTime(60)."""

SESSION = """\
[SESSION]
BeginString=FIX.4.4
SenderCompID=FIXGW
TargetCompID={name}
NonStopSession=Y
Venues=paper
Accounts=A1
PendingReports=N
"""


# ----------------------------------------------------------------------- the client


class Client:
    """A client over a plain socket: it reads when the test says so, and answers nothing itself."""

    def __init__(self, sock: socket.socket, comp_id: str, next_out: int = 1) -> None:
        self.comp_id = comp_id
        self.next_out = next_out
        self.begin_string = "FIX.4.4"
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._framer = Framer()
        self._arrived: deque[bytes] = deque()

    def message(self, text: str) -> bytes:
        """`35=D|…` with its header, the next MsgSeqNum(34) and, for an order, its time."""
        msg_type, _, rest = text.partition("|")
        now = self.now()
        if "|34=" not in text:
            msg_type += f"|34={self.next_out}"
            self.next_out += 1
        if msg_type.startswith("35=D"):
            rest += f"|60={now}"
        return fix(f"8={self.begin_string}|{msg_type}|49={self.comp_id}|52={now}|56=FIXGW|{rest}")

    def now(self) -> str:
        """SendingTime(52)."""
        return f"{self.clock():%Y%m%d-%H:%M:%S}"

    async def send(self, *texts: str) -> None:
        """Write messages in one go."""
        await self.write(b"".join(map(self.message, texts)))

    async def write(self, data: bytes) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self._loop.sock_sendall(self._socket, data)

    async def receive(self) -> dict[int, str]:
        """The next message, tag to value; {} when the gateway has closed the connection."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not self._arrived:
                try:
                    data = await self._loop.sock_recv(self._socket, 65_536)
                except ConnectionResetError:
                    return {}
                if not data:
                    return {}
                self._arrived.extend(self._framer.feed(data))
        return header_fields(self._arrived.popleft())

    async def expect(self, text: str) -> dict[int, str]:
        """The next message, which must have the fields of *text*."""
        wanted = header_fields(text.replace("|", "\x01").encode())
        got = await self.receive()
        assert wanted == {tag: got.get(tag) for tag in wanted}, got
        return got

    async def expect_end(self) -> None:
        """The connection is closed, with nothing more said; the client closes its own end."""
        assert {} == await self.receive()
        self.close()

    async def log_on(self, more: str = "", *, heartbeat: int = 30) -> dict[int, str]:
        """Log on; the gateway's answer."""
        await self.send(f"35=A|98=0|108={heartbeat}|{more}")
        return await self.expect("35=A")

    async def log_out(self) -> None:
        """Say goodbye, and hear it."""
        await self.send("35=5")
        await self.expect("35=5")
        await self.expect_end()

    async def orders(self, *cl_ord_ids: str) -> None:
        """Send limit orders in one go."""
        await self.send(*(f"35=D|11={each}|{ORDER}" for each in cl_ord_ids))

    def finish_sending(self) -> None:
        """Half-close."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._socket.close()


# ---------------------------------------------------------------------- the gateway


class Running:
    """A gateway that listens, and its parts."""

    def __init__(
        self, settings: Settings, clock: Clock | None = None, parts: Parts | None = None
    ) -> None:
        """*parts* of *settings*, where there was a gateway before: its venue lives on."""
        self.settings = settings
        self.meets_bugs = False
        """The test has planted some: what is refused because of them is no failure of the test."""
        with paper_is_known():
            self.parts = parts = parts or Parts(settings)
        self.paper: Any = parts.venues.get(VENUE)
        self.journal = Journal.open(settings.journal_path, settings.journal.durability)
        try:
            self.gateway: Gateway = build(parts, self.journal, clock or SystemClock(), Limits())
        except BaseException:
            self.journal.close()
            raise
        limits = settings.limits
        if limits.logon_timeout_seconds == Limits().logon_timeout_seconds:
            # A password takes long on a machine that has other things to do.
            limits = replace(limits, logon_timeout_seconds=PATIENCE_SECONDS)
        self.acceptor = Acceptor(
            settings.listener, limits, self.gateway, parts.tls, parts.proxies
        )

    async def start(self) -> None:
        self.gateway.start()
        await self.acceptor.start()

    async def stop(self) -> None:
        self.acceptor.stop_accepting()
        self.acceptor.abort_all()
        await self.gateway.stop()
        if not self.meets_bugs:
            assert [] == self.refused, "a bug was met and contained"

    async def client(self, comp_id: str = "ONE", **given: Any) -> Client:
        """A connection of that client; *given* as for `connect`."""
        return await connect(self.acceptor.port, comp_id, **given)

    def state(self, comp_id: str = "ONE") -> Any:
        """The gateway's `app.client_session.ClientSession` of that client."""
        return next(c for c in self.gateway.clients.values() if c.key.endswith(f"->{comp_id}"))

    def gone(self, comp_id: str = "ONE") -> Callable[[], bool]:
        """For `until`: whether the gateway has noticed that the client is gone."""
        return lambda: self.state(comp_id).connection is None

    def numbers(self, comp_id: str = "ONE") -> tuple[int, int]:
        """MsgSeqNum(34) of the next message: ours, the client's."""
        numbers = self.state(comp_id).session.numbers
        return numbers.next_sender, numbers.next_target

    @property
    def refused(self) -> list[InputRefused]:
        """What met a bug since the journal began."""
        return list(self.gateway.containment.refusals.kept)

    def order_id(self, cl_ord_id: str) -> OrderID:
        """OrderID(37) of a client's order."""
        orders = self.gateway.engine.orders
        return next(o.order_id for o in orders if o.request.cl_ord_id == cl_ord_id)


async def connect(
    port: int,
    comp_id: str = "ONE",
    *,
    next_out: int = 1,
    slow: bool = False,
    source: str = "127.0.0.1",
) -> Client:
    """A connection; *slow* has small buffers, so that what it does not read shows soon.

    *source* is the address it comes from: all of 127.0.0.0/8 is this machine.
    """
    sock = socket.socket()
    sock.setblocking(False)
    if slow:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    _open_sockets.append(sock)
    sock.bind((source, 0))
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    return Client(sock, comp_id, next_out)


_open_sockets: list[socket.socket] = []


SCENARIO_SECONDS = 240
"""Time after which a scenario has failed: one that waits for what never comes must not wait for
ever."""


def play(scenario: Coroutine[Any, Any, None]) -> None:
    """Run *scenario* on the loop that the gateway runs on."""
    async def limited() -> None:
        async with asyncio.timeout(SCENARIO_SECONDS):
            await scenario

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(limited())
    finally:
        for sock in _open_sockets:
            sock.close()
        _open_sockets.clear()


def play_on(scene: Callable[[Running], Awaitable[None]], directory: Path, **given: Any) -> None:
    """Play *scene* with a gateway of its own; *given* as for `running`."""
    async def scenario() -> None:
        async with running(directory, **given) as gateway:
            await scene(gateway)

    play(scenario())


async def until(condition: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> None:
    """Let the loop turn until *condition* holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(POLL_SECONDS)


def settings(
    directory: Path,
    *,
    sessions: dict[str, str] | None = None,
    tables: str = "",
    venue: str = "",
    dialects: Path = DICTIONARIES,
    port: int = 0,
) -> Settings:
    """A sessions directory: a client each, with lines for its .cfg; *tables* for
    gateway.toml, and lines for `[venues.paper]`."""
    place = directory / "sessions"
    place.mkdir(exist_ok=True)
    for file in place.glob("*.cfg"):
        file.unlink()
    (place / "gateway.toml").write_text(
        f'[gateway]\ndictionaries = "{dialects}"\n[listener]\nport = {port}\n'
        f'[journal]\npath = "{directory}/journal"\n{tables}\n'
        f'[venues.paper]\nadapter = "paper"\n{venue}\n'
    )
    for name, more in (sessions or {"ONE": ""}).items():
        keys = [line.partition("=")[0] for line in more.splitlines()]
        lines = SESSION.format(name=name).splitlines()
        kept = [line for line in lines if line.partition("=")[0] not in keys]
        (place / f"{name}.cfg").write_text("\n".join([*kept, more]))
    return read(place)


@asynccontextmanager
async def running(
    directory: Path, *, clock: Clock | None = None, **given: Any
) -> AsyncIterator[Running]:
    """A gateway from its start to its end; *given* as for `settings`."""
    one = Running(settings(directory, **given), clock)
    try:
        await one.start()
        yield one
    finally:
        await one.stop()
