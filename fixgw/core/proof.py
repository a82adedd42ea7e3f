"""Outstanding proof: the unanswered queries and commands to a venue, and the times to ask.

A PendingProof is data: one frozen value an order, replaced as a whole, by the methods below alone.
It has four parts, each in one of few states that carry exactly their data:

    submit      Submitting            in the adapter's hands: it may still leave
                Submitted             no longer under way, since a moment
    question    None                  not asked yet
                Asked                 a question is under way
                Answered              it was answered, or could not be
    cancel      None                  none was given to the adapter in this process
                CancelSent            one is in the adapter's hands
                CancelAnswered        the adapter has answered it
    lack        None                  the venue's words fit what is told
                Unlisted              the venue counts more than it lists, or says FILLED
                Absent                the venue does not show an order that it had
                Shrunk                the venue counts less than was told
                Contradicted          the venue shows as working what has ended here

Nothing here is journaled: after a restart every unsettled order is watched again, and asked about
at once. Never submits, never rejects: it only says whose turn it is to be asked about. Times are
milliseconds of a clock that never jumps (`Now.mono_ms`): a wall clock set forward would prove an
absence that is none.
"""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from fixgw.model.ids import OrderID

FIRST_ASK_MS = 2_000
"""Time a venue has to answer and to confirm before it is asked."""

SOON_MS = 200
"""Time after an unknown outcome until the venue is asked."""

ASK_AGAIN_MS = (500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000)
"""Times from one query to the next; the last one repeats for ever."""

UNLISTED_AGAIN_MS = (500, 1_000, 2_000, 4_000, 8_000, 30_000)
"""The intervals while the venue lists fewer executions than it counts."""

SWEEP_MS = 100
"""Interval at which the watched orders are examined."""

DOUBT_ALERT_ASKS = 5
"""Number of queries without an end after which an operator is alerted."""

QUESTION_LOST_MS = 60_000
"""An adapter answers every query it is given; one that has not within this time is asked again."""

COMMAND_LOST_MS = QUESTION_LOST_MS
"""Time after which a cancel without an answer is asked about."""

GONE_ANSWERS_MIN = 3
"""Minimum number of answers from which an absence is concluded, however long they took."""

SHORT_ANSWERS_MAX = 5
"""Number of queries to a venue that lists no executions before the price of one is implied."""


class Submitting(Struct, frozen=True, gc=False):
    """The submit is in the adapter's hands."""


class Submitted(Struct, frozen=True, gc=False):
    """The submit is under way no longer. It may arrive a little later still."""

    at: int


class Asked(Struct, frozen=True, gc=False):
    """A question is under way."""

    at: int
    """Time of the oldest query that may still be answered."""
    fills: bool
    """The question is for the executions as well."""


class Answered(Struct, frozen=True, gc=False):
    """The last question, which left at `at`, was answered, or could not be."""

    at: int
    fills: bool


class CancelSent(Struct, frozen=True, gc=False):
    """A cancel is in the adapter's hands."""

    at: int


class CancelAnswered(Struct, frozen=True, gc=False):
    """The adapter has answered the cancel that was sent at `at`."""

    at: int
    answered_at: int
    """The venue's answers to questions that left before prove nothing about the cancel."""


class Unlisted(Struct, frozen=True, gc=False):
    """The venue counts more than the executions it has told, or does not say how much."""

    told: Decimal
    """The most that it has counted; 0: it did not say."""
    since: int
    answers: int = 0
    """The answers with executions that fell short."""
    alerted: bool = False


class Absent(Struct, frozen=True, gc=False):
    """The venue, which had the order, does not show it."""

    since: int
    answers: int = 1


class Shrunk(Struct, frozen=True, gc=False):
    """The venue counts less than it did."""


class Contradicted(Struct, frozen=True, gc=False):
    """The venue shows as working what has ended here."""

    since: int


Lack = Unlisted | Absent | Shrunk | Contradicted

SUBMITTING = Submitting()
SHRUNK = Shrunk()


