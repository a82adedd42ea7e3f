"""One FIX session under test, and its client, in FIX text with `|`.

The session is the real one over the real dictionary; what is by hand is the clock, the socket and
the store. Each call is one tick as `app.gateway` makes it: take input, commit, then write.

    exchange.client("35=1|34=2|112=hello")
    exchange.expect("35=0|34=2|112=hello")
"""

from collections.abc import Iterator
from datetime import datetime, time, timezone
from functools import cache
from pathlib import Path
from typing import Any

import quickfix

from fixgw.fix.dictionary import (
    APPLICATION_FILES,
    SESSION_FILES,
    Dictionaries,
    Dictionary,
    find_dictionary,
)
from fixgw.fix.errors import GarbledMessage, IncorrectBeginString, InvalidMessage
from fixgw.fix.framing import Framer
from fixgw.fix.outbox import Numbers
from fixgw.fix.schedule import hours as hours_of
from fixgw.fix.schedule import schedule
from fixgw.fix.session import Session
from fixgw.fix.session_events import Application, Disconnect, LoggedOn, LoggedOut, Noted, Objection
from fixgw.fix.states import State
from fixgw.fix.timestamp import UtcTimestamps
from fixgw.model.ids import SessionKey
from fixgw.runtime.clock import ManualClock
from fixgw.runtime.session_settings import SessionSettings
from tests.support.fixtext import fix, readable

FIXGW, CLIENT = "FIXGW", "CLIENT"

VERSIONS = {
    "FIX.4.2": ("FIX.4.2", ""),
    "FIX.4.4": ("FIX.4.4", ""),
    "FIX.5.0": ("FIXT.1.1", "7"),
    "FIX.5.0SP1": ("FIXT.1.1", "8"),
    "FIX.5.0SP2": ("FIXT.1.1", "9"),
}
"""BeginString(8) and DefaultApplVerID(1137) of each version of FIX."""

TIMER_MS = 100
"""How often the session is told the time, as in `app.gateway`."""

TAKEN_FOR_GRANTED = frozenset({"8", "9", "10", "49", "52", "56", "122", "1137"})
"""Tags that an expected message does not name unless they matter; checked once, in `_check`."""

ORDER = "55=BTC/USD|54=1|60=20260105-10:00:00|38=1|40=2|44=100"
"""The body of a NewOrderSingle(35=D) from behind ClOrdID(11) on."""

DIALECT = Path(__file__).parents[2] / "dictionaries" / "fixgw.toml"
MONDAY_TEN = datetime(2026, 1, 5, 10, tzinfo=timezone.utc)

_dictionaries = Dictionaries()


@cache
def dictionary(version: str) -> Dictionary:
    """The gateway's default dictionary of a version in VERSIONS."""
    begin_string, appl_ver_id = VERSIONS[version]
    return _dictionaries.get(begin_string, appl_ver_id or None, DIALECT)


@cache
def _standard(file: str) -> Any:
    """A dictionary as QuickFIX ships it, with nothing laid over it."""
    return quickfix.DataDictionary(str(find_dictionary(file)))


def judged_by_quickfix(version: str, raw: bytes) -> None:
    """Let QuickFIX read a message and judge it by the standard; it raises what it finds."""
    begin_string, appl_ver_id = VERSIONS[version]
    session = _standard(SESSION_FILES[begin_string])
    application = _standard(APPLICATION_FILES[appl_ver_id]) if appl_ver_id else session
    message = quickfix.Message(raw.decode("ascii"), session, application, True)
    body = application if message.isApp() else session
    quickfix.DataDictionary.validate(message, session, body)


def settings(version: str = "FIX.4.4", **changes: Any) -> SessionSettings:
    """The settings of a session that sets nothing but what it must, and *changes*."""
    begin_string, appl_ver_id = VERSIONS[version]
    given: dict[str, Any] = {
        "key": SessionKey(f"{begin_string}:{FIXGW}->{CLIENT}"),
        "begin_string": begin_string,
        "sender_comp_id": FIXGW,
        "target_comp_id": CLIENT,
        "default_appl_ver_id": appl_ver_id,
        "venues": (),
        "accounts": (),
        "file": Path("client.cfg"),
        "line": 1,
        "lines": {},
    }
    return SessionSettings(**given | changes)


def milliseconds(moment: datetime) -> int:
    """*moment* as Unix milliseconds."""
    return int(moment.timestamp() * 1000)


