"""The order core with a client before it and a venue behind it, for tests that read like FIX.

    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), fill("t1", 4))

    assert exchange.reports("150", "39", "14", "151") == [
        "150=A|39=A|14=0|151=10",
        "150=0|39=0|14=0|151=10",
        "150=F|39=1|14=4|151=6",
    ]

What a request leaves out is a limit order to buy BTC/USDT at 100, good till
cancelled. Nothing here is a mock: the engine is the real one, and time stands
still until `wait`. Tests that need more than one symbol or account ask for
`engine(instruments=INSTRUMENTS, accounts=ACCOUNTS)`.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from fixgw.core.engine import Engine, EngineEvent, VenueTerms
from fixgw.core.orders.client_order import ClientOrder, of
from fixgw.core.orders.leg import Leg
from fixgw.core.proof import SWEEP_MS
from fixgw.core.routing import ClientTerms, Router
from fixgw.model.accounts import DirectoryTerms
from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import CancelOrder, QueryOrder, ReplaceOrder, SubmitOrder, VenueCommand
from fixgw.model.effects import VenueOrder
from fixgw.model.enums import (
    Command,
    CxlRejReason,
    OrdRejReason,
    OrdType,
    Side,
    TimeInForce,
    Verdict,
)
from fixgw.model.events import OrderPlaced
from fixgw.model.ids import ClOrdID, OrderID, SessionKey, VenueName, VenueOrderID
from fixgw.model.instrument import Instrument
from fixgw.model.now import Now
from fixgw.model.number import text
from fixgw.model.reports import (
    ExecutionReport,
    News,
    OrderCancelReject,
    OrderMassCancelReport,
    Report,
)
from fixgw.model.requests import (
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderMassCancelRequest,
    OrderMassStatusRequest,
    OrderStatusRequest,
    Request,
)
from fixgw.model.session_events import MassEvent
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
    StreamRestored,
    Unknown,
    VenueInput,
    VenueStatus,
)
from fixgw.model.venue_events import VenueEventBase as OfVenue

CLIENT = SessionKey("FIX.4.4:GATEWAY->CLIENT")
OTHER_CLIENT = SessionKey("FIX.4.4:GATEWAY->OTHER")
VENUE = VenueName("acme")
ACCOUNT = "ACCOUNT"
OTHER_ACCOUNT = "OTHER"
ACCOUNTS = (ACCOUNT, OTHER_ACCOUNT)

START_MS = 1_700_000_000_000
ABSENCE_PROOF_MS = 10_000
LATE_SUBMIT_MS = 30_000
RESTART_MS = 1_003

BTC_USDT = Instrument(venue=VENUE, exchange="ACME", symbol="BTCUSDT", base="BTC", quote="USDT")
ETH_USDT = Instrument(
    venue=VENUE, exchange="ACME", symbol="ETHUSDT", base="ETH", quote="USDT",
    tick=Decimal("0.5"), step=Decimal(1), min_qty=Decimal(2), max_qty=Decimal(11),
)
"""The one with limits."""
INSTRUMENTS = (BTC_USDT, ETH_USDT)

CAPABILITIES = Capabilities(
    ord_types=frozenset({OrdType.LIMIT, OrdType.MARKET}),
    times_in_force=frozenset(
        {TimeInForce.GOOD_TILL_CANCEL, TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL}
    ),
    post_only=True,
    cash_order_qty=True,
    cancel_before_accepted=False,
    absence_proof_ms=ABSENCE_PROOF_MS,
)

MATRIX = ("11", "41", "150", "39", "102", "14", "151", "32")
"""The columns of the standard's order state change matrices."""


def engine(
    capabilities: Capabilities = CAPABILITIES,
    directories: Iterable[DirectoryTerms] = (),
    *,
    instruments: tuple[Instrument, ...] = (BTC_USDT,),
    accounts: tuple[str, ...] = (ACCOUNT,),
    **of_clients: Any,
) -> Engine:
    """An engine with two clients, and a venue that has said what it trades."""
    terms = [
        ClientTerms(
            session=session,
            venues=(VENUE,),
            accounts=accounts,
            **of_clients,
        )
        for session in (CLIENT, OTHER_CLIENT)
    ]
    venue = VenueTerms(capabilities, venue_order_id, LATE_SUBMIT_MS)
    at_venues = {VENUE: frozenset(accounts)}
    made = Engine(Router(terms, at_venues), {VENUE: venue}, directories, at_venues)
    made.handle(InstrumentsLoaded(VENUE, instruments), START_MS)
    return made


