"""What the gateway is measured against: the least a QuickFIX acceptor in Python can do.

Typed fields, MemoryStore, stock FIX44.xml, `start()`, an ExecutionReport sent inside `fromApp`.
It keeps no orders, asks no venue and survives nothing.  It is not made slower than it must be: it
reads only the four fields that the report needs, and SocketNodelay is on, because without it
Nagle's algorithm holds a report back until the next order comes (a whole millisecond at 1,000 a
second) and the comparison would flatter us.

A typed `getField` of a text field is dear in quickfix 1.16.0: SWIG wraps what it returns anew and
calls PyType_Modified, which walks all the field classes.  `--reads tag` reads by number instead,
makes the echo about twice as fast, and so is the harder thing to be measured with.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
from collections.abc import Callable
from importlib.metadata import files
from pathlib import Path

import quickfix as fix

Order = tuple[fix.ClOrdID, fix.Symbol, fix.Side, fix.OrderQty]

SETTINGS = """\
[DEFAULT]
ConnectionType=acceptor
SocketAcceptPort={port}
SocketNodelay=Y
StartTime=00:00:00
EndTime=00:00:00
NonStopSession=Y
DataDictionary={dictionary}

[SESSION]
BeginString=FIX.4.4
SenderCompID=FIXGW
TargetCompID=BENCH
HeartBtInt=30
"""


def read_typed(message: fix.Message) -> Order:
    """What the report needs, each into a field object of its own class."""
    order = fix.ClOrdID(), fix.Symbol(), fix.Side(), fix.OrderQty()
    for field in order:
        message.getField(field)
    return order


def read_by_tag(message: fix.Message) -> Order:
    """The same by number, as text."""
    get = message.getField
    order_qty = fix.OrderQty(float(get(38)))
    return fix.ClOrdID(get(11)), fix.Symbol(get(55)), fix.Side(get(54)), order_qty


READERS: dict[str, Callable[[fix.Message], Order]] = {"typed": read_typed, "tag": read_by_tag}


class Echo(fix.Application):  # type: ignore[misc]
    """Answers each NewOrderSingle(35=D) with ExecType(150)=New."""

    def __init__(self, read: Callable[[fix.Message], Order]) -> None:
        super().__init__()
        self._read = read
        self._count = 0

    def onCreate(self, session_id: fix.SessionID) -> None:
        """Nothing to prepare."""

    def onLogon(self, session_id: fix.SessionID) -> None:
        """Nothing to remember."""

    def onLogout(self, session_id: fix.SessionID) -> None:
        """Nothing to forget."""

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        """Nothing to add."""

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        """Nobody to refuse."""

    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        """Nothing to hold back."""

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        """Read the order, answer it."""
        cl_ord_id, symbol, side, order_qty = self._read(message)
        self._count += 1

        report = fix.Message()
        report.getHeader().setField(fix.MsgType(fix.MsgType_ExecutionReport))
        report.setField(fix.OrderID(str(self._count)))
        report.setField(fix.ExecID(str(self._count)))
        report.setField(fix.ExecType(fix.ExecType_NEW))
        report.setField(fix.OrdStatus(fix.OrdStatus_NEW))
        report.setField(cl_ord_id)
        report.setField(symbol)
        report.setField(side)
        report.setField(order_qty)
        report.setField(fix.LeavesQty(order_qty.getValue()))
        report.setField(fix.CumQty(0))
        report.setField(fix.AvgPx(0))
        fix.Session.sendToTarget(report, session_id)


def stock_dictionary(name: str = "FIX44.xml") -> Path:
    """A dictionary as the installed quickfix ships it."""
    for path in files("quickfix") or ():
        if path.name == name:
            return Path(str(path.locate()))
    raise FileNotFoundError(f"{name} did not come with quickfix")


def main() -> None:
    """Accept on one port until a signal comes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--reads", choices=READERS, default="typed")
    args = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
        file.write(SETTINGS.format(port=args.port, dictionary=stock_dictionary()))
        file.flush()
        settings = fix.SessionSettings(file.name)
    application, store = Echo(READERS[args.reads]), fix.MemoryStoreFactory()
    acceptor = fix.SocketAcceptor(application, store, settings)
    acceptor.start()
    signal.pause()


if __name__ == "__main__":
    main()
