"""The events of a scenario, line by line, shown when it has failed.

They include the adapter's logs: each scenario has a context of its own, inherited by the tasks that
are started in it.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

import structlog
from msgspec import Struct
from structlog.typing import EventDict

from fixgw.runtime.logs import mask_secrets

LINES_MAX = 2_000
"""Further lines are counted and not kept."""


class Line(Struct, frozen=True):
    """One thing that happened."""

    ms: int
    """Since the scenario began."""
    who: str
    text: str


class Trace:
    """The lines of one scenario."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.left_out = 0
        self._began = time.monotonic_ns()

    def note(self, who: str, text: str) -> None:
        """Add a line: *who* sent or did *text*."""
        if len(self.lines) >= LINES_MAX:
            self.left_out += 1
            return
        ms = (time.monotonic_ns() - self._began) // 1_000_000
        self.lines.append(Line(ms, who, text))


_current: ContextVar[Trace | None] = ContextVar("fixgw_certify_trace", default=None)


@contextmanager
def current(trace: Trace) -> Iterator[None]:
    """Let what is logged from here on, and by tasks started here, be noted in *trace*."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def logs_noted() -> Iterator[None]:
    """Have all logs of the process go to the traces; outside of a scenario they are dropped."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    structlog.configure(
        processors=[structlog.processors.add_log_level, mask_secrets, _note],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    root.handlers[:] = [_Handler()]
    root.setLevel(logging.WARNING)
    try:
        yield
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)


def _note(logger: object, method: str, event: EventDict) -> NoReturn:
    trace = _current.get()
    if trace is not None:
        fields: dict[str, Any] = dict(event)
        name, level = fields.pop("event", ""), fields.pop("level", method)
        said = " ".join(f"{key}={value}" for key, value in fields.items())
        trace.note("log", f"{level} {name} {said}".rstrip())
    raise structlog.DropEvent


class _Handler(logging.Handler):
    """Adds the log records of other libraries."""

    def emit(self, record: logging.LogRecord) -> None:
        trace = _current.get()
        if trace is not None:
            trace.note("log", f"{record.levelname.lower()} {record.name}: {self.format(record)}")
