"""Cancel on disconnect as clients ask for it: the tags that venues made common.

Each tag means here what it means to the clients that know it from its venue; what the operator
set bounds what a client may choose. A value that is not understood is a refusal of the Logon,
never a guess: a client that takes its orders for protected, and they are not, loses money. The
answer says under the client's own tags what is in force. Cancels nothing: see
`app.disconnect_cancels`.
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
    """One tag that asks for it."""

    name: str
    meanings: dict[str, CancelOn]
    """By value."""


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
"""How 8674 says so to who writes digits; Y and N to all others."""


def problem(fields: dict[int, str]) -> str:
    """What cannot be understood in the Logon of *fields*, for Text(58); "" if nothing is."""
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
    """What follows from a Logon without a `problem` and from what the operator set."""
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
    """What our Logon says of *terms*: the tags of the client's *fields*, with what is in force."""
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
    """Whether the client's Logout leaves its orders working, and what our answer has to say.

    DontCancelOnDisconnect(9003)=Y takes back what the client asked for itself, and what the
    operator set only where the client may.
    """
    if fields.get(DONT_CANCEL_TAG) != "Y" or not terms.on & CancelOn.LOGOUT:
        return False, ""
    may = settings.cancel_on_disconnect_by_client is ByClient.ANY
    if may or not settings.cancel_on_disconnect & CancelOn.LOGOUT:
        return True, ""
    return False, f"DontCancelOnDisconnect({DONT_CANCEL_TAG}) is not allowed: orders are cancelled"


class CancelOnDisconnect:
    """How the client of one session leaves: told to the caller as the fact `Left`, once a Logon."""

    __slots__ = ("terms", "_settings", "_facts", "_orderly", "_there")

    def __init__(self, settings: SessionSettings, facts: list[Fact]) -> None:
        self.terms = CancelTerms()
        """In force since the last Logon."""
        self._settings = settings
        self._facts = facts
        self._orderly = False
        self._there = False

    def logged_on(self, fields: dict[int, str]) -> str:
        """The Logon of *fields* is good; what our answer says of cancel on disconnect."""
        self.terms = in_force(fields, self._settings)
        self._orderly, self._there = False, True
        self._facts.append(Agreed())
        return answer(fields, self.terms)

    def logged_out(self, fields: dict[int, str]) -> str:
        """The client's own Logout of *fields* ends the session; Text(58) of our answer."""
        keeps, text = keeps_orders(fields, self._settings, self.terms)
        self._tell(Left(logout=True, keeps_orders=keeps))
        return text

    def hours_ended(self) -> None:
        """Our Logout leaves as the session's hours are over: when the client goes, it logs out."""
        self._orderly = True

    def gone(self) -> None:
        """The connection is gone."""
        self._tell(Left(logout=self._orderly))

    def _tell(self, left: Left) -> None:
        if self._there:
            self._there = False
            self._facts.append(left)
