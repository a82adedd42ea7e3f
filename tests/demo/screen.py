"""What the demo looks like: FIX on the left, the venue on the right, in one line what belongs
together. It draws what it is given, and checks nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from tests.demo.glossary import Glossary
from tests.support.quickfix_initiator import Message
from tests.support.stack import COUNTERPARTY

WIDTH_MIN, WIDTH_MAX, WIDTH_PIPED = 80, 120, 100
QUIET_CALLS = frozenset({"currentTimeMillis", "listSymbolInfo", "listVenueInfo"})
"""Asked in the background, whatever the client does."""

TIME_COLUMNS, GAP_COLUMNS = 12, 2
BETWEEN_FIELDS = "  "

LOUD = frozenset({150, 39, 32, 31, 14, 151, 6, 12, 102, 103, 58, 11, 41, 7, 36, 43})
"""Tags of the gateway's messages that say what has happened; the rest is dim."""

TERMS = ("orderSide", "quantity", "symbol", "limitPrice", "timeInForce", "orderId", "orderIdList")
NEWS = (
    "orderStatus", "lastFilledQuantity", "lastFilledPrice", "lastCommission", "isTaker",
    "filledCumulativeQuantity",
)
TOLD = (*NEWS, *TERMS)
"""What is shown of a call or an update."""


class Row(NamedTuple):
    """One line of the table."""

    at: float
    fix: Message | None
    venue: list[Any]


class Screen:
    """Everything that is printed."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, markup=False)
        width = self.console.width if self.console.is_terminal else WIDTH_PIPED
        width = self.console.width = max(WIDTH_MIN, min(WIDTH_MAX, width))
        room = width - TIME_COLUMNS - 2 * GAP_COLUMNS
        self._fix_columns = room * 3 // 5
        self._venue_columns = room - self._fix_columns

    def say(self, text: str = "", style: str = "") -> None:
        """A sentence."""
        self.console.print(text, style=style)

    def heading(self, title: str) -> None:
        """A new part begins."""
        self.console.print()
        self.console.print(Rule(Text(title, style="bold"), style="dim", align="left"))

    def columns(self) -> None:
        """What the columns below are."""
        table = self._table()
        table.add_row("time (UTC)", "FIX: client → gateway, gateway → client",
                      "venue: REST calls, updates on its stream", style="dim italic")
        self.console.print(table)

    def step(self, title: str, sentence: str) -> None:
        """What happens next, and why one should care."""
        self.console.print()
        self.console.print(Text(title, style="bold yellow"))
        self.console.print(Text(sentence, style="default"))

    def exchange(
        self, messages: Sequence[Message], entries: Sequence[Any], words: Glossary
    ) -> None:
        """What client, gateway and venue said to each other meanwhile."""
        rows = pair(messages, [entry for entry in entries if _is_told(entry)])
        if not rows:
            return
        table = self._table()
        for row in rows:
            table.add_row()
            fix = _fix_cell(row.fix, words, self._fix_columns) if row.fix else Text()
            venue = [_venue_cell(entry, self._venue_columns) for entry in row.venue]
            table.add_row(_clock(row.at), fix, Group(*venue))
        self.console.print(table)

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, GAP_COLUMNS, 0, 0), pad_edge=False, show_header=False)
        table.add_column(style="dim", no_wrap=True, width=TIME_COLUMNS)
        table.add_column(width=self._fix_columns, overflow="fold")
        table.add_column(width=self._venue_columns, overflow="fold")
        return table

    def event(self, text: str, *, good: bool = False) -> None:
        """Something that is neither FIX nor REST."""
        style = "bold green" if good else "bold red"
        self.console.print(Padding(Text(text, style=style), (1, 0, 0, 0)))

    def show(self, *what: RenderableType) -> None:
        """Anything else."""
        for one in what:
            self.console.print(one)

    def checklist(self, columns: Sequence[str], facts: Mapping[str, Mapping[str, str]]) -> None:
        """Facts by version: "" is true, a text says what was missing; absent: not looked at."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        table.add_column("what was seen", ratio=1)
        for column in columns:
            table.add_column(column, justify="center", no_wrap=True)
        for fact, answers in facts.items():
            table.add_row(fact, *(_mark(answers.get(column)) for column in columns))
        self.console.print(table)
        for fact, answers in facts.items():
            for column, missing in answers.items():
                if missing:
                    self.say(f"✗ {column}: {fact}", style="red")
                    self.console.print(Padding(Text(missing), (0, 0, 0, 2)))


