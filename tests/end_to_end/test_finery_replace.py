"""OrderCancelReplaceRequest(35=G) of real QuickFIX clients at Finery Markets, which replaces by
`mod`, in one step; and what becomes of one whose answer is lost, or whose gateway dies."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.finery_stack import (
    PRICE,
    SYMBOL,
    UNIT,
    FineryStack,
    cancel_request,
    fills,
    new_order,
)
from tests.support.quickfix_initiator import (
    FIX42,
    FIX44,
    FIX50SP2,
    Initiator,
    Message,
    Version,
    utc_now,
)
from tests.support.stack import wait_until

TOLD = (35, 11, 41, 150, 39, 38, 44, 14, 151, 6)
ARRIVED = [
    "timeout_after_accept", "http_500_after_accept", "drop_connection_after_accept",
    "torn_answer_after_accept", "unreadable_body",
]
NOT_ARRIVED = ["timeout_before_accept", "http_502", "drop_connection"]
DECIDED_SECONDS = 60.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FineryStack]:
    with FineryStack(tmp_path_factory.mktemp("finery-replace")) as stack:
        yield stack


@pytest.fixture(autouse=True)
def behave_again(stack: FineryStack) -> Iterator[None]:
    yield
    stack.venue.behave()


@pytest.fixture(params=[FIX42, FIX44, FIX50SP2], ids=str)
def version(request: pytest.FixtureRequest) -> Version:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def client(stack: FineryStack, version: Version, tmp_path: Path) -> Iterator[Initiator]:
    with Initiator(version, stack.port, tmp_path / "client") as client:
        yield client
        # QuickFIX judges every message by its own dictionary.
        assert not [m for m in client.sent if m.msg_type in ("3", "j")]


@pytest.fixture
def names(version: Version, request: pytest.FixtureRequest) -> tuple[str, str]:
    """ClOrdID(11) of an order, and of its replacement."""
    name = f"{version.comp_id}-{abs(hash(request.node.name)) % 10**8}"
    return f"{name}-X", f"{name}-Y"


def replace_request(name: str, orig: str, quantity: str, price: str = PRICE) -> str:
    """OrderCancelReplaceRequest(35=G): the whole order, as it is to be."""
    return (
        f"35=G|11={name}|41={orig}|21=1|55={SYMBOL}|54=1|38={quantity}|40=2|44={price}|59=1|"
        f"60={utc_now()}|"
    )


def told(message: Message) -> str:
    return "|".join(f"{tag}={message[tag]}" for tag in TOLD if message.get(tag) is not None)


def received(client: Initiator, since: int) -> list[str]:
    """What the client was told, without answers to its questions and the session's own."""
    return [
        told(message)
        for message in client.messages[since:]
        if not message.sent and message.msg_type in ("8", "9") and message.get(17) != "0"
    ]


def at_work(client: Initiator, name: str, quantity: str = "1") -> Message:
    """An order that rests."""
    client.send(new_order(name, quantity))
    return client.wait_for(f"35=8|11={name}|39=0")


def booked(stack: FineryStack, client: Initiator, *names: str) -> list[tuple[Any, ...]]:
    """The venue's record of those orders: initial, left, open, cancelReason, deals, `add` calls."""
    rows = []
    for name in names:
        wanted = {m[198] for m in client.reports(name) if m.get(198)}
        for venue_name in sorted(wanted):
            for row in stack.venue.named(venue_name):
                deals = [Decimal(deal["size"]) / UNIT for deal in row["deals"]]
                rows.append((
                    Decimal(row["initial"]) / UNIT, Decimal(row["left"]) / UNIT, row["isOpen"],
                    row["cancelReason"], deals, row["addCalls"],
                ))
    return rows


def trade(version: Version) -> str:
    """ExecType(150) of an execution that fills: FIX 4.2 has no Trade."""
    return "2" if version is FIX42 else "F"


def part(version: Version) -> str:
    return "1" if version is FIX42 else "F"


def replaced_status(version: Version, executed: bool = False) -> str:
    # FIX 4.2 has an OrdStatus(39) of its own for it; later versions have none.
    if executed:
        return "1"
    return "5" if version is FIX42 else "0"
