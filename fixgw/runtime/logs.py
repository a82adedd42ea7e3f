"""The log: events with fields, on stderr, for a person (console) or a machine (json).

    log = structlog.get_logger()
    log.info("order_submitted", session=key, cl_ord_id=c, order_id=o, venue="ACME")

A field whose name says that it is a secret is masked. Tracebacks never show
local variables, which could be one. What other libraries log comes out in
the same form.
"""

import json
import logging
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

from fixgw.runtime.secrets import MASK

SECRET_NAMES = (
    "password",
    "passphrase",
    "secret",
    "token",
    "signature",
    "api_key",
    "apikey",
    "private_key",
    "authorization",
    "raw_data",
    "rawdata",
)
"""A field is masked if its name contains one of these, in any case."""

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def configure(
    level: Literal["debug", "info", "warning", "error"] = "info",
    format: Literal["console", "json"] = "console",
    stream: TextIO | None = None,
) -> None:
    """Set up the log for the whole process; *stream* is stderr except in tests.

    A call below *level* does nothing at all. In a hot path, `bind` once and keep the result: the
    proxy that `get_logger` returns looks its settings up at each call.
    """
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_secrets,
    ]
    structlog.configure(
        processors=[*shared, *_rendering(format, stream)],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(stream),
        # Not kept at first use: what was logged before the settings were read must not fix
        # the level of its module for good.
        cache_logger_on_first_use=False,
    )
    _configure_libraries(level, shared, _rendering(format, stream), stream)


def mask_secrets(logger: object, method: str, event: EventDict) -> EventDict:
    """Put a mask in place of each secret, also inside dictionaries. A processor."""
    return {name: _masked(name, value) for name, value in event.items()}


def _masked(name: object, value: object) -> object:
    if _is_secret(str(name)):
        return MASK
    if isinstance(value, Mapping):
        return {key: _masked(key, each) for key, each in value.items()}
    return value


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    lowered = name.lower()
    return any(each in lowered for each in SECRET_NAMES)


def _rendering(format: str, stream: TextIO) -> list[Processor]:
    if format == "json":
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ]
    # Not the default formatter, which shows local variables.
    return [
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]


def _to_json(event: object, **_: Any) -> str:
    # A field that JSON cannot hold must not stop a gateway: it is written as its repr.
    return json.dumps(event, default=repr)


def _configure_libraries(
    level: str, shared: list[Processor], rendering: list[Processor], stream: TextIO
) -> None:
    """Send the logs of asyncio, aiohttp and others the same way; at WARNING at least."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.basicConfig(
        handlers=[handler], level=max(LEVELS[level], logging.WARNING), force=True
    )
