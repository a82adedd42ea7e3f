"""What the demo looks like: FIX on the left, the venue on the right, in one line what belongs
together. It draws what it is given, and checks nothing."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from tests.demo.facts import NOT_REACHED, Facts
from tests.demo.glossary import Glossary
from tests.demo.said import Kind, Said, Words
from tests.demo.venues import Sandbox
from tests.support.quickfix_initiator import Message

WIDTH_MIN, WIDTH_MAX, WIDTH_PIPED = 80, 120, 100
TIME_COLUMNS, GAP_COLUMNS = 12, 2
BETWEEN_FIELDS = "  "

LOUD = frozenset({150, 39, 32, 31, 14, 151, 6, 12, 102, 103, 58, 11, 41, 7, 36, 43})
"""Tags of the gateway's messages that say what has happened; the rest is dim."""

BRIEF = LOUD | {207, 373, 434, 530, 531, 533, 584, 585, 911, 912}
"""All that is shown of the gateway's messages where space is short."""

NEWS = frozenset({
    "orderStatus", "lastFilledQuantity", "lastFilledPrice", "lastCommission", "isTaker",
    "filledCumulativeQuantity", "dealSize", "dealPrice", "remainingSize", "dealtAmount", "rate",
    "status", "execution_status", "fill_quantity", "fill_price",
})
"""What the venues call what has happened."""

NAMES = frozenset({"orderId", "clientOrderId", "event_id"})
"""What they call what it has happened to."""

REPEATED = frozenset({21, 60})
"""Not shown of any message then: they are the same, or the time of the row."""

STYLES = {
    Kind.CALL: "bold blue", Kind.QUESTION: "bold blue", Kind.STRANGER: "bold blue",
    Kind.NEWS: "bold magenta", Kind.OPENED: "bold magenta",
}