def venue_order_id(order_id: OrderID, account: str) -> VenueOrderID:
    return VenueOrderID(f"{account}-{order_id}")


made: "list[Exchange]" = []
"""Each Exchange of this test: at its end tests/core/conftest.py looks for forgotten orders."""


class Exchange:
    """An engine, the time, and what the engine has said so far."""

    def __init__(self, capabilities: Capabilities = CAPABILITIES, **terms: Any) -> None:
        self._settings: dict[str, Any] = {"capabilities": capabilities, **terms}
        self.now = START_MS
        self.mono_ms = 0
        self.events: list[EngineEvent] = []
        self.submits: Counter[OrderID] = Counter()
        self.sent: list[VenueCommand] = []
        """Every command to the venue so far."""
        self.executed: dict[tuple[OrderID, str], Decimal] = {}
        self.engine = self._made()
        self._reports: list[Report] = []
        self._commands: list[str] = []
        self._alerts: list[str] = []
        made.append(self)

    def _made(self) -> Engine:
        return engine(**self._settings)

    # ------------------------------------------------------------------ what goes in

    def client(self, message: str, session: SessionKey = CLIENT) -> None:
        """A client's message, as FIX text with `|`."""
        self.handle(request(message, session))

    def client_gone(self, text: str = "the client is gone") -> None:
        """Its connection is lost, and its orders are not to stay."""
        self.engine.cancel_session(CLIENT, text, self.moment)
        self._take()

    def operator(
        self,
        verdict: Verdict,
        who: str,
        why: str,
        last_qty: Decimal | None = None,
        last_px: Decimal | None = None,
        order: str = "",
    ) -> None:
        """An operator's verdict on the order that ClOrdID *order* names; else on the last one."""
        self.engine.record_verdict(
            self.order(order).order_id, verdict, who, why, self.moment,
            last_qty=last_qty, last_px=last_px,
        )
        self._take()

    def client_back(self) -> None:
        """It is logged on again."""
        self.engine.client_back(CLIENT, self.moment)
        self._take()

    def venue(self, *words: "Word", order: str = "") -> None:
        """What the venue says of the order that ClOrdID *order* names; else of the last one."""
        for word in words:
            self.handle(word(self, self.order(order)))

    def handle(self, message: Request | VenueInput) -> None:
        self.engine.handle(message, self.moment)
        self._take()

    def wait(self, seconds: float) -> None:
        """Let time pass, the engine's timer running."""
        left = int(seconds * 1000)
        while left > 0:
            self.tick(min(left, SWEEP_MS))
            left -= SWEEP_MS

    def tick(self, milliseconds: int) -> None:
        """Let time pass, and let the engine look at it once."""
        self.now += milliseconds
        self.mono_ms += milliseconds
        self.engine.tick(self.moment)
        self.engine.go_on(self.moment)
        self._take()

    def set_clock(self, milliseconds: int) -> None:
        """Set the wall clock on, or back: no time passes."""
        self.now += milliseconds
        self.tick(0)

    @property
    def moment(self) -> Now:
        return Now(self.now, self.mono_ms)

    def set(self, **settings: Any) -> None:
        """Change its settings: a restart takes them."""
        self._settings |= settings

    def restart(self) -> None:
        """The process dies, and another one goes on with what the journal has."""
        self.now += RESTART_MS
        self.mono_ms += RESTART_MS
        self.engine = self._made()
        for event in self.events:
            if isinstance(event, OfVenue):
                self.engine.replay_venue(event)
            elif isinstance(event, MassEvent):
                self.engine.replay_mass(event)
            else:
                self.engine.replay(event)
        self.engine.recover(self.moment)

    def _take(self) -> None:
        step = self.engine.take()
        self.events += step.events
        self.sent += step.commands
        self._reports += [effect.report for effect in step.reports]
        self._alerts += [effect.event for effect in step.alerts]
        for effect in step.commands:
            match effect:
                case SubmitOrder():
                    self.submits[effect.order.order_id] += 1
                    self._commands.append(
                        f"submit {self._name(effect.order.order_id)}{self._how(effect.order)}"
                    )
                case ReplaceOrder():
                    self.submits[effect.replacement.order_id] += 1
                    old, new = effect.order, effect.replacement
                    assert new.order_qty is not None
                    self._commands.append(
                        f"replace {self._name(old.order_id)} by {self._name(new.order_id)}: "
                        f"{text(new.order_qty)} at {text(new.price or Decimal(0))}"
                    )
                case CancelOrder():
                    self._commands.append(f"cancel {self._name(effect.order.order_id)}")
                case QueryOrder():
                    verb = "query fills of" if effect.fills else "query"
                    self._commands.append(f"{verb} {self._name(effect.order.order_id)}")

    # ----------------------------------------------------------------- what comes out

    def reports(self, *tags: str) -> list[str]:
        """What the clients were told since the last look: of each report, those of *tags*
        that it has; OrderCancelReject(35=9) is marked as one."""
        return [report_text(report, tags or MATRIX) for report in self.raw_reports()]

    def raw_reports(self) -> list[Report]:
        """The same, as they are."""
        told, self._reports = self._reports, []
        return told

    def commands(self) -> list[str]:
        """What the venue was asked to do since the last look."""
        told, self._commands = self._commands, []
        return told

    def alerts(self) -> list[str]:
        """What an operator was told since the last look."""
        told, self._alerts = self._alerts, []
        return told

    def order(self, cl_ord_id: str = "") -> Leg:
        """The order that *cl_ord_id* names; the last one if it is empty."""
        if not cl_ord_id:
            return list(self.engine.orders)[-1]
        order = self.engine.orders.of_client(CLIENT, ClOrdID(cl_ord_id))
        assert order is not None, f"no order {cl_ord_id}"
        return order

    def _how(self, order: VenueOrder) -> str:
        """What of it differs from what the client said."""
        left = "" if self._of(order).request.order_qty == order.order_qty else (
            f": {text(order.order_qty or Decimal(0))}"
        )
        return f"{left} to {order.route}" if order.route else left

    def _of(self, order: VenueOrder) -> Leg:
        found = self.engine.orders.get(order.order_id)
        assert found is not None
        return found

    def _name(self, order_id: OrderID) -> str:
        order = self.engine.orders.get(order_id)
        assert order is not None, f"no order {order_id}"
        return order.request.cl_ord_id