def pair(messages: Iterable[Message], entries: Iterable[Any]) -> list[Row]:
    """Rows in the order of time: beside a request what it made the gateway call, beside a
    report the update that it tells of."""
    rows: list[Row] = []
    news: list[Any] = []
    asked: Row | None = None
    everything: list[tuple[float, int, Any]] = [
        (message.at, 1, message) for message in messages
    ]
    # Within a millisecond, what the venue said is earlier than what follows from it.
    everything += [(entry["at"] / 1000, 0, entry) for entry in entries]
    for at, _, what in sorted(everything, key=lambda one: one[:2]):
        if isinstance(what, Message):
            row = Row(at, what, [])
            if what.sent:
                asked = row
            else:
                row.venue.extend(news)
                news.clear()
            rows.append(row)
        elif what["method"] == "SEND":
            news.append(what)
        elif asked is not None and what["method"] == "POST" and not _is_stranger(what):
            asked.venue.append(what)
        elif rows and rows[-1].fix is None and not _is_stranger(what):
            rows[-1].venue.append(what)
        else:
            rows.append(Row(at, None, [what]))
    rows += [Row(entry["at"] / 1000, None, [entry]) for entry in news]
    return sorted(rows, key=lambda row: row.at)


def _is_told(entry: Any) -> bool:
    if entry["call"] in QUIET_CALLS or entry["method"] == "WS":
        return False
    return not _is_stranger(entry) or entry["method"] == "POST"


def _is_stranger(entry: Any) -> bool:
    return bool(entry["account"] == COUNTERPARTY)


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S.%f}"[:-3]


def _fix_cell(message: Message, words: Glossary, columns: int) -> Text:
    arrow, colour = ("→", "cyan") if message.sent else ("←", "green")
    text = Text()
    text.append(f"{arrow} {words.title(message)}", style=f"bold {colour}")
    text.append(f"  35={message.msg_type} 34={message.seq_num}", style="dim")
    parts = []
    for name, tag, value, meaning in words.fields(message):
        part = Text()
        part.append(f"{name}({tag})=", style="dim")
        quiet = not (message.sent or tag in LOUD)
        part.append(value, style="dim" if quiet else "bold")
        if meaning:
            part.append(f" {meaning}", style=f"dim {colour}" if quiet else colour)
        parts.append(part)
    return _fill(text, parts, columns)


def _venue_cell(entry: Any, columns: int) -> Text:
    text = Text()
    if entry["method"] == "SEND":
        text.append("⇠ update on the order stream", style="bold magenta")
        return _fill(text, _told(_flat(entry["reply"])), columns)
    if entry["method"] == "OPEN":
        return Text("⇢ the order stream is opened", style="bold magenta")
    name = entry["path"].partition("/VENUE1/")[2] or entry["path"]
    if _is_stranger(entry):
        text.append("another trader\n", style="bold red")
    text.append(f"{entry['method']} {name}", style="bold blue")
    _fill(text, _told(_flat(entry["request"])), columns)
    if entry["fault"]:
        text.append(f"\n{entry['fault']}", style="red")
    answer = entry["reply"]
    if isinstance(answer, dict) and answer.get("error"):
        return text.append(f"\n= {answer['error']['message']}", style="red")
    rows = answer.get("result") if isinstance(answer, dict) else answer
    if entry["method"] == "GET" and isinstance(rows, list) and len(rows) != 1:
        return text.append(f"\n= {len(rows)} rows", style="dim")
    news = {name: value for name, value in _flat(answer).items() if name in NEWS}
    parts = _told(news)
    return _fill(text, [Text("= ", style="dim") + parts[0], *parts[1:]], columns) if parts else text


def _told(values: Mapping[str, str]) -> list[Text]:
    parts = []
    for name in TOLD:
        if values.get(name, "0") != "0":
            part = Text(f"{name} ", style="dim")
            part.append(values[name], style="bold not dim" if name in NEWS else "not dim")
            parts.append(part)
    return parts


def _fill(text: Text, parts: Sequence[Text], columns: int) -> Text:
    """Add *parts* below *text*, as many to a line as fit: none is broken that need not be."""
    room = 0
    for part in parts:
        if len(part) + len(BETWEEN_FIELDS) > room:
            text.append("\n")
            room = columns
        else:
            text.append(BETWEEN_FIELDS)
            room -= len(BETWEEN_FIELDS)
        text.append_text(part)
        room -= len(part)
    return text


def _flat(value: object) -> dict[str, str]:
    """The innermost names and values of JSON, as text."""
    found: dict[str, str] = {}
    if isinstance(value, list):
        for one in value:
            found |= _flat(one)
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict | list):
                found |= _flat(inner)
            elif inner is not None and inner != "":
                found[name] = str(inner)
    return found


def _mark(missing: str | None) -> Text:
    if missing is None:
        return Text("·", style="dim")
    return Text("✗", style="bold red") if missing else Text("✓", style="bold green")
