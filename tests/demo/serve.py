"""`make run`: sandbox and gateway for your own FIX client, until Ctrl-C.

They run on sessions/demo as it stands, on its ports. The journal stays for the next time, so
your client's sequence numbers go on; the sandbox forgets its orders when it ends.
"""

import threading
import tomllib
from pathlib import Path

from rich.table import Table

from fixgw.fix.dictionary import find_dictionary
from fixgw.model.errors import GatewayError
from fixgw.runtime.settings import Settings, read
from tests.demo.screen import Screen
from tests.support.stack import DEMO, REPOSITORY, Process, keep_secrets

VAR = REPOSITORY / "var"
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
Buy 1 bitcoin at 50000 (NewOrderSingle); it rests:
    35=D  11=A1  55=BTCUSDT  54=1  38=1  40=2  44=50000  59=1  60=<now, UTC>
Sell half of it to yourself: your own order, partly filled:
    35=D  11=A2  55=BTCUSDT  54=2  38=0.5  40=2  44=50000  59=3  60=<now, UTC>
Cancel the rest (OrderCancelRequest), ask how it stands (OrderStatusRequest):
    35=F  11=A3  41=A1  55=BTCUSDT  54=1  38=1  60=<now, UTC>
    35=H  11=A1  55=BTCUSDT  54=1
See it from this side, in another terminal:
    .venv/bin/python -m fixgw orders --sessions sessions/demo
    .venv/bin/python -m fixgw sessions --sessions sessions/demo
    curl {sandbox}/sandbox/requests"""


def main() -> int:
    """Serve, and return the exit code."""
    keep_secrets(DEMO)
    screen = Screen()
    try:
        settings = read(DEMO)
    except GatewayError as error:
        screen.event(str(error))
        return FAILED
    VAR.mkdir(exist_ok=True)
    url = _sandbox_url()
    port = url.rpartition(":")[2]
    config = str(DEMO / "apifiny-sandbox.toml")
    sandbox = Process(
        "sandbox",
        ["sandbox", "apifiny", "--config", config, "--port", port],
        "apifiny sandbox ready on",
        VAR / "sandbox.log",
    )
    gateway = Process(
        "gateway", ["run", "--sessions", str(DEMO)], "fixgw is listening on", VAR / "gateway.log"
    )
    try:
        for process in (sandbox, gateway):
            screen.say(f"Starting the {process.name} …", style="dim")
            process.start()
        _tell(screen, settings, url, (sandbox, gateway))
        return _wait(screen, (sandbox, gateway))
    except AssertionError as error:
        screen.event(str(error))
        return FAILED
    except KeyboardInterrupt:
        screen.say("\nStopping …", style="dim")
        return 0
    finally:
        gateway.close()
        sandbox.close()


def _sandbox_url() -> str:
    """Where sessions/demo looks for the venue."""
    settings = tomllib.loads((DEMO / "gateway.toml").read_text())
    exchanges = settings["venues"]["apifiny"]["exchanges"]
    rest_url: str = next(iter(exchanges.values()))["rest_url"]
    return rest_url.partition("/ac/")[0]


def _tell(
    screen: Screen, settings: Settings, url: str, processes: tuple[Process, Process]
) -> None:
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
    screen.heading("An initiator's settings, for QuickFIX")
    dictionary = _near(find_dictionary("FIX44.xml"))
    screen.show(EXAMPLE.format(host=host, port=port, dictionary=dictionary))
    screen.heading("What to try")
    screen.show(TO_TRY.format(sandbox=url))
    screen.heading("Where things are")
    places = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, place in (
        ("venue", f"{url} (the Apifiny sandbox)"),
        ("settings", _near(DEMO)),
        ("journal", f"{_near(settings.journal_path)} (kept; the sandbox's orders are not)"),
        *((f"log of the {process.name}", _near(process.log)) for process in processes),
    ):
        places.add_row(name, place)
    screen.show(places)
    screen.say("\nCtrl-C stops both.", style="bold")


def _near(path: Path) -> str:
    """*path* as somebody in the repository would type it."""
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else str(path)


def _wait(screen: Screen, processes: tuple[Process, Process]) -> int:
    """Until one of them ends by itself, which is a failure."""
    never = threading.Event()
    while all(process.running for process in processes):
        never.wait(LOOK_SECONDS)
    for process in processes:
        if not process.running:
            screen.event(f"the {process.name} has ended:\n{process.output()}")
    return FAILED
