"""A client by jspurefix, an engine that shares nothing with QuickFIX: told and heard as JSON.

It runs in a process of its own (jspurefix/client.js). Its FileStore stays in its directory, so
that the next client there goes on where this one ended.
"""

import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests.interop.tools import NODE_MODULES, tool
from tests.support.quickfix_initiator import FIX42, FIX44, FIX50SP2, GATEWAY_COMP_ID, Version
from tests.support.stack import DEADLINE_SECONDS, READY_SECONDS, REPOSITORY

PROGRAM = REPOSITORY / "tests" / "interop" / "jspurefix" / "client.js"

DICTIONARIES = {FIX42: "data/FIX42.xml", FIX44: "data/FIX44.xml", FIX50SP2: "data/FIX50SP2.xml"}
"""Those that jspurefix ships: it judges what the gateway says by them."""

APPL_VER_IDS = {FIX50SP2: "9"}
"""DefaultApplVerID(1137), where the version needs it."""

Fields = Mapping[str, Any]


class Wire(NamedTuple):
    """One message as it left or came."""

    sent: bool
    type: str
    text: str
    """With `|` for SOH."""


class JspurefixClient:
    """One connection: it logs on at once, and its process ends with it.

    *dictionary* is what it judges the gateway's messages by, if not by its own of *version*.
    """

    def __init__(
        self, version: Version, port: int, store: Path, *, dictionary: str = ""
    ) -> None:
        assert NODE_MODULES.is_dir(), "jspurefix is not installed: `make tools` does it"
        chosen = dictionary or DICTIONARIES[version]
        self._flat = chosen == DICTIONARIES[FIX42]
        settings = _settings(version, port, store, chosen)
        self._popen = subprocess.Popen(
            [tool("node"), str(PROGRAM), json.dumps(settings)],
            env={**os.environ, "NODE_PATH": str(NODE_MODULES)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._changed = threading.Condition()
        self._events: list[dict[str, Any]] = []
        self._said: list[str] = []
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "JspurefixClient":
        self._wait(lambda: bool(self._of("ready")), "the Logon was answered", READY_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._popen.kill()
        self._popen.wait()
        self._reader.join()
        for pipe in (self._popen.stdin, self._popen.stdout):
            assert pipe is not None
            pipe.close()

    # ------------------------------------------------------------- commands

    def order(self, cl_ord_id: str, price: str) -> None:
        """NewOrderSingle(35=D): buy 1 BTCUSDT at *price*, good till canceled."""
        fields = {
            "ClOrdID": cl_ord_id,
            "HandlInst": "1",
            "Side": "1",
            "OrdType": "2",
            "Price": float(price),
            "TimeInForce": "1",
            "TransactTime": datetime.now(UTC).isoformat(),
        }
        # From 4.3 on the dictionaries have components for these, and so has jspurefix.
        flat: Fields = {"Symbol": "BTCUSDT", "OrderQty": 1}
        nested = {"Instrument": {"Symbol": "BTCUSDT"}, "OrderQtyData": {"OrderQty": 1}}
        self._do("send", type="D", fields={**fields, **(flat if self._flat else nested)})

    def drop(self) -> None:
        """Hang up without a Logout, as a client that died; returns when it has ended."""
        self._do("drop")
        self._finish()

    def log_out(self) -> None:
        """Logout(35=5) and its answer; returns when it has ended."""
        self._do("logout")
        self._finish()

    def _do(self, what: str, **more: Any) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self._popen.stdin.flush()

    def _finish(self) -> None:
        self._wait(lambda: self._ended, "the client ended")
        assert 0 == self._popen.wait(DEADLINE_SECONDS), self.output()

    # ----------------------------------------------------------- what it says

    def wait_report(self, cl_ord_id: str, ord_status: str) -> Fields:
        """The first ExecutionReport(35=8) with both, as jspurefix read it."""
        def found() -> list[Fields]:
            return [
                report
                for report in self.reports()
                if (report["ClOrdID"], report["OrdStatus"]) == (cl_ord_id, ord_status)
            ]

        self._wait(lambda: bool(found()), f"a report 11={cl_ord_id}|39={ord_status}")
        return found()[0]

    def reports(self) -> list[Fields]:
        """Every ExecutionReport(35=8), as jspurefix read it, oldest first."""
        return [event["fields"] for event in self._of("message") if event["type"] == "8"]

    def wire(self, *, sent: bool) -> list[Wire]:
        """Every message of one direction, oldest first."""
        events = (Wire(e["sent"], e["type"], e["text"]) for e in self._of("wire"))
        return [wire for wire in events if wire.sent is sent]

    def wait_wire(self, msg_type: str, *, sent: bool) -> Wire:
        """The first message of a type in one direction."""
        def found() -> list[Wire]:
            return [wire for wire in self.wire(sent=sent) if wire.type == msg_type]

        self._wait(lambda: bool(found()), f"a message 35={msg_type}")
        return found()[0]

    @property
    def error(self) -> str | None:
        """Why it ended, if not by a Logout that was answered."""
        (ended,) = self._of("ended")
        return None if ended["error"] is None else str(ended["error"])

    def output(self) -> str:
        """Everything, for a failed test."""
        with self._changed:
            return "\n".join([*map(json.dumps, self._events), *self._said])

    def _of(self, event: str) -> list[dict[str, Any]]:
        with self._changed:
            return [one for one in self._events if one["event"] == event]

    def _read(self) -> None:
        assert self._popen.stdout is not None
        for line in self._popen.stdout:
            with self._changed:
                if line.startswith("{"):
                    self._events.append(json.loads(line))
                else:
                    # node itself speaks: a stack trace.
                    self._said.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _wait(
        self, condition: Callable[[], bool], what: str, seconds: float = DEADLINE_SECONDS
    ) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ended or condition(), seconds)
            met = condition()
        assert met, f"without: {what}\n{self.output()}"


def _settings(version: Version, port: int, store: Path, dictionary: str) -> Fields:
    """A session description, with jspurefix's names."""
    appl_ver_id = APPL_VER_IDS.get(version)
    return {
        "application": {
            "type": "initiator",
            "name": "interop",
            "protocol": "ascii",
            "dictionary": dictionary,
            "tcp": {"host": "127.0.0.1", "port": port},
        },
        "BeginString": version.begin_string,
        "SenderCompId": version.comp_id,
        "TargetCompID": GATEWAY_COMP_ID,
        "HeartBtInt": 30,
        "ResetSeqNumFlag": False,
        "store": {"type": "file", "directory": str(store)},
        "Logon": {"DefaultApplVerID": appl_ver_id} if appl_ver_id else {},
    }
