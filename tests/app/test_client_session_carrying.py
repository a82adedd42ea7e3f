"""Whatever happens to the line, to the numbers, to the gateway and to the client's process, the
client hears of every report at least once; and not again once it has proven that it has it: by the
answer to a TestRequest, or by its Logout."""

from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fixgw.app import client_session as client_module
from fixgw.fix.wire import header_fields
from tests.app.journaled import JournaledExchange
from tests.support.initiator import Initiator


class Resetter(Initiator):
    """A client that may start the numbers again at any time, and remembers every report."""

    def __init__(self, exchange: JournaledExchange) -> None:
        super().__init__(exchange)
        self.seen: list[tuple[str, bool]] = []
        """ExecID(17), and whether it said PossResend(97)=Y."""
        self.awaits_reset = False
        """Until our Logon answers its ResetSeqNumFlag(141), nothing is of the new numbers."""
        self.proven: dict[str, int] = {}
        """ExecID(17) -> how much was seen when it was proven that this one was."""
        self._asks = False
        """Whether it has asked for something again on this connection."""

    def log_on(self, *, anew: bool = False) -> None:
        """Connect and log on."""
        self.awaits_reset = anew
        self._asks = False
        super().log_on(anew=anew)

    def proves(self) -> None:
        """What it has seen it has now said that it has."""
        for exec_id, _ in self.seen:
            self.proven.setdefault(exec_id, len(self.seen))

    def _send(self, *texts: str) -> None:
        super()._send(*texts)
        self._asks = self._asks or any(text.startswith("35=2") for text in texts)
        if not self._asks and any("|112=" in text for text in texts):
            self.proves()

    def reset_in_session(self) -> None:
        """Send a Logon with 141=Y in a running session."""
        self.awaits_reset = True
        self.next_out = self.next_in = 1
        self._asked_through = 0
        self.sent.clear()
        self._send(f"35=A|34={self._number()}|98=0|108=30|141=Y")

    def read_only(self) -> None:
        """Take what has arrived, and say nothing."""
        arrived, self.exchange.written = self.exchange.written, []
        self.exchange.acknowledge()
        for raw in arrived:
            self._take(header_fields(raw))
        self._answers.clear()

    def read_some(self, count: int) -> None:
        """Take the first of what has arrived, and answer it."""
        arrived, self.exchange.written = (
            self.exchange.written[:count], self.exchange.written[count:]
        )
        for raw in arrived:
            self._take(header_fields(raw))
        answers, self._answers = self._answers, []
        if self.exchange.closed:
            self.connected = False
        elif answers:
            self._send(*answers)

    def _take(self, fields: dict[int, str]) -> None:
        if self.awaits_reset and not (fields[35] == "A" and fields.get(141) == "Y"):
            return
        self.awaits_reset = False
        super()._take(fields)

    def _process(self, msg_type: str, fields: dict[int, str]) -> None:
        if msg_type == "8":
            self.seen.append((fields[17], fields.get(97) == "Y"))
        super()._process(msg_type, fields)


class Resets(RuleBasedStateMachine):
    """Reports, resets of every kind, lines that break, and a gateway that is killed."""

    @initialize(
        share=st.sampled_from([1, 2, 500]),
        ends_anew=st.sampled_from([True, True, False]),
        when=st.sampled_from(
            [{}, {}, {"reset_on_logout": True}, {"reset_on_disconnect": True},
             {"reset_on_logon": True}]
        ),
    )
    def begin(self, share: int, ends_anew: bool, when: dict[str, bool]) -> None:
        self.place = TemporaryDirectory()
        self.share = patch.object(client_module, "CATCH_UP_MESSAGES", share)
        self.share.start()
        self.exchange = JournaledExchange(Path(self.place.name) / "journal", **when)
        self.always_anew = bool(when)
        self.ends_anew = ends_anew or self.always_anew
        self.client = Resetter(self.exchange)
        self.reports = 0

    @precondition(lambda self: not self.client.connected)
    @rule(anew=st.booleans())
    def log_on(self, anew: bool) -> None:
        self.client.log_on(anew=anew or self.always_anew)

    @precondition(
        lambda self: self.client.connected and self.exchange.session.logged_on
        and not self.client.awaits_reset
    )
    @rule()
    def reset_in_session(self) -> None:
        self.client.reset_in_session()

    @rule(count=st.integers(1, 3), reads=st.booleans())
    def report(self, count: int, reads: bool) -> None:
        self.exchange.reads = reads
        names = [f"E{self.reports + n}" for n in range(count)]
        self.reports += count
        self.exchange.report(*names)

    @rule()
    def listen(self) -> None:
        self.exchange.reads = True
        self.client.listen()

    @rule()
    def the_clients_kernel_takes_it(self) -> None:
        """And the client's process may be killed before it looks."""
        self.exchange.acknowledge()

    @precondition(lambda self: self.client.connected)
    @rule(count=st.integers(0, 3))
    def read_some(self, count: int) -> None:
        """It does not come to the rest, and its thread for Heartbeats goes on."""
        self.client.read_some(count)
        if not self.client.awaits_reset:
            self.client.heartbeat()

    @precondition(lambda self: self.client.connected)
    @rule()
    def read_and_be_cut_off(self) -> None:
        """What arrived is read, but what it asks for on it is lost with the line."""
        self.client.read_only()
        self.client.lose_connection()

    @rule()
    def read_for_one_tick(self) -> None:
        self.exchange.read_on()

    @rule(seconds=st.sampled_from([1, 12, 31, 40]))
    def wait(self, seconds: int) -> None:
        self.exchange.wait(seconds)

    @rule(how=st.sampled_from(["the line is cut", "client logs out", "gateway logs out"]))
    def end(self, how: str) -> None:
        match how:
            case "the line is cut":
                self.client.lose_connection()
            case "client logs out":
                self._log_out()
            case "gateway logs out":
                self.exchange.log_out("maintenance")

    @rule()
    def kill(self) -> None:
        self.exchange.written.clear()
        self.client.connected = False
        self.exchange.kill()

    def _log_out(self) -> None:
        """A client that says goodbye reads what comes until it is answered. What it had read before
        is proven, unless something below our Logon may still be lacking."""
        client, exchange = self.client, self.exchange
        settled = exchange.session.logged_on and not exchange.session.outbox.unsent.unsettled
        has_read = client.connected and exchange.reads and not exchange.written
        if has_read and settled and not client._asks and not client.awaits_reset:
            client.proves()
        client.log_out()
        client.read_only()

    def teardown(self) -> None:
        """The line is good again: everything is made up for."""
        if not hasattr(self, "client"):
            return
        try:
            self._make_up()
        finally:
            self.share.stop()
            self.exchange.journal.close()
            self.place.cleanup()

    def _make_up(self) -> None:
        client = self.client
        client.lose_connection()
        client.log_on(anew=self.ends_anew)
        client.listen()
        client.heartbeat()
        client.listen()

        assert client.connected, self.exchange.closed
        first: dict[str, int] = {}
        for place, (exec_id, poss_resend) in enumerate(client.seen):
            assert exec_id not in first or poss_resend, f"{exec_id} came again as new"
            assert place < client.proven.get(exec_id, place + 1), f"{exec_id} came again"
            first.setdefault(exec_id, place)
        assert list(first) == [f"E{n}" for n in range(self.reports)]


Resets.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestResets = Resets.TestCase
