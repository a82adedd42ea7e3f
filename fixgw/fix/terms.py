"""Terms that only some orders carry (`model.terms`): read from a message's fields, and written into
a report.

The only place that knows their tags, and which version has which in its ExecutionReport(35=8). A
field that means nothing here raises its reject; nothing is filled in by guess.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fixgw.fix.errors import IncorrectDataFormat, IncorrectTagValue
from fixgw.fix.timestamp import UtcTimestamps
from fixgw.fix.wire import clean
from fixgw.model.number import text
from fixgw.model.terms import PLAIN, Terms

NUMBER_CHARS_MAX = 40
"""Characters of a quantity or price: the product of two still fits `model.number.EXACT`."""

POST_ONLY_EXEC_INST = "6"
"""ExecInst(18): participate, don't initiate. It is `NewOrderSingle.post_only`, not a term."""

NO_SYMBOL = "[N/A]"
"""Symbol(55) of an instrument that SecurityID(48) names (FIX 4.4 volume 6, Symbol), and of an
unknown order without a symbol, as FIX 4.2 requires one."""

DAY_MS = 86_400_000

STANDARD_STRATEGIES = frozenset("123")
"""TargetStrategy(847) of the standard. 1000 and above are bilateral, and not in the dictionary by
which a client checks a report."""

_DECIMAL = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)").fullmatch

_TAGS = {
    15: "currency",
    99: "stop_px",
    # Before ExpireDate(432), which the standard has where there is no time.
    126: "expire_time",
    432: "expire_time",
    110: "min_qty",
    111: "max_floor",
    1138: "max_floor",
    18: "exec_inst",
    100: "ex_destination",
    847: "target_strategy",
    848: "strategy_parameters",
    117: "quote_id",
    64: "settl_date",
    115: "on_behalf_of",
    116: "on_behalf_of_sub_id",
    144: "on_behalf_of_location_id",
}
"""The fields of a request, and their names in `Terms`."""


_ON_BEHALF = {115: "on_behalf_of", 116: "on_behalf_of_sub_id", 144: "on_behalf_of_location_id"}


def on_behalf(fields: Mapping[int, str]) -> Terms:
    """The third party of a request without further terms: our answer is routed back to it."""
    said: dict[str, Any] = {
        name: fields[tag] for tag, name in _ON_BEHALF.items() if fields.get(tag)
    }
    return Terms(**said) if said else PLAIN


def way_back(terms: Terms) -> str:
    """DeliverToCompID(128), SubID(129) and LocationID(145) of an answer ("Third party routing"):
    the party that the request was sent on behalf of."""
    there = (
        (128, terms.on_behalf_of), (129, terms.on_behalf_of_sub_id),
        (145, terms.on_behalf_of_location_id),
    )
    return "".join(f"{tag}={clean(value)}\x01" for tag, value in there if value)


class TermsReader:
    """Decodes for one session: its dialect may have a field of its own for a venue's routing
    tier."""

    def __init__(self, routing_tier_tag: int = 0) -> None:
        """*routing_tier_tag*: see `Dictionary.routing_tier_tag`; 0: there is none."""
        self._names = _TAGS | ({routing_tier_tag: "ex_destination"} if routing_tier_tag else {})
        self.tags = frozenset(self._names)
        """The fields of terms; a message with none of them has no terms."""
        # Its own, as it remembers the last second that it was asked for.
        self._stamps = UtcTimestamps()
        self._special: dict[int, Callable[[int, str], Any]] = {
            18: _exec_inst,
            64: _date,
            99: checked_number,
            110: checked_number,
            111: checked_number,
            126: self._time,
            432: _end_of_day,
            1138: checked_number,
        }

    def read(self, fields: Mapping[int, str]) -> Terms:
        """Return the terms in *fields*, or PLAIN. Raises InvalidMessage."""
        said: dict[str, Any] = {}
        for tag, name in self._names.items():
            sent = fields.get(tag)
            if not sent:
                continue
            special = self._special.get(tag)
            value = sent if special is None else special(tag, sent)
            if said.setdefault(name, value) != value and tag != 432:
                # Two fields for one thing, and they contradict each other.
                raise IncorrectTagValue(tag)
        if not said.get("exec_inst", "-"):
            del said["exec_inst"]
        return Terms(**said) if said else PLAIN

    def _time(self, tag: int, sent: str) -> int:
        moment = self._stamps.parse(sent)
        if moment is None:
            raise IncorrectDataFormat(tag)
        return _since_1970(tag, moment)