# ------------------------------------------------------------------------ FIX as text


def request(message: str, session: SessionKey = CLIENT) -> Request:
    """`35=D|11=X|38=10|` as a request, completed as the module says."""
    fields = dict(field.split("=", 1) for field in message.strip("|").split("|"))
    cl_ord_id = ClOrdID(fields["11"])
    order_id = OrderID(fields["37"]) if "37" in fields else None
    poss_resend = fields.get("97") == "Y"
    match fields["35"]:
        case "G":
            return OrderCancelReplaceRequest(
                order=_new_order(fields, session, cl_ord_id, poss_resend),
                orig_cl_ord_id=ClOrdID(fields["41"]) if "41" in fields else None,
                order_id=order_id,
            )
        case "q":
            return OrderMassCancelRequest(
                session=session, cl_ord_id=cl_ord_id, request_type=fields.get("530", "7"),
                symbol=fields.get("55", ""), side=fields.get("54", ""),
                account=fields.get("1", ""), security_exchange=fields.get("207", ""),
            )
        case "AF":
            return OrderMassStatusRequest(
                session=session, mass_status_req_id=fields["11"],
                request_type=fields.get("585", "7"),
                symbol=fields.get("55", ""), side=fields.get("54", ""),
                account=fields.get("1", ""), security_exchange=fields.get("207", ""),
            )
        case "D":
            return _new_order(fields, session, cl_ord_id, poss_resend)
        case "F":
            return OrderCancelRequest(
                session=session,
                cl_ord_id=cl_ord_id,
                orig_cl_ord_id=ClOrdID(fields["41"]) if "41" in fields else None,
                order_id=order_id,
                symbol=fields.get("55", ""),
                side=fields.get("54", ""),
                poss_resend=poss_resend,
            )
        case "H":
            return OrderStatusRequest(
                session=session,
                cl_ord_id=cl_ord_id,
                order_id=order_id,
                symbol=fields.get("55", "BTC/USDT"),
                side=fields.get("54", "1"),
                ord_status_req_id=fields.get("790", ""),
            )
    raise AssertionError(f"MsgType(35) {fields['35']}")


def _new_order(
    fields: dict[str, str], session: SessionKey, cl_ord_id: ClOrdID, poss_resend: bool
) -> NewOrderSingle:
    ord_type = OrdType(fields.get("40", "2"))
    price = fields.get("44", "100" if ord_type is OrdType.LIMIT else "")
    return NewOrderSingle(
        session=session,
        cl_ord_id=cl_ord_id,
        symbol=fields.get("55", "BTC/USDT"),
        side=Side(fields.get("54", "1")),
        ord_type=ord_type,
        time_in_force=TimeInForce(fields.get("59", "1")),
        order_qty=_number(fields.get("38")),
        cash_order_qty=_number(fields.get("152")),
        price=_number(price),
        account=fields.get("1", ""),
        security_exchange=fields.get("207", ""),
        post_only=fields.get("18") == "6",
        poss_resend=poss_resend,
    )


