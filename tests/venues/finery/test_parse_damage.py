"""Every payload of the vendor's documents, every field damaged: the gateway lives, and what can be
told is.

Each case goes the way of a real one: the socket's session, order entry, or the pure
parts that read an answer; then the border, then an engine that has the order.
"""

import asyncio
from collections.abc import Iterator

import pytest

from fixgw.model.effects import QueryOrder, ReplaceOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.model.ids import OrderID
from fixgw.model.venue import (
    CommandOutcome,
    InstrumentsLoaded,
    QueryFailed,
    Unknown,
    VenueInput,
)
from fixgw.runtime.clock import ManualClock
from fixgw.runtime.secrets import Secret
from fixgw.venues.kit.border import Border
from fixgw.venues.finery import build, parse, replacing
from fixgw.venues.kit.clock import FollowedClock
from fixgw.venues.finery.credentials import Credentials, Nonces
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.order_entry import OrderEntry
from fixgw.venues.finery.schemas import read_instruments
from fixgw.venues.finery.session import OrderSession
from fixgw.venues.finery.symbols import instruments
from fixgw.venues.http import Request
from fixgw.venues.outcome import Answer
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.strangers import Strangers
from tests.support.damage import OF_THE_WHOLE, Case, failures, with_at
from tests.support.orders import START_MS, VENUE, Exchange, accepted
from tests.venues.finery.payload import payload
from tests.venues.finery.venue import config, order

CONFIG = config("http://venue", in_flight_limit=3, request_timeout_seconds=5)
TAGS = ("11", "150", "32", "31", "14")
UP = payload("ws_status.json")

ROW = b'["BTC-USD",0,0,0,%d,%d,10000000000,100000000,%d,1700000000000,0]'
DEAL = (
    b'["BTC-USD",0,0,0,%d,%d,10000000000,100000000,60000000,1700000000000,'
    b'1700000000000,%d,1,10000000000,40000000,4000000000,0,2,0,2,0,0,1,0]'
)
"""A deal of 0.4, as of feed O and of `dealHistory`."""

HEAD_DECIDES = {5: "clientOrderId", 7: "initialSize", 8: "sizeLeft"}
DEAL_DECIDES = HEAD_DECIDES | {11: "dealId", 13: "dealPrice", 14: "dealSize", 18: "byVolume"}


class Scene:
    """Two orders, X and Y, that work at the venue, and a socket on which feed O is bound."""

    runner: asyncio.Runner
    """One event loop for the questions of all cases."""

    def __init__(self, *, bound: bool = True, known: bool = True) -> None:
        self.exchange = Exchange()
        for name in ("W", "X", "Y"):  # W, as the first one's name is a damage
            self.exchange.client(f"35=D|11={name}|38=1|")
            if known:
                self.exchange.venue(accepted())
        self.exchange.reports()
        self.exchange.commands()
        self.clock = ManualClock(START_MS)
        self.border = Border(VENUE, self.exchange.handle, self.clock)
        self.memory = Memory()
        self.strangers = Strangers(VENUE, self.border)
        self.session = OrderSession(
            config=CONFIG, memory=self.memory, strangers=self.strangers, deliver=self.border
        )
        self.session.opened(0.0)
        self.session.receive([UP, *([b'["O",0,"S",[]]'] if bound else [])], 1.0)

    def name(self, which: str) -> int:
        return int(self.exchange.order(which).order_id)

    def order(self, which: str) -> VenueOrder:
        """It, as a command has it."""
        known = self.exchange.order(which)
        return order(
            order_id=known.order_id, quantity="1", price="100", native_id=known.native_id
        )

    def row(self, which: str, left: int = 60000000) -> bytes:
        return ROW % (1000 + ord(which), self.name(which), left)

    def deal(self, which: str) -> bytes:
        return DEAL % (1000 + ord(which), self.name(which), 100 + ord(which))

    def news(self, action: bytes, *rows: bytes) -> None:
        """A message of feed O with a row, or with several."""
        many = b",".join(rows) if len(rows) == 1 else b"[%b]" % b",".join(rows)
        self.session.receive([b'["O",0,"%b",%b]' % (action, many)], 2.0)

    def told(self, which: str = "X") -> list[str]:
        """The executions that the client was told of; each report is looked at."""
        reports = self.exchange.reports(*TAGS)
        for report in reports:
            assert len(report) < 200, report
            assert "|31=0|" not in report and "=-" not in report, report
        return [each for each in reports if each.startswith(f"11={which}|150=F")]

    def asked_about(self, which: str) -> bool:
        """Whether the core asks about it, or is about to: nobody knows what was said."""
        asked = any(each.endswith(f" {which}") for each in self.exchange.commands())
        return asked or self.session.unreadable or self.session.resync_wanted


