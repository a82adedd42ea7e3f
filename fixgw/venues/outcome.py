"""The proof that the transport gives about a command, before the answer is read.

A request has one of three outcomes: it never left, it was answered, or we cannot tell. Only the
first proves by itself that the venue did nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from fixgw.model.venue import Outcome, Refused, Unknown

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

RETRY_AFTER = "retry-after"
"""The header that an `HttpClient` keeps for `Answer.retry_after`."""

NOT_SENT = "not sent"
"""`Refused.code` where the gateway itself kept a command from leaving."""


NOT_REACHED = "the venue could not be reached"
"""The text for a client; `HttpClient` tells the log why."""


class Answer(Struct, frozen=True):
    """A whole HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = NO_HEADERS
    """Those that the `HttpClient` was told to keep, by their names in lower case."""

    def retry_after(self, *, default: float, most: float) -> float:
        """Retry-After (RFC 9110, 10.2.3) in seconds, but *most* at most: cancels wait as well.

        *default* where there is none. A date is taken as none: whose clock is right is not known.
        """
        told = self.headers.get(RETRY_AFTER, "").strip()
        seconds = float(told) if told.isascii() and told.isdecimal() else default
        return min(seconds, most)


class NotSent(Struct, frozen=True):
    """Proof that not one byte of the request left: there never was a connection for it."""

    text: str
    """For an operator: it may name hosts, ports and errors. `unanswered` is for clients."""


class NoAnswer(Struct, frozen=True):
    """The request, or a part of it, may have left, and no whole answer came back."""

    text: str
    """For an operator, likewise."""


Result = Answer | NotSent | NoAnswer


def kept_back(text: str) -> Refused:
    """The outcome of a command that provably never left, and why it did not: its client reads
    *text*, which is about nothing of ours but what it has to know."""
    return Refused(NOT_SENT, f"{text}; nothing was sent")


def unanswered(result: NotSent | NoAnswer) -> Outcome:
    """The outcome of a command without an answer. No client reads an Unknown."""
    if isinstance(result, NotSent):
        return kept_back(NOT_REACHED)
    return Unknown(result.text)


def without_code(answer: Answer, text: str, *, trust_4xx: bool) -> Outcome:
    """Return the outcome of a command whose *answer* has no code of the vendor's: unknown, except
    that a 4xx refuses it where *trust_4xx* is True."""
    if trust_4xx and 400 <= answer.status < 500:
        return Refused(f"HTTP {answer.status}", text)
    return Unknown(text)
