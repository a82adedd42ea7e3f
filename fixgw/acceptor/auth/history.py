"""A session's memory of its Logons across a restart: the fold of its events.

Passwords that clients changed, used tokens, the last nonce, the addresses the session has logged on
from. An event is applied when it is decided, and again at the next start. The memory never holds a
password, a token or a key: only hashes and digests of them.
"""

import hashlib

from fixgw.model.ids import SessionKey
from fixgw.model.session_events import (
    ClientReset,
    LoggedOnFrom,
    NonceUsed,
    PasswordChanged,
    SessionEvent,
    TokenUsed,
)

TOKENS_MAX = 10_000
"""Used tokens of one session that have not expired. Only a holder of the secret can make more;
above the limit its Logons are refused, and no token is forgotten."""


DAY_MS = 86_400_000

GOOD_MS = 30 * DAY_MS
"""The time for which a session is known at an address that it has logged on from."""

GOOD_AGAIN_MS = DAY_MS
"""Interval at which that is recorded again: a client that connects all the time must not fill the
journal."""

GOOD_MAX = 16
"""Addresses of one session; above the limit the oldest records are forgotten."""


class LogonHistory:
    """The memory of one session."""

    __slots__ = ("reset_ms", "_changed", "_nonce", "_tokens", "_good")

    def __init__(self) -> None:
        self.reset_ms = 0
        """Time of the last reset of the numbers by ResetSeqNumFlag(141), Unix milliseconds."""
        self._changed: PasswordChanged | None = None
        self._nonce: NonceUsed | None = None
        self._tokens: dict[str, int] = {}
        """Each used token's digest, and the time after which it may be forgotten (Unix
        milliseconds)."""
        self._good: dict[str, int] = {}
        """Addresses in the order of their records, with the time of the record (Unix
        milliseconds)."""

    def apply(self, event: SessionEvent) -> None:
        """Apply *event*; ignore an event of another kind."""
        match event:
            case PasswordChanged():
                self._changed = event
            case ClientReset():
                self.reset_ms = event.at
            case NonceUsed():
                self._nonce = event
            case LoggedOnFrom():
                self._good.pop(event.address, None)
                self._good[event.address] = event.at
                if len(self._good) > GOOD_MAX:
                    del self._good[next(iter(self._good))]
            case TokenUsed():
                # While reading a journal, what has expired makes room, too.
                if len(self._tokens) >= TOKENS_MAX:
                    self._forget_tokens(event.at)
                self._tokens[event.mark] = event.until_ms

    def password_hash(self, configured: str) -> str:
        """Return the hash in force: the client's own, unless the operator has written another
        since."""
        changed = self._changed
        if changed is not None and changed.replaced == fingerprint(configured):
            return changed.password_hash
        return configured

    def last_nonce(self, key: str) -> int:
        """Return the largest nonce used with *key*; -1 for none."""
        used = self._nonce
        return used.nonce if used is not None and used.key == fingerprint(key) else -1

    def knows(self, address: str, now_ms: int, within_ms: int = GOOD_MS) -> bool:
        """Return True if the session has logged on from *address*, as `LoggedOnFrom` has it,
        lately."""
        noted = self._good.get(address)
        return noted is not None and now_ms - noted < within_ms

    def has_token(self, mark: str) -> bool:
        """Return True if the token was used."""
        return mark in self._tokens

    def has_room(self, now_ms: int) -> bool:
        """Return True if one more used token can be remembered."""
        if len(self._tokens) >= TOKENS_MAX:
            self._forget_tokens(now_ms)
        return len(self._tokens) < TOKENS_MAX

    def _forget_tokens(self, now_ms: int) -> None:
        self._tokens = {mark: until for mark, until in self._tokens.items() if until > now_ms}


class LogonHistories:
    """The memories of all sessions, including those without settings: they may come back."""

    def __init__(self) -> None:
        self._of: dict[SessionKey, LogonHistory] = {}

    def apply(self, event: SessionEvent) -> None:
        """Apply *event* to its session's memory."""
        self.of(event.session).apply(event)

    def of(self, key: SessionKey) -> LogonHistory:
        """Return the memory of one session."""
        memory = self._of.get(key)
        if memory is None:
            memory = self._of[key] = LogonHistory()
        return memory

    def __repr__(self) -> str:
        return f"Memories({len(self._of)} sessions)"


def fingerprint(text: str) -> str:
    """Return a digest of *text*, to recognize it again."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
