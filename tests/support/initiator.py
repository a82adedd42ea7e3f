"""A client that keeps the session protocol, however bad its line: the other end of an Exchange.

It takes messages in the order of their numbers only, asks once for what it lacks, and answers what
it is asked. What breaks is the line, and that is the test's business.
"""

from fixgw.fix.wire import header_fields
from tests.support.session import ORDER, Exchange


class Initiator:
    """The client's side of one session: its numbers, what it sent, and what it has received."""

    def __init__(self, exchange: Exchange, *, tells_next_expected: bool = False) -> None:
        self.exchange = exchange
        self.connected = False
        self.next_out = 1
        self.next_in = 1
        self.sent: dict[int, str] = {}
        """Orders by the MsgSeqNum(34) they had, so that they can be sent again."""
        self.received: list[tuple[int, str]] = []
        """Application messages in order: MsgSeqNum(34), ExecID(17)."""
        self._tells_next_expected = tells_next_expected
        self._asked_through = 0
        """The gap up to here has been asked for; 0: there is none."""
        self._answers: list[str] = []

    # ------------------------------------------------------------------- what it does

    def log_on(self, *, anew: bool = False) -> None:
        """Connect, and send a Logon with the client's true numbers, or to begin with new ones."""
        more = ""
        if anew:
            self.next_out = self.next_in = 1
            self.sent.clear()
            self.received.clear()
            more = "141=Y|"
        self._asked_through = 0
        if self._tells_next_expected:
            more += f"789={self.next_in}"
        self.exchange.connect()
        self.connected = True
        self._send(f"35=A|34={self._number()}|98=0|108=30|{more}")

    def order(self) -> None:
        """Send an order."""
        self._send(self._new_order())

    def order_that_is_lost(self) -> None:
        """Send an order that never arrives."""
        self._new_order()

    def order_again(self, seq_num: int) -> None:
        """Send an order again that was sent before, arrived or not."""
        if seq_num in self.sent and seq_num < self.exchange.numbers[1]:
            self._send(self._again(seq_num))

    def nonsense(self) -> None:
        """Send a message that the dictionary refuses."""
        self._send(f"35=1|34={self._number()}")

    def heartbeat(self) -> None:
        """Send a Heartbeat."""
        self._send(f"35=0|34={self._number()}")

    def ask_again(self, begin: int, end: int) -> None:
        """Send a ResendRequest for messages that arrived before."""
        if begin < self.next_in:
            self._send(f"35=2|34={self._number()}|7={begin}|16={end}")

    def log_out(self) -> None:
        """Send a Logout."""
        self._send(f"35=5|34={self._number()}")

    def lose_connection(self) -> None:
        """The line is cut; what was on its way to the client is lost."""
        if self.connected:
            self.connected = False
            self.exchange.written.clear()
            if not self.exchange.closed:
                self.exchange.hang_up()

    def listen(self) -> None:
        """Read what has arrived, answer it, and so on until it is quiet."""
        while self.connected and self.exchange.reads:
            arrived, self.exchange.written = self.exchange.written, []
            self.exchange.acknowledge()
            for raw in arrived:
                self._take(header_fields(raw))
            answers, self._answers = self._answers, []
            if self.exchange.closed:
                self.connected = False
            elif answers:
                self._send(*answers)
            elif not arrived:
                self.exchange.turn()
                if not self.exchange.written:
                    return

    # ------------------------------------------------------------------- what it sends

    def _number(self) -> int:
        self.next_out += 1
        return self.next_out - 1

    def _new_order(self) -> str:
        seq_num = self._number()
        self.sent[seq_num] = f"11=C{seq_num}|{ORDER}"
        return f"35=D|34={seq_num}|{self.sent[seq_num]}"

    def _again(self, seq_num: int) -> str:
        return f"35=D|34={seq_num}|43=Y|122={self.exchange.time}|{self.sent[seq_num]}"

    def _send(self, *texts: str) -> None:
        if self.connected and not self.exchange.closed:
            self.exchange.client(*texts)

    # ---------------------------------------------------------------- what it receives

    def _take(self, fields: dict[int, str]) -> None:
        msg_type, seq_num = fields[35], int(fields[34])
        if msg_type == "2":
            self._resend(int(fields[7]))
        if msg_type == "A" and 789 in fields:
            # What each side lacks was said in the Logons; nobody asks again.
            self._asked_through = seq_num if seq_num > self.next_in else 0
            if int(fields[789]) < self.next_out:
                self._resend(int(fields[789]))
        if seq_num > self.next_in:
            self._lack(seq_num)
        elif seq_num < self.next_in:
            assert fields.get(43) == "Y", f"{seq_num} came twice as new"
        else:
            self.next_in += 1
            self._process(msg_type, fields)
        if self.next_in > self._asked_through:
            self._asked_through = 0

    def _process(self, msg_type: str, fields: dict[int, str]) -> None:
        if msg_type == "8":
            self.received.append((int(fields[34]), fields[17]))
        elif msg_type == "4":
            assert fields[123] == "Y" and int(fields[36]) >= self.next_in
            self.next_in = int(fields[36])
        elif msg_type == "1":
            self._answers.append(f"35=0|34={self._number()}|112={fields[112]}")
        elif msg_type == "5":
            self._answers.append(f"35=5|34={self._number()}")

    def _lack(self, seq_num: int) -> None:
        if not self._asked_through:
            self._asked_through = seq_num - 1
            self._answers.append(f"35=2|34={self._number()}|7={self.next_in}|16=0")

    def _resend(self, begin: int) -> None:
        """Everything from *begin* on: orders again, gap fills for the rest."""
        at = begin
        for seq_num in sorted(n for n in self.sent if n >= begin):
            self._gap_fill(at, seq_num)
            self._answers.append(self._again(seq_num))
            at = seq_num + 1
        self._gap_fill(at, self.next_out)

    def _gap_fill(self, begin: int, end: int) -> None:
        if begin < end:
            time = self.exchange.time
            self._answers.append(f"35=4|34={begin}|43=Y|122={time}|123=Y|36={end}")