def placed(message: str, order_id: OrderID, at: int = START_MS) -> OrderPlaced:
    """The event that begins the order of *message*."""
    new_order = request(message)
    assert isinstance(new_order, NewOrderSingle)
    return OrderPlaced(
        order_id=order_id,
        at=at,
        request=new_order,
        venue=VENUE,
        exchange=BTC_USDT.exchange,
        venue_symbol=BTC_USDT.symbol,
        venue_order_id=venue_order_id(order_id, ACCOUNT),
        account=ACCOUNT,
    )


def _number(value: str | None) -> Decimal | None:
    return Decimal(value) if value else None


def report_text(report: Report, tags: tuple[str, ...]) -> str:
    """*report* as FIX text, of its fields only *tags*."""
    fields = report_fields(report)
    mark = "" if isinstance(report, ExecutionReport) or "35" in tags else f"35={fields['35']}|"
    return mark + "|".join(f"{tag}={fields[tag]}" for tag in tags if tag in fields)


def report_fields(report: Report) -> dict[str, str]:
    """The fields of *report* that have a value, by tag."""
    match report:
        case ExecutionReport():
            values: dict[str, Any] = {
                "35": "8",
                "37": report.order_id,
                "17": report.exec_id,
                "19": report.exec_ref_id,
                "150": report.exec_type,
                "39": report.ord_status,
                "11": report.cl_ord_id,
                "41": report.orig_cl_ord_id,
                "55": report.symbol,
                "38": report.order_qty,
                "152": report.cash_order_qty,
                "14": report.cum_qty,
                "151": report.leaves_qty,
                "6": report.avg_px,
                "32": report.last_qty,
                "31": report.last_px,
                "103": report.ord_rej_reason,
                "790": report.ord_status_req_id,
                "378": report.restatement,
                "584": report.mass_status_req_id,
                "911": report.tot_num_reports or None,
                "30": report.last_mkt,
                "64": report.settlement.date,
                "75": report.settlement.trade_date,
                "120": report.settlement.currency,
                "375": report.settlement.counterparty,
                "44": report.price,
                "58": report.text,
            }
        case OrderMassCancelReport():
            values = {
                "35": "r",
                "11": report.cl_ord_id,
                "531": "0" if report.reject_reason else report.request_type,
                "532": report.reject_reason,
                "533": report.affected,
                "58": report.text,
            }
        case News():
            values = {"35": "B", "148": report.headline, "58": " ".join(report.lines)}
        case OrderCancelReject():
            values = {
                "35": "9",
                "434": report.response_to,
                "37": report.order_id,
                "11": report.cl_ord_id,
                "41": report.orig_cl_ord_id,
                "39": report.ord_status,
                "102": report.reason,
                "58": report.text,
            }
        case _:
            values = {"35": "j", "380": report.reason, "58": report.text}
    return {
        tag: text(value) if isinstance(value, Decimal) else str(value)
        for tag, value in values.items()
        if value not in (None, "")
    }


# ------------------------------------------------------------- what a venue may say

Word = Callable[[Exchange, Leg], VenueInput]


def accepted() -> Word:
    """The submit's answer: the venue has the order and works it."""
    return outcome(Command.SUBMIT, status="working")


def refused(code: str = "no", reason: OrdRejReason = OrdRejReason.BROKER_OPTION) -> Word:
    """The submit's answer: the venue will never have the order."""
    return outcome(Command.SUBMIT, Refused(code, code, ord_rej_reason=reason))


def replaced(status: str = "working", cum_qty: str = "0", **known: Any) -> Word:
    """The replace's answer, of the new order: it has taken the place of the old one, of which
    *cum_qty* was executed."""

    def word(exchange: Exchange, order: Leg) -> CommandOutcome:
        assert order.replaces is not None
        old = OrderUpdate(
            order_id=order.replaces.order_id, status=VenueStatus.CANCELED, cum_qty=Decimal(cum_qty)
        )
        new = OrderUpdate(order_id=order.order_id, status=VenueStatus(status), **known)
        return CommandOutcome(order.order_id, Command.REPLACE, Acked(new, old))

    return word


def lost(command: Command = Command.SUBMIT) -> Word:
    """No answer: what became of the command cannot be told."""
    return outcome(command, Unknown("timeout"))


