"""All that a version of fixgw says of a journal, as files: for comparing versions."""

from pathlib import Path

from click.testing import CliRunner

from fixgw.cli.main import root
from fixgw.core.engine import Engine
from fixgw.journal.replay import replay
from fixgw.model.enums import Side
from fixgw.model.effects import SendReport
from fixgw.model.now import Now
from fixgw.model.requests import OrderStatusRequest
from tests.support.orders import MATRIX, engine, report_text

COMMANDS = {
    "orders.jsonl": ("orders", "--json"),
    "open.jsonl": ("orders", "--json", "--open"),
    "in-doubt.jsonl": ("orders", "--json", "--in-doubt"),
}

LONG_AFTER = Now(1_800_000_000_000, 0)
STATUS = ("37", "17", "6", "38", "58", *MATRIX)


def said_of(journal: Path) -> dict[str, str]:
    """By name of the file: what the commands print, and what a client hears that asks."""
    sessions = journal.parent / "sessions"
    sessions.mkdir()
    (sessions / "gateway.toml").write_text(f'[journal]\npath = "{journal}"\n')
    said = {
        name: CliRunner().invoke(
            root, [*arguments, "--sessions", str(sessions)], catch_exceptions=False
        ).stdout
        for name, arguments in COMMANDS.items()
    }
    return said | {"status.txt": statuses(started(journal))}


def started(journal: Path) -> Engine:
    """An engine that goes on with *journal*, as a gateway does at its start."""
    made = engine()
    replay(journal, made.replay, None, made.replay_mass, made.replay_venue)
    made.recover(LONG_AFTER)
    return made


def statuses(asked: Engine) -> str:
    """The answer to an OrderStatusRequest(35=H) for each order, a line each."""
    asked.take()
    for order in list(asked.orders):
        request = order.request
        asked.handle(OrderStatusRequest(
            session=request.session, cl_ord_id=request.cl_ord_id, order_id=None,
            symbol=request.symbol, side=Side(request.side), ord_status_req_id="",
        ), LONG_AFTER)
    reports = [each.report for each in asked.take()[1] if isinstance(each, SendReport)]
    return "".join(f"{report_text(report, STATUS)}\n" for report in reports)
