"""The story that the demo shows and the tests assert: what a client does, step by step.

A step is done when the client has what it waited for; it returns the gateway's messages in the
order they came. What they must say is asserted elsewhere.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tests.support.quickfix_initiator import FIX42, Initiator, Message, Version, utc_now
from tests.support.stack import Venue

SYMBOL = "BTCUSDT"
BUY, SELL = "1", "2"
GTC, IOC = "1", "3"
PRICE = "50000"
"""Where the client's orders rest; nobody else trades there."""

NUMBERS = frozenset({6, 12, 14, 31, 32, 38, 44, 151, 152})
"""Tags whose values are prices, quantities and amounts."""

VOLATILE = frozenset({60})
"""Tags of a body whose values are times."""

KINDS = {
    "pending new": "150=A",
    "new": "150=0",
    "partial fill": "150=F",
    "fill": "150=F",
    "pending cancel": "150=6",
    "canceled": "150=4",
    "rejected": "150=8",
    "status": "150=I",
}
"""What a report is about, as FIX 4.4 and later write it."""

KINDS_42 = {
    "pending new": "20=0|150=A",
    "new": "20=0|150=0",
    "partial fill": "20=0|150=1",
    "fill": "20=0|150=2",
    "pending cancel": "20=0|150=6",
    "canceled": "20=0|150=4",
    "rejected": "20=0|150=8",
    # ExecType(150) repeats OrdStatus(39) then.
    "status": "20=3",
}
"""As FIX 4.2 does: with ExecTransType(20)."""


def kind(version: Version, name: str) -> str:
    """The fields that tell what a report is about."""
    return (KINDS_42 if version is FIX42 else KINDS)[name]


def new_order(
    cl_ord_id: str,
    side: str = BUY,
    quantity: str = "1",
    price: str = PRICE,
    *,
    tif: str = GTC,
    symbol: str = SYMBOL,
) -> str:
    """NewOrderSingle(35=D): a limit order."""
    return (
        f"35=D|11={cl_ord_id}|21=1|55={symbol}|54={side}|38={quantity}|40=2|44={price}|"
        f"59={tif}|60={utc_now()}|"
    )


def cancel_request(cl_ord_id: str, orig: str, side: str = BUY, quantity: str = "1") -> str:
    """OrderCancelRequest(35=F)."""
    return f"35=F|11={cl_ord_id}|41={orig}|55={SYMBOL}|54={side}|38={quantity}|60={utc_now()}|"


def replace_request(
    cl_ord_id: str, orig: str, quantity: str, price: str = PRICE, *, symbol: str = SYMBOL
) -> str:
    """OrderCancelReplaceRequest(35=G): the whole order to buy, as it is to be."""
    return (
        f"35=G|11={cl_ord_id}|41={orig}|21=1|55={symbol}|54={BUY}|38={quantity}|40=2|44={price}|"
        f"59={GTC}|60={utc_now()}|"
    )


def status_request(cl_ord_id: str, side: str = BUY) -> str:
    """OrderStatusRequest(35=H)."""
    return f"35=H|11={cl_ord_id}|55={SYMBOL}|54={side}|"


