"""`fixgw run`: the gateway, until Ctrl-C."""

import asyncio
from pathlib import Path

import click
import structlog
import uvloop

from fixgw.app.run import serve
from fixgw.cli.exit_codes import Exit
from fixgw.cli.options import sessions_option
from fixgw.model.errors import GatewayError
from fixgw.runtime import descriptors, logs
from fixgw.runtime.settings import read


@click.command()
@sessions_option
@click.option("--after-restore", is_flag=True,
              help="Run on a journal that was restored from a backup; read docs/operating.md.")
@click.pass_context
def command(context: click.Context, directory: Path, after_restore: bool) -> None:
    """Run the gateway until Ctrl-C or SIGTERM.

    The log is on stderr. A first Ctrl-C or SIGTERM logs the clients out, a second one ends the wait
    for them. SIGHUP reads the settings again: see fixgw reload.
    """
    settings = read(directory)
    logs.configure(settings.log.level, settings.log.format)
    descriptors.raise_limit()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings, _listening, _ready, after_restore=after_restore))
    except Exception as error:
        if settings.log.format == "console":
            raise
        context.exit(_told(error))


def _listening(host: str, port: int) -> None:
    click.echo(f"fixgw is listening on {host}:{port}")


def _ready(silent: list[str]) -> None:
    said = f", but refuses orders for {', '.join(silent)}: no word from there yet" if silent else ""
    click.echo(f"fixgw is ready{said}")


def _told(error: Exception) -> int:
    """Log *error* as a JSON line, if stderr is JSON; return the exit code."""
    log = structlog.get_logger()
    if isinstance(error, GatewayError):
        log.error("failed", reason=str(error))
        return Exit.FAILED
    log.error("bug", exc_info=error, way_out="please report it with what stands here")
    return Exit.BUG