@pytest.fixture(scope="module", autouse=True)
def event_loop_of_all_cases() -> Iterator[None]:
    with asyncio.Runner() as Scene.runner:
        yield


def filled(which: str) -> list[str]:
    return [f"11={which}|150=F|32=0.4|31=100|14=0.4"]


def decides(case: Case, fields: dict[int, str]) -> bool:
    """Whether the damaged place of a row is one of *fields*."""
    (position,) = case.path
    return position in fields or case.damage in OF_THE_WHOLE


# ------------------------------------------------------------------ news


def test_a_deal_with_a_damaged_decoration_is_told_once_and_the_next_one_understood() -> None:
    sample = Scene()

    def look(case: Case) -> None:
        scene = Scene()
        scene.news(b"D", case.payload)
        told = scene.told()
        if not decides(case, DEAL_DECIDES):
            assert filled("X") == told
            # The same again, whole: it is known.
            scene.news(b"D", scene.deal("X"))
            assert [] == scene.told()
        scene.news(b"D", scene.deal("Y"))
        assert filled("Y") == scene.told("Y")

    assert [] == failures(sample.deal("X"), look)


@pytest.mark.parametrize("position", sorted(set(DEAL_DECIDES) - {18}), ids=DEAL_DECIDES.get)
@pytest.mark.parametrize("written", [b"null", b'""', b'"rubbish"', b"[]", b"1E+400", b"-1"])
def test_a_deal_of_ours_that_cannot_be_read_is_asked_about(position: int, written: bytes) -> None:
    scene = Scene()
    scene.session.resync_wanted = False
    scene.news(b"D", with_at(scene.deal("X"), (position,), written))

    assert [] == scene.told()
    named = DEAL_DECIDES[position] != "clientOrderId"
    assert scene.asked_about("X") or written in (b"null", b"-1") and not named
    assert not (named and scene.session.unreadable), "it is asked about by its name"


def test_a_damaged_row_hides_no_other_of_its_message() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        scene.news(b"D", case.payload, scene.deal("Y"))
        assert case.damage in OF_THE_WHOLE or filled("Y") == scene.told("Y")

    assert [] == failures(Scene().deal("X"), look)


@pytest.mark.parametrize("row", [b"null", b"7", b'"rubbish"', b"{}", b"[]", b'["BTC-USD"]'])
def test_a_row_that_is_none_hides_no_other(row: bytes) -> None:
    scene = Scene()
    scene.news(b"D", row, scene.deal("Y"))

    assert filled("Y") == scene.told("Y")


@pytest.mark.parametrize("client_order_id", [b"null", b"0", b'"desk-1"', b"5", b"9" * 200])
def test_an_order_and_a_deal_that_somebody_else_made_hide_nothing(client_order_id: bytes) -> None:
    """A row with clientOrderId null kept the socket from ever coming up."""
    scene = Scene(bound=False)
    foreign = with_at(scene.row("X"), (5,), client_order_id)
    scene.session.receive([b'["O",0,"S",[%b,%b]]' % (foreign, scene.row("Y"))], 2.0)
    assert "ready" == scene.session.state
    assert scene.asked_about("Y"), "its row tells of an execution"
    scene.news(b"D", with_at(scene.deal("X"), (5,), client_order_id), scene.deal("Y"))
    assert filled("Y") == scene.told("Y")


def test_a_snapshot_with_a_damaged_row_is_one_and_the_row_s_order_is_asked_about() -> None:
    def look(case: Case) -> None:
        scene = Scene(bound=False)
        rows = b"%b,%b" % (case.payload, scene.row("Y", left=100000000))
        scene.session.receive([b'["O",0,"S",[%b]]' % rows], 2.0)
        assert "ready" == scene.session.state and scene.session.resync_wanted
        scene.told()
        scene.news(b"D", scene.deal("Y"))
        assert filled("Y") == scene.told("Y")

    assert [] == failures(Scene().row("X"), look)