def _exec_inst(tag: int, sent: str) -> str:
    return " ".join(each for each in sent.split(" ") if each != POST_ONLY_EXEC_INST)


def checked_number(tag: int, sent: str) -> Decimal:
    """Return the number in a field whose type nothing has checked; raise IncorrectDataFormat."""
    # The dictionary has not checked a field that its version lacks: AllowUnknownMsgFields.
    if len(sent) > NUMBER_CHARS_MAX or not _DECIMAL(sent):
        raise IncorrectDataFormat(tag)
    return Decimal(sent)


def _date(tag: int, sent: str) -> str:
    _midnight(tag, sent)
    return sent


def _end_of_day(tag: int, sent: str) -> int:
    """Return the last millisecond of a day in UTC: truncated to seconds, it is still that day."""
    return _since_1970(tag, _midnight(tag, sent) + DAY_MS - 1)


def _midnight(tag: int, sent: str) -> int:
    if len(sent) != 8 or not sent.isascii() or not sent.isdigit():
        raise IncorrectDataFormat(tag)
    try:
        day = datetime(int(sent[:4]), int(sent[4:6]), int(sent[6:]), tzinfo=UTC)
    except ValueError as error:
        raise IncorrectDataFormat(tag) from error
    return int(day.timestamp()) * 1000


def _since_1970(tag: int, moment: int) -> int:
    """Return *moment*; raise IncorrectTagValue if it is before 1970.

    A year below 1000 could not even be reported back: it has too few digits.
    """
    if moment < 0:
        raise IncorrectTagValue(tag)
    return moment


class TermsWriter:
    """Encodes the terms of an order for one version's ExecutionReport(35=8).

    QuoteID(117) and OnBehalfOfCompID(115) are in no version's. FIX 5.0 reports MaxFloor(111) as
    DisplayQty(1138), which took its place.
    """

    def __init__(self, version: str, stamps: UtcTimestamps) -> None:
        """*version*: `FIX.4.2`, …, `FIX.5.0SP2`."""
        self._stamps = stamps
        self._strategies = version != "FIX.4.2"
        self._destination = version == "FIX.5.0SP2"
        self._shown = "1138" if version.startswith("FIX.5.0") else "111"

    def write(self, terms: Terms, post_only: bool, *, settl_date: bool = True) -> str:
        """Return the fields; ExecInst(18) is among them, with the value that *post_only* adds to
        it, and SettlDate(64) only with *settl_date*."""
        exec_inst = terms.exec_inst
        if post_only:
            exec_inst = f"{POST_ONLY_EXEC_INST} {exec_inst}".rstrip()
        body = _text("15", terms.currency) + _text("18", exec_inst)
        body += _quantity("99", terms.stop_px) + _quantity("110", terms.min_qty)
        body += _quantity(self._shown, terms.max_floor)
        if settl_date:
            body += _text("64", terms.settl_date)
        if terms.expire_time is not None:
            body += f"126={self._stamps.text(terms.expire_time)}\x01"
        if self._destination:
            body += _text("100", terms.ex_destination)
        if self._strategies:
            if terms.target_strategy in STANDARD_STRATEGIES:
                body += f"847={terms.target_strategy}\x01"
            body += _text("848", terms.strategy_parameters)
        return body


def _text(tag: str, value: str) -> str:
    return f"{tag}={value}\x01" if value else ""


def _quantity(tag: str, value: Decimal | None) -> str:
    return "" if value is None else f"{tag}={text(value)}\x01"