class Row(NamedTuple):
    """One line of the table."""

    at: float
    fix: Message | None
    venue: list[Said]
    unanswered: int = 0
    """Logons like this one before it, to which nobody answered."""


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

    def venues(self, kinds: Iterable[type[Sandbox]]) -> None:
        """What each venue speaks, and what an order for it says."""
        self.console.print()
        table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
        for column in ("venue", "speaks", "SecurityExchange(207)", "Symbol(55)", "Account(1)"):
            table.add_column(column)
        for kind in kinds:
            table.add_row(kind.title, kind.speaks, kind.exchange, kind.symbols, kind.account)
        self.console.print(table)

    def columns(self) -> None:
        """What the columns below are."""
        table = self._table()
        table.add_row("time (UTC)", "FIX: client → gateway, gateway → client",
                      "venue: calls and updates", style="dim italic")
        self.console.print(table)

    def step(self, title: str, sentence: str) -> None:
        """What happens next, and why one should care."""
        self.console.print()
        self.console.print(Text(title, style="bold yellow"))
        self.console.print(Text(sentence, style="default"))

    def exchange(
        self,
        messages: Sequence[Message],
        said: Sequence[Said],
        words: Glossary,
        *,
        brief: bool = False,
    ) -> None:
        """What client, gateway and venues said to each other meanwhile; *brief* leaves out what
        a message only repeats."""
        rows = pair(messages, said)
        if not rows:
            return
        table = self._table()
        for row in rows:
            table.add_row()
            fix = _fix_cell(row, words, self._fix_columns, brief)
            venue = [_venue_cell(each, self._venue_columns, brief) for each in row.venue]
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

    def checklist(self, title: str, columns: Sequence[str], facts: Facts) -> None:
        """Facts by version: "" is true, a text says what was missing; absent: not looked at."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        table.add_column(title, ratio=1)
        for column in columns:
            table.add_column(column, justify="center", no_wrap=True)
        for fact, answers in facts.items():
            table.add_row(fact, *(_mark(answers.get(column)) for column in columns))
        self.console.print(table)
        for fact, answers in facts.items():
            for column, missing in answers.items():
                if missing and missing != NOT_REACHED:
                    self.say(f"✗ {column}: {fact}", style="red")
                    self.console.print(Padding(Text(missing), (0, 0, 0, 2)))


def pair(messages: Iterable[Message], said: Iterable[Said]) -> list[Row]:
    """Rows in the order of time: beside a request what it made the gateway call, beside a
    report the update that it tells of."""
    rows: list[Row] = []
    news: list[Said] = []
    asked: Row | None = None
    everything: list[tuple[float, int, Message | Said]] = [
        (message.at, 1, message) for message in messages
    ]
    # Within a millisecond, what the venue said is earlier than what follows from it.
    everything += [(each.at, 0, each) for each in said]
    for at, _, what in sorted(everything, key=lambda one: one[:2]):
        if isinstance(what, Message):
            row = Row(at, what, [])
            if what.sent:
                if asked is not None and _tries_again(asked, what, rows):
                    rows.remove(asked)
                    row = row._replace(unanswered=asked.unanswered + 1)
                asked = row
            else:
                row.venue.extend(each for each in news if _told_by(each, what))
                news = [each for each in news if each not in row.venue]
            rows.append(row)
        elif what.kind is Kind.NEWS:
            news.append(what)
        elif asked is not None and what.kind is Kind.CALL:
            asked.venue.append(what)
        elif rows and rows[-1].fix is None and what.kind is not Kind.STRANGER:
            rows[-1].venue.append(what)
        else:
            rows.append(Row(at, None, [what]))
    rows += [Row(each.at, None, [each]) for each in news]
    return sorted(rows, key=lambda row: row.at)


def _tries_again(before: Row, message: Message, rows: Sequence[Row]) -> bool:
    """Whether *message* is a Logon like the one in *before*, and nothing has come since."""
    if before.fix is None or {before.fix.msg_type, message.msg_type} != {"A"} or before.venue:
        return False
    return next(row for row in reversed(rows) if row.fix is not None) is before


def _told_by(said: Said, message: Message) -> bool:
    """Whether *message* tells the client of what the venue *said*."""
    if not said.order:
        return True
    names = (message.get(198), message.get(37))
    return any(name is not None and said.order.endswith(name) for name in names)


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S.%f}"[:-3]


def _fix_cell(row: Row, words: Glossary, columns: int, brief: bool) -> Text:
    message = row.fix
    if message is None:
        return Text()
    arrow, colour = ("→", "cyan") if message.sent else ("←", "green")
    text = Text()
    text.append(f"{arrow} {words.title(message)}", style=f"bold {colour}")
    text.append(f"  35={message.msg_type} 34={message.seq_num}", style="dim")
    if row.unanswered:
        before = "one" if row.unanswered == 1 else str(row.unanswered)
        text.append(f"\n(nobody answered the {before} before it)", style="dim")
    parts = []
    for name, tag, value, meaning in words.fields(message):
        if brief and (tag in REPEATED or not message.sent and tag not in BRIEF):
            continue
        part = Text()
        part.append(f"{name}({tag})=", style="dim")
        quiet = not (message.sent or brief or tag in LOUD)
        part.append(value, style="dim" if quiet else "bold")
        if meaning:
            part.append(f" {meaning}", style=f"dim {colour}" if quiet else colour)
        parts.append(part)
    return _fill(text, parts, columns)


def _venue_cell(said: Said, columns: int, brief: bool) -> Text:
    text = Text()
    if said.kind is Kind.STRANGER:
        text.append("another trader\n", style="bold red")
    if said.venue:
        text.append(f"{said.venue}  ", style="bold")
    text.append(said.title, style=STYLES[said.kind])
    told = said.told
    if brief and said.kind is Kind.NEWS:
        told = tuple((name, value) for name, value in told if name in NEWS or name in NAMES)
    _fill(text, _told(told), columns)
    if said.fault:
        text.append(f"\n{said.fault}", style="red")
    if said.error:
        return text.append(f"\n= {said.error}", style="red")
    if said.summary:
        return text.append(f"\n= {said.summary}", style="dim")
    parts = _told(said.answer)
    return _fill(text, [Text("= ", style="dim") + parts[0], *parts[1:]], columns) if parts else text


def _told(words: Words) -> list[Text]:
    parts = []
    for name, value in words:
        part = Text(f"{name} ", style="dim")
        part.append(value, style="bold not dim" if name in NEWS else "not dim")
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


def _mark(missing: str | None) -> Text:
    if missing is None:
        return Text("·", style="dim")
    return Text("✗", style="bold red") if missing else Text("✓", style="bold green")
