"""The record of a sandbox's requests and answers, in order, for the operator and for tests.

A bounded ring: the oldest entries fall out. Entries keep the bytes as they travelled; they are
parsed, and their secrets masked, only when somebody asks. Nothing decides by what stands here.
"""

import re
from collections import deque

import msgspec
from msgspec import Raw, Struct

_SECRETS = re.compile(rb'("(?:signature|secret|password|token)"\s*:\s*")[^"]*')


class Entry(Struct):
    """One call with its reply, or one message on a stream."""

    number: int
    at: int
    method: str
    path: str
    call: str
    account: str | None = None
    request: bytes = b""
    reply: bytes = b""
    fault: str | None = None


class EntryView(Struct, frozen=True):
    """An entry as the operator sees it."""

    number: int
    at: int
    method: str
    path: str
    call: str
    account: str | None
    request: Raw
    reply: Raw
    fault: str | None


class Recorder:
    """The ring."""

    def __init__(self, limit: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._last = 0

    @property
    def last(self) -> int:
        """The number of the newest entry."""
        return self._last

    def add(self, at: int, method: str, path: str, call: str) -> Entry:
        """Open an entry now, so that entries stand in the order of arrival; fill it in later."""
        self._last += 1
        entry = Entry(number=self._last, at=at, method=method, path=path, call=call)
        self._entries.append(entry)
        return entry

    def entries(self) -> list[Entry]:
        """Return all that is still in the ring, oldest first, as it travelled."""
        return list(self._entries)

    def since(self, number: int) -> list[EntryView]:
        """Return every entry after *number* that is still in the ring."""
        return [_view(entry) for entry in self._entries if entry.number > number]


def _view(entry: Entry) -> EntryView:
    return EntryView(
        number=entry.number,
        at=entry.at,
        method=entry.method,
        path=entry.path,
        call=entry.call,
        account=entry.account,
        request=_as_json(entry.request),
        reply=_as_json(entry.reply),
        fault=entry.fault,
    )


def _as_json(body: bytes) -> Raw:
    """*body* as it is if it is JSON, so that its numbers stay as written; else as a string."""
    if not body:
        return Raw(b"null")
    masked = _SECRETS.sub(rb"\1***", body)
    try:
        msgspec.json.decode(masked)
    except (ValueError, RecursionError):
        return Raw(msgspec.json.encode(masked.decode(errors="replace")))
    return Raw(masked)
