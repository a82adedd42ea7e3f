"""Checks on everything a venue sends, made once for all venues, before it reaches the gateway.

`price`, `quantity`, `amount` and `time_ms` are the bounds of possible values; an adapter that
calculates with a venue's numbers checks them with these first. `Border` stands between an adapter
and the gateway's loop and applies the same bounds to every delivery, so that no adapter, plug-ins
included, can pass on a value that the core cannot calculate with or a client must not receive.

It never ends an order and never invents an execution. An impossible execution is removed from its
update; the total still shows that something was executed, so the core asks for it. A value that is
only informative is dropped. Each change is logged, limited to a few lines a minute.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, Inexact
from typing import Any

import structlog
from msgspec.structs import replace

from fixgw.model.ids import OrderID, VenueName
from fixgw.model.instrument import Instrument
from fixgw.model.number import EXACT, ZERO, trim
from fixgw.model.settlement import UNSAID, Settlement
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    Fill,
    InstrumentsLoaded,
    NewsUnreadable,
    OrderUpdate,
    Outcome,
    QueryFailed,
    Refused,
    Unknown,
    UnknownOrderSeen,
    VenueHeld,
    VenueInput,
    VenueNotice,
)
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.kit.bounded import remember

INTEGER_DIGITS_MAX = 30
DECIMALS_MAX = 40
"""Of any number. A price times a quantity, and sums of many, then stay exact: `number.EXACT`."""
LAST_DECIMAL = Decimal(1).scaleb(-DECIMALS_MAX)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST_MS = 946_684_800_000
"""2000-01-01: no venue of ours is older."""
LATEST_AHEAD_MS = 24 * 60 * 60 * 1000
"""No clock of a venue is further ahead of ours than a day, time zones taken for UTC included."""

TEXT_CHARS_MAX = 400
"""Of a text that people read."""
NAME_CHARS_MAX = 100
"""Of the venue's name for an order or an execution: it cannot be cut and still be that name."""
WORD_CHARS_MAX = 40
"""Of a market, a currency, a kind of notice: cut where longer."""
SYMBOL_CHARS_MAX = 64

STATES_REMEMBERED = 100
"""Names of unknown states of orders that one venue is alerted for."""
FAILURE_SECONDS = 60.0
"""The least time between two log lines about one order that could not be asked about."""
FAILURES_REMEMBERED = 10_000
"""Orders of which it is known when a failed question about them was last logged."""
LINES_A_MINUTE = 20
"""Log lines on what one venue said that cannot be true; more are counted only."""

Note = Callable[[str, object], None]
"""Is told what cannot be true: the field, and what was said."""


# ------------------------------------------------------------------ values


def price(number: Decimal | None) -> Decimal | None:
    """*number* if it can be the price of an execution: above 0, and of a length that can be."""
    return _positive(number)


def quantity(number: Decimal | None) -> Decimal | None:
    """*number* if it can be an executed quantity: above 0, and of a length that can be."""
    return _positive(number)


def amount(number: Decimal | None) -> Decimal | None:
    """*number* if it is finite and of a length that can be: a commission, which may be a rebate.

    Of zeros behind its last decimal it keeps no more than can be; the sum is the same.
    """
    if number is None or not number.is_finite():
        return None
    if not -DECIMALS_MAX <= number.adjusted() < INTEGER_DIGITS_MAX:
        # 0E-20000000 is 0 however it is written, and would be written with all its zeros.
        return None if number else ZERO
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -DECIMALS_MAX:
        return number
    try:
        return trim(number.quantize(LAST_DECIMAL, context=EXACT))
    except Inexact:
        return None


def total(number: Decimal | None) -> Decimal | None:
    """*number* if it can be all that was executed of an order: 0, or a quantity."""
    bounded = amount(number)
    return bounded if bounded is not None and bounded >= ZERO else None


def time_ms(at: int, now_ms: int) -> int | None:
    """*at* if an execution, or a venue's clock, can be of that time; Unix milliseconds."""
    return at if EARLIEST_MS <= at <= now_ms + LATEST_AHEAD_MS else None


