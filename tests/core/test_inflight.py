"""What is waited for, and when the venue is asked about it."""

from decimal import Decimal

from fixgw.core.inflight import ASK_AGAIN_MS, QUESTION_LOST_MS, SWEEP_MS, Inflight
from fixgw.model.ids import OrderID

A, B = OrderID("1"), OrderID("2")


def due(inflight: Inflight, now: int) -> list[OrderID]:
    return [order_id for order_id, _ in inflight.due(now)]


def test_due_when_its_time_has_come() -> None:
    inflight = Inflight()
    inflight.watch(A, 2_000, 0)

    assert [] == due(inflight, 1_999)
    assert [A] == due(inflight, 1_999 + SWEEP_MS)


def test_looked_through_every_so_often() -> None:
    inflight = Inflight()
    inflight.watch(A, 0, 0)
    inflight.due(1_000)

    assert [] == due(inflight, 1_000 + SWEEP_MS - 1)
    assert [A] == due(inflight, 1_000 + SWEEP_MS)


def test_one_watch_an_order_and_the_earlier_time_counts() -> None:
    inflight = Inflight()
    watch = inflight.watch(A, 2_000, 0)

    assert watch is inflight.watch(A, 500, 100)
    assert watch is inflight.watch(A, 9_000, 100)
    assert (500, 0) == (watch.due, watch.left_at)
    assert 1 == len(inflight)


def test_settled() -> None:
    inflight = Inflight()
    inflight.watch(A, 0, 0)
    inflight.watch(B, 0, 0)
    inflight.settle(A)
    inflight.settle(A)

    assert [B] == due(inflight, 0)
    assert inflight.get(A) is None


def test_asked_again_later_and_later_and_for_ever() -> None:
    inflight, now, waits = Inflight(), 0, []
    watch = inflight.watch(A, 0, 0)
    for _ in range(9):
        inflight.asked(watch, now)
        waits.append(watch.due - now)
        now = watch.due

    assert [*ASK_AGAIN_MS, 30_000, 30_000] == waits


def test_one_question_at_a_time() -> None:
    inflight = Inflight()
    watch = inflight.watch(A, 0, 0)
    inflight.asked(watch, 0)
    lost = watch.due + QUESTION_LOST_MS

    assert [] == due(inflight, lost - 1)
    assert [A] == due(inflight, lost + SWEEP_MS)


def test_not_asked_about_while_it_is_submitted() -> None:
    inflight = Inflight()
    watch = inflight.watch(A, 0, 0)
    watch.submitting = True

    assert [] == due(inflight, 1_000)


def test_the_oldest_open_question_counts() -> None:
    inflight = Inflight()
    watch = inflight.watch(A, 0, 0)
    inflight.asked(watch, 100)
    inflight.asked(watch, 70_000)
    assert 100 == watch.asked_at

    watch.asking = False
    inflight.asked(watch, 80_000)
    assert 80_000 == watch.asked_at


def test_executions_are_asked_for_while_some_are_missing() -> None:
    inflight = Inflight()
    watch = inflight.watch(A, 0, 0)
    watch.again = True
    inflight.asked(watch, 0)
    assert (False, False) == (watch.asked_fills, watch.again)

    watch.short_of = Decimal(5)
    inflight.asked(watch, 0)
    assert watch.asked_fills
