"""Proof that is outstanding, and when the venue is asked about it."""

from decimal import Decimal

from fixgw.core.proof import (
    ASK_AGAIN_MS,
    QUESTION_LOST_MS,
    SWEEP_MS,
    UNLISTED_AGAIN_MS,
    Asked,
    Proofs,
    Submitted,
    Unlisted,
)
from fixgw.model.ids import OrderID

A, B = OrderID("1"), OrderID("2")


def test_due_when_its_time_has_come() -> None:
    proofs = Proofs()
    proofs.watch(A, 2_000, 0)

    assert [] == proofs.due(1_999)
    assert [A] == proofs.due(1_999 + SWEEP_MS)


def test_looked_through_every_so_often() -> None:
    proofs = Proofs()
    proofs.watch(A, 0, 0)
    proofs.due(1_000)

    assert [] == proofs.due(1_000 + SWEEP_MS - 1)
    assert [A] == proofs.due(1_000 + SWEEP_MS)


def test_one_proof_an_order_and_the_earlier_time_counts() -> None:
    proofs = Proofs()
    proofs.watch(A, 2_000, 0)
    proofs.watch(A, 500, 100)
    proof = proofs.watch(A, 9_000, 100)

    assert (500, Submitted(0)) == (proof.due, proof.submit)
    assert 1 == len(proofs)


def test_settled() -> None:
    proofs = Proofs()
    proofs.watch(A, 0, 0)
    proofs.watch(B, 0, 0)
    proofs.settle(A)
    proofs.settle(A)

    assert [B] == proofs.due(0)
    assert proofs.get(A) is None


def test_what_changed_since_the_last_step_is_put_back() -> None:
    proofs = Proofs()
    before = proofs.watch(A, 0, 0)
    proofs.before.clear()
    proofs.put(A, before.asked(10))
    proofs.watch(B, 0, 0)
    proofs.settle(A)
    proofs.roll_back()

    assert (before, None) == (proofs.get(A), proofs.get(B))


def test_asked_again_later_and_later_and_for_ever() -> None:
    proof, now, waits = Proofs().watch(A, 0, 0), 0, []
    for _ in range(9):
        proof = proof.asked(now)
        waits.append(proof.due - now)
        now = proof.due

    assert [*ASK_AGAIN_MS, 30_000, 30_000] == waits


def test_the_pauses_begin_anew_when_executions_are_not_listed() -> None:
    proof = Proofs().watch(A, 0, 0)
    for _ in range(5):
        proof = proof.asked(0)
    waits = []
    for answers in range(8):
        proof = proof.lacking(Unlisted(Decimal(1), 0, answers)).asked(0)
        waits.append(proof.due)

    assert [*UNLISTED_AGAIN_MS, 30_000, 30_000] == waits


def test_one_question_at_a_time() -> None:
    proofs = Proofs()
    proof = proofs.put(A, proofs.watch(A, 0, 0).asked(0))
    lost = proof.due + QUESTION_LOST_MS

    assert [] == proofs.due(lost - 1)
    assert [A] == proofs.due(lost + SWEEP_MS)


def test_not_asked_about_while_it_is_submitted() -> None:
    proofs = Proofs()
    proofs.put(A, proofs.watch(A, 0, 0).submitting_again())

    assert [] == proofs.due(1_000)


def test_the_oldest_open_question_counts() -> None:
    proof = Proofs().watch(A, 0, 0).asked(100).asked(70_000)
    assert Asked(100, False) == proof.question

    proof = proof.answered().asked(80_000)
    assert Asked(80_000, False) == proof.question


def test_executions_are_asked_for_while_some_are_missing() -> None:
    proof = Proofs().watch(A, 0, 0).ask_again().asked(0)
    assert (False, False) == (proof.asked_fills, proof.again)

    assert proof.lacking(Unlisted(Decimal(5), 0)).asked(0).asked_fills


def test_asked_since_a_moment() -> None:
    proof = Proofs().watch(A, 0, 0)
    assert not proof.asked_since(0)

    asked = proof.asked(5)
    assert asked.asked_since(5)
    assert not asked.asked_since(6)
