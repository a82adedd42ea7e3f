"""Commands without a proven outcome, and when to ask the venue about them.

Nothing here is journaled: after a restart every order whose status is
PENDING_NEW or PENDING_CANCEL is watched again, and asked about at once.
Never submits, never rejects: it only says whose turn it is to be asked about.
Times are milliseconds of a clock that never jumps (`Now.mono_ms`): a wall
clock set forward would prove absence that is none.
"""

from decimal import Decimal

from fixgw.model.ids import OrderID

FIRST_ASK_MS = 2_000
"""How long a venue may take to answer and to confirm before it is asked."""

SOON_MS = 200
"""How long after an unknown outcome the venue is asked."""

ASK_AGAIN_MS = (500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000)
"""How long after one question the next one follows; the last goes on for ever."""

SWEEP_MS = 100
"""How often the watched orders are looked through."""

DOUBT_ALERT_ASKS = 5
"""After so many questions without an end, an operator is told."""

QUESTION_LOST_MS = 60_000
"""An adapter answers everything it is given; one that has not for so long is asked again."""

COMMAND_LOST_MS = QUESTION_LOST_MS
"""The same for a cancel."""

GONE_ANSWERS_MAX = 3
"""So often a venue may say that it knows an order no more; then nothing of it works there."""

SHORT_ANSWERS_MAX = 5
"""So many answers may fall short of the order's total; the next is taken as all there is."""


class Watch:
    """One order that is waited for."""

    __slots__ = (
        "due", "asks", "asking", "asked_at", "asked_fills", "again", "short_of", "short_answers",
        "gone_answers", "submitting", "seen_at", "left_at", "cancelling", "cancel_sent",
        "cancel_at", "cancel_answered_at",
    )

    def __init__(self, due: int, left_at: int) -> None:
        self.due = due
        self.asks = 0
        self.asking = False
        """A question is under way."""
        self.asked_at = 0
        """When the oldest question left that may still be answered."""
        self.asked_fills = False
        """The last question was for the executions as well."""
        self.again = False
        """Something happened since the last question left, so its answer does not do."""
        self.short_of: Decimal | None = None
        """What the venue says it executed, while that is more than the executions it told of."""
        self.short_answers = 0
        """How often it was asked for them and did not tell."""
        self.gone_answers = 0
        """How often the venue has said that it knows the order, which it had, no more."""
        self.submitting = False
        """The submit is in the adapter's hands: it may still leave."""
        self.seen_at: int | None = None
        """When the venue last showed, to this process, that it has the order."""
        self.left_at = left_at
        """When the last submit stopped being under way: it may arrive a little later still."""
        self.cancelling = False
        """A cancel is in the adapter's hands."""
        self.cancel_sent = False
        """A cancel was given to the adapter, in this process."""
        self.cancel_at = 0
        """When, the last time."""
        self.cancel_answered_at = -1
        """When it was answered: what the venue was asked before that says nothing about it."""


class Inflight:
    """The watched orders."""

    def __init__(self) -> None:
        self._watches: dict[OrderID, Watch] = {}
        self._next_sweep = 0

    def __len__(self) -> int:
        return len(self._watches)

    def watch(self, order_id: OrderID, due: int, now: int) -> Watch:
        """Wait for *order_id*; ask about it at *due* at the latest."""
        watch = self._watches.get(order_id)
        if watch is None:
            watch = self._watches[order_id] = Watch(due, now)
        elif due < watch.due:
            watch.due = due
        return watch

    def get(self, order_id: OrderID) -> Watch | None:
        return self._watches.get(order_id)

    def settle(self, order_id: OrderID) -> None:
        """Nothing more is waited for."""
        self._watches.pop(order_id, None)

    def asked(self, watch: Watch, now: int) -> None:
        """A question about it leaves now; the next one is due later than the last time."""
        step = ASK_AGAIN_MS[min(watch.asks, len(ASK_AGAIN_MS) - 1)]
        watch.asks += 1
        watch.due = now + step
        if not watch.asking:
            watch.asked_at = now
        watch.asking = True
        watch.asked_fills = watch.short_of is not None or watch.gone_answers > 0
        watch.again = False

    def due(self, now: int) -> list[tuple[OrderID, Watch]]:
        """Whose turn it is; looked up at most every SWEEP_MS."""
        if not self._watches or now < self._next_sweep:
            return []
        self._next_sweep = now + SWEEP_MS
        return [
            (order_id, watch)
            for order_id, watch in self._watches.items()
            if watch.due <= now
            and (not (watch.asking or watch.submitting) or watch.due + QUESTION_LOST_MS <= now)
        ]