class PendingProof(Struct, frozen=True, gc=False):
    """One order that is waited for."""

    due: int
    """Time at which it is to be asked about."""
    submit: Submitting | Submitted
    question: Asked | Answered | None = None
    cancel: CancelSent | CancelAnswered | None = None
    lack: Lack | None = None
    asks: int = 0
    again: bool = False
    """There was an event since the last question was sent, so its answer is not enough."""
    seen_at: int | None = None
    """Time when the venue last showed, to this process, that it has the order."""

    # ------------------------------------------------------------------------ what it says

    @property
    def submitting(self) -> bool:
        return type(self.submit) is Submitting

    @property
    def asking(self) -> bool:
        return type(self.question) is Asked

    @property
    def asked_fills(self) -> bool:
        """True if the last question was for the executions as well."""
        return self.question is not None and self.question.fills

    @property
    def soon_ms(self) -> int:
        """How long to wait with a question that is wanted soon: longer after each question."""
        return max(SOON_MS, ASK_AGAIN_MS[min(self.asks, len(ASK_AGAIN_MS)) - 1] if self.asks else 0)

    @property
    def told(self) -> Decimal | None:
        """The venue's count, while it is above the executions that are known."""
        return self.lack.told if type(self.lack) is Unlisted else None

    def asked_after_submit(self, milliseconds: int) -> bool:
        """True if the last question left so long after the submit that this cannot arrive later."""
        if type(self.submit) is not Submitted or self.question is None:
            return False
        return self.question.at - self.submit.at >= milliseconds

    def asked_before_seen(self) -> bool:
        """True if the last question left before the venue showed that it has the order."""
        return (
            self.seen_at is not None
            and (self.question is None or self.question.at <= self.seen_at)
        )

    def cancel_under_way(self, now: int) -> bool:
        """True if the adapter owes an answer to a cancel."""
        return type(self.cancel) is CancelSent and now - self.cancel.at < COMMAND_LOST_MS

    def asked_after_cancel(self) -> bool:
        """True if the last question left after the last cancel was answered, or none was."""
        if type(self.cancel) is not CancelAnswered:
            return True
        return self.question is not None and self.question.at > self.cancel.answered_at

    def asked_since(self, moment: int) -> bool:
        """True if the last question left at *moment* or later."""
        return self.question is not None and self.question.at >= moment

    def is_due(self, now: int) -> bool:
        if self.due > now:
            return False
        return not (self.asking or self.submitting) or self.due + QUESTION_LOST_MS <= now

    # ------------------------------------------------------------------------ how it changes

    def sooner(self, due: int) -> "PendingProof":
        return replace(self, due=due) if due < self.due else self

    def later(self, due: int) -> "PendingProof":
        return replace(self, due=due)

    def submitting_again(self) -> "PendingProof":
        return replace(self, submit=SUBMITTING)

    def submit_answered(self, now: int, *, taken: bool) -> "PendingProof":
        seen_at = now if taken else self.seen_at
        return replace(self, submit=Submitted(now), seen_at=seen_at)

    def seen(self, now: int) -> "PendingProof":
        return self if self.seen_at == now else replace(self, seen_at=now)

    def asked(self, now: int) -> "PendingProof":
        """A question leaves now; the next one is due later than the last time."""
        if type(self.lack) is Unlisted:
            step = UNLISTED_AGAIN_MS[min(self.lack.answers, len(UNLISTED_AGAIN_MS) - 1)]
        else:
            step = ASK_AGAIN_MS[min(self.asks, len(ASK_AGAIN_MS) - 1)]
        at = self.question.at if type(self.question) is Asked else now
        fills = type(self.lack) in (Unlisted, Absent, Shrunk)
        return replace(
            self, due=now + step, question=Asked(at, fills), asks=self.asks + 1, again=False
        )

    def answered(self) -> "PendingProof":
        question = self.question
        if type(question) is not Asked:
            return self
        return replace(self, question=Answered(question.at, question.fills))

    def ask_again(self) -> "PendingProof":
        return self if self.again else replace(self, again=True)

    def cancel_sent(self, now: int) -> "PendingProof":
        return replace(self, cancel=CancelSent(now))

    def cancel_answered(self, now: int) -> "PendingProof":
        if self.cancel is None:
            return self
        return replace(self, cancel=CancelAnswered(self.cancel.at, now))

    def lacking(self, lack: Lack | None) -> "PendingProof":
        return self if self.lack is lack else replace(self, lack=lack)


class Proofs:
    """The outstanding proofs, by OrderID(37)."""

    def __init__(self) -> None:
        self._by_order: dict[OrderID, PendingProof] = {}
        self.get = self._by_order.get
        """The proof of an order; None if nothing is waited for."""
        self._next_sweep = 0
        self.before: list[tuple[OrderID, PendingProof | None]] = []
        """The values that were replaced since it was cleared, so that they can be put back."""

    def __len__(self) -> int:
        return len(self._by_order)

    def __iter__(self) -> Iterator[OrderID]:
        return iter(self._by_order)

    def put(self, order_id: OrderID, proof: PendingProof) -> PendingProof:
        """Have *proof* outstanding."""
        self.before.append((order_id, self._by_order.get(order_id)))
        self._by_order[order_id] = proof
        return proof

    def watch(self, order_id: OrderID, due: int, now: int) -> PendingProof:
        """Wait for *order_id*; ask about it at *due* at the latest."""
        proof = self._by_order.get(order_id)
        proof = PendingProof(due, Submitted(now)) if proof is None else proof.sooner(due)
        return self.put(order_id, proof)

    def settle(self, order_id: OrderID) -> None:
        """Nothing more is waited for."""
        proof = self._by_order.pop(order_id, None)
        if proof is not None:
            self.before.append((order_id, proof))

    def roll_back(self) -> None:
        """Put back what was replaced since `before` was cleared."""
        while self.before:
            order_id, proof = self.before.pop()
            if proof is None:
                self._by_order.pop(order_id, None)
            else:
                self._by_order[order_id] = proof

    def due(self, now: int) -> list[OrderID]:
        """Return the orders that are due to be asked about; examined at most every SWEEP_MS."""
        if not self._by_order or now < self._next_sweep:
            return []
        self._next_sweep = now + SWEEP_MS
        return [order_id for order_id, proof in self._by_order.items() if proof.is_due(now)]
