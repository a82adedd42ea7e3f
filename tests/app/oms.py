"""A client that trades by the book, whatever happens to it: what it has sent and what it was told
outlives its connections.

It numbers, answers, asks and resends as FIX says, drops what comes before its turn, and starts its
numbers again when it likes; then it sends each order that nobody has spoken of with
PossResend(97)=Y. It says at once what a client must never see: a number used twice, a report told
twice that does not say so, a Logon that is refused.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fixgw.fix.framing import Framer
from fixgw.fix.wire import header_fields
from fixgw.runtime.clock import ManualClock
from tests.support.fixtext import fix

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a RST, and what was not read is lost."""

TERMS = "55=BTCUSDT|54=1"
CLOSED = frozenset("24C8")


class Order:
    """What the client knows of one of its orders."""

    def __init__(self, cl_ord_id: str, quantity: int) -> None:
        self.cl_ord_id = cl_ord_id
        self.quantity = quantity
        self.statuses: set[str] = set()
        """Each OrdStatus(39) that it was told."""
        self.executed: dict[str, Decimal] = {}
        """LastQty(32) by ExecID(17)."""

    @property
    def closed(self) -> bool:
        return bool(self.statuses & CLOSED)


class Oms:
    """One client. *resets*: `never` by itself, at each `logon`, or when it is `disconnected`."""

    def __init__(
        self, name: str, clock: ManualClock, *, resets: str = "never", daily: bool = False,
        tells_next: bool = False,
    ) -> None:
        self.name = name
        self.resets = resets
        self.daily = daily
        """Whether a new day of the schedule starts its numbers again."""
        self.tells_next = tells_next
        """Whether its Logons have NextExpectedMsgSeqNum(789), and it heeds the gateway's."""
        self.next_out = self.next_in = 1
        self.logged_on = False
        self.orders: dict[str, Order] = {}
        self.wrong: list[str] = []
        """What must not happen and has."""
        self.happened: list[str] = []
        """For whoever looks for a reason."""
        self.hears = asyncio.Event()
        """Whether it reads; while it does not, what it is told waits in its socket."""
        self.hears.set()
        self.activity = 0
        """Messages and ends of connections so far."""
        self._clock = clock
        self._socket: socket.socket | None = None
        self._listener: asyncio.Task[None] | None = None
        self._sent: dict[int, str] = {}
        """Application messages of this run of numbers."""
        self._told: set[str] = set()
        """ExecID(17) of every report so far."""
        self._reset_asked = False
        """ResetSeqNumFlag(141)=Y has left and was not answered."""
        self._forgotten = False
        """The numbers have started again: what was sent before them may never have arrived."""
        self._asked_through = False
        self._says_goodbye = False
        self._logon = 0
        """MsgSeqNum(34) of its last Logon."""
        self._day = self._today()
        self._count = 0
        self._on: dict[str, Callable[[dict[int, str]], None]] = {
            "1": lambda fields: self._send(f"35=0|112={fields[112]}"),
            "8": self._on_report,
            "9": lambda fields: self.orders[fields[41]].statuses.add(fields[39]),
        }

    # ------------------------------------------------------------------- connections

    @property
    def online(self) -> bool:
        """Whether it has a connection."""
        return self._socket is not None

    async def log_on(self, port: int, *, reset: bool = False) -> None:
        """Connect, and send a Logon; the answer comes when it comes."""
        assert self._socket is None
        self._socket = sock = socket.socket()
        sock.setblocking(False)
        # Nothing of what is sent waits for an acknowledgement of what was sent before.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, ("127.0.0.1", port))
        if self.daily and self._day != self._today():
            self._day = self._today()
            self._start_again()
        self._asked_through = self._says_goodbye = False
        self.hears.set()
        self._listener = loop.create_task(self._listen(sock))
        self.log_on_again(reset=reset or self.resets == "logon" or self._reset_asked)

    def log_on_again(self, *, reset: bool) -> None:
        """Send a Logon, in a running session too."""
        if reset:
            self._reset_asked = True
            self.next_out = 1
            self._forget()
        text = "35=A|98=0|108=30" + "|141=Y" * reset
        if self.tells_next:
            text += f"|789={1 if reset else self.next_in}"
        self._logon = self.next_out
        self._send(text)

    def _today(self) -> int:
        return self._clock.now_ms() // 86_400_000

    def drop(self) -> None:
        """The line breaks; what was not read is lost."""
        assert self._socket is not None
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._end("drops")

    def finish(self) -> None:
        """Close its end, and read on until the gateway closes."""
        assert self._socket is not None
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self._says_goodbye, self.logged_on = True, False

    def log_out(self) -> None:
        """Say goodbye."""
        self._says_goodbye = True
        self._send("35=5")

    def _end(self, why: str) -> None:
        self.happened.append(why)
        assert self._socket is not None
        if self._listener is not None and self._listener is not asyncio.current_task():
            self._listener.cancel()
        self._socket.close()
        self._socket, self.logged_on = None, False
        self.activity += 1
        if self.resets == "disconnected":
            self._start_again()

    def _start_again(self) -> None:
        self.next_out = self.next_in = 1
        self._forget()

    def _forget(self) -> None:
        self._sent.clear()
        self._forgotten = True

    async def stop(self) -> None:
        """No more."""
        if self._socket is not None:
            self._end("stops")
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    async def _listen(self, sock: socket.socket) -> None:
        framer, loop = Framer(), asyncio.get_running_loop()
        try:
            while self._socket is sock:
                await self.hears.wait()
                data = await loop.sock_recv(sock, 65_536)
                if not data:
                    break
                # It may have stopped to listen with this already in its hands.
                await self.hears.wait()
                for raw in framer.feed(data):
                    if self._socket is not sock:
                        return
                    self.activity += 1
                    self._receive(header_fields(raw))
        except OSError:
            pass
        except Exception as error:
            self.wrong.append(f"{self.name}: {error!r}")
            raise
        if self._socket is sock:
            self._end("is closed")

    # ------------------------------------------------------------------------- sends

    def order(self) -> None:
        """Send a new order."""
        self._count += 1
        order = Order(f"{self.name}{self._count}", 1 + self._count % 6)
        self.orders[order.cl_ord_id] = order
        self._send_order(order)

    def _send_order(self, order: Order, more: str = "") -> None:
        self._send(
            f"35=D|{more}11={order.cl_ord_id}|{TERMS}|38={order.quantity}|40=2|44=100|59=1"
            f"|60={self._time()}"
        )

    def cancel(self, order: Order) -> None:
        """Ask for an order's end."""
        self._count += 1
        self._send(
            f"35=F|11={self.name}C{self._count}|41={order.cl_ord_id}|{TERMS}|60={self._time()}"
        )

    def say(self, text: str) -> None:
        """Send an administrative message."""
        self._send(text)

    def _send(self, text: str) -> None:
        seq_num = self.next_out
        self.next_out += 1
        if text.startswith(("35=D", "35=F")):
            self._sent[seq_num] = text
        self._write(text, seq_num)

    def _write(self, text: str, seq_num: int, more: str = "") -> None:
        if self._socket is None:
            return
        msg_type, _, rest = text.partition("|")
        head = f"8=FIX.4.4|{msg_type}|34={seq_num}|{more}49={self.name}|52={self._time()}|56=FIXGW"
        self.happened.append(f"-> {msg_type} {seq_num} {more}{rest}")
        try:
            self._socket.send(fix(f"{head}|{rest}"))
        except OSError:
            pass  # the listener is told as well

    def _time(self) -> str:
        return f"{datetime.fromtimestamp(self._clock.now_ms() / 1_000, UTC):%Y%m%d-%H:%M:%S}"

    # ---------------------------------------------------------------------- receives

    def _receive(self, fields: dict[int, str]) -> None:
        msg_type, seq_num = fields[35], int(fields[34])
        shown = (f"{tag}={fields[tag]}" for tag in (43, 97, 11, 17, 39, 36, 7, 16, 58, 141)
                 if tag in fields)
        self.happened.append(f"<- {msg_type} {seq_num} {' '.join(shown)}")
        if msg_type == "5":
            self._on_logout(fields, seq_num)
        elif msg_type == "A":
            self._on_logon(fields, seq_num)
        elif msg_type == "2":
            self._resend(int(fields[7]), int(fields[16]) or self.next_out - 1)
            self._in_turn(fields, seq_num)
        elif self._in_turn(fields, seq_num):
            if msg_type == "4":
                self.next_in = int(fields[36])
            elif msg_type in self._on:
                self._on[msg_type](fields)

    def _in_turn(self, fields: dict[int, str], seq_num: int) -> bool:
        """Whether a message is the next one, which is counted; else what must follow is done."""
        if seq_num == self.next_in:
            self.next_in += 1
            self._asked_through = False
            return True
        if seq_num > self.next_in:
            if not self._asked_through:
                self._asked_through = True
                self._send(f"35=2|7={self.next_in}|16=0")
        else:
            assert fields.get(43) == "Y", f"{seq_num} comes a second time: {fields}"
        return False

    def _on_logon(self, fields: dict[int, str], seq_num: int) -> None:
        if fields.get(141) == "Y":
            assert self._reset_asked, "a reset that nobody asked for"
            self._reset_asked = False
            self.next_in = 1
            self._asked_through = False
        elif self._reset_asked:
            return
        self.logged_on = True
        # Who has said what it lacks does not ask, and is not asked.
        self._asked_through = self.tells_next
        self._in_turn(fields, seq_num)
        if self.tells_next and int(fields[789]) < self._logon:
            self._resend(int(fields[789]), self._logon - 1)
        if self._forgotten:
            self._forgotten = False
            for order in self.orders.values():
                if not order.statuses:
                    self._send_order(order, "97=Y|")

    def _on_logout(self, fields: dict[int, str], seq_num: int) -> None:
        assert self.logged_on or self._says_goodbye, f"the Logon was refused: {fields.get(58)}"
        if seq_num == self.next_in:
            self.next_in += 1
        if not self._says_goodbye:
            self._says_goodbye = True
            self._send("35=5")
        self.logged_on = False

    def _resend(self, begin: int, end: int) -> None:
        at = begin
        for seq_num in range(begin, end + 1):
            text = self._sent.get(seq_num)
            if text is None:
                continue
            if at < seq_num:
                self._gap_fill(at, seq_num)
            self._write(text, seq_num, f"43=Y|122={self._time()}|")
            at = seq_num + 1
        if at <= end:
            self._gap_fill(at, end + 1)

    def _gap_fill(self, seq_num: int, new_seq_no: int) -> None:
        self._write(f"35=4|123=Y|36={new_seq_no}", seq_num, f"43=Y|122={self._time()}|")

    def _on_report(self, fields: dict[int, str]) -> None:
        order, exec_id = self.orders[fields.get(41) or fields[11]], fields[17]
        order.statuses.add(fields[39])
        if fields[150] == "I" or exec_id == "0":
            return
        assert fields.get(97) == "Y" or exec_id not in self._told, f"told twice: {fields}"
        self._told.add(exec_id)
        if fields[150] == "F":
            order.executed[exec_id] = Decimal(fields[32])

    def __repr__(self) -> str:
        state = "online" if self.logged_on else "connected" if self.online else "away"
        return f"{self.name} {state} out={self.next_out} in={self.next_in}"


def any_of(random: Any, orders: dict[str, Order]) -> Order | None:
    """One of the orders that the client takes for open."""
    some = [order for order in orders.values() if order.statuses and not order.closed]
    return random.choice(some) if some else None