@pytest.mark.parametrize("rows", [b"null", b"7", b"{}", b'"rubbish"', b"[" * 3000])
def test_a_snapshot_that_cannot_be_read_at_all_leaves_the_socket_of_use(rows: bytes) -> None:
    scene = Scene(bound=False)
    scene.session.receive([b'["O",0,"S",%b]' % rows], 2.0)

    assert "ready" == scene.session.state and scene.session.resync_wanted


def test_a_damaged_removal_ends_no_order_that_still_works() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        scene.news(b"-", case.payload)
        scene.told()
        scene.news(b"D", scene.deal("Y"))
        assert filled("Y") == scene.told("Y")

    assert [] == failures(Scene().row("X", left=100000000).replace(b",0]", b",1]"), look)


@pytest.mark.parametrize("reason", [b"9", b"-1", b'"EXPIRED"'])
def test_a_reason_that_nobody_knows_ends_no_order_and_hides_no_execution(reason: bytes) -> None:
    scene = Scene()
    scene.session.resync_wanted = False
    scene.news(b"-", with_at(scene.row("X"), (3,), reason))

    assert scene.exchange.order("X").open
    assert scene.asked_about("X") and not scene.session.resync_wanted


@pytest.mark.parametrize("name", ["ws_reply", "ws_error", "ws_status", "ws_not_bound"])
def test_damaged_messages_of_any_kind_end_nothing(name: str) -> None:
    def look(case: Case) -> None:
        scene = Scene()
        scene.session.command(Command.SUBMIT, scene.order("X"), build.add(scene.order("X")), 2.0)
        scene.session.receive([case.payload], 2.0)
        scene.told()
        scene.news(b"D", scene.deal("Y"))
        assert filled("Y") == scene.told("Y")

    assert [] == failures(payload(f"{name}.json"), look)


# --------------------------------------------------------------- commands


def reply_of(scene: Scene, body: bytes) -> bytes:
    """A sample of the documents, about our order X, which was for 0.1."""
    return body.replace(b"123456789", str(scene.name("X")).encode())


def outcome(scene: Scene, body: bytes, command: Command) -> CommandOutcome:
    ours = order(order_id=OrderID(str(scene.name("X"))), quantity="0.1", price="9999")
    told = parse.command_outcome(Answer(200, body), ours, command, trust_4xx=True)
    return CommandOutcome(ours.order_id, command, told)


@pytest.mark.parametrize("name", ["http_add", "http_del", "http_error", "http_del_all"])
@pytest.mark.parametrize("command", [Command.SUBMIT, Command.CANCEL])
def test_a_damaged_answer_to_a_command_is_an_answer(name: str, command: Command) -> None:
    def look(case: Case) -> None:
        scene = Scene(known=command is Command.CANCEL)
        scene.border(outcome(scene, reply_of(scene, case.payload), command))
        scene.told()

    assert [] == failures(payload(f"{name}.json"), look)


def test_what_decorates_a_reply_hides_no_deal_of_it() -> None:
    decisive = {"clientOrderId", "remainingSize", "cancelReason"}

    def look(case: Case) -> None:
        scene = Scene(known=False)
        if case.path[:1] == ("deals",) and (len(case.path) < 3 or case.path[2] in (
            "id", "price", "size"
        )):
            # The sum says that there was one: it is asked for.
            scene.border(outcome(scene, reply_of(scene, case.payload), Command.SUBMIT))
            assert scene.told() or scene.asked_about("X")
            return
        if case.path[0] in decisive or case.damage in OF_THE_WHOLE:
            return
        scene.border(outcome(scene, reply_of(scene, case.payload), Command.SUBMIT))
        assert ["11=X|150=F|32=0.02|31=9999|14=0.02"] == scene.told()

    assert [] == failures(payload("http_add.json"), look)


def test_a_deal_of_a_reply_that_cannot_be_read_hides_no_other() -> None:
    scene = Scene(known=False)
    one, two = b'{"id":23,"price":0,"size":2}', b'{"id":24,"price":100000000,"size":2000000}'
    body = b'{"id":1,"remainingSize":6000000,"deals":[%b,%b]}' % (one, two)
    scene.border(outcome(scene, body, Command.SUBMIT))

    assert ["11=X|150=F|32=0.02|31=1|14=0.02"] == scene.told()
    assert scene.asked_about("X"), "0.04 were executed"


