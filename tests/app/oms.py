"""A client that trades by the book, whatever happens to it: what it has sent and what it was told
outlives its connections.

It numbers, answers, asks and resends as FIX says, drops what comes before its turn, and starts its
numbers again when it likes; then it sends each order and request that nobody has spoken of with
PossResend(97)=Y. It says at once what a client must never see: a number used twice, a report told
twice that does not say so, a request answered more often than it was asked, a CumQty(14) that is
not the sum of the executions, more executed than OrderQty(38), a Logon that is refused.
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
APPLICATION = ("35=D", "35=F", "35=G", "35=q", "35=AF")
REFUSED = "j"
CLOSED = frozenset("24C8" + REFUSED)


class Order:
    """What the client knows of one of its orders."""

    def __init__(self, cl_ord_id: str, quantity: int, terms: str = "") -> None:
        self.cl_ord_id = cl_ord_id
        self.current = cl_ord_id
        """ClOrdID(11) of what was asked for last and is in force."""
        self.quantity = Decimal(quantity)
        """OrderQty(38), as it was told last."""
        self.terms = terms
        """The rarer fields that it has, as sent."""
        self.statuses: set[str] = set()
        """Each OrdStatus(39) that it was told; REFUSED for a BusinessMessageReject(35=j)."""
        self.executed: dict[str, Decimal] = {}
        """LastQty(32) by ExecID(17)."""

    @property
    def closed(self) -> bool:
        return bool(self.statuses & CLOSED)


class Asked:
    """A request about orders that are there: F, G, q or AF, and how it was answered."""

    def __init__(self, text: str, order: Order | None = None) -> None:
        self.msg_type = text[3:text.index("|")]
        self.text = text
        self.order = order
        """The one it is about; None for those of many."""
        self.times = 1
        """How often it was sent, but for what was asked for again."""
        self.answers: list[str] = []
        """MsgType(35) of each, and what it said."""
        self.new_answers = 0
        """Those that do not say PossResend(97)=Y."""
        self.listed = 0
        """Of a mass status: reports so far."""
        self.lost = False
        """The numbers have started again since, and it is not asked again."""
        self.ends: list[Order] = []
        """Of a mass cancel: the orders that it is to end."""

    @property
    def answered(self) -> bool:
        return bool(self.answers)

    def answer(self, what: str, fields: dict[int, str]) -> None:
        """It is answered, or this is said once more."""
        again = fields.get(97) == "Y"
        if again and self.answers:
            return
        self.answers.append(what)
        self.new_answers += not again
        assert self.new_answers <= self.times, f"answered twice: {self.text}: {self.answers}"


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
        self.asked: dict[str, Asked] = {}
        """By ClOrdID(11) or MassStatusReqID(584)."""
        self.news: list[str] = []
        """Each Text(58) that came by News(35=B)."""
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
        self._named: dict[str, Order] = {}
        """Orders by every ClOrdID(11) that they were to have."""
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
            "9": self._on_cancel_reject,
            "B": self._on_news,
            "j": self._on_business_reject,
            "r": lambda fields: self.asked[fields[11]].answer(f"r {fields[531]}", fields),
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

    def order(self, terms: str = "") -> None:
        """Send a new order; *terms* are rarer fields of it, `|111=1`."""
        self._count += 1
        order = Order(f"{self.name}{self._count}", 1 + self._count % 6, terms)
        self.orders[order.cl_ord_id] = self._named[order.cl_ord_id] = order
        self._send_order(order)

    def _send_order(self, order: Order, more: str = "") -> None:
        self._send(f"35=D|{more}11={order.cl_ord_id}|{self._whole(order, order.quantity)}")

    def _whole(self, order: Order, quantity: Decimal, price: int = 100) -> str:
        return (
            f"{TERMS}|38={quantity}|40=2|44={price}|59=1{order.terms}|60={self._time()}"
        )

    def cancel(self, order: Order) -> None:
        """Ask for an order's end."""
        name = self._name("C")
        orig = self._any_name(order)
        self._ask(name, order, f"35=F|11={name}|41={orig}|{TERMS}|60={self._time()}")

    def replace(self, order: Order, quantity: int, price: int) -> None:
        """Ask for an order of another size and price in an order's place."""
        name = self._name("R")
        self._named[name] = order
        whole = self._whole(order, Decimal(quantity), price)
        self._ask(name, order, f"35=G|11={name}|41={self._any_name(order)}|{whole}")

    def status(self, order: Order) -> None:
        """Ask where one stands; whether it is answered is not looked at."""
        self._send(f"35=H|11={self._any_name(order)}|{TERMS}")

    def _any_name(self, order: Order) -> str:
        """Each ClOrdID(11) that it has had still finds it."""
        return order.cl_ord_id if self._count % 4 == 0 else order.current

    def cancel_all(self) -> None:
        """Ask for the end of all open orders."""
        name = self._name("Q")
        cancelling = {
            each.order for each in self.asked.values() if each.msg_type == "F" and not each.answers
        }
        self._ask(name, None, f"35=q|11={name}|530=7|60={self._time()}")
        self.asked[name].ends = [
            order for order in self.orders.values() if order.statuses and order not in cancelling
        ]

    def ask_for_all(self) -> None:
        """Ask where all open orders stand."""
        name = self._name("S")
        self._ask(name, None, f"35=AF|584={name}|585=7")

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{self.name}{kind}{self._count}"

    def _ask(self, name: str, order: Order | None, text: str) -> None:
        self.asked[name] = Asked(text, order)
        self._send(text)

    def say(self, text: str) -> None:
        """Send an administrative message."""
        self._send(text)

    def _send(self, text: str) -> None:
        seq_num = self.next_out
        self.next_out += 1
        if text.startswith(APPLICATION):
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
            for asked in self.asked.values():
                if not asked.answered:
                    self._ask_again(asked)

    def _ask_again(self, asked: Asked) -> None:
        """It may never have arrived."""
        if asked.msg_type == "AF":
            asked.lost = True
            return
        asked.times += 1
        head, _, rest = asked.text.partition("|")
        self._send(f"{head}|97=Y|{rest}")

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
        exec_id, exec_type, name = fields[17], fields[150], fields.get(11, "")
        if 584 in fields:
            self._on_listed(self.asked[fields[584]], fields)
            if fields[37] == "NONE":
                return
        order = self._named[fields.get(41) or name]
        again = fields.get(97) == "Y"
        order.statuses.add(fields[39])
        if exec_type != "I" and exec_id != "0":
            assert again or exec_id not in self._told, f"told twice: {fields}"
            if exec_id not in self._told:
                self._told.add(exec_id)
                self._on_change(order, fields, name)
        if not again:
            executed, quantity = sum(order.executed.values()), Decimal(fields[38])
            assert Decimal(fields[14]) == executed, f"{executed} executed: {fields}"
            assert executed <= quantity, f"too much: {fields}"
            leaves = 0 if fields[39] in CLOSED else quantity - executed
            assert Decimal(fields[151]) == leaves, fields

    def _on_change(self, order: Order, fields: dict[int, str], name: str) -> None:
        exec_type = fields[150]
        if exec_type == "F":
            order.executed[fields[17]] = Decimal(fields[32])
        elif exec_type == "5":
            order.current, order.quantity = name, Decimal(fields[38])
            self.asked[name].answer("8 replaced", fields)
        elif exec_type == "4" and name in self.asked and self.asked[name].msg_type == "F":
            self.asked[name].answer("8 canceled", fields)

    def _on_listed(self, asked: Asked, fields: dict[int, str]) -> None:
        if fields.get(97) == "Y" or asked.lost:
            asked.lost = True  # an answer that comes in part again cannot be counted
            return
        asked.listed += 1
        most = int(fields.get(911, 1))
        assert asked.listed <= max(most, 1), f"listed twice: {fields}"
        if asked.listed == most or fields[37] == "NONE":
            assert fields[912] == "Y", fields
            asked.answer("8 listed", fields)

    def _on_cancel_reject(self, fields: dict[int, str]) -> None:
        asked = self.asked[fields[11]]
        assert fields[434] == {"F": "1", "G": "2"}[asked.msg_type], fields
        asked.answer(f"9 {fields.get(58, '')}", fields)
        order = self._named.get(fields.get(41, ""))
        if order is not None and fields[37] != "NONE":
            order.statuses.add(fields[39])

    def _on_business_reject(self, fields: dict[int, str]) -> None:
        name = fields[379]
        if name in self.asked:
            self.asked[name].answer(f"j {fields[58]}", fields)
        else:
            self.orders[name].statuses.add(REFUSED)

    def _on_news(self, fields: dict[int, str]) -> None:
        text = fields[58]
        assert fields.get(97) == "Y" or text not in self.news, f"news is told twice: {fields}"
        if text not in self.news:
            self.news.append(text)

    def __repr__(self) -> str:
        state = "online" if self.logged_on else "connected" if self.online else "away"
        return f"{self.name} {state} out={self.next_out} in={self.next_in}"


def any_of(random: Any, orders: dict[str, Order]) -> Order | None:
    """One of the orders that the client takes for open; some it has not heard of yet."""
    hasty = random.random() < 0.3
    some = [
        order for order in orders.values() if (order.statuses or hasty) and not order.closed
    ]
    return random.choice(some) if some else None
