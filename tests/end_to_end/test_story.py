"""The story of the demo, field by field, in every FIX version; and what a restart leaves whole."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.quickfix_initiator import FIX42, VERSIONS, Initiator, Message, Version
from tests.support.stack import KILLED, Stack
from tests.support.story import (
    Story,
    body,
    cancel_request,
    fields,
    kind,
    missing_numbers,
    new_order,
    repeated_exec_ids,
    status_request,
    used_twice,
)

every_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


class World:
    """One stack, and a client of every version that is logged on to it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.clients = {
            version: Initiator(version, stack.port, stack.directory / version.comp_id)
            for version in VERSIONS
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("story") / "stack"
    with Stack(directory, sandbox_settings={"requests_per_second": 0}) as stack:
        world = World(stack)
        try:
            for client in world.clients.values():
                client.log_on()
            yield world
        finally:
            for client in world.clients.values():
                client.stop(abruptly=True)


@pytest.fixture
def stack(world: World) -> Stack:
    return world.stack


@pytest.fixture
def client(world: World, version: Version) -> Initiator:
    return world.clients[version]


def name(version: Version, text: str) -> str:
    """A ClOrdID(11) that only one test of one version uses."""
    return f"{version.comp_id}-{text}"


def order_of(stack: Stack, order_id: str) -> Any:
    """An order as the venue has it on record."""
    rows = [row for row in stack.venue.orders() if row["order"]["orderId"].endswith(order_id)]
    assert 1 == len(rows)
    return rows[0]


def execution(version: Version, commission: str, liquidity: str) -> str:
    """What only reports of executions carry, and what FIX 4.2 lacks of it."""
    extra = "" if version is FIX42 else f"|479=USDT|851={liquidity}"
    return f"12={commission}|13=3{extra}"


def transact_time(message: Message) -> int:
    """TransactTime(60) as Unix milliseconds."""
    moment = datetime.strptime(message[60], "%Y%m%d-%H:%M:%S.%f").replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


# ------------------------------------------------------------------ orders


@every_version
def test_a_resting_order_fills_in_two_parts(
    stack: Stack, version: Version, client: Initiator
) -> None:
    story = Story(client, stack.venue, name(version, "parts"))

    pending, new = story.rest()
    (part,) = story.part_fill()
    (last,) = story.fill()

    order = pending[37]
    terms = (
        f"1=STA-00000001|11={story.resting}|37={order}|38=1|40=2|44=50000|54=1|55=BTCUSDT|59=1|"
        f"198=00000001{order}|207=VENUE1"
    )
    assert [
        fields(f"{terms}|{kind(version, 'pending new')}|17={order}-A|39=A|151=1|14=0|6=0"),
        fields(f"{terms}|{kind(version, 'new')}|17={order}-0|39=0|151=1|14=0|6=0"),
        fields(
            f"{terms}|{kind(version, 'partial fill')}|17={part[17]}|39=1|151=0.75|14=0.25|6=50000|"
            f"32=0.25|31=50000|{execution(version, '6.25', '1')}"
        ),
        fields(
            f"{terms}|{kind(version, 'fill')}|17={last[17]}|39=2|151=0|14=1|6=50000|"
            f"32=0.75|31=50000|{execution(version, '18.75', '1')}"
        ),
    ] == [body(message) for message in (pending, new, part, last)]

    row = order_of(stack, order)
    assert 1 == row["newOrderCalls"]
    assert [transact_time(part), transact_time(last)] == [fill["at"] for fill in row["fills"]]


@every_version
def test_an_order_takes_from_three_others_and_rests(
    stack: Stack, version: Version, client: Initiator
) -> None:
    cl_ord_id = name(version, "takes")
    prices = ("49990.01", "49990.02", "49990.04")
    for price in prices:
        stack.venue.sell("0.1", price)
    client.send(new_order(cl_ord_id, quantity="0.7"))
    third = client.wait_for(f"35=8|11={cl_ord_id}|14=0.3")
    stack.venue.sell("0.4", "50000")
    last = client.wait_for(f"35=8|11={cl_ord_id}|39=2")

    reports = client.reports(cl_ord_id)
    assert ["A", "0", "1", "1", "1", "2"] == [report[39] for report in reports]
    assert [*prices, "50000"] == [report[31] for report in reports[2:]]
    # To 12 decimals: 149970.07 / 3, and (14997.007 + 20000) / 0.7.
    assert ("49990.023333333333", "49995.724285714286") == (third[6], last[6])
    # 0.1 % of what it took, 0.05 % of what it gave.
    commissions = ["4.999001", "4.999002", "4.999004", "10"]
    assert list(map(Decimal, commissions)) == [Decimal(report[12]) for report in reports[2:]]
    if version is not FIX42:
        assert ["2", "2", "2", "1"] == [report[851] for report in reports[2:]]


@every_version
def test_a_cancel_is_pending_and_then_done(
    stack: Stack, version: Version, client: Initiator
) -> None:
    story = Story(client, stack.venue, name(version, "cancel"))

    pending_new, new, pending_cancel, canceled = story.place_and_cancel()

    order = new[37]
    terms = (
        f"1=STA-00000001|11={story.cancel}|41={story.doomed}|37={order}|38=1|40=2|44=50000|54=1|"
        f"55=BTCUSDT|59=1|198=00000001{order}|207=VENUE1|14=0|6=0"
    )
    assert ["A", "0"] == [pending_new[39], new[39]]
    assert [
        fields(f"{terms}|{kind(version, 'pending cancel')}|17={order}-6.1|39=6|151=1"),
        fields(f"{terms}|{kind(version, 'canceled')}|17={order}-4|39=4|151=0"),
    ] == [body(pending_cancel), body(canceled)]
    assert "CANCELLED" == order_of(stack, order)["order"]["orderStatus"]


@every_version
def test_what_was_filled_before_a_cancel_stays_filled(
    stack: Stack, version: Version, client: Initiator
) -> None:
    story = Story(client, stack.venue, name(version, "partly"))
    story.rest()
    (part,) = story.part_fill()

    client.send(cancel_request(story.cancel, story.resting))
    canceled = client.wait_for(f"35=8|11={story.cancel}|39=4")

    assert {37: part[37], 14: part[14], 6: "50000", 151: "0", 41: story.resting}.items() <= (
        canceled.body.items()
    )


@every_version
def test_a_cancel_that_comes_too_late_is_refused(
    stack: Stack, version: Version, client: Initiator
) -> None:
    story = Story(client, stack.venue, name(version, "late"))
    _, new = story.rest()
    story.part_fill()
    story.fill()

    client.send(cancel_request(story.cancel, story.resting))
    refused = client.wait_for(f"35=9|11={story.cancel}")

    assert fields(
        f"1=STA-00000001|11={story.cancel}|41={story.resting}|37={new[37]}|39=2|434=1|102=0|"
        "58=the order is FILLED"
    ) == body(refused)


@every_version
def test_statuses_tell_how_both_orders_stand(
    stack: Stack, version: Version, client: Initiator
) -> None:
    story = Story(client, stack.venue, name(version, "status"))
    _, new = story.rest()
    story.part_fill()
    story.fill()
    gone = story.place_and_cancel()[0]

    filled, canceled = story.ask()

    # FIX 4.2 has no ExecType I: 150 repeats the status.
    types = ("2", "4") if version is FIX42 else ("I", "I")
    status = kind(version, "status")
    terms = "1=STA-00000001|17=0|38=1|40=2|44=50000|54=1|55=BTCUSDT|59=1|207=VENUE1|151=0"
    status = status if version is FIX42 else ""
    assert [
        fields(
            f"{terms}|11={story.resting}|37={new[37]}|198=00000001{new[37]}|{status}|"
            f"150={types[0]}|39=2|14=1|6=50000"
        ),
        fields(
            f"{terms}|11={story.doomed}|37={gone[37]}|198=00000001{gone[37]}|{status}|"
            f"150={types[1]}|39=4|14=0|6=0"
        ),
    ] == [body(filled), body(canceled)]


@every_version
def test_an_unknown_order_is_told_to_be_unknown(
    stack: Stack, version: Version, client: Initiator
) -> None:
    cl_ord_id = name(version, "nobody")
    client.send(status_request(cl_ord_id))
    answer = client.wait_for(f"35=8|11={cl_ord_id}")

    what = "20=3|150=8" if version is FIX42 else "150=I"
    assert fields(
        f"11={cl_ord_id}|37=NONE|17=0|{what}|39=8|54=1|55=BTCUSDT|151=0|14=0|6=0|103=5|"
        "58=unknown order"
    ) == body(answer)


@every_version
def test_an_unknown_symbol_is_rejected_and_never_leaves(
    stack: Stack, version: Version, client: Initiator
) -> None:
    story = Story(client, stack.venue, name(version, "mistake"))
    before = len(stack.venue.orders())

    (rejected,) = story.mistake()

    order = rejected[37]
    assert fields(
        f"11={story.unknown}|37={order}|17={order}-8|{kind(version, 'rejected')}|39=8|38=1|40=2|"
        "44=50000|54=1|55=BTCEUR|59=1|151=0|14=0|6=0|103=1|"
        "58=Symbol(55) 'BTCEUR' is not traded at apifiny"
    ) == body(rejected)
    assert before == len(stack.venue.orders())
    assert not [call for call in stack.venue.unbooked() if call.endswith(order)]


@every_version
def test_a_name_that_was_used_before_is_rejected_with_the_state_of_its_order(
    stack: Stack, version: Version, client: Initiator
) -> None:
    story = Story(client, stack.venue, name(version, "twice"))
    _, new = story.rest()
    start = len(client.messages)

    client.send(new_order(story.resting, price="49000"))
    rejected = client.wait_for(f"35=8|11={story.resting}|150=8", since=start)
    client.send(cancel_request(story.cancel, story.resting))
    client.wait_for(f"35=8|11={story.cancel}|39=4")

    assert ("0", "6", new[37]) == (rejected[39], rejected[103], rejected[37])
    assert 1 == order_of(stack, new[37])["newOrderCalls"]


# ---------------------------------------------------------------- restarts


def test_the_numbers_go_on_after_sigterm(stack: Stack, world: World) -> None:
    before = {version: client.numbers for version, client in world.clients.items()}
    logons = _logons(world)

    assert 0 == stack.gateway.stop()
    goodbyes = {
        version: client.received[-1].msg_type for version, client in world.clients.items()
    }
    stack.gateway.start()
    starts = _log_on_again(world, logons)

    assert dict.fromkeys(VERSIONS, "5") == goodbyes
    for version, client in world.clients.items():
        # Each side has sent a Logout meanwhile.
        ours, theirs = before[version]
        logon, answer = _first_logons(client, starts[version])
        assert (ours + 1, theirs + 1) <= (logon.seq_num, answer.seq_num)
        assert {logon.get(141), answer.get(141)} == {None}
        _check_numbers(client)


def test_a_fill_while_the_gateway_is_dead_is_reported_once(stack: Stack, world: World) -> None:
    stories = {
        version: Story(client, stack.venue, name(version, "killed"))
        for version, client in world.clients.items()
    }
    orders = {version: story.rest()[0][37] for version, story in stories.items()}
    logons = _logons(world)

    stack.gateway.kill()
    stack.venue.sell(str(len(VERSIONS)), "50000")
    stack.gateway.start()
    _log_on_again(world, logons)

    for version, story in stories.items():
        client = world.clients[version]
        client.wait_for(f"35=8|11={story.resting}|39=2")
        # An answer behind it shows that nothing more is under way.
        client.send(status_request(story.resting))
        client.wait_for(f"35=8|11={story.resting}|17=0")
        reports = [report for report in client.reports(story.resting) if report[17] != "0"]
        assert ["A", "0", "2"] == [report[39] for report in reports]
        assert {orders[version]} == {report[37] for report in reports}
        assert Decimal(1) == Decimal(reports[-1][32]) == Decimal(reports[-1][14])
        assert 1 == order_of(stack, orders[version])["newOrderCalls"]
        _check_numbers(client)


@every_version
def test_the_numbers_go_on_after_the_initiator_was_restarted(
    stack: Stack, version: Version, client: Initiator
) -> None:
    story = Story(client, stack.venue, name(version, "away"))
    story.rest()
    ours, theirs = client.numbers
    start = len(client.messages)

    client.stop(abruptly=True)
    stack.venue.sell("1", "50000")
    client.log_on()
    client.wait_for(f"35=8|11={story.resting}|39=2")

    logon, _ = _first_logons(client, start)
    assert logon.seq_num >= ours
    # The fill took the number that came next; whether it came as it is or was asked for.
    fills = [report for report in client.reports(story.resting) if report[39] == "2"]
    assert 1 == len({report.seq_num for report in fills})
    assert fills[0].seq_num >= theirs
    _check_numbers(client)


# ------------------------------------------------- and behind all of this


@every_version
def test_nothing_was_malformed_repeated_or_left_out(
    stack: Stack, version: Version, client: Initiator
) -> None:
    assert [] == [message for message in client.sent if message.msg_type in ("3", "j")]
    assert [] == [message for message in client.received if message.msg_type in ("3", "j")]
    assert [] == repeated_exec_ids(client.received)
    _check_numbers(client)


def test_the_gateway_never_complained(stack: Stack) -> None:
    said = (stack.directory / "gateway.log").read_text()
    assert [] == [line for line in said.splitlines() if "[error" in line or "Traceback" in line]
    assert KILLED != stack.gateway.stop()


def _logons(world: World) -> dict[Version, int]:
    return {version: client.logons for version, client in world.clients.items()}


def _log_on_again(world: World, logons: dict[Version, int]) -> dict[Version, int]:
    """Wait until every client has reconnected; where in its messages the new session begins."""
    starts = {}
    for version, client in world.clients.items():
        def is_back(client: Initiator = client, version: Version = version) -> bool:
            return client.logged_on and client.logons > logons[version]

        client.wait_until(is_back, "the client is back")
        messages = client.messages
        last = max(
            position
            for position, message in enumerate(messages)
            if message.msg_type == "A" and not message.sent
        )
        starts[version] = last - 1
    return starts


def _first_logons(client: Initiator, start: int) -> tuple[Message, Message]:
    """The Logon that was answered after *start*, and its answer."""
    since = client.messages[start:]
    answer = next(
        message for message in since if message.msg_type == "A" and not message.sent
    )
    logon = [
        message
        for message in since[: since.index(answer)]
        if message.msg_type == "A" and message.sent
    ][-1]
    return logon, answer


def _check_numbers(client: Initiator) -> None:
    messages = client.messages
    for sent in (True, False):
        assert [] == missing_numbers(messages, sent=sent)
        assert [] == used_twice(messages, sent=sent)
