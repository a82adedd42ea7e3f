"""A gateway's life: open the journal, continue where it ended, listen, and end in good order."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, ExitStack, closing
from typing import Any

import structlog

import fixgw
from fixgw.acceptor.listener import Acceptor, bind
from fixgw.app.build import Parts, build
from fixgw.app.exposed import warn_of_open_sessions
from fixgw.app.gateway import Gateway
from fixgw.app.housekeeping import Housekeeping
from fixgw.app.operator import Operator, reconcile_by_turns
from fixgw.app.reload import Reloader
from fixgw.journal.journal import Journal
from fixgw.journal.manifest import accept_restored
from fixgw.ops.address import control_path
from fixgw.ops.control import Control
from fixgw.runtime.clock import Clock, SystemClock
from fixgw.runtime.settings import Settings
from fixgw.runtime.tasks import Tasks

LISTEN_WAIT_SECONDS = 3.0
"""Time that clients are kept waiting for the venues at a start, with the port already bound: a
message that a client resends after a `kill -9` should meet connected venues, not a "try again". A
venue that hangs keeps no client out for longer."""

VENUE_WAIT_SECONDS = 10.0
"""Wait at start for the venues' instruments, and for the first answer of the directories of
accounts, before the missing ones are reported. Clients may log on meanwhile; orders for a venue, or
an account, that is not yet known are refused with the reason."""

POLL_SECONDS = 0.05
"""Interval at which the start and the end check their conditions."""

GARBAGE_THRESHOLDS = (50_000, 20, 100)
"""Thresholds of Python's search for reference cycles. We make hardly any, and a search takes
milliseconds."""

Listening = Callable[[str, int], None]
Ready = Callable[[list[str]], None]


async def serve(
    settings: Settings, listening: Listening | None = None, ready: Ready | None = None,
    *, after_restore: bool = False,
) -> None:
    """Run until SIGINT or SIGTERM, or until a failure, which is raised.

    *listening* is called with host and port once clients may connect; *ready*, once orders may
    come, with the names of those that have sent nothing after VENUE_WAIT_SECONDS. *after_restore*:
    an operator knows that the journal was restored from a backup.
    """
    log = structlog.get_logger()
    clock: Clock = SystemClock()
    # Before the journal names us as the process to ask: until then SIGHUP would end the process.
    asked_to_reload = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked_to_reload.set)
    parts = Parts(settings)
    with ExitStack() as undo:
        journal = undo.enter_context(
            closing(Journal.open(settings.journal_path, settings.journal.durability))
        )
        restored = accept_restored(settings.journal_path, after_restore=after_restore)
        if restored is not None:
            log.warning("restored_journal", tick=restored.tick, at=restored.at)
        if journal.cut:
            log.warning("journal_cut", journal=str(settings.journal_path), bytes=journal.cut)
        log.info(
            "starting", version=fixgw.__version__, journal=str(settings.journal_path),
            sessions=len(settings.sessions), venues=list(settings.venues),
        )
        warn_of_open_sessions(settings, settings.sessions.values())
        # A port that is taken is reported at once, and not when a long journal has been read.
        sockets = await bind(settings.listener, settings.limits)
        for sock in sockets:
            undo.enter_context(sock)
        gateway = build(parts, journal, clock, settings.limits)
        undo.pop_all()
    acceptor = Acceptor(
        settings.listener, settings.limits, gateway, parts.tls, parts.proxies, sockets
    )
    reloader = Reloader(gateway, parts, journal, acceptor)
    operator = Operator(gateway, clock, reloader.reload)
    control = Control(control_path(settings.journal_path), operator.answer)
    tasks = Tasks()
    stop, hurry = _stop_signals()
    try:
        gateway.start()
        await control.start()
        tasks.start(control.failure(), name="failure of the control socket")
        rounds = reconcile_by_turns(gateway, settings.limits.reconcile_seconds)
        tasks.start(rounds, name="reconciliation")
        house = Housekeeping(journal, settings.journal, gateway.on_file)
        tasks.start(house.sync(), name="syncs of the journal")
        tasks.start(house.run(), name="compactions of the journal")
        tasks.start(gateway.door_failure(), name="failure of the door")
        for adapter in parts.venues.values():
            tasks.start(adapter.failure(), name=f"failure of {adapter.name}")
        for look_ups in gateway.look_ups.values():
            tasks.start(look_ups.failure(), name=f"failure of {look_ups.name}")
        _tidy_memory()
        await _first(_heard_of_venues(gateway, LISTEN_WAIT_SECONDS), stop.wait(),
                     gateway.failure(), tasks.failure())
        await acceptor.start()
        tasks.start(reloader.run(asked_to_reload), name="reload")
        log.info("listening", host=settings.listener.host, port=acceptor.port)
        if listening is not None:
            listening(settings.listener.host, acceptor.port)
        tasks.start(_until_ready(gateway, ready), name="the venues' first words")
        await _first(stop.wait(), gateway.failure(), tasks.failure())
        log.info("stopping")
        goodbye = _say_goodbye(acceptor, gateway, settings.limits.shutdown_seconds)
        await _first(goodbye, hurry.wait(), gateway.failure(), tasks.failure())
    finally:
        acceptor.stop_accepting()
        acceptor.abort_all()
        async with AsyncExitStack() as ending:
            # From the last to the first, each of them whatever became of the one before.
            ending.push_async_callback(tasks.stop)
            ending.push_async_callback(gateway.stop)
            ending.push_async_callback(control.stop)
    log.info("stopped")


def _stop_signals() -> tuple[asyncio.Event, asyncio.Event]:
    """Set by the first SIGINT or SIGTERM, and by the next one, which skips the wait.

    After `import quickfix`, which takes SIGINT for itself.
    """
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: (hurry if stop.is_set() else stop).set())
    return stop, hurry


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait until one of *waits* ends, cancel the others, and raise its exception."""
    running = [asyncio.ensure_future(wait) for wait in waits]
    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for wait in running:
        if not wait.done():
            wait.cancel()
    for wait in done:
        wait.result()


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until *condition* holds, or *seconds* are over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not condition() and loop.time() < deadline:
        await asyncio.sleep(POLL_SECONDS)


async def _heard_of_venues(gateway: Gateway, seconds: float) -> None:
    """Wait until every source needed before orders has answered, or *seconds* are over."""
    await _until(lambda: not gateway.silent, seconds)


async def _until_ready(gateway: Gateway, ready: Ready | None) -> None:
    """Report when every source needed before orders has answered, or has had its time."""
    log = structlog.get_logger()
    await _heard_of_venues(gateway, VENUE_WAIT_SECONDS)
    silent = gateway.silent
    missing = sorted(set(gateway.venues) - gateway.loaded)
    if missing:
        log.warning("venues_not_loaded", venues=missing)
    else:
        log.info("venues_loaded", venues=sorted(gateway.loaded))
    # Their data stays as well.
    _tidy_memory()
    if ready is not None:
        ready(silent)


async def _say_goodbye(acceptor: Acceptor, gateway: Gateway, seconds: int) -> None:
    """Log every client out, and give them time to answer."""
    acceptor.stop_accepting()
    gateway.log_out_all("the gateway stops")
    await _until(lambda: not (gateway.connected or acceptor.closing), seconds)


def _tidy_memory() -> None:
    """Mark all objects made until now as permanent: keep the collector from examining them
    again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