class Story:
    """One client and its steps; *name* begins each of its ClOrdIDs."""

    def __init__(self, client: Initiator, venue: Venue, name: str) -> None:
        self.client = client
        self.venue = venue
        self.resting = f"{name}-REST"
        self.doomed = f"{name}-GONE"
        self.cancel = f"{name}-CANCEL"
        self.unknown = f"{name}-WRONG"

    def rest(self) -> list[Message]:
        """Buy 1 at 50000, where nobody sells: Pending New, New."""
        return self._say(new_order(self.resting), f"35=8|11={self.resting}|39=0")

    def part_fill(self) -> list[Message]:
        """The counterparty sells a quarter of it."""
        start = len(self.client.messages)
        self.venue.sell("0.25", PRICE)
        return self._until(f"35=8|11={self.resting}|39=1", start)

    def fill(self) -> list[Message]:
        """The counterparty sells the rest of it."""
        start = len(self.client.messages)
        self.venue.sell("0.75", PRICE)
        return self._until(f"35=8|11={self.resting}|39=2", start)

    def place_and_cancel(self) -> list[Message]:
        """Place another and cancel it: Pending New, New, Pending Cancel, Canceled."""
        placed = self._say(new_order(self.doomed), f"35=8|11={self.doomed}|39=0")
        return placed + self._say(
            cancel_request(self.cancel, self.doomed), f"35=8|11={self.cancel}|39=4"
        )

    def ask(self) -> list[Message]:
        """Ask for the status of both."""
        return self._say(status_request(self.resting), "35=8|17=0") + self._say(
            status_request(self.doomed), "35=8|17=0"
        )

    def mistake(self) -> list[Message]:
        """Order something that does not exist: Rejected."""
        return self._say(
            new_order(self.unknown, symbol="BTCEUR"), f"35=8|11={self.unknown}|39=8"
        )

    def _say(self, text: str, until: str) -> list[Message]:
        start = len(self.client.messages)
        self.client.send(text)
        return self._until(until, start)

    def _until(self, wanted: str, start: int) -> list[Message]:
        last = self.client.wait_for(wanted, since=start)
        messages = self.client.messages
        until = messages.index(last) + 1
        return [message for message in messages[start:until] if not message.sent]


def body(message: Message) -> str:
    """A message as text to compare whole: by tag, without header, trailer and times."""
    return fields(f"{tag}={value}" for tag, value in message.body.items() if tag not in VOLATILE)


def picked(message: Message, tags: Iterable[int]) -> str:
    """Those of *tags* that *message* has, in their order."""
    return "|".join(f"{tag}={message[tag]}" for tag in tags if message.get(tag) is not None)


def says(message: Message, text: str) -> bool:
    """Whether *message* has every field of *text*; 1.00 is 1 there, as it is in FIX."""
    wanted = fields(text).split("|")
    had = fields(f"{tag}={value}" for tag, value in message.fields.items()).split("|")
    return set(wanted) <= set(had)


def fields(parts: str | Iterable[str]) -> str:
    """`tag=value|…` in the order of the tags, so that any order may be written down."""
    if isinstance(parts, str):
        parts = (part.strip() for part in parts.split("|"))
    pairs = [part.partition("=") for part in parts if part]
    pairs.sort(key=lambda pair: int(pair[0]))
    return "|".join(f"{tag}={_plain(int(tag), value)}" for tag, _, value in pairs)


def _plain(tag: int, value: str) -> str:
    """Numbers without the zeros at their end, which mean nothing."""
    if tag not in NUMBERS:
        return value
    return format(Decimal(value).normalize(), "f")


def repeated_exec_ids(messages: Sequence[Message]) -> list[str]:
    """ExecIDs that two different reports have; a status report (17=0) is no execution."""
    seen: dict[str, int] = {}
    repeated = []
    for message in messages:
        exec_id = message.get(17)
        if message.msg_type != "8" or exec_id in (None, "0"):
            continue
        assert exec_id is not None
        if seen.setdefault(exec_id, message.seq_num) != message.seq_num:
            repeated.append(exec_id)
    return repeated


def missing_numbers(messages: Sequence[Message], *, sent: bool) -> list[int]:
    """MsgSeqNums that one side left out: neither used, nor filled by a SequenceReset."""
    covered: set[int] = set()
    for message in messages:
        if message.sent is sent:
            covered.add(message.seq_num)
            if message.msg_type == "4":
                covered.update(range(message.seq_num, int(message[36])))
    return [number for number in range(1, max(covered, default=0) + 1) if number not in covered]


def used_twice(messages: Sequence[Message], *, sent: bool) -> list[int]:
    """MsgSeqNums under which two different messages were sent as new."""
    seen: set[int] = set()
    twice = []
    for message in messages:
        if message.sent is sent and not message.poss_dup:
            if message.seq_num in seen:
                twice.append(message.seq_num)
            seen.add(message.seq_num)
    return twice