class Exchange:
    """A session of the gateway with its client at the other end of a wire."""

    def __init__(
        self,
        version: str = "FIX.4.4",
        *,
        next_sender: int = 1,
        next_target: int = 1,
        hours: tuple[time, time] | None = None,
        resend_messages_per_tick: int = 500,
        **changes: Any,
    ) -> None:
        self.settings = settings(version, **changes)
        self.clock = ManualClock(milliseconds(MONDAY_TEN))
        self.stamps = UtcTimestamps(self.settings.timestamp_precision)
        self.session = Session(
            self.settings,
            schedule(*hours) if hours else hours_of(self.settings),
            Numbers(next_sender, next_target, since_ms=self.clock.now_ms()),
            self.stamps,
            heartbeat_seconds_max=60,
        )
        self.dictionary = dictionary(version)
        self.store: dict[tuple[int, int], bytes] = {}
        """What the journal has: (epoch, MsgSeqNum) -> message."""
        self.applications: list[str] = []
        """The application messages that were handed on, as `D C1`: MsgType(35), ClOrdID(11)."""
        self.closed = ""
        """Why the session had the connection closed; "" while it did not."""
        self.events: list[str] = []
        """`logged on` and `logged out`, as they happened."""
        self.noted: list[Noted] = []
        """What an operator should know."""
        self.objections: list[str] = []
        """What the client refused, as `3 2 D`: MsgType(35), RefSeqNum(45), RefMsgType(372)."""
        self.reads = True
        """Whether the client reads; the socket's buffer holds one write."""
        self.acknowledges = True
        """Whether the client's TCP has what was written; that it has read it proves nothing yet."""
        self.written: list[bytes] = []
        """What went over the wire since it was last looked at."""
        self._framer = Framer()
        self._resend_messages_per_tick = resend_messages_per_tick
        self._last_number = (0, 0)

    # -------------------------------------------------------------- what the client does

    def connect(self) -> "Exchange":
        """The client opens a connection."""
        self.closed = ""
        self.reads = True
        self.session.connect(self.clock.now())
        return self

    def log_on(self, seq_num: int = 1, more: str = "") -> "Exchange":
        """The client connects and sends a Logon with *more* fields; the answer is not looked at."""
        self.connect()
        self.client(f"35=A|34={seq_num}|98=0|108=30|{more}")
        self.written.clear()
        return self

    def client(self, *texts: str) -> None:
        """The client sends messages, all in one tick."""
        self.feed(*(self.whole(text) for text in texts))

    def feed(self, *messages: bytes) -> None:
        """The client sends these bytes, which are whole messages."""
        now = self.clock.now()
        for raw in messages:
            if self.closed:
                break
            try:
                message = self.dictionary.parse(raw)
            except InvalidMessage as error:
                self.session.receive_invalid(error, raw, now)
            except IncorrectBeginString as error:
                self.session.receive_wrong_version(error, now)
            except GarbledMessage:
                continue
            else:
                if message.msg_type == "5":
                    self.says_goodbye()
                self.session.receive(message, now)
            self._take_facts()
        self.turn()

    def hang_up(self) -> None:
        """The connection is gone; nobody said goodbye."""
        self.session.disconnected(self.clock.now())
        self._take_facts()
        self.turn()

    def read_on(self) -> None:
        """The client, which did not read, reads again."""
        self.reads = True
        self.turn()

    # -------------------------------------------------------------- what the gateway does

    def report(self, *exec_ids: str) -> None:
        """The gateway has reports for the client: ExecutionReport(35=8) with these ExecIDs(17)."""
        for exec_id in exec_ids:
            self.session.send("8", f"17={exec_id}\x01", self.clock.now())
        self.turn()

    def log_out(self, text: str) -> None:
        """The gateway ends the session."""
        self.session.logout(text, self.clock.now())
        self.turn()

    def wait(self, seconds: float) -> None:
        """Let time pass, a timer's tick at a time."""
        for _ in range(round(seconds * 1000 / TIMER_MS)):
            self.clock.advance(TIMER_MS)
            self.session.tick(self.clock.now())
            self._take_facts()
            self.turn()

    def says_goodbye(self) -> None:
        """The client logs out, as `app.client_session` takes it."""
        if self.acknowledges and self.reads:
            self.session.outbox.unsent.said_goodbye()

    def acknowledge(self) -> None:
        """The client's end of the line has everything that was written."""

    def turn(self) -> None:
        """Commit, and then write what was committed: the end of every tick."""
        outbox = self.session.outbox
        if self.reads and outbox.catch_up is not None:
            self._catch_up()
        self._commit()
        if outbox.to_write:
            self._write(outbox.to_write)
            outbox.to_write.clear()
            outbox.unsent.flushed = self.session.numbers.next_sender
            if not self.reads:
                outbox.hold()
        if self.closed and self.session.state is not State.DISCONNECTED:
            self.hang_up()

    def _catch_up(self) -> None:
        """Give stored messages back, a tick's share at a time, as `app.client_session` does it."""
        outbox, limit = self.session.outbox, self._resend_messages_per_tick
        while outbox.catch_up is not None:
            self._commit()
            epoch, begin, end, shift = outbox.source()
            rows = sorted(
                (seq_num + shift, message) for (of, seq_num), message in self.store.items()
                if of == epoch and begin <= seq_num <= end
            )[:limit]
            full = len(rows) == limit
            through = rows[-1][0] if full else end + shift
            outbox.caught_up(rows, through, self.clock.now_ms())
            if full:
                return

    def _commit(self) -> None:
        to_store = self.session.outbox.to_store
        for epoch, seq_num, message in to_store:
            assert (epoch, seq_num) not in self.store, f"{seq_num} was given out twice"
            self.store[epoch, seq_num] = message
        to_store.clear()

    def _write(self, messages: list[bytes]) -> None:
        for raw in messages:
            self._check(raw)
        self.written += messages

    def _check(self, raw: bytes) -> None:
        """What holds of every message we send, so that no test need say it."""
        assert self._framer.feed(raw) == [raw], f"not one frame: {readable(raw)}"
        assert self._framer.garbled == 0, f"garbled: {readable(raw)}"
        fields = dict(_fields(readable(raw)))
        ours = self.settings
        assert (fields["8"], fields["49"], fields["56"]) == (
            ours.begin_string, ours.sender_comp_id, ours.target_comp_id
        )
        self._check_number(int(fields["34"]), fields.get("43") == "Y")

    def _check_number(self, seq_num: int, again: bool) -> None:
        """What is new has a number of its own, above all that were new before it."""
        numbers = self.session.numbers
        if again or seq_num >= numbers.next_sender:
            return  # the latter: a Logout after which the numbers have started again
        epoch, last = self._last_number
        assert epoch != numbers.epoch or seq_num > last, f"{seq_num} was written as new before"
        self._last_number = numbers.epoch, seq_num

    def _take_facts(self) -> None:
        facts = self.session.facts
        while facts:
            batch = facts[:]
            facts.clear()
            for fact in batch:
                if type(fact) is Application:
                    fields = fact.message.fields
                    self.applications.append(f"{fact.message.msg_type} {fields.get(11, '')}")
                elif type(fact) is LoggedOn:
                    self.events.append("logged on")
                elif type(fact) is LoggedOut:
                    self.events.append("logged out")
                elif type(fact) is Noted:
                    self.noted.append(fact)
                elif type(fact) is Objection:
                    message = fact.message
                    refused = message.fields.get(45, ""), message.fields.get(372, "")
                    self.objections.append(" ".join((message.msg_type, *refused)))
                elif type(fact) is Disconnect:
                    self.closed = self.closed or fact.reason

    # -------------------------------------------------------------------- what is seen

    def expect(self, *texts: str) -> None:
        """Precisely these messages were written since the last look, in this order.

        Tags in TAKEN_FOR_GRANTED are compared only where the expected text names them.
        """
        written, self.written = self.written, []
        expected = [text.rstrip("|") for text in texts]
        named = [{tag for tag, _ in _fields(text)} for text in expected]
        named += [set()] * (len(written) - len(named))
        actual = [
            "|".join(
                f"{tag}={value}" for tag, value in _fields(readable(raw))
                if tag not in TAKEN_FOR_GRANTED or tag in tags
            )
            for raw, tags in zip(written, named)
        ]
        assert expected == actual, _difference(expected, actual)

    def expect_nothing(self) -> None:
        """Nothing was written since the last look."""
        self.expect()

    @property
    def numbers(self) -> tuple[int, int]:
        """The next MsgSeqNum(34) we send, and the next that we expect."""
        return self.session.numbers.next_sender, self.session.numbers.next_target

    @property
    def time(self) -> str:
        """The time as SendingTime(52) writes it."""
        return UtcTimestamps().text(self.clock.now_ms())

    def sent_ago(self, seconds: float) -> str:
        """SendingTime(52) of so many seconds ago; of the future, if negative."""
        return UtcTimestamps().text(self.clock.now_ms() - int(seconds * 1000))

    def whole(self, text: str) -> bytes:
        """*text*, with what every message of the client has, where it does not say it itself."""
        given = dict(_fields(text))
        begin_string = given.pop("8", self.settings.begin_string)
        head = {"35": given.pop("35"), "49": CLIENT, "56": FIXGW, "52": self.time}
        if head["35"] == "A" and self.settings.default_appl_ver_id:
            given.setdefault("1137", self.settings.default_appl_ver_id)
        if head["35"] == "D" and begin_string == "FIX.4.2":
            given.setdefault("21", "1")
        fields = head | given
        return fix(f"8={begin_string}|" + "|".join(f"{t}={v}" for t, v in fields.items()))


def _difference(expected: list[str], actual: list[str]) -> str:
    return "\n".join(["expected:", *expected, "actual:", *actual])


def _fields(text: str) -> Iterator[tuple[str, str]]:
    for part in text.strip("|").split("|"):
        tag, _, value = part.partition("=")
        yield tag, value