def instant_ms(moment: datetime) -> int:
    """*moment*, which knows its time zone, in Unix milliseconds, exactly; also where UTC has no
    year for it (`9999-12-31T23:59:59-12:00`), so that `time_ms` can judge it."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def is_name(text: str) -> bool:
    """Return True if *text* can name an order or an execution in a journal and an ExecID(17)."""
    return 0 < len(text) <= NAME_CHARS_MAX and text.isascii() and text.isprintable()


def text_of(said: str, chars_max: int = TEXT_CHARS_MAX) -> str:
    """Return *said* as one line of printable ASCII, cut at *chars_max*."""
    if len(said) <= chars_max and said.isascii() and said.isprintable():
        return said
    return "".join(one if " " <= one <= "~" else "?" for one in said[:chars_max])


def _positive(number: Decimal | None) -> Decimal | None:
    if number is not None and number.is_finite():
        written = str(number)
        if len(written) <= INTEGER_DIGITS_MAX and "E" not in written:
            return number if number > ZERO else None  # nearly all are so short
    bounded = amount(number)
    return bounded if bounded is not None and bounded > ZERO else None


# -------------------------------------------------------------- executions


def fill(said: Fill, now_ms: int, note: Note) -> Fill | None:
    """Return *said* with its informative fields made sound; None if the execution is impossible."""
    # One that was taken back counts for nothing: the total without it may be 0.
    bounds = total if said.busted else _positive
    last_px, last_qty, cum_qty = map(bounds, (said.last_px, said.last_qty, said.cum_qty))
    if (
        last_px is None
        or last_qty is None
        or cum_qty is None
        or (said.cum_qty < said.last_qty and not said.busted)
        or (said.venue_exec_id and not is_name(said.venue_exec_id))
        or (said.busted and not said.venue_exec_id)
    ):
        note("execution", said)
        return None
    changes: dict[str, Any] = {}
    if not (last_px is said.last_px and last_qty is said.last_qty and cum_qty is said.cum_qty):
        changes = {"last_px": last_px, "last_qty": last_qty, "cum_qty": cum_qty}
    if said.at and time_ms(said.at, now_ms) is None:
        note("time of an execution", said.at)
        changes["at"] = now_ms
    if said.commission is not None:
        commission = amount(said.commission)
        if commission is None:
            note("commission", said.commission)
        if commission is not said.commission:
            changes["commission"] = commission
    if said.text or said.last_mkt or said.commission_currency:
        for field, chars_max in _FILL_TEXTS:
            written = getattr(said, field)
            if written and (sound := text_of(written, chars_max)) != written:
                changes[field] = sound
    settlement = said.settlement
    if settlement is not UNSAID and (settled := _settlement(settlement, note)) != settlement:
        changes["settlement"] = settled
    return replace(said, **changes) if changes else said


def _settlement(said: Settlement, note: Note) -> Settlement:
    """Return *said* with long values cut and without invalid dates."""
    sound = {
        "currency": text_of(said.currency, WORD_CHARS_MAX),
        "counterparty": text_of(said.counterparty, WORD_CHARS_MAX),
    }
    for field in ("date", "trade_date"):
        written = getattr(said, field)
        if written and not (len(written) == 8 and written.isascii() and written.isdigit()):
            note(field, written)
            written = ""
        sound[field] = written
    return Settlement(**sound)


_FILL_TEXTS = (
    ("commission_currency", WORD_CHARS_MAX),
    ("last_mkt", WORD_CHARS_MAX),
    ("text", TEXT_CHARS_MAX),
)


def order_update(said: OrderUpdate, now_ms: int, note: Note) -> OrderUpdate | QueryFailed:
    """Return *said* without its impossible values.

    An answer (`asked`) whose executions, or their total, are impossible counts as no answer: the
    core asks again. News keeps its remaining values.
    """
    changes: dict[str, Any] = {}
    wrong = ""
    if said.cum_qty is not None:
        cum_qty = total(said.cum_qty)
        if cum_qty is None:
            note("total executed", said.cum_qty)
            wrong = "the venue's total cannot be true"
        if cum_qty is not said.cum_qty:
            changes["cum_qty"] = cum_qty
    if said.fill is not None:
        sound = fill(said.fill, now_ms, note)
        if sound is None:
            wrong = "an execution cannot be true"
        if sound is not said.fill:
            changes["fill"] = sound
    if said.fills:
        listed = tuple(fill(each, now_ms, note) for each in said.fills)
        if None in listed:
            # A list with a gap is no list of all executions: those in front of the gap follow
            # without one, but a total that counts on would be wrong.
            wrong = "an execution cannot be true"
            changes["fills"] = None
        elif any(new is not old for new, old in zip(listed, said.fills)):
            changes["fills"] = listed
    if wrong and said.asked:
        return QueryFailed(said.order_id, wrong)
    if said.avg_px is not None:
        avg_px = price(said.avg_px)
        if avg_px is None and (said.avg_px.is_nan() or said.avg_px):  # 0: nothing is executed
            note("average price", said.avg_px)
        if avg_px is not said.avg_px:
            changes["avg_px"] = avg_px
    if said.at and time_ms(said.at, now_ms) is None:
        note("time of an update", said.at)
        changes["at"] = now_ms
    if said.native_id and not is_name(said.native_id):
        note("name of an order", said.native_id)
        changes["native_id"] = ""
    if said.text and (text := text_of(said.text)) != said.text:
        changes["text"] = text
    return replace(said, **changes) if changes else said


def instrument(said: Instrument) -> str:
    """Return the reason *said* cannot be traded; "" if it can."""
    names = (said.symbol, said.exchange, said.base, said.quote)
    if not all(
        len(name) <= SYMBOL_CHARS_MAX and name.isascii() and name.isprintable() for name in names
    ) or not said.symbol:
        return "a name is empty, too long or not printable"
    for field in _LIMITS:
        limit = getattr(said, field)
        if limit is not None and total(limit) is None:
            return f"{field} is {str(limit)[:WORD_CHARS_MAX]}"
    return ""


_LIMITS = (
    "tick", "step", "min_px", "max_px", "min_qty", "max_qty", "min_notional", "max_notional",
)


# ------------------------------------------------------------------ border


class Border:
    """Between one venue's adapter and the gateway: the adapter delivers to `Border(...)`.

    Never raises for anything a venue sends. It passes on one input for each that it is given. After
    news that lost an execution or a total here, it also requests a query of the order.
    """

    def __init__(self, venue: VenueName, deliver: Deliver, clock: Clock) -> None:
        self._deliver = deliver
        self._clock = clock
        self._log = structlog.get_logger().bind(venue=venue)
        self._states: set[str] = set()
        self._unusable: list[NewsUnreadable] = []
        """Of the input that is being checked."""
        self._minute = 0.0
        self._lines = 0
        self._failures: dict[OrderID, float] = {}
        self._checks: dict[type[Any], Callable[[Any], VenueInput]] = {
            OrderUpdate: self._order_update,
            CommandOutcome: self._command_outcome,
            QueryFailed: lambda said: replace(said, text=text_of(said.text)),
            NewsUnreadable: lambda said: replace(said, text=text_of(said.text)),
            InstrumentsLoaded: self._instruments,
            UnknownOrderSeen: self._unknown_order,
            VenueNotice: self._notice,
            VenueHeld: lambda said: replace(said, text=text_of(said.text)),
        }

    def __call__(self, said: VenueInput) -> None:
        """Deliver *said*, made sound."""
        check = self._checks.get(type(said))
        sound = said if check is None else check(said)
        if type(sound) is QueryFailed:
            self._question_failed(sound)
        self._deliver(sound)
        if self._unusable:
            unusable, self._unusable = self._unusable, []
            for each in unusable:
                self._deliver(each)

    def _question_failed(self, said: QueryFailed) -> None:
        """Say why an order could not be asked about: once a minute, as it is asked again soon."""
        now = self._clock.monotonic()
        told = self._failures.get(said.order_id)
        if told is not None and now - told < FAILURE_SECONDS:
            return
        self._failures.pop(said.order_id, None)
        remember(self._failures, said.order_id, now, FAILURES_REMEMBERED)
        self._log.warning("question_failed", order_id=said.order_id, reason=said.text)

    def _order_update(self, said: OrderUpdate) -> OrderUpdate | QueryFailed:
        if said.state:
            self._alert_state(said)
        sound = order_update(said, self._clock.now_ms(), self._note)
        if sound is said:
            return said
        if type(sound) is OrderUpdate and _lost_something(said, sound):
            self._unusable.append(NewsUnreadable(said.order_id, "an execution cannot be true"))
        return sound

    def _command_outcome(self, said: CommandOutcome) -> CommandOutcome:
        sound = self._outcome(said.outcome)
        return said if sound is said.outcome else replace(said, outcome=sound)

    def _outcome(self, said: Outcome) -> Outcome:
        if type(said) is Acked:
            update, replaced = self._part(said.update), self._part(said.replaced)
            if update is said.update and replaced is said.replaced:
                return said
            return Acked(update, replaced)
        if type(said) is Refused:
            return replace(said, code=text_of(said.code), text=text_of(said.text))
        assert type(said) is Unknown, "an outcome is one of three"
        return Unknown(text_of(said.text))

    def _part(self, said: OrderUpdate | None) -> OrderUpdate | None:
        """Return the update in an answer to a command, made sound; it never turns into a
        QueryFailed.
        """
        if said is None:
            return None
        sound = self._order_update(said)
        if isinstance(sound, QueryFailed):
            sound = self._order_update(replace(said, asked=False))
            assert isinstance(sound, OrderUpdate), "only an answer to a question can fail"
        return sound

    def _instruments(self, said: InstrumentsLoaded) -> InstrumentsLoaded:
        sound = []
        for each in said.instruments:
            if why := instrument(each):
                self._note(f"instrument {text_of(each.symbol, WORD_CHARS_MAX)}", why)
                continue
            sound.append(replace(each, **{name: amount(getattr(each, name)) for name in _LIMITS}))
        return InstrumentsLoaded(said.venue, tuple(sound))

    def _unknown_order(self, said: UnknownOrderSeen) -> UnknownOrderSeen:
        return UnknownOrderSeen(
            said.venue, text_of(said.venue_order_id, NAME_CHARS_MAX), text_of(said.text)
        )

    def _notice(self, said: VenueNotice) -> VenueNotice:
        return replace(
            said, kind=text_of(said.kind, WORD_CHARS_MAX) or "notice", text=text_of(said.text)
        )

    def _alert_state(self, said: OrderUpdate) -> None:
        """Once for each name, so that a table can be completed."""
        state = text_of(said.state, WORD_CHARS_MAX)
        if state not in self._states and len(self._states) < STATES_REMEMBERED:
            self._states.add(state)
            self._log.warning("venue_state_unknown", state=state, order_id=said.order_id)

    def _note(self, what: str, said: object) -> None:
        now = self._clock.monotonic()
        if now - self._minute >= 60 or not self._lines:
            if self._lines > LINES_A_MINUTE:
                self._log.warning("venue_words_left_out", count=self._lines - LINES_A_MINUTE)
            self._minute, self._lines = now, 0
        self._lines += 1
        if self._lines <= LINES_A_MINUTE:
            self._log.warning("venue_word_impossible", what=what, said=_shown(said))


def _lost_something(said: OrderUpdate, sound: OrderUpdate) -> bool:
    """Return True if *said* has executions, or a total, that *sound* lacks."""
    return (
        (said.fill is not None and sound.fill is None)
        or (said.fills is not None and sound.fills is None)
        or (said.cum_qty is not None and sound.cum_qty is None)
    )


def _shown(said: object) -> str:
    """Return *said* for the log: enough to find it, never all of a number of a million digits."""
    if isinstance(said, Fill):
        parts = (said.last_qty, said.last_px, said.cum_qty, said.venue_exec_id)
        return "qty {} px {} total {} id {}".format(*map(_shown, parts))
    return text_of(str(said)[:WORD_CHARS_MAX])