def test_a_reply_whose_error_cannot_be_read_answers_its_command_and_no_other() -> None:
    scene = Scene(known=False)
    heard: list[object] = []
    session = OrderSession(
        config=CONFIG, memory=scene.memory, strangers=scene.strangers, deliver=heard.append
    )
    session.opened(0.0)
    for which in ("X", "Y"):
        session.command(Command.SUBMIT, scene.order(which), build.add(scene.order(which)), 1.0)
    session.receive([b'{"event":"request","reqId":1,"error":"rubbish"}'], 1.0)
    (told,) = heard

    assert isinstance(told, CommandOutcome) and isinstance(told.outcome, Unknown)
    assert (str(scene.name("X")), 1) == (told.order_id, session.in_flight)


def replace_command() -> ReplaceOrder:
    old = order(quantity="0.1", price="9999", native_id="1245")
    return ReplaceOrder(old, order(quantity="0.2", price="10000"))


@pytest.mark.parametrize("name", ["http_mod", "http_mod_not_placed"])
@pytest.mark.parametrize("status", [200, 400])
def test_a_damaged_answer_to_a_replace_is_an_answer(name: str, status: int) -> None:
    def look(case: Case) -> None:
        heard: list[VenueInput] = []
        border = Border(VENUE, heard.append, ManualClock(START_MS))
        command = replace_command()
        told = replacing.rest_answer(Answer(status, case.payload), command, trust_4xx=True)
        replacing.settle(told, command, Memory(), border)
        replacing.settle(
            replacing.reply(case.payload, command), command, Memory(), border
        )
        for each in heard:
            assert len(str(each)) < 2_000

    assert [] == failures(payload(f"{name}.json"), look)


@pytest.mark.parametrize("written", [b"null", b'"rubbish"', b"[]", b"-1"])
def test_who_cannot_tell_whether_the_old_order_was_removed_says_so(written: bytes) -> None:
    body = with_at(payload("http_mod_not_placed.json"), ("reply", "origId"), written)
    told = replacing.rest_answer(Answer(400, body), replace_command(), trust_4xx=True)

    assert isinstance(told.outcome, Unknown) and told.old is None


# -------------------------------------------------------------- questions


class Venue:
    """Answers requests with what it is told to."""

    def __init__(self, positions: bytes, deals: bytes) -> None:
        self._bodies = {build.POSITIONS.method: positions, "dealHistory": deals}

    async def send(self, request: Request) -> Answer:
        return Answer(200, self._bodies[request.url.rpartition("/")[2]])


def answers(scene: Scene, positions: bytes, deals: bytes) -> list[VenueInput]:
    """What order entry says when it is asked about X and Y, all their executions as well."""
    return scene.runner.run(_answers(scene, positions, deals))


async def _answers(scene: Scene, positions: bytes, deals: bytes) -> list[VenueInput]:
    heard: list[VenueInput] = []

    def deliver(said: VenueInput) -> None:
        heard.append(said)
        scene.border(said)

    entry = OrderEntry(
        credentials=Credentials(account="TRADER", key="key", secret=Secret("secret")),
        nonces=Nonces(),
        http=Venue(positions, deals),  # type: ignore[arg-type]
        config=config("http://127.0.0.1"),
        clock=FollowedClock(scene.clock, follows=False),
        memory=scene.memory, strangers=scene.strangers, deliver=deliver,
        divert=lambda command: False,
    )
    for which in ("X", "Y"):
        entry.query(QueryOrder(scene.order(which), fills=True))
    working = asyncio.ensure_future(entry.keep_asking())
    while len(heard) < 2:
        await asyncio.sleep(0)
        assert not working.done(), working.exception()
    working.cancel()
    await asyncio.wait([working])
    return heard


def positions(*rows: bytes) -> bytes:
    """The answer to `positions` with *rows* of open orders."""
    return b"[5,[],[%b],[]]" % b",".join(rows)


