"""A real QuickFIX initiator: the counterparty in every end-to-end test, and in the demo.

QuickFIX judges every message it gets by the dictionary it ships, so a report that is malformed
shows as a Reject(35=3) among what it *sent*. Its FileStore keeps the sequence numbers across its
own restarts. Nothing raised may leave a callback: QuickFIX would end the process.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import quickfix

from fixgw.fix.dictionary import find_dictionary

# `import quickfix` takes SIGINT away from Python: give it back.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))

DEADLINE_SECONDS = 40.0
GATEWAY_COMP_ID = "FIXGW"
HEADER_TAGS = frozenset({8, 9, 34, 35, 43, 49, 52, 56, 97, 115, 122, 1128})
TRAILER_TAGS = frozenset({10})

CFG = """\
[DEFAULT]
ConnectionType=initiator
SocketConnectHost=127.0.0.1
SocketConnectPort={port}
StartTime=00:00:00
EndTime=00:00:00
NonStopSession=Y
HeartBtInt=30
ReconnectInterval=1
LogonTimeout=5
LogoutTimeout=3
UseDataDictionary=Y
FileStorePath={directory}/store
FileLogPath={directory}/log

[SESSION]
BeginString={version.begin_string}
SenderCompID={version.comp_id}
TargetCompID={gateway}
{dictionaries}
"""


class Version(NamedTuple):
    """A FIX version, and the session that sessions/demo has for it."""

    name: str
    begin_string: str
    comp_id: str
    dictionary: str
    default_appl_ver_id: str = ""

    def settings(self) -> str:
        """The lines of an initiator's .cfg that say how messages are judged."""
        dictionary = find_dictionary(self.dictionary)
        if not self.default_appl_ver_id:
            return f"DataDictionary={dictionary}"
        return (
            f"DefaultApplVerID={self.default_appl_ver_id}\n"
            f"TransportDataDictionary={find_dictionary('FIXT11.xml')}\n"
            f"AppDataDictionary={dictionary}"
        )


FIX42 = Version("FIX 4.2", "FIX.4.2", "CLIENT42", "FIX42.xml")
FIX44 = Version("FIX 4.4", "FIX.4.4", "CLIENT44", "FIX44.xml")
FIX50 = Version("FIX 5.0", "FIXT.1.1", "CLIENT50", "FIX50.xml", "FIX.5.0")
FIX50SP1 = Version("FIX 5.0 SP1", "FIXT.1.1", "CLIENT50SP1", "FIX50SP1.xml", "FIX.5.0SP1")
FIX50SP2 = Version("FIX 5.0 SP2", "FIXT.1.1", "CLIENT50SP2", "FIX50SP2.xml", "FIX.5.0SP2")
VERSIONS = (FIX42, FIX44, FIX50, FIX50SP1, FIX50SP2)


_running: set[Version] = set()
"""Those that have a client in this process."""


class Message:
    """One message as the initiator sent or received it."""

    def __init__(self, text: str, *, sent: bool, at: float) -> None:
        self.text = text
        """With `|` for SOH."""
        self.sent = sent
        """By the client; else by the gateway."""
        self.at = at
        """Unix seconds."""
        self.fields: Mapping[int, str] = dict(_pairs(text))

    def __repr__(self) -> str:
        return f"{'->' if self.sent else '<-'} {self.text}"

    def __getitem__(self, tag: int) -> str:
        return self.fields[tag]

    def get(self, tag: int) -> str | None:
        """The value of *tag*, if it is there."""
        return self.fields.get(tag)

    @property
    def msg_type(self) -> str:
        """MsgType(35)."""
        return self.fields[35]

    @property
    def seq_num(self) -> int:
        """MsgSeqNum(34)."""
        return int(self.fields[34])

    @property
    def poss_dup(self) -> bool:
        """Whether it was sent before, under the same MsgSeqNum(34)."""
        return self.fields.get(43) == "Y"

    @property
    def body(self) -> dict[int, str]:
        """What stands between header and trailer."""
        return {
            tag: value
            for tag, value in self.fields.items()
            if tag not in HEADER_TAGS and tag not in TRAILER_TAGS
        }

    def has(self, wanted: Mapping[int, str]) -> bool:
        """Whether it has all of *wanted*."""
        return wanted.items() <= self.fields.items()