def canceled_as_asked(cum_qty: str | None = "") -> Word:
    """The cancel's answer: nothing of the order works any more; *cum_qty* of it was executed: by
    default what is known, and None where the venue does not say."""

    def word(exchange: Exchange, order: Leg) -> CommandOutcome:
        update = OrderUpdate(
            order_id=order.order_id, status=VenueStatus.CANCELED,
            cum_qty=order.cum_qty if cum_qty == "" else _number(cum_qty),
        )
        return CommandOutcome(order.order_id, Command.CANCEL, Acked(update))

    return word


def cancel_taken() -> Word:
    """The cancel's answer: it is taken on."""
    return outcome(Command.CANCEL, Acked())


def cancel_refused(code: str = "no") -> Word:
    """The cancel's answer: it cannot be done."""
    return outcome(Command.CANCEL, Refused(code, code, cxl_rej_reason=CxlRejReason.OTHER))


def outcome(command: Command, result: Outcome | None = None, *, status: str = "") -> Word:
    def word(exchange: Exchange, order: Leg) -> CommandOutcome:
        if result is not None:
            return CommandOutcome(order.order_id, command, result)
        update = OrderUpdate(order_id=order.order_id, status=VenueStatus(status))
        return CommandOutcome(order.order_id, command, Acked(update))

    return word


_ENDED = ("canceled", "expired")


def news(status: str, **known: Any) -> Word:
    """What the venue's stream says of the order; of one that it has ended, by default, that what
    is known was executed."""

    def word(exchange: Exchange, order: Leg) -> OrderUpdate:
        if status in _ENDED and not known.keys() & {"cum_qty", "fill", "fills"}:
            return OrderUpdate(
                order_id=order.order_id, status=VenueStatus(status), cum_qty=order.cum_qty, **known
            )
        if known.get("cum_qty") is not None:
            known["cum_qty"] = Decimal(known["cum_qty"])
        return OrderUpdate(order_id=order.order_id, status=VenueStatus(status), **known)

    return word


def answer(status: str, **known: Any) -> Word:
    """What the venue says of the order when it is asked."""
    return news(status, asked=True, **known)


def no_answer() -> Word:
    """The venue could not be asked."""
    return lambda exchange, order: QueryFailed(order.order_id, "timeout")


def news_unreadable() -> Word:
    """The venue tells something of the order that cannot be used."""
    return lambda exchange, order: NewsUnreadable(order.order_id, "lastQty is a list")


def stream_restored(account: str = ACCOUNT) -> Word:
    return lambda exchange, order: StreamRestored(VENUE, account)


def fill(
    name: str, qty: object, px: object = 100, *, cum: object = None, status: str = "working"
) -> Word:
    """An execution that the stream tells of. A *name* is one execution, however often told;
    its total is counted up here unless *cum* says it."""

    def word(exchange: Exchange, order: Leg) -> OrderUpdate:
        one = execution(name, qty, px, cum=_total(exchange, order, name, qty, cum))
        return OrderUpdate(
            order_id=order.order_id,
            status=VenueStatus(status),
            cum_qty=one.cum_qty,
            fill=one,
        )

    return word


def _total(exchange: Exchange, order: Leg, name: str, qty: object, cum: object) -> Decimal:
    if cum is not None:
        return Decimal(str(cum))
    known = exchange.executed
    if (order.order_id, name) not in known:
        so_far = [total for (of, _), total in known.items() if of == order.order_id]
        known[order.order_id, name] = max(so_far, default=Decimal(0)) + Decimal(str(qty))
    return known[order.order_id, name]


def execution(name: str, qty: object, px: object = 100, *, cum: object) -> Fill:
    """One execution; *name* may be empty, as where a venue gives none."""
    return Fill(
        venue_exec_id=name,
        last_qty=Decimal(str(qty)),
        last_px=Decimal(str(px)),
        cum_qty=Decimal(str(cum)),
        at=START_MS,
    )


def state(leg: Leg) -> dict[str, object]:
    """All that a leg and its order are, field by field, for comparing two."""
    fields = _fields(leg)
    fields["belongs_to"] = _fields(of(leg))
    if leg.cancel is not None:
        fields["cancel"] = leg.cancel.cl_ord_id, leg.cancel.refusal
    return fields


def _fields(each: Leg | ClientOrder) -> dict[str, object]:
    return {name: _name_of(getattr(each, name)) for name in each.__struct_fields__}


def _name_of(value: object) -> object:
    """Another order is what it is called, or two would never be equal."""
    if isinstance(value, ClientOrder):
        return value.root_id
    return value.order_id if isinstance(value, Leg) else value
