"""MaxMessagesPerSecond: what is above it waits, then is refused, then ends the session."""

import asyncio
from pathlib import Path

import pytest

from fixgw.app.throttle import Throttle
from fixgw.model.errors import BusinessRefused
from fixgw.model.reports import Limit
from fixgw.runtime.clock import ManualClock, SystemClock
from tests.app.bench import ORDER, play, running, until

FAST, TWENTY = "35=H|11=NOBODY|55=BTCUSDT|54=1", 20
"""A question that is answered at once, and how often it is asked."""

CANCEL = "35=F|11=C|41=A|55=BTCUSDT|54=1|60=20260105-10:00:00"

WAITS = "MaxMessagesPerSecond=20\nMaxMessagesDelaySeconds=60\n"
REFUSES = "MaxMessagesPerSecond=10\nMaxMessagesDelaySeconds=0\n"


# ------------------------------------------------------------------------- the rule


def test_a_second_s_worth_may_come_at_once_and_then_one_each_interval() -> None:
    throttle = Throttle(per_second=10, delay_seconds=100, rejected_max=0)

    assert [0] * 10 == [throttle.take(5_000, 11 - n) for n in range(10)]
    assert 100 == throttle.take(5_000, 1)
    assert 1 == throttle.take(5_099, 1)
    assert 0 == throttle.take(5_100, 1)
    assert 100 == throttle.take(5_100, 1)


def test_who_was_silent_saves_up_no_more_than_a_second() -> None:
    throttle = Throttle(per_second=10, delay_seconds=100, rejected_max=0)
    for _ in range(10):
        throttle.take(0, 1)

    taken = 0
    while not throttle.take(3_600_000, 1):
        taken += 1
    assert 10 == taken


def test_a_message_weighs_by_its_bytes() -> None:
    throttle = Throttle(per_second=10, delay_seconds=100, rejected_max=0)

    # 2,048 bytes count for five messages, so a second has room for two of them and for no third.
    assert [0, 0, 500] == [throttle.take(0, 3, 2_048) for _ in range(3)]
    assert 10 == throttle.limit(0).count


def test_one_that_weighs_more_than_a_second_s_worth_takes_a_second() -> None:
    throttle = Throttle(per_second=10, delay_seconds=100, rejected_max=0)

    assert [0, 1_000] == [throttle.take(0, 2, 65_536) for _ in range(2)]
    assert 0 == throttle.take(1_000, 1, 65_536)


def test_who_is_held_back_too_long_is_refused_but_never_a_cancel() -> None:
    throttle = Throttle(per_second=10, delay_seconds=1, rejected_max=5)
    for _ in range(10):
        throttle.take(0, 50)
    for now in range(0, 1_000, 100):
        # One each tenth of a second is taken; there is always another waiting.
        assert 0 == throttle.take(now, 50) or now == 0
        assert 0 < throttle.take(now, 50) <= 100

    throttle.check("D")
    assert 0 == throttle.take(999 + 1, 50)
    throttle.check("D")
    assert 0 == throttle.take(1_000, 50)
    with pytest.raises(BusinessRefused, match="more than 10 messages a second"):
        throttle.check("D")
    throttle.check("F")
    throttle.check("q")
    assert not throttle.exhausted


def test_too_many_refusals_are_the_end_until_the_limit_is_kept() -> None:
    throttle = Throttle(per_second=10, delay_seconds=0, rejected_max=2)
    for _ in range(10 + 2):
        throttle.take(0, 1)
    assert not throttle.exhausted
    throttle.take(0, 1)
    assert throttle.exhausted

    throttle.take(2_000, 1)
    assert not throttle.exhausted


def test_the_limit_and_how_much_of_it_is_used() -> None:
    throttle = Throttle(per_second=4, delay_seconds=1, rejected_max=0)
    used = []
    for _ in range(4):
        throttle.take(0, 1)
        used.append(throttle.limit(0).count)

    assert [1, 2, 3, 4] == used
    assert Limit(count=2, maximum=4, interval_seconds=1) == throttle.limit(500)
    assert 0 == throttle.limit(10_000).count


