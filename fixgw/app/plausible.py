"""Plausibility of a venue's settings, though each has the right type: addresses, waits, numbers.

One check for all adapters, by the name of a key. Pure: it connects to nothing and opens nothing. It
must find whatever would only fail, or silently wait for ever, once the gateway runs.
"""

import math
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from fixgw.core.proof import COMMAND_LOST_MS
from fixgw.model.errors import SettingsError
from fixgw.runtime.toml import Table
from fixgw.runtime.toml_lines import KeyPath

WEB_SOCKETS = frozenset({"stream_url", "socket_url", "orders_url"})
REQUESTS = frozenset({"url", "rest_url"})

SCHEMES = {True: ("wss", "ws"), False: ("https", "http")}
"""Schemes of WebSockets, and of requests; the encrypted one first."""

ANY_SCHEME = (*SCHEMES[True], *SCHEMES[False])

ABOVE_ZERO = frozenset({
    "request_timeout_seconds", "connect_timeout_seconds", "login_seconds", "backoff_min_seconds",
    "backoff_max_seconds", "instruments_seconds", "clock_seconds", "rest_workers", "queue_limit",
    "in_flight_limit", "poll_seconds",
})
"""Waits for which 0 means a flood of requests or the end of each, and counts of which one is
needed."""

PORT_MAX = 65_535

QUEUE_SECONDS_MAX = COMMAND_LOST_MS // 1_000
"""The core takes it that a submit left by then, or never will, if an adapter met a bug with it."""


def implausible(table: Table, config: Struct) -> list[SettingsError]:
    """Return all errors in *config*, the decoded contents of *table*."""
    return [table.error(path, text) for path, text in _wrong(config, ())]


def _wrong(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, Struct):
        for key, each in msgspec.structs.asdict(value).items():
            yield from _wrong(each, (*path, key))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _wrong(each, (*path, str(key)))
    elif path:
        name = str(path[-1])
        if isinstance(value, str) and name.endswith("url") and value:
            text = _wrong_url(value, _schemes(name))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            text = _wrong_number(value, name)
        else:
            text = ""
        if text:
            yield path, text


def _schemes(name: str) -> tuple[str, ...]:
    if name in WEB_SOCKETS or name in REQUESTS:
        return SCHEMES[name in WEB_SOCKETS]
    return ANY_SCHEME


def _wrong_url(url: str, schemes: tuple[str, ...]) -> str:
    """Return the error in it; "": there is none. The value is not repeated: it may hold a
    secret."""
    example = f"write it as {schemes[0]}://host, or {schemes[0]}://host:port/path"
    if not url.isascii() or not url.isprintable() or " " in url:
        return f"an address has no spaces and no characters beyond ASCII: {example}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"no address ({error}): {example}"
    if parts.scheme not in schemes:
        return f"it must begin with {' or '.join(f'{each}://' for each in schemes)}: {example}"
    if not parts.hostname or port == 0:
        return f"it names no host, or no port that there is: {example}"
    return ""


def _wrong_number(value: float, name: str) -> str:
    if not math.isfinite(value):
        return "expected a finite number"
    if name in ABOVE_ZERO and value <= 0:
        return "must be above 0"
    if name == "port" and not 0 <= value <= PORT_MAX:
        return f"a port is 0 to {PORT_MAX}"
    if value < 0 and (name.endswith("_seconds") or name.startswith("requests_per")):
        return "must not be below 0"
    if name == "queue_seconds" and value > QUEUE_SECONDS_MAX:
        return f"must be {QUEUE_SECONDS_MAX} or less: a later submit could follow its own rejection"
    return ""
