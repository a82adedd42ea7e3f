"""What is asked of an order and not answered yet: by the client, or by the gateway itself."""

from fixgw.model.enums import CancelFor, CxlRejReason
from fixgw.model.ids import ClOrdID


class PendingCancel:
    """An OrderCancelRequest that is not answered yet."""

    __slots__ = ("cl_ord_id", "refusal")

    def __init__(self, cl_ord_id: ClOrdID) -> None:
        self.cl_ord_id = cl_ord_id
        # What the venue refused it with; the client hears once the order's state is known.
        self.refusal: tuple[CxlRejReason, str] | None = None


class OwnCancel:
    """A cancel that the gateway decided by itself, and the venue has not done yet."""

    __slots__ = ("text", "cause", "refusals", "refusal")

    def __init__(self, text: str, cause: CancelFor) -> None:
        self.text = text
        self.cause = cause
        self.refusals = 0
        """How often the venue refused it, since it was decided."""
        self.refusal: str | None = None
        """Why, the last time; None if it never did."""
