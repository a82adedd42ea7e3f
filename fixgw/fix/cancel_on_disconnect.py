"""Cancel on disconnect as clients request it: the tags that venues have made common.

Each tag means here what it means to the clients that know it from its venue; the operator's setting
bounds the client's choice. A value that is not understood refuses the Logon and is never guessed: a
client that wrongly takes its orders for protected loses money. The answer states the terms in force
under the client's own tags. This module cancels nothing: see `app.disconnect_cancels`.
"""

import re
from typing import NamedTuple

from fixgw.fix.session_events import Agreed, Fact, Left
from fixgw.model.cancel_on import WINDOW_SECONDS_MAX, ByClient, CancelOn, CancelTerms
from fixgw.runtime.session_settings import SessionSettings

WINDOW_TAG = 35003
TYPE_TAG = 35002
DONT_CANCEL_TAG = 9003


class Tag(NamedTuple):
    """A tag that requests it."""

    name: str
    meanings: dict[str, CancelOn]
    """The departures that each value selects."""


_NO = CancelOn.NEVER

TAGS = {
    # Kalshi cancels at a Logout as well. Coinbase tells the orders of the session, S, from those
    # of all the profile's sessions, Y: we know the session's only, so both are those.
    8013: Tag("CancelOrdersOnDisconnect", {"Y": CancelOn.BOTH, "S": CancelOn.BOTH, "N": _NO}),
    # Deribit cancels at a Logout as well, unless DontCancelOnDisconnect(9003) is in it.
    9001: Tag("CancelOnDisconnect", {"Y": CancelOn.BOTH, "N": _NO}),
    # Kraken cancels when a connection ends without a Logout; 0 does and 1 does not, against
    # what the name would say.
    8674: Tag(
        "CancelOrdersOnDisconnectFlag",
        {"0": CancelOn.DISCONNECT, "1": _NO, "Y": CancelOn.DISCONNECT, "N": _NO},
    ),
    # Bitvavo cancels when heartbeats fail to come.
    5001: Tag("EnableCOD", {"Y": CancelOn.DISCONNECT, "N": _NO}),
    # B3, and Artio, which has it from there.
    TYPE_TAG: Tag("CancelOnDisconnectType", {str(on): CancelOn(on) for on in range(4)}),
}
"""By number; each is a field of `dictionaries/fixgw.toml`."""

_OFF_FOR = {"0": "1", "1": "1"}
_ON_FOR = {"0": "0", "1": "0"}
"""The answer's 8674 to clients that write digits; all others get Y and N."""


def problem(fields: dict[int, str]) -> str:
    """Return Text(58) naming what cannot be understood in the Logon of *fields*; "" if all can."""
    asked: dict[int, CancelOn] = {}
    for number, tag in TAGS.items():
        value = fields.get(number)
        if value is None:
            continue
        if value not in tag.meanings:
            known = ", ".join(tag.meanings)
            return f"{tag.name}({number}) {value!r} is not one of {known}"
        asked[number] = tag.meanings[value]
    if len({bool(on) for on in asked.values()}) > 1:
        several = " and ".join(f"{TAGS[number].name}({number})" for number in asked)
        return f"{several} contradict each other"
    window = fields.get(WINDOW_TAG)
    if window is None:
        return ""
    if TYPE_TAG not in asked:
        return f"CODTimeoutWindow({WINDOW_TAG}) without CancelOnDisconnectType({TYPE_TAG})"
    if not re.fullmatch("[0-9]{1,9}", window):
        return f"CODTimeoutWindow({WINDOW_TAG}) {window!r} is no number of milliseconds"
    return ""