class Initiator:
    """One client of the gateway. Started and stopped as often as you like; the store stays.

    *logon* is what its Logon(35=A) says beside what QuickFIX puts there; *settings* are
    lines for its .cfg.
    """

    def __init__(
        self, version: Version, port: int, directory: Path, *, logon: str = "", settings: str = ""
    ) -> None:
        self.version = version
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._settings_file = directory / "initiator.cfg"
        self._settings_file.write_text(
            CFG.format(
                port=port,
                directory=directory,
                version=version,
                gateway=GATEWAY_COMP_ID,
                dictionaries=f"{version.settings()}\n{settings}",
            )
        )
        self._application = _Application(logon)
        self._running: _Running | None = None

    def __enter__(self) -> "Initiator":
        self.log_on()
        return self

    def __exit__(self, *_: object) -> None:
        # In good order it takes QuickFIX seconds.
        self.stop(abruptly=True)

    # ---------------------------------------------------------------- life

    def start(self) -> None:
        """Begin to connect, again and again until it succeeds."""
        # QuickFIX finds sessions by their names, of which a process can have one of each.
        assert self.version not in _running, f"a client of {self.version.name} runs already"
        self._running = _Running(self._settings_file, self._application)
        _running.add(self.version)

    def say_at_logon(self, logon: str) -> None:
        """From now on its Logons say *logon*; it tries again by itself."""
        self._application.logon = _pairs(logon)

    def log_on(self) -> None:
        """Start, and wait until the gateway has answered the Logon."""
        times = self.logons
        self.start()
        self.wait_until(lambda: self.logons > times and self.logged_on, "the Logon was answered")

    def stop(self, *, abruptly: bool = False) -> None:
        """Log out and end, or end without a word; waits until all is closed."""
        running, self._running = self._running, None
        if running is not None:
            running.stop(abruptly)
            _running.remove(self.version)

    @property
    def logged_on(self) -> bool:
        """Whether it is, now."""
        return self._application.logged_on

    @property
    def logons(self) -> int:
        """How often it has been."""
        return self._application.logons

    # ------------------------------------------------------------ messages

    @property
    def messages(self) -> list[Message]:
        """All that went in and out, oldest first."""
        with self._application.changed:
            return list(self._application.messages)

    @property
    def received(self) -> list[Message]:
        """What came from the gateway and was found valid."""
        return [message for message in self.messages if not message.sent]

    @property
    def sent(self) -> list[Message]:
        """What left."""
        return [message for message in self.messages if message.sent]

    def reports(self, cl_ord_id: str = "") -> list[Message]:
        """The ExecutionReports, of one order if asked for; those sent again among them."""
        return [
            message
            for message in self.received
            if message.msg_type == "8"
            and (not cl_ord_id or cl_ord_id in (message.get(11), message.get(41)))
        ]

    def send(self, text: str) -> None:
        """Send `35=D|11=…|`: numbered and framed by QuickFIX, kept for later while off line."""
        message = quickfix.Message()
        for tag, value in _pairs(text):
            part = message.getHeader() if tag in HEADER_TAGS else message
            part.setField(tag, value)
        version = self.version
        session = quickfix.SessionID(version.begin_string, version.comp_id, GATEWAY_COMP_ID)
        assert quickfix.Session.sendToTarget(message, session), text

    def wait_for(
        self,
        wanted: Callable[[Message], bool] | str,
        seconds: float = DEADLINE_SECONDS,
        *,
        since: int = 0,
    ) -> Message:
        """The first message from the gateway that is *wanted*, now or within *seconds*.

        *wanted* is a predicate, or text of which every field must be there. *since* leaves out
        as many of `messages` from the beginning.
        """
        text = wanted if isinstance(wanted, str) else "the message waited for"
        fields = dict(_pairs(wanted)) if isinstance(wanted, str) else {}
        accepts = wanted if callable(wanted) else lambda message: message.has(fields)
        found: list[Message] = []
        position = since

        def look() -> bool:
            nonlocal position
            messages = self._application.messages
            for message in messages[position:]:
                position += 1
                if not message.sent and accepts(message):
                    found.append(message)
                    return True
            return False

        self._wait(look, text, seconds)
        return found[0]

    def wait_until(
        self, condition: Callable[[], bool], what: str, seconds: float = DEADLINE_SECONDS
    ) -> None:
        """Return once *condition* holds; it is tried at every message, Logon and Logout."""
        self._wait(condition, what, seconds)

    def _wait(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        with self._application.changed:
            if not self._application.changed.wait_for(condition, seconds):
                last = "\n".join(map(repr, self._application.messages[-12:]))
                raise AssertionError(
                    f"{self.version.name}: {seconds:g} s gone without: {what}\n{last}"
                )

    # ------------------------------------------------------------- numbers

    @property
    def numbers(self) -> tuple[int, int]:
        """Its own account of both next MsgSeqNum(34): of what it sends, and of what it expects."""
        assert self._running is not None, "only while it runs"
        session = quickfix.Session.lookupSession(self._running.session_id)
        return session.getExpectedSenderNum(), session.getExpectedTargetNum()

    def log(self) -> str:
        """QuickFIX's own log files."""
        files = sorted((self.directory / "log").glob("*.log"))
        return "\n".join(f"{file.name}\n{file.read_text(errors='replace')}" for file in files)


class _Running:
    """The QuickFIX objects of one run. They must not die before it has stopped."""

    def __init__(self, settings_file: Path, application: "_Application") -> None:
        self._settings = quickfix.SessionSettings(str(settings_file))
        self._application = application
        self._store = quickfix.FileStoreFactory(self._settings)
        self._log = quickfix.FileLogFactory(self._settings)
        self._initiator = quickfix.SocketInitiator(
            application, self._store, self._settings, self._log
        )
        self.session_id = next(iter(self._initiator.getSessions()))
        self._initiator.start()

    def stop(self, abruptly: bool) -> None:
        self._initiator.stop(abruptly)
        self._application.stopped()
        # The next run's session has the same name: this one's must be gone first.
        del self._initiator


class _Application(quickfix.Application):  # type: ignore[misc]
    """Keeps copies of everything, and wakes whoever waits."""

    def __init__(self, logon: str) -> None:
        super().__init__()
        self.logon = _pairs(logon)
        self.changed = threading.Condition()
        self.messages: list[Message] = []
        self.logged_on = False
        self.logons = 0
        self.failures: list[BaseException] = []

    def onCreate(self, session_id: Any) -> None:
        """Nothing to do."""

    def onLogon(self, session_id: Any) -> None:
        """The gateway has answered."""
        with self.changed:
            self.logged_on = True
            self.logons += 1
            self.changed.notify_all()

    def onLogout(self, session_id: Any) -> None:
        """The connection is gone, whoever ended it."""
        self.stopped()

    def stopped(self) -> None:
        """Nobody is connected any more."""
        with self.changed:
            self.logged_on = False
            self.changed.notify_all()

    def toAdmin(self, message: Any, session_id: Any) -> None:
        """A session message leaves."""
        if self.logon and message.getHeader().getField(35) == "A":
            for tag, value in self.logon:
                message.setField(tag, value)
        self._keep(message, sent=True)

    def toApp(self, message: Any, session_id: Any) -> None:
        """An application message leaves."""
        self._keep(message, sent=True)

    def fromAdmin(self, message: Any, session_id: Any) -> None:
        """A session message has come."""
        self._keep(message, sent=False)

    def fromApp(self, message: Any, session_id: Any) -> None:
        """An application message has come."""
        self._keep(message, sent=False)

    def _keep(self, message: Any, *, sent: bool) -> None:
        try:
            text = message.toString().replace("\x01", "|")
            with self.changed:
                self.messages.append(Message(text, sent=sent, at=time.time()))
                self.changed.notify_all()
        except BaseException as error:
            self.failures.append(error)


@contextmanager
def judging(version: Version, port: int, directory: Path) -> Iterator[Initiator]:
    """A client that must have nothing to reject: QuickFIX judges all by its own dictionary.

    One *directory* a session: in it are the sequence numbers, which go on.
    """
    with Initiator(version, port, directory) as client:
        yield client
        assert not [m for m in client.sent if m.msg_type in ("3", "j")]


def _pairs(text: str) -> list[tuple[int, str]]:
    """Tags and values of `tag=value|…`."""
    fields = (field.partition("=") for field in text.strip("|").split("|") if field)
    return [(int(tag), value) for tag, _, value in fields]


def utc_now() -> str:
    """TransactTime(60) of now."""
    return f"{datetime.now(UTC):%Y%m%d-%H:%M:%S.%f}"[:-3]