# ---------------------------------------------------------------------- a client


def standing() -> ManualClock:
    """It is now, until the test says otherwise: a busy machine earns nobody another message."""
    return ManualClock(SystemClock().now_ms())


def test_what_is_above_the_limit_is_only_late_and_in_order(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = standing()
        sessions = {"ONE": WAITS, "TWO": ""}
        async with running(tmp_path, clock=clock, sessions=sessions) as gateway:
            client, other = await gateway.client(), await gateway.client("TWO")
            await client.log_on()
            await other.log_on()
            await client.send(*[f"35=1|112={n}" for n in range(2 * TWENTY)])

            # Meanwhile nobody else waits.
            await other.send("35=1|112=OTHER")
            await other.expect("35=0|112=OTHER")
            assert 2 + TWENTY == gateway.numbers()[1]
            clock.advance(1_000)
            for number in range(2 * TWENTY):
                await client.expect(f"35=0|34={number + 2}|112={number}")

    play(scenario())


def test_what_is_refused_is_counted_and_a_cancel_is_not_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, clock=standing(), sessions={"ONE": REFUSES}) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("A")
            await client.expect("35=8|34=2|11=A|39=0")
            await client.send(*[FAST] * 9, f"35=D|11=B|{ORDER}", CANCEL)

            for _ in range(9):
                await client.expect("35=8|39=8|11=NOBODY")
            await client.expect(
                "35=j|45=12|372=D|379=B|380=4"
                "|58=more than 10 messages a second (MaxMessagesPerSecond)"
            )
            await client.expect("35=8|11=C|41=A|150=4|39=4")
            assert 14 == gateway.numbers()[1]
            assert ["A"] == [o.request.cl_ord_id for o in gateway.gateway.engine.orders]

    play(scenario())


def test_who_does_not_stop_is_logged_out_and_can_come_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        lines = REFUSES + "MaxMessagesRejected=5\n"
        async with running(tmp_path, clock=standing(), sessions={"ONE": lines}) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.send(*[FAST] * 100)

            kinds = []
            while message := await client.receive():
                kinds.append(message[35])
            assert ["8"] * 10 + ["j"] * 5 + ["5"] == kinds
            client.close()
            await until(gateway.gone())

            # What was not taken was not counted: it is asked for, and nothing is lost.
            client = await gateway.client(next_out=client.next_out)
            await asyncio.sleep(0)
            await client.log_on()
            await client.expect("35=2|7=17|16=0")

    play(scenario())


def test_who_is_held_back_and_comes_back_on_another_connection_is_not_forgotten(
    tmp_path: Path,
) -> None:
    waits = "MaxMessagesPerSecond=1\nMaxMessagesDelaySeconds=60\n"

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": waits}) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.send("35=1|112=TAKEN", "35=1|112=WAITS")
            await client.expect("35=0|112=TAKEN")
            client.close()
            await until(gateway.gone())

            client = await gateway.client(next_out=3)
            await client.log_on()
            await client.send("35=1|112=AGAIN")
            await client.expect("35=0|112=AGAIN")

    play(scenario())


# ---------------------------------------------------------------------- one's limits


def test_a_client_asks_how_much_of_its_limit_it_has_used(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": WAITS, "TWO": ""}) as gateway:
            client, free = await gateway.client(), await gateway.client("TWO")
            await client.log_on()
            await client.send("35=XLQ|6136=Q1")
            answer = await client.expect("35=XLR|34=2|6136=Q1|25003=1|25004=2|25006=20")
            assert answer[25005] in ("1", "2") and ("1", "s") == (answer[25007], answer[25008])

            await free.log_on()
            await free.send("35=XLQ|6136=Q2")
            await free.expect("35=XLR|34=2|6136=Q2|25003=0")

    play(scenario())
