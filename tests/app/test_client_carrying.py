"""Whatever happens to the line, to the numbers and to the gateway, the client hears of every
report at least once; and more often only where nobody could know that it had."""

from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fixgw.app import client as client_module
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

    def log_on(self, *, anew: bool = False) -> None:
        """Connect and log on."""
        self.awaits_reset = anew
        super().log_on(anew=anew)

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
        when=st.sampled_from(
            [{}, {}, {"reset_on_logout": True}, {"reset_on_disconnect": True},
             {"reset_on_logon": True}]
        ),
    )
    def begin(self, share: int, when: dict[str, bool]) -> None:
        self.place = TemporaryDirectory()
        self.share = patch.object(client_module, "CATCH_UP_MESSAGES", share)
        self.share.start()
        self.exchange = JournaledExchange(Path(self.place.name) / "journal.sqlite", **when)
        self.always_anew = bool(when)
        self.client = Resetter(self.exchange)
        self.reports = 0
        self.doubtful: set[str] = set()
        self.on_this_line: set[str] = set()
        """What the client has received since it last connected."""

    @precondition(lambda self: not self.client.connected)
    @rule(anew=st.booleans())
    def log_on(self, anew: bool) -> None:
        self.on_this_line.clear()
        self.client.log_on(anew=anew or self.always_anew)

    @precondition(
        lambda self: self.client.connected and self.exchange.session.logged_on
        and not self.client.awaits_reset
    )
    @rule()
    def reset_in_session(self) -> None:
        self._doubt_what_is_on_its_way()
        self._doubt_what_may_be_behind_a_gap()
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
        self._listen()

    @precondition(lambda self: self.client.connected)
    @rule()
    def read_and_be_cut_off(self) -> None:
        """What arrived is read, but what it asks for on it is lost with the line."""
        before = len(self.client.seen)
        self.client.read_only()
        self.on_this_line |= {exec_id for exec_id, _ in self.client.seen[before:]}
        self._doubt_what_may_be_behind_a_gap()
        self.client.lose_connection()

    @rule()
    def read_for_one_tick(self) -> None:
        self.exchange.read_on()

    @rule(seconds=st.sampled_from([1, 12, 31, 40]))
    def wait(self, seconds: int) -> None:
        gap = self.exchange.session.outbox.unsent.unsettled
        self.exchange.wait(seconds)
        if self.exchange.closed:
            self._doubt_what_is_on_its_way()
            if gap:
                self.doubtful |= self.on_this_line

    @rule(how=st.sampled_from(["the line is cut", "client logs out", "gateway logs out"]))
    def end(self, how: str) -> None:
        self._doubt_what_is_on_its_way()
        match how:
            case "the line is cut":
                self._doubt_what_may_be_behind_a_gap()
                self.client.lose_connection()
            case "client logs out":
                self.client.log_out()
            case "gateway logs out":
                self.exchange.log_out("maintenance")

    @rule()
    def kill(self) -> None:
        self._doubt_what_is_on_its_way()
        self.doubtful |= self.on_this_line
        self.exchange.written.clear()
        self.client.connected = False
        self.exchange.kill()

    def _listen(self) -> None:
        before = len(self.client.seen)
        self.client.listen()
        self.on_this_line |= {exec_id for exec_id, _ in self.client.seen[before:]}
        if self.exchange.closed:
            self._doubt_what_is_on_its_way()

    def _doubt_what_may_be_behind_a_gap(self) -> None:
        """A client takes messages in turn, and this one has not said yet, since our Logon, whether
        it lacks something below that: what it read behind it may wait for what it lacks."""
        if self.exchange.session.outbox.unsent.unsettled:
            self.doubtful |= self.on_this_line

    def _doubt_what_is_on_its_way(self) -> None:
        fields = map(header_fields, self.exchange.written)
        self.doubtful |= {each[17] for each in fields if 17 in each}

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
        client.log_on(anew=self.always_anew)
        client.listen()
        client.heartbeat()
        client.listen()

        assert client.connected, self.exchange.closed
        first: dict[str, int] = {}
        for place, (exec_id, poss_resend) in enumerate(client.seen):
            assert exec_id not in first or poss_resend, f"{exec_id} came again as new"
            assert exec_id not in first or exec_id in self.doubtful, f"{exec_id} came again"
            first.setdefault(exec_id, place)
        assert list(first) == [f"E{n}" for n in range(self.reports)]


Resets.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestResets = Resets.TestCase
