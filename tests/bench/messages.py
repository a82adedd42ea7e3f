"""What the load generator says and hears: orders rendered ahead, replies counted in bulk.

Nothing here touches a socket or a clock.  Rendering happens before the clock starts; what happens
while it runs is a handful of byte searches a chunk, so that the figures are the acceptor's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

BEGIN_STRING = b"FIX.4.4"
CLIENT = b"BENCH"
GATEWAY = b"FIXGW"
HEART_BT_INT_SECONDS = 30
SYMBOL = "BTC/USDT"
SECURITY_EXCHANGE = "VENUE1"

# Prices and sides repeat after this many orders: a cache of one entry helps nobody.
VARIANTS = 32

SOH = b"\x01"
CHECK_SUM = b"\x0110="
CHECK_SUM_FIELD_BYTES = len(b"\x0110=000\x01")
MSG_TYPE = b"\x0135="
ACCEPTED = b"\x01150=0\x01"
PENDING_NEW = b"\x01150=A\x01"
CL_ORD_ID = re.compile(rb"\x0111=([^\x01]*)\x01")
MESSAGE = re.compile(rb"8=FIX.+?\x0110=[0-9]{3}\x01", re.DOTALL)


class UnexpectedMessage(Exception):
    """The acceptor said what a benchmark cannot go on after: a reject, a gap, a logout."""

    def __init__(self, message: bytes) -> None:
        super().__init__(readable(message))


def readable(message: bytes) -> str:
    """FIX text with | for SOH."""
    return message.replace(SOH, b"|").decode("ascii", "backslashreplace")


def utc_timestamp(now: datetime) -> bytes:
    """UTCTimestamp with milliseconds."""
    return now.strftime("%Y%m%d-%H:%M:%S.%f")[:-3].encode()


def framed(body: bytes) -> bytes:
    """*body* between BeginString(8) and BodyLength(9) before it and CheckSum(10) behind it."""
    head = b"8=%b\x019=%d\x01" % (BEGIN_STRING, len(body))
    return b"%b%b10=%03d\x01" % (head, body, (sum(head) + sum(body)) & 255)


def header(
    msg_type: bytes, seq_num: int, sending_time: bytes, comp_id: bytes = CLIENT
) -> bytes:
    """MsgType(35) to TargetCompID(56)."""
    return b"35=%b\x0134=%d\x0149=%b\x0152=%b\x0156=%b\x01" % (
        msg_type, seq_num, comp_id, sending_time, GATEWAY,
    )


def logon(seq_num: int, now: datetime, comp_id: bytes = CLIENT) -> bytes:
    """Logon(35=A), without a reset of the numbers."""
    fields = b"98=0\x01108=%d\x01" % HEART_BT_INT_SECONDS
    return framed(header(b"A", seq_num, utc_timestamp(now), comp_id) + fields)


def logout(seq_num: int, now: datetime, comp_id: bytes = CLIENT) -> bytes:
    """Logout(35=5)."""
    return framed(header(b"5", seq_num, utc_timestamp(now), comp_id))


def heartbeat(
    seq_num: int, test_req_id: bytes, now: datetime, comp_id: bytes = CLIENT
) -> bytes:
    """Heartbeat(35=0), the answer to a TestRequest(35=1)."""
    head = header(b"0", seq_num, utc_timestamp(now), comp_id)
    return framed(head + b"112=%b\x01" % test_req_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Orders:
    """NewOrderSingle(35=D) messages in one buffer: message i is data[starts[i]:starts[i + 1]]."""

    cl_ord_ids: list[bytes]
    data: memoryview
    starts: list[int]

    def __len__(self) -> int:
        return len(self.cl_ord_ids)

    def between(self, first: int, last: int) -> memoryview:
        """The bytes of the messages *first* to *last*, *last* left out."""
        return self.data[self.starts[first]:self.starts[last]]


def render_orders(
    *, count: int, seq_num: int, prefix: bytes, now: datetime, comp_id: bytes = CLIENT
) -> Orders:
    """*count* orders numbered from *seq_num*; no ClOrdID(11) is given twice under one *prefix*."""
    time = utc_timestamp(now)
    cl_ord_ids = [b"%b-%08d" % (prefix, seq_num + i) for i in range(count)]
    rendered = [_order(seq_num + i, cl_ord_ids[i], time, comp_id) for i in range(count)]
    starts = [0]
    for message in rendered:
        starts.append(starts[-1] + len(message))
    return Orders(cl_ord_ids=cl_ord_ids, data=memoryview(b"".join(rendered)), starts=starts)


def _order(seq_num: int, cl_ord_id: bytes, time: bytes, comp_id: bytes) -> bytes:
    variant = seq_num % VARIANTS
    fields = b"11=%b\x0121=1\x0138=0.25\x0140=2\x0144=%d.5\x0154=%d\x0155=%b\x0159=1\x01" % (
        cl_ord_id, 30_000 + variant, 1 + variant % 2, SYMBOL.encode(),
    )
    tail = b"60=%b\x01207=%b\x01" % (time, SECURITY_EXCHANGE.encode())
    return framed(header(b"D", seq_num, time, comp_id) + fields + tail)


class Inbound:
    """Cuts what the socket gives into blocks of whole messages, and counts new orders in them.

    A block ends behind the last whole CheckSum(10) seen, so nothing is counted in two halves and
    nothing twice, wherever the chunks were cut.  Rejects and session messages are looked for only
    in a block that holds more messages than acceptances.
    """

    def __init__(self) -> None:
        self._rest = b""
        self.test_requests: list[bytes] = []

    def block(self, chunk: bytes) -> bytes:
        """The whole messages that *chunk* completes; perhaps none."""
        data = self._rest + chunk if self._rest else chunk
        end = end_of_last_message(data)
        self._rest = data[end:]
        return data[:end]

    def accepted(self, block: bytes) -> int:
        """How many ExecutionReports with ExecType(150)=New are in *block*.

        Raises UnexpectedMessage for what is neither that nor small talk.
        """
        accepted = block.count(ACCEPTED)
        if accepted != block.count(MSG_TYPE):
            for message in messages(block):
                self._listen(message)
        return accepted

    def _listen(self, message: bytes) -> None:
        kind = field(message, b"35")
        if kind == b"1":
            self.test_requests.append(field(message, b"112"))
        elif kind == b"8" and (ACCEPTED in message or PENDING_NEW in message):
            return
        elif kind != b"0":
            raise UnexpectedMessage(message)


def end_of_last_message(data: bytes) -> int:
    """The offset behind the last whole message in *data*; 0 if there is none."""
    at = data.rfind(CHECK_SUM)
    if at + CHECK_SUM_FIELD_BYTES > len(data):
        at = data.rfind(CHECK_SUM, 0, at)
    return 0 if at == -1 else at + CHECK_SUM_FIELD_BYTES


def messages(block: bytes) -> Iterator[bytes]:
    """Each message of a block."""
    return (match.group() for match in MESSAGE.finditer(block))


def field(message: bytes, tag: bytes) -> bytes:
    """The value of *tag*; empty if it is not there."""
    start = message.find(SOH + tag + b"=")
    if start == -1:
        return b""
    start += len(tag) + 2
    return message[start:message.index(SOH, start)]