def in_force(fields: dict[int, str], settings: SessionSettings) -> CancelTerms:
    """Return the terms that follow from the operator's setting and a Logon without a `problem`."""
    by_client = settings.cancel_on_disconnect_by_client
    own = settings.cancel_on_disconnect
    window_ms = settings.cancel_on_disconnect_seconds * 1_000
    numbers = [number for number in TAGS if number in fields]
    if not numbers or by_client is ByClient.NONE:
        return CancelTerms(own, window_ms)
    asked = CancelOn.NEVER
    for number in numbers:
        asked |= TAGS[number].meanings[fields[number]]
    if WINDOW_TAG in fields:
        chosen_ms = min(int(fields[WINDOW_TAG]), WINDOW_SECONDS_MAX * 1_000)
        # A longer window is less protection than the operator wants.
        longer = own and by_client is ByClient.MORE and chosen_ms > window_ms
        window_ms = window_ms if longer else chosen_ms
    return CancelTerms(asked if by_client is ByClient.ANY else own | asked, window_ms)


def answer(fields: dict[int, str], terms: CancelTerms) -> str:
    """Return the fields of our Logon about *terms*: the tags of the client's *fields*, with the
    values in force."""
    body = ""
    for number, tag in TAGS.items():
        value = fields.get(number)
        if value is not None:
            body += f"{number}={_in_force(tag, number, value, terms)}\x01"
    if WINDOW_TAG in fields:
        body += f"{WINDOW_TAG}={terms.window_ms}\x01"
    return body


def _in_force(tag: Tag, number: int, value: str, terms: CancelTerms) -> str:
    if number == TYPE_TAG:
        return str(int(terms.on))
    meaning = tag.meanings[value]
    if meaning & terms.on:
        return value
    positive = CancelOn.NEVER
    for each in tag.meanings.values():
        positive |= each
    return _ON_FOR.get(value, "Y") if positive & terms.on else _OFF_FOR.get(value, "N")


def keeps_orders(
    fields: dict[int, str], settings: SessionSettings, terms: CancelTerms
) -> tuple[bool, str]:
    """Return whether the client's Logout leaves its orders working, and the fields of our answer
    about it.

    DontCancelOnDisconnect(9003)=Y takes back the client's own request, and the operator's setting
    only where the client is allowed to.
    """
    if fields.get(DONT_CANCEL_TAG) != "Y" or not terms.on & CancelOn.LOGOUT:
        return False, ""
    may = settings.cancel_on_disconnect_by_client is ByClient.ANY
    if may or not settings.cancel_on_disconnect & CancelOn.LOGOUT:
        return True, ""
    return False, f"DontCancelOnDisconnect({DONT_CANCEL_TAG}) is not allowed: orders are cancelled"


class CancelOnDisconnect:
    """The departure of one session's client, reported to the caller as the fact `Left`, once per
    Logon."""

    __slots__ = ("terms", "_settings", "_facts", "_orderly", "_there")

    def __init__(self, settings: SessionSettings, facts: list[Fact]) -> None:
        self.terms = CancelTerms()
        """The terms in force since the last Logon."""
        self._settings = settings
        self._facts = facts
        self._orderly = False
        self._there = False

    def logged_on(self, fields: dict[int, str]) -> str:
        """Accept the Logon of *fields*; return the fields of our answer about cancel on
        disconnect."""
        self.terms = in_force(fields, self._settings)
        self._orderly, self._there = False, True
        self._facts.append(Agreed())
        return answer(fields, self.terms)

    def logged_out(self, fields: dict[int, str]) -> str:
        """Note that the client's own Logout of *fields* ends the session; return Text(58) of our
        answer."""
        keeps, text = keeps_orders(fields, self._settings, self.terms)
        self._tell(Left(logout=True, keeps_orders=keeps))
        return text

    def hours_ended(self) -> None:
        """Note that our Logout is sent because the session's hours are over: the client's departure
        is then a logout."""
        self._orderly = True

    def gone(self) -> None:
        """Note that the connection is gone."""
        self._tell(Left(logout=self._orderly))

    def _tell(self, left: Left) -> None:
        if self._there:
            self._there = False
            self._facts.append(left)
