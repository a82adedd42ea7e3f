"""Draws docs/order-states.svg from the table in fixgw.core.orders.transitions: `make diagrams`.

A column is an OrdStatus(39), a line is a row of the table: an event, a dot at the
state it happens in, an arrow to each state it may lead to, a ring where it may
stay. Nothing is placed by hand, so nothing can be forgotten.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from fixgw.core.orders.transitions import CHANGES_NOTHING, TABLE
from fixgw.model.enums import CLOSED, OrdStatus
from fixgw.model.events import (
    CancelDecided,
    CancelGivenUp,
    CancelRejected,
    CancelRequested,
    OrderEventBase,
    OrderNotPlaced,
    OrderPlaced,
    OrderReplaced,
    OutcomeUnknown,
    ReplacedInFull,
    ReplacementSubmitted,
    ReplaceRejected,
    ReplaceRequested,
    Rerouted,
    SubmittedAgain,
)

ORDER_STATES = Path(__file__).with_name("order-states.svg")

State = OrdStatus | None

COLUMNS: tuple[State, ...] = (
    None,
    OrdStatus.PENDING_NEW,
    OrdStatus.NEW,
    OrdStatus.PARTIALLY_FILLED,
    OrdStatus.PENDING_REPLACE,
    OrdStatus.PENDING_CANCEL,
    OrdStatus.REPLACED,
    OrdStatus.FILLED,
    OrdStatus.CANCELED,
    OrdStatus.EXPIRED,
    OrdStatus.REJECTED,
)

MARGIN = 28
LABELS_WIDTH = 196
COLUMN_WIDTH = 104
LINE_HEIGHT = 24
GROUP_GAP = 14
HEAD_HEIGHT = 118
FOOT_HEIGHT = 44

INK, FAINT, PAPER, BAND = "#1f2933", "#d5dce4", "#ffffff", "#f5f7fa"
NO_ORDER, PENDING, WORKING, DONE = "#7b8794", "#b7791f", "#2563a8", "#4a5568"
VENUE, CLIENT, GATEWAY = "#2563a8", "#b7791f", "#6b46a3"

BY_THE_CLIENT = (
    OrderPlaced, CancelRequested, CancelRejected, ReplaceRequested, ReplaceRejected,
)
BY_THE_GATEWAY = (
    OrderNotPlaced, SubmittedAgain, Rerouted, CancelDecided, CancelGivenUp, OutcomeUnknown,
    ReplacementSubmitted, ReplacedInFull, OrderReplaced,
)

FONT = "font-family=\"'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif\""


def order_states() -> str:
    """The drawing, as SVG."""
    width = 2 * MARGIN + LABELS_WIDTH + len(COLUMNS) * COLUMN_WIDTH
    bands: list[str] = []
    rest: list[str] = []
    bottom = HEAD_HEIGHT
    for state in COLUMNS:
        rows = [
            (kind, row.to) for (start, kind), row in TABLE.items()
            if start == state and kind not in CHANGES_NOTHING
        ]
        band = len(rows) * LINE_HEIGHT
        bands.append(_rect(MARGIN, bottom, width - 2 * MARGIN, band, BAND))
        for number, (kind, ends) in enumerate(rows):
            y = bottom + number * LINE_HEIGHT + LINE_HEIGHT // 2
            rest += _line(state, kind, ends, y)
        bottom += band + GROUP_GAP
    bottom -= GROUP_GAP
    height = bottom + FOOT_HEIGHT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" {FONT}>',
        "<title>The allowed changes of OrdStatus(39)</title>",
        _rect(0, 0, width, height, PAPER, radius=0),
        *_head(),
        *bands,
        *_columns(bottom),
        *rest,
        *_legend(height - 16),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _columns(bottom: int) -> Iterator[str]:
    for state in COLUMNS:
        x, top = _x(state), HEAD_HEIGHT - 14
        yield f'<line x1="{x}" y1="{top}" x2="{x}" y2="{bottom}" stroke="{FAINT}"/>'


def _head() -> Iterator[str]:
    yield _text(MARGIN, 36, "OrdStatus(39): what may follow what", size=18, weight="bold")
    for state in COLUMNS:
        x, color = _x(state), _color_of_state(state)
        words = ["no order"] if state is None else state.name.lower().split("_")
        top = HEAD_HEIGHT - 60
        yield _rect(x - 46, top, 92, 42, color, radius=8)
        name = words if state is None else [*words[:-1], f"{words[-1]} ({state.value})"]
        for number, word in enumerate(name):
            y = top + 25 + (number * 2 - len(name) + 1) * 7
            yield _text(x, y, word, size=11, color=PAPER, anchor="middle", weight="bold")


def _line(
    state: State, kind: type[OrderEventBase], ends: frozenset[OrdStatus], y: int
) -> Iterator[str]:
    """One row of the table."""
    x, color = _x(state), _color_of_event(kind)
    yield _text(MARGIN + 12, y + 4, kind.__name__, size=12, color=color)
    targets = sorted(_x(end) for end in ends if end != state)
    span = sorted({x, *targets})
    if len(span) > 1:
        yield (
            f'<line x1="{span[0]}" y1="{y}" x2="{span[-1]}" y2="{y}" stroke="{color}" '
            'stroke-width="1.8"/>'
        )
    for target in targets:
        yield _arrow(target, y, color, rightward=target > x)
    if state in ends:
        yield (
            f'<circle cx="{x}" cy="{y}" r="8" fill="{BAND}" stroke="{color}" stroke-width="1.8"/>'
        )
    yield f'<circle cx="{x}" cy="{y}" r="4" fill="{color}"/>'


def _legend(y: int) -> Iterator[str]:
    said = (
        (VENUE, "said by the venue"),
        (CLIENT, "asked by the client, and the answer"),
        (GATEWAY, "done or noted by the gateway"),
    )
    x = MARGIN + 12
    for color, words in said:
        yield f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{color}"/>'
        yield _text(x + 10, y, words, size=11, color=color)
        x += 62 + 6 * len(words)
    yield f'<circle cx="{x}" cy="{y - 4}" r="8" fill="none" stroke="{INK}" stroke-width="1.8"/>'
    yield _text(x + 14, y, "may stay as it is", size=11, color=INK)


def _x(state: State) -> int:
    return MARGIN + LABELS_WIDTH + COLUMNS.index(state) * COLUMN_WIDTH + COLUMN_WIDTH // 2


def _color_of_state(state: State) -> str:
    if state is None:
        return NO_ORDER
    if state in CLOSED:
        return DONE
    return PENDING if state.name.startswith("PENDING") else WORKING


def _color_of_event(kind: type[OrderEventBase]) -> str:
    if kind in BY_THE_CLIENT:
        return CLIENT
    return GATEWAY if kind in BY_THE_GATEWAY else VENUE


def _arrow(x: int, y: int, color: str, *, rightward: bool) -> str:
    back = x - 9 if rightward else x + 9
    return f'<path d="M{x} {y}L{back} {y - 5}L{back} {y + 5}Z" fill="{color}"/>'


def _rect(x: int, y: int, width: int, height: int, color: str, *, radius: int = 6) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" fill="{color}"/>'
    )


def _text(
    x: int,
    y: int,
    words: str,
    *,
    size: int,
    color: str = INK,
    anchor: str = "start",
    weight: str = "normal",
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{color}">{escape(words)}</text>'
    )


if __name__ == "__main__":
    ORDER_STATES.write_text(order_states(), encoding="utf-8")
