"""`make run`: four sandboxes and a gateway for your own FIX client, until Ctrl-C.

They run on sessions/demo-venues as it stands, on its ports. The journal stays for the next time, so
your client's sequence numbers go on; the sandboxes forget their orders when they end.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from fixgw.fix.dictionary import find_dictionary
from fixgw.model.errors import GatewayError
from fixgw.runtime.settings import Settings, read
from tests.demo.screen import Screen
from tests.demo.stage import gateway_process, sandbox_process, start_together
from tests.demo.venues import KINDS, SETTINGS, Apifiny, Asmlink
from tests.support.stack import REPOSITORY, Process, keep_secrets

VAR = SETTINGS / "var"
LOOK_SECONDS = 0.5
FAILED = 1

VERSIONS = {"7": "FIX50", "8": "FIX50SP1", "9": "FIX50SP2"}

EXAMPLE = """\
[DEFAULT]
ConnectionType=initiator
SocketConnectHost={host}
SocketConnectPort={port}
HeartBtInt=30
ReconnectInterval=5
NonStopSession=Y
StartTime=00:00:00
EndTime=00:00:00
FileStorePath=store
FileLogPath=log
UseDataDictionary=Y
DataDictionary={dictionary}

[SESSION]
BeginString=FIX.4.4
SenderCompID=CLIENT44
TargetCompID=FIXGW"""

TO_TRY = """\
Buy 1 bitcoin at 50000 at Apifiny (NewOrderSingle); it rests:
    35=D  11=A1  1={account}  55=BTCUSDT  54=1  38=1  40=2  44=50000  59=1  60=<now, UTC>
Sell half of it to yourself: your own order, partly filled:
    35=D  11=A2  1={account}  55=BTCUSDT  54=2  38=0.5  40=2  44=50000  59=3  60=<now, UTC>
Cancel the rest (OrderCancelRequest), ask how it stands (OrderStatusRequest):
    35=F  11=A3  41=A1  55=BTCUSDT  54=1  38=1  60=<now, UTC>
    35=H  11=A1  55=BTCUSDT  54=1
The same at another venue, with its symbol and account:
    35=D  11=B1  1=DESK  55=EUR/USD  207=INTEGRAL  54=1  38=1000  40=2  44=1.08  59=1  60=<now, UTC>
Cancel whatever is open anywhere (OrderMassCancelRequest; FIX 4.2 has none):
    35=q  11=C1  530=7  60=<now, UTC>"""

TO_SEE = """\
In another terminal:
    .venv/bin/fixgw venues {sessions}
    .venv/bin/fixgw orders {sessions}
    .venv/bin/fixgw sessions {sessions}
    curl {apifiny}/sandbox/requests
Lose the next order to asmlink. It cannot be asked, so nobody knows what became of that order, until
you say it:
    curl -d '{{"call": "route", "fault": "drop_connection"}}' {asmlink}/sandbox/faults
    35=D  11=D1  1=CORP-0001  55=EURUSD  54=1  38=1000  40=2  44=1.08  59=1  60=<now, UTC>
    .venv/bin/fixgw orders --in-doubt {sessions}"""


def main() -> int:
    """Serve, and return the exit code."""
    keep_secrets(SETTINGS)
    screen = Screen()
    try:
        settings = read(SETTINGS)
    except GatewayError as error:
        screen.event(str(error))
        return FAILED
    VAR.mkdir(exist_ok=True)
    gateway = gateway_process(SETTINGS, VAR)
    processes = [*(sandbox_process(kind, kind.port, VAR) for kind in KINDS), gateway]
    try:
        screen.say("Starting four sandboxes and the gateway …", style="dim")
        start_together(processes[:-1])
        gateway.start()
        _tell(screen, settings, processes)
        return _wait(screen, processes)
    except AssertionError as error:
        screen.event(str(error))
        return FAILED
    except KeyboardInterrupt:
        screen.say("\nStopping …", style="dim")
        return 0
    finally:
        for process in reversed(processes):
            process.close()


def _tell(screen: Screen, settings: Settings, processes: Sequence[Process]) -> None:
    host, port = settings.listener.host, settings.listener.port
    screen.heading(f"The gateway listens on {host}:{port}")
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("BeginString(8)", "DefaultApplVerID(1137)", "your SenderCompID(49)",
                   "TargetCompID(56)", "dialect"):
        table.add_column(column)
    for session in settings.sessions.values():
        version = session.default_appl_ver_id
        table.add_row(
            session.begin_string,
            f"{version} {VERSIONS[version]}" if version else "",
            session.target_comp_id,
            session.sender_comp_id,
            session.dialect,
        )
    screen.show(table)
    screen.heading("What to order where")
    screen.venues(KINDS)
    screen.say(
        "\nApifiny also trades ETHUSDT and BTCUSD (BTC/USD). SecurityExchange(207) is needed where"
        " two venues trade a symbol (BTC/USD, EUR/USD), and may always be sent; Account(1) always"
        " has to be. What each venue takes beside limit orders: `fixgw venues`, below. asmlink"
        " documents market orders only: that it takes limit orders is an assumption, which these"
        " settings allow."
    )
    screen.heading("An initiator's settings, for QuickFIX")
    dictionary = _near(find_dictionary("FIX44.xml"))
    screen.show(EXAMPLE.format(host=host, port=port, dictionary=dictionary))
    screen.heading("What to try")
    screen.show(TO_TRY.format(account=Apifiny.account))
    screen.heading("See it from this side")
    screen.show(TO_SEE.format(
        sessions=f"--sessions {_near(SETTINGS)}", apifiny=_url(Apifiny.port),
        asmlink=_url(Asmlink.port),
    ))
    screen.heading("Where things are")
    places = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, place in (
        ("settings", _near(SETTINGS)),
        ("journal", f"{_near(settings.journal_path)} (kept; the sandboxes' orders are not)"),
        *((f"{kind.title} sandbox", _url(kind.port)) for kind in KINDS),
        *((f"log of the {process.name}", _near(process.log)) for process in processes),
    ):
        places.add_row(name, place)
    screen.show(places)
    screen.say("\nCtrl-C stops all of it.", style="bold")


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _near(path: Path) -> str:
    """*path* as somebody in the repository would type it."""
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else str(path)


def _wait(screen: Screen, processes: Sequence[Process]) -> int:
    """Until one of them ends by itself, which is a failure."""
    never = threading.Event()
    while all(process.running for process in processes):
        never.wait(LOOK_SECONDS)
    for process in processes:
        if not process.running:
            screen.event(f"the {process.name} has ended:\n{process.output()}")
    return FAILED