def test_a_deal_between_two_orders_of_one_account_is_an_execution_of_each() -> None:
    scene = Scene()
    both = [DEAL % (1000 + ord(which), scene.name(which), 7) for which in ("X", "Y")]
    answers(scene, positions(scene.row("X"), scene.row("Y")), b"[%b,%b]" % tuple(both))

    told = scene.exchange.reports(*TAGS)
    assert filled("X") + filled("Y") == [each for each in told if "150=F" in each]


def test_a_damaged_open_order_hides_no_other() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        listed = positions(case.payload, scene.row("Y"))
        answers(scene, listed, b"[%b]" % scene.deal("Y"))
        assert case.damage in OF_THE_WHOLE or filled("Y") == scene.told("Y")
        if not decides(case, HEAD_DECIDES | {10: "byVolume"}):
            assert scene.exchange.order("X").open

    assert [] == failures(Scene().row("X", left=100000000), look)


def test_a_damaged_deal_of_the_history_hides_no_other_and_none_is_told_wrong() -> None:
    def look(case: Case) -> None:
        scene = Scene()
        listed = positions(scene.row("X"), scene.row("Y"))
        answers(scene, listed, b"[%b,%b]" % (case.payload, scene.deal("Y")))
        told = scene.exchange.reports(*TAGS)
        assert case.damage in OF_THE_WHOLE or set(filled("Y")) <= set(told)
        if not decides(case, DEAL_DECIDES):
            assert set(filled("X")) <= set(told)
        answers(scene, listed, b"[%b,%b]" % (scene.deal("X"), scene.deal("Y")))
        scene.told()

    assert [] == failures(Scene().deal("X"), look)


@pytest.mark.parametrize("which", ["positions", "deals"])
@pytest.mark.parametrize("written", [b'"rubbish"', b"{}", b"1.5"])
def test_an_order_that_may_be_the_one_whose_name_is_damaged_is_not_taken_for_absent_or_over(
    which: str, written: bytes
) -> None:
    scene = Scene(bound=False, known=False)  # nobody knows whether they arrived
    nameless = [with_at(row, (5,), written) for row in (scene.row("X"), scene.deal("X"))]
    heard = answers(
        scene,
        positions(*([nameless[0]] if which == "positions" else [])),
        b"[%b]" % (nameless[1] if which == "deals" else b""),
    )

    assert 2 == sum(isinstance(each, QueryFailed) for each in heard), heard


@pytest.mark.parametrize("name", ["http_positions", "http_deal_history"])
def test_a_damaged_list_is_an_answer_to_every_question_and_the_next_one_is_understood(
    name: str,
) -> None:
    def look(case: Case) -> None:
        scene = Scene()
        whole = positions(scene.row("X"), scene.row("Y")), b"[%b]" % scene.deal("X")
        damaged_one = name == "http_deal_history"
        answers(scene, whole[0] if damaged_one else case.payload,
                case.payload if damaged_one else whole[1])
        told = scene.told()
        answers(scene, *whole)
        assert filled("X") == told + scene.told()

    assert [] == failures(payload(f"{name}.json"), look)


@pytest.mark.parametrize("client_order_id", [b"null", b"0"])
def test_an_order_whose_name_the_venue_leaves_out_is_known_by_the_venue_s_number(
    client_order_id: bytes,
) -> None:
    scene = Scene()
    scene.news(b"+", scene.row("X", left=100000000))  # which tells the venue's number
    nameless = [
        with_at(row, (5,), client_order_id) for row in (scene.row("X"), scene.deal("X"))
    ]
    answers(scene, positions(nameless[0]), b"[%b]" % nameless[1])

    assert filled("X") == scene.told()
    assert scene.exchange.order("X").open


# ------------------------------------------------------------- reference


def test_damaged_instruments_leave_out_what_is_damaged_with_its_reason() -> None:
    def look(case: Case) -> None:
        heard: list[VenueInput] = []
        try:
            listed = read_instruments(case.payload)
        except Unreadable:
            return
        found, left_out = instruments(listed, VENUE, "FINERY", price_step=True)
        Border(VENUE, heard.append, ManualClock(START_MS))(InstrumentsLoaded(VENUE, found))
        assert all(why.strip() for why in left_out)
        asset = case.path[:2] in ((0, 1), (0, 2))
        assert found or left_out or case.path[0] == 1 or asset

    assert [] == failures(payload("http_instruments.json"), look)
