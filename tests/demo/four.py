"""The last part of the demo: one FIX 4.4 session trades at four venues at once.

Each venue has a sandbox of its own, a process. What differs between venues (who tells of a fill,
who can cancel, who can replace) is told to the client or hidden from it, and is checked here.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from tests.demo import translate
from tests.demo.facts import NOT_REACHED, SEEN, Facts
from tests.demo.scene import Ear, Scene, Translate
from tests.demo.screen import Screen
from tests.demo.stage import Stage
from tests.demo.venues import KINDS, SECRETS, Apifiny, Asmlink, Finery, Integral, Sandbox
from tests.support.quickfix_initiator import FIX44, Initiator, Message, utc_now
from tests.support.stack import wait_until
from tests.support.story import BUY, GTC

TITLE = "Four venues, one FIX 4.4 session"
SESSION = "session"
COLUMNS = (*(kind.short for kind in KINDS), SESSION)

RESTS = "an order rests there, and is reported New"
WHICH = "a symbol of two venues is not guessed at"
PART = "a part of it fills, reported to the digit"
REPLACED = "it is replaced, and its executions still count"
CANNOT = "what cannot be done is rejected, with the reason"
MISSED = "after kill -9 the missed fill is reported, once"
CANCELED = "it is canceled, and CumQty stays right"
STATUS = "asked for all open orders: its CumQty is right"
MASS = "one request cancels it and all the others"
TWICE_TOLD = "told in two ways, the last fill counts once"
ONCE = "the venue got each order once, CumQty agrees"
NUMBERS = "no number is missing or used twice, no ExecID"
VALID = "QuickFIX found nothing wrong with any message"
SECRET = "no secret is in what the gateway has written"

Venue = type[Sandbox]
"""Which of the four."""

OF_VENUES: dict[str, tuple[Venue, ...]] = {
    RESTS: KINDS,
    WHICH: (),
    PART: (Finery, Integral),
    REPLACED: (Apifiny, Finery),
    CANNOT: (Asmlink,),
    MISSED: KINDS,
    CANCELED: (Apifiny,),
    STATUS: (Finery, Integral, Asmlink),
    MASS: (Finery, Integral),
    TWICE_TOLD: (Asmlink,),
    ONCE: KINDS,
    NUMBERS: (),
    VALID: (),
    SECRET: (),
}
"""Fact -> the venues at which it is looked for; none: it is about the session."""

TRANSLATORS: dict[Venue, Callable[[], Translate]] = {
    Apifiny: lambda: translate.apifiny,
    Finery: translate.Finery,
    Integral: translate.Integral,
    Asmlink: lambda: translate.asmlink,
}


class Terms(NamedTuple):
    """An order of the client, and what somebody else does with it."""

    symbol: str
    quantity: str
    price: str
    named: bool
    """Whether SecurityExchange(207) says where to."""
    first: str = "0"
    """Executed while the gateway lives."""
    missed: str = "0"
    """Executed while it is dead."""

    @property
    def cum_qty(self) -> Decimal:
        """CumQty(14) after both."""
        return Decimal(self.first) + Decimal(self.missed)


ORDERS: dict[Venue, Terms] = {
    Apifiny: Terms("BTCUSDT", "1", "50000", False, missed="0.4"),
    Finery: Terms("BTC/USD", "2", "50000", True, first="0.5", missed="0.75"),
    Integral: Terms("EUR/USD", "1000000", "1.08", True, first="250000", missed="250000.5"),
    Asmlink: Terms("EURUSD", "1000000", "1.08", False, missed="400000"),
}
CHANGED: dict[Venue, Terms] = {
    Apifiny: ORDERS[Apifiny]._replace(quantity="2", price="49999"),
    Finery: ORDERS[Finery]._replace(quantity="3", price="50001"),
    Asmlink: ORDERS[Asmlink]._replace(quantity="500000"),
}
"""What the client wants of them later."""


def facts_to_see() -> Facts:
    """All facts, none of which has been seen yet."""
    return {
        fact: {name: NOT_REACHED for name in ([kind.short for kind in kinds] or [SESSION])}
        for fact, kinds in OF_VENUES.items()
    }


def play(screen: Screen, directory: Path, facts: Facts) -> None:
    """All of it; raises AssertionError if something that was waited for has not come."""
    stage = Stage(directory)
    screen.heading(TITLE)
    screen.say(
        "Now four venues that have little in common stand behind one gateway: some push their"
        " updates, one has to be asked, and one has no cancel. The client sees FIX only. Each venue"
        " is a sandbox, a process of its own, that serves the venue's documented API."
    )
    screen.venues(KINDS)
    screen.say("\nStarting four sandboxes and a gateway …", style="dim")
    try:
        with stage:
            Part(screen, stage, facts).play()
    except AssertionError:
        screen.say(stage.output())
        raise


class Part:
    """The story."""

    def __init__(self, screen: Screen, stage: Stage, facts: Facts) -> None:
        self.screen = screen
        self.stage = stage
        self.facts = facts
        self.client = Initiator(FIX44, stage.port, stage.directory / FIX44.comp_id)
        ears = [
            Ear(process, sandbox.requests, TRANSLATORS[type(sandbox)](), sandbox.short)
            for process, sandbox in zip(stage.processes, stage.sandboxes, strict=True)
        ]
        self.scene = Scene(screen, self.client, facts, ears, brief=True)
        self.venue = {type(sandbox): sandbox for sandbox in stage.sandboxes}
        self.name = {kind: f"{kind.short.upper()}-1" for kind in KINDS}
        """ClOrdID(11) that the open order of each venue has now."""
        self.replaces = {str(each.venue): each.capabilities.replace for each in stage.venues()}

    def play(self) -> None:
        """All steps, and what they must have shown."""
        self.screen.say(
            "\nThis session wants no Pending reports (PendingReports=N). Of a report only what is"
            " news is shown here; the rest repeats the order.",
            style="dim",
        )
        self.screen.columns()
        try:
            self._steps()
        finally:
            self.scene.show()
            self.client.stop(abruptly=True)
        self._check_secrets()

    def _steps(self) -> None:
        scene = self.scene
        scene.step("Log on", "One session, four venues.", self._log_on)
        scene.step(
            "An order at each",
            "A symbol is written as its venue writes it, or as BASE/QUOTE. Where two venues trade"
            " it (BTC/USD, EUR/USD) SecurityExchange(207) names the venue; Account(1) names the"
            " account. Finery Markets counts in units of 0.00000001. Integral sends no updates,"
            " so the gateway asks until the order is NEW. asmlink documents market orders only:"
            " limit orders there are an assumption, which these settings allow.",
            self._place,
        )
        scene.step(
            "A symbol that two venues trade",
            "EUR/USD is traded at Integral and at asmlink. The gateway does not guess.",
            self._which,
        )
        scene.step(
            "Partial fills",
            "Another trader sells at two venues. Finery Markets reports it on its feed O; at"
            " Integral the gateway finds it by asking. The client sees no difference.",
            self._fill_in_part,
        )
        native = self.replaces[Finery.adapter]
        scene.step(
            "Replace",
            "OrderCancelReplaceRequest: another price and quantity. "
            + ("Finery Markets has a call for it (mod). Apifiny has none; there"
               if native else "Apifiny and Finery Markets have no call for it; there")
            + " the gateway cancels the order and sends a new one with what is left, as this"
            " session's settings say (ReplaceByCancel=Y). asmlink can do neither.",
            self._replace,
        )
        self._die()
        scene.step(
            "Cancel",
            "Apifiny cancels; the report has the quantity executed before. asmlink's document has"
            " no cancel: the client gets an OrderCancelReject, and the order stays open.",
            self._cancel,
        )
        scene.step(
            "All open orders",
            "OrderMassStatusRequest: one report an order, from the gateway's own record.",
            self._ask_for_all,
        )
        scene.step(
            "Cancel everything",
            "OrderMassCancelRequest: the answer says how many orders are being canceled, and which"
            " cannot be. Each is reported Canceled when its venue has confirmed it.",
            self._cancel_all,
        )
        scene.step(
            "The last fill",
            "Another trader sells us the rest at asmlink. asmlink reports it twice, on its stream"
            " and by a webhook; it counts once. A status request afterwards finds nothing more.",
            self._fill_the_last,
        )
        self._check_venues()
        scene.check_numbers(NUMBERS, SESSION)
        scene.check_valid(VALID, SESSION)

    # ------------------------------------------------------------------ steps

    def _log_on(self) -> list[Message]:
        self.client.log_on()
        return self.client.received

    def _place(self) -> list[Message]:
        for kind, terms in ORDERS.items():
            name = self.name[kind]
            messages = self._say(
                f"35=D|11={name}|{self._body(kind, terms)}", f"35=8|11={name}|39=0"
            )
            self.scene.check(
                RESTS, kind.short, messages,
                f"150=0|39=0|14=0|151={terms.quantity}|207={kind.exchange}",
            )
        return self.client.received

    def _which(self) -> list[Message]:
        # Without Account(1), which says it elsewhere: each of the accounts is of one venue.
        body = self._body(Integral, ORDERS[Integral]._replace(named=False))
        body = body.replace(f"1={Integral.account}|", "")
        messages = self._say(f"35=D|11=WHICH-1|{body}", "35=8|11=WHICH-1")
        self.scene.check(
            WHICH, SESSION, messages,
            "150=8|39=8|103=15|58=Account(1) is needed: this session trades for"
            " STA-00000001, FUND, DESK, CORP-0001",
        )
        return messages

    def _fill_in_part(self) -> list[Message]:
        start = len(self.client.messages)
        for kind in (Finery, Integral):
            terms = ORDERS[kind]
            self.venue[kind].sell(terms.first, terms.price)
            self.client.wait_for(f"35=8|11={self.name[kind]}|150=F", since=start)
            left = Decimal(terms.quantity) - Decimal(terms.first)
            self.scene.check(
                PART, kind.short, self._since(start),
                f"150=F|39=1|32={terms.first}|31={terms.price}|14={terms.first}|151={left:f}",
            )
        return self._since(start)

    def _replace(self) -> list[Message]:
        start = len(self.client.messages)
        for kind, terms in CHANGED.items():
            old, new = self.name[kind], f"{kind.short.upper()}-2"
            request = f"35=G|11={new}|41={old}|{self._body(kind, terms)}"
            if kind is Asmlink:
                self._reject(request, f"11={new}|41={old}|434=2")
                continue
            messages = self._say(request, f"35=8|11={new}|150=5")
            left = Decimal(terms.quantity) - Decimal(terms.first)
            self.scene.check(
                REPLACED, kind.short, messages,
                f"150=5|41={old}|38={terms.quantity}|44={terms.price}|14={terms.first}"
                f"|151={left:f}",
            )
            self.name[kind] = new
        return self._since(start)

    def _reject(self, request: str, expected: str) -> None:
        """asmlink's order stays as it is, and OrderCancelReject(35=9) says why."""
        messages = self._say(request, f"35=9|{expected}")
        rejects = [message for message in messages if message.msg_type == "9"]
        text = rejects[-1].get(58) or ""
        self.facts[CANNOT][Asmlink.short] = (
            SEEN if "asmlink documents no way" in text else f"no reason in {rejects}"
        )

    def _cancel(self) -> list[Message]:
        terms, name = CHANGED[Apifiny], self.name[Apifiny]
        canceled = self._say(
            f"35=F|11=APIFINY-3|41={name}|{self._body(Apifiny, terms, prices=False)}",
            "35=8|11=APIFINY-3|39=4",
        )
        self.scene.check(
            CANCELED, Apifiny.short, canceled, f"150=4|41={name}|14={terms.cum_qty:f}|151=0"
        )
        body = self._body(Asmlink, ORDERS[Asmlink], prices=False)
        name = self.name[Asmlink]
        self._reject(f"35=F|11=ASMLINK-3|41={name}|{body}", f"11=ASMLINK-3|41={name}|434=1")
        return self.client.received

    def _ask_for_all(self) -> list[Message]:
        messages = self._say("35=AF|584=ALL-1|585=7|", "35=8|584=ALL-1|912=Y")
        for kind in OF_VENUES[STATUS]:
            self.scene.check(
                STATUS, kind.short, messages,
                f"150=I|11={self.name[kind]}|911=3|39=1|14={ORDERS[kind].cum_qty:f}",
            )
        return messages

    def _cancel_all(self) -> list[Message]:
        start = len(self.client.messages)
        self.client.send(f"35=q|11=ALL-2|530=7|60={utc_now()}|")
        report = self.client.wait_for("35=r|11=ALL-2|531=7", since=start)
        for kind in OF_VENUES[MASS]:
            name = self.name[kind]
            self.client.wait_for(f"35=8|11={name}|39=4", since=start)
            self.scene.check(
                MASS, kind.short, self._since(start),
                f"150=4|11={name}|14={ORDERS[kind].cum_qty:f}|151=0",
            )
        if "asmlink documents no way to cancel" not in (report.get(58) or ""):
            self.facts[CANNOT][Asmlink.short] = f"it is not said what stays open: {report}"
        return self._since(start)

    def _fill_the_last(self) -> list[Message]:
        start = len(self.client.messages)
        terms, name = ORDERS[Asmlink], self.name[Asmlink]
        left = f"{Decimal(terms.quantity) - terms.cum_qty:f}"
        self.venue[Asmlink].sell(left, terms.price)
        self.client.wait_for(f"35=8|11={name}|39=2", since=start)
        wait_until(self._all_delivered, "asmlink's webhooks are taken")
        # An answer to this comes behind whatever the webhook may have led to.
        self._say(f"35=H|11={name}|55={terms.symbol}|54={BUY}|", f"35=8|11={name}|17=0")
        fills = [report for report in self._since(start) if report.get(150) == "F"]
        self.scene.check(
            TWICE_TOLD, Asmlink.short, fills, f"39=2|32={left}|14={terms.quantity}|151=0"
        )
        if len(fills) != 1:
            self.facts[TWICE_TOLD][Asmlink.short] = f"{len(fills)} reports: {fills}"
        return self._since(start)

    def _all_delivered(self) -> bool:
        rows = self.venue[Asmlink].operator("deliveries")["deliveries"]
        return bool(rows) and all(row["status"] == "DELIVERED" for row in rows)

    # ------------------------------------------------------------------- kill

    def _die(self) -> None:
        """kill -9 with an order open at each venue, and a fill of each that nobody hears of."""
        client, screen = self.client, self.screen
        screen.step(
            "The gateway dies",
            "kill -9, with an order open at each of the four venues. While the gateway is dead,"
            " another trader trades with each of them. Then it starts again. It asks Apifiny,"
            " Finery Markets and Integral what has happened; asmlink cannot be asked, but repeats"
            " its webhook until it is answered.",
        )
        start, logons = len(client.messages), client.logons
        self.stage.gateway.kill()
        screen.event("✗ the gateway is killed (SIGKILL)")
        for kind, terms in self._open().items():
            self.venue[kind].sell(terms.missed, terms.price)
        self.scene.show()
        self.stage.gateway.start()
        client.wait_until(lambda: client.logons > logons, "the client logs on again")
        for kind, terms in self._open().items():
            client.wait_for(self._is_missed(kind, terms), since=start)
        screen.event("✓ the gateway is back", good=True)
        self.scene.show()
        for kind, terms in self._open().items():
            told = [each for each in self._since(start) if self._is_missed(kind, terms)(each)]
            numbers = {each.seq_num for each in told}
            self.facts[MISSED][kind.short] = (
                SEEN if len(numbers) == 1 else f"reported {len(numbers)} times: {told}"
            )

    def _open(self) -> dict[Venue, Terms]:
        """The orders as they are then; asmlink's could not be replaced."""
        return {**ORDERS, **{k: terms for k, terms in CHANGED.items() if k is not Asmlink}}

    def _is_missed(self, kind: Venue, terms: Terms) -> Callable[[Message], bool]:
        name = self.name[kind]

        def look(message: Message) -> bool:
            return (
                message.msg_type == "8" and message.get(11) == name and message.get(150) == "F"
                and Decimal(message[32]) == Decimal(terms.missed)
                and Decimal(message[14]) == terms.cum_qty
            )

        return look

    # ----------------------------------------------------------------- checks

    def _check_venues(self) -> None:
        """Each venue's own record, compared with what the client was told."""
        for sandbox in self.stage.sandboxes:
            booked = sandbox.booked()
            told = {
                report[198]: report for report in self.client.reports()
                if report.get(207) == sandbox.exchange and report.get(198) is not None
            }
            wrong = [f"{each.name}: {each.submits} submits" for each in booked if each.submits != 1]
            if {each.name for each in booked} != set(told):
                wrong.append(f"the venue has {booked}, the client was told of {sorted(told)}")
            executed = sum((each.executed for each in booked), Decimal(0))
            last = self._last_cum_qty(type(sandbox))
            if executed != last:
                wrong.append(f"the venue executed {executed:f}, the client was told {last:f}")
            self.facts[ONCE][sandbox.short] = "\n".join(wrong)

    def _last_cum_qty(self, kind: Venue) -> Decimal:
        return Decimal(self.client.reports(self.name[kind])[-1][14])

    def _check_secrets(self) -> None:
        secrets = {file.read_bytes().strip() for file in self.stage.secrets()}
        secrets |= {secret.encode() for secret in SECRETS}
        found = [
            name for name, text in self.stage.written().items()
            if any(secret in text for secret in secrets)
        ]
        self.facts[SECRET][SESSION] = f"in {', '.join(found)}" if found else SEEN

    # ---------------------------------------------------------------- talking

    @staticmethod
    def _body(kind: Venue, terms: Terms, *, prices: bool = True) -> str:
        """What D, G and F have in common: to buy; *prices* are of D and G alone."""
        order = f"40=2|44={terms.price}|59={GTC}|" if prices else ""
        exchange = f"207={kind.exchange}|" if terms.named else ""
        return (
            f"55={terms.symbol}|{exchange}54={BUY}|38={terms.quantity}|{order}"
            f"1={kind.account}|60={utc_now()}|"
        )

    def _say(self, text: str, until: str) -> list[Message]:
        start = len(self.client.messages)
        self.client.send(text)
        self.client.wait_for(until, since=start)
        return self._since(start)

    def _since(self, start: int) -> list[Message]:
        return [message for message in self.client.messages[start:] if not message.sent]
