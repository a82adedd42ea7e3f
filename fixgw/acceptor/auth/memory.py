"""What a session must remember of its Logons across a restart: the fold of its events.

Passwords that clients changed, tokens that must not come again, the last
nonce, the addresses it has logged on from. An event is applied when it is
decided, and again at the next start.
It never holds a password, a token or a key: hashes and marks of them only.
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
"""Used tokens of one session that have not expired. Only who has its secret can make more, and
is refused rather than another forgotten."""


DAY_MS = 86_400_000

GOOD_MS = 30 * DAY_MS
"""How long a session is known at an address that it has logged on from."""

GOOD_AGAIN_MS = DAY_MS
"""How often that is noted anew: a client that connects all the time must not fill the journal."""

GOOD_MAX = 16
"""Addresses of one session; of more, those that were noted longest ago are forgotten."""


class Memory:
    """Of one session."""

    __slots__ = ("reset_ms", "_changed", "_nonce", "_tokens", "_good")

    def __init__(self) -> None:
        self.reset_ms = 0
        """When ResetSeqNumFlag(141) last made the numbers start again, Unix milliseconds."""
        self._changed: PasswordChanged | None = None
        self._nonce: NonceUsed | None = None
        self._tokens: dict[str, int] = {}
        """Each used token's mark, and when it may be forgotten (Unix milliseconds)."""
        self._good: dict[str, int] = {}
        """Addresses, in the order in which they were noted, and when (Unix milliseconds)."""

    def apply(self, event: SessionEvent) -> None:
        """Remember *event*; one that is of no use here is passed over."""
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
        """The hash that counts: the client's own, unless the operator has written another since."""
        changed = self._changed
        if changed is not None and changed.replaced == fingerprint(configured):
            return changed.password_hash
        return configured

    def last_nonce(self, key: str) -> int:
        """The largest nonce used with *key*; -1: none."""
        used = self._nonce
        return used.nonce if used is not None and used.key == fingerprint(key) else -1

    def knows(self, address: str, now_ms: int, within_ms: int = GOOD_MS) -> bool:
        """Whether the session has logged on from *address*, as `LoggedOnFrom` has it, lately."""
        noted = self._good.get(address)
        return noted is not None and now_ms - noted < within_ms

    def has_token(self, mark: str) -> bool:
        """Whether it was used."""
        return mark in self._tokens

    def has_room(self, now_ms: int) -> bool:
        """Whether one more used token can be remembered."""
        if len(self._tokens) >= TOKENS_MAX:
            self._forget_tokens(now_ms)
        return len(self._tokens) < TOKENS_MAX

    def _forget_tokens(self, now_ms: int) -> None:
        self._tokens = {mark: until for mark, until in self._tokens.items() if until > now_ms}


class Memories:
    """Of all sessions, those that have no settings any more included: they may come back."""

    def __init__(self) -> None:
        self._of: dict[SessionKey, Memory] = {}

    def apply(self, event: SessionEvent) -> None:
        """Remember *event*."""
        self.of(event.session).apply(event)

    def of(self, key: SessionKey) -> Memory:
        """That of one session."""
        memory = self._of.get(key)
        if memory is None:
            memory = self._of[key] = Memory()
        return memory

    def __repr__(self) -> str:
        return f"Memories({len(self._of)} sessions)"


def fingerprint(text: str) -> str:
    """A mark of *text*, to know it again by."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
