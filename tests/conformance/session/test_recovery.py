"""Whatever happens to the line, a client that keeps the protocol loses nothing and gets nothing
twice; and whatever a client sends, the session keeps its own numbers in order."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.support.initiator import Initiator
from tests.support.session import ORDER, VERSIONS, Exchange

NUMBERS = st.integers(1, 12)


class BadLine(RuleBasedStateMachine):
    """Orders and reports over a line that breaks at any moment, in either direction."""

    exchange: Exchange
    client: Initiator

    @initialize(share=st.sampled_from([1, 1, 2, 500]), tells_next_expected=st.booleans())
    def begin(self, share: int, tells_next_expected: bool) -> None:
        self.exchange = Exchange(resend_messages_per_tick=share)
        self.client = Initiator(self.exchange, tells_next_expected=tells_next_expected)
        self.reports = 0
        self.orders_before_reset = 0
        self.client.log_on()
        self.client.listen()

    @precondition(lambda self: not self.client.connected)
    @rule(anew=st.sampled_from([False, False, False, True]))
    def log_on(self, anew: bool) -> None:
        if anew:
            self.orders_before_reset = len(self.exchange.applications)
        self.client.log_on(anew=anew)

    @rule(count=st.integers(1, 3), reads=st.booleans())
    def report(self, count: int, reads: bool) -> None:
        """Whether the client is there or not, and whether it reads or not."""
        self.exchange.reads = reads
        names = [f"E{self.reports + n}" for n in range(count)]
        self.reports += count
        self.exchange.report(*names)

    @rule(arrives=st.booleans())
    def order(self, arrives: bool) -> None:
        if arrives:
            self.client.order()
        else:
            self.client.order_that_is_lost()

    @rule(seq_num=NUMBERS)
    def order_again(self, seq_num: int) -> None:
        self.client.order_again(seq_num)

    @rule()
    def nonsense(self) -> None:
        self.client.nonsense()

    @rule(begin=NUMBERS, end=st.just(0) | NUMBERS)
    def ask_again(self, begin: int, end: int) -> None:
        self.client.ask_again(begin, end)

    @rule()
    def listen(self) -> None:
        self.exchange.reads = True
        self.client.listen()

    @rule()
    def read_for_one_tick(self) -> None:
        self.exchange.read_on()

    @rule(seconds=st.sampled_from([1, 3, 31, 40]))
    def wait(self, seconds: int) -> None:
        self.exchange.wait(seconds)

    @rule(how=st.sampled_from(["the line is cut", "client logs out", "gateway logs out"]))
    def end(self, how: str) -> None:
        match how:
            case "the line is cut":
                self.client.lose_connection()
            case "client logs out":
                self.client.log_out()
            case "gateway logs out":
                self.exchange.log_out("maintenance")

    def teardown(self) -> None:
        """The line is good again: everything is made up for."""
        client, exchange = self.client, self.exchange
        client.lose_connection()
        client.log_on()
        client.listen()
        client.heartbeat()
        client.listen()

        assert client.connected, exchange.closed
        assert client.received == self._reported()
        orders = exchange.applications[self.orders_before_reset:]
        assert orders == [f"D C{seq_num}" for seq_num in sorted(client.sent)]
        assert exchange.numbers == (client.next_in, client.next_out)

    def _reported(self) -> list[tuple[int, str]]:
        """What has a number of this run: its own reports, and those carried into it."""
        epoch, carried = self.exchange.session.numbers.epoch, self.exchange.session.outbox.carried
        places = {(of, seq_num): seq_num for of, seq_num in self.exchange.store if of == epoch}
        for seq_num in range(carried.first, carried.end):
            source = carried.source(epoch, seq_num, seq_num)
            places[source.epoch, source.begin] = seq_num
        return sorted(
            (seq_num, self.exchange.store[place].split(b"\x0117=")[1].split(b"\x01")[0].decode())
            for place, seq_num in places.items()
        )


BadLine.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestBadLine = BadLine.TestCase


_SEQ_NUMS = st.sampled_from([
    *"0123456789", "12", "-1", "4294967296", "9223372036854775808", "18446744073709551615",
    "9" * 21, "9" * 5000, "\xb2", "x", "",
])
_OFFSETS = st.sampled_from([-200, -1, 0, 1, 200])
_BODIES = st.sampled_from([
    "35=0", "35=1|112=x", "35=1", "35=3|45=1", "35=5", "35=A|98=0|108=30", "35=A|98=0|108=-7",
    "35=A|98=0|108=30|141=Y", "35=A|98=0|108=30|789=3", "35=U7", "35=zz", "35=0|4=4",
    f"35=D|11=C|{ORDER}", f"35=D|11=C|{ORDER}|59=Z", "35=D|11=C", "35=0|8=FIX.4.1",
    "35=0|49=X", "35=0|56=\xff",
])


@st.composite
def _anything(draw: st.DrawFn) -> str:
    """A message of a client that keeps no rule, with its SendingTime(52) as an offset."""
    body = draw(
        _BODIES
        | st.builds("35=2|7={}|16={}".format, _SEQ_NUMS, _SEQ_NUMS)
        | st.builds("35=4|123=Y|36={}".format, _SEQ_NUMS)
        | st.builds("35=4|36={}".format, _SEQ_NUMS)
    )
    msg_type, _, rest = body.partition("|")
    header = f"{msg_type}|34={draw(_SEQ_NUMS)}"
    if draw(st.booleans()):
        header += "|43=Y"
    if draw(st.booleans()):
        header += f"|122={draw(st.sampled_from(['20260105-09:00:00', '20260105-23:00:00', 'x']))}"
    return f"{header}|{rest}"


@given(
    version=st.sampled_from(list(VERSIONS)),
    resets=st.fixed_dictionaries({}, optional={
        "reset_on_logon": st.just(True),
        "reset_on_logout": st.just(True),
        "reset_on_disconnect": st.just(True),
        "check_latency": st.just(False),
        "send_redundant_resend_requests": st.just(True),
    }),
    events=st.lists(
        st.tuples(st.just("client"), _anything(), _OFFSETS)
        | st.tuples(st.sampled_from(["connect", "log on", "hang up", "report", "log out"]))
        | st.tuples(st.just("wait"), st.sampled_from([1, 31, 80]))
        | st.tuples(st.just("reads"), st.booleans()),
        max_size=40,
    ),
)
@settings(max_examples=400, deadline=None)
def test_whatever_a_client_sends_our_numbers_stay_in_order(
    version: str, resets: dict[str, Any], events: list[tuple[object, ...]]
) -> None:
    exchange = Exchange(version, resend_messages_per_tick=2, **resets)
    for event in events:
        before = exchange.session.numbers.epoch, exchange.numbers
        _play(exchange, event)
        if exchange.session.numbers.epoch == before[0]:
            assert exchange.numbers[0] >= before[1][0], "our numbers went back"
            assert exchange.numbers[1] >= before[1][1], "the client's numbers went back"

    _expect_every_number_once(exchange)


def _play(exchange: Exchange, event: tuple[object, ...]) -> None:
    connected = exchange.session.state.name != "DISCONNECTED"
    match event:
        case ("client", str(text), int(offset)) if connected:
            exchange.client(f"{text}|52={exchange.sent_ago(offset)}")
        case ("connect",) if not connected:
            exchange.connect()
        case ("log on",) if not connected:
            exchange.log_on(exchange.numbers[1])
        case ("hang up",):
            exchange.hang_up()
        case ("report",):
            exchange.report("E")
        case ("log out",):
            exchange.log_out("maintenance")
        case ("wait", int(seconds)):
            exchange.wait(seconds)
        case ("reads", bool(reads)):
            exchange.reads = reads


def _expect_every_number_once(exchange: Exchange) -> None:
    """Asked for all there is, the session gives each number, stored or gap-filled, in order."""
    exchange.hang_up()
    exchange.log_on(exchange.numbers[1])
    while exchange.session.outbox.catch_up is not None:
        exchange.turn()
    exchange.written.clear()
    last = exchange.numbers[0] - 1
    exchange.client(f"35=2|34={exchange.numbers[1]}|7=1|16=0")
    while exchange.session.outbox.catch_up is not None:
        exchange.turn()
    at = 1
    for raw in exchange.written:
        fields = dict(part.split("=", 1) for part in raw.decode("latin-1").split("\x01")[:-1])
        assert (int(fields["34"]), fields["43"]) == (at, "Y")
        at = int(fields["36"]) if fields["35"] == "4" else at + 1
    assert at == last + 1
