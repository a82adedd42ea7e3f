"""Reading again and again: by its period while it works, ever more slowly while it does not; and
the instruments that a list has."""

import asyncio

import structlog
from msgspec import Raw, Struct

from fixgw.model.ids import VenueName
from fixgw.model.instrument import Instrument
from fixgw.model.venue import InstrumentsLoaded
from fixgw.venues.kit.payloads import RowReader
from fixgw.venues.kit.reference import InstrumentList, NotRead, Tradable, keep_reading, tradable
from fixgw.venues.stream import Backoff

VENUE = VenueName("acme")


def test_what_is_not_read_is_told_and_tried_again_and_success_begins_small_again(capsys):
    answers = ["no", "no", "", "no", "", ""]
    told: list[float] = []

    class Waits(Backoff):
        def next(self) -> float:
            told.append(super().next())
            return told[-1]

    async def read() -> None:
        if not answers:
            raise asyncio.CancelledError
        if answer := answers.pop(0):
            raise NotRead(answer)

    async def run() -> None:
        try:
            async with asyncio.timeout(30):
                await keep_reading(
                    read, seconds=0.001, backoff=Waits(0.001, 1.0, lambda: 0.0),
                    log=structlog.get_logger(), what="clock",
                )
        except asyncio.CancelledError:
            pass

    asyncio.run(run())

    assert (answers, told) == ([], [0.001, 0.002, 0.001])
    lines = [line for line in capsys.readouterr().out.splitlines() if "reference_not_read" in line]
    assert len(lines) == 3
    assert all("what=clock" in line and "reason=no" in line for line in lines)


class Pair(Struct, frozen=True):
    name: str
    open: bool = True


PAIR = RowReader(Pair, decides=("name", "open"), name="name")


def listed(*rows: str) -> Tradable:
    def make(row: Pair) -> Instrument | str:
        if not row.open:
            return "closed"
        return Instrument(venue=VENUE, exchange="E", symbol=row.name, base="A", quote="B")

    return tradable([Raw(row.encode()) for row in rows], PAIR, "name", make)


def test_a_row_that_cannot_be_traded_is_named_with_its_reason_and_hides_no_other():
    found, left_out = listed(
        '{"name":"A-B"}', '{"name":"A B"}', '{"name":"C-D","open":false}', '{"open":true}',
    )

    assert ["A-B"] == [one.symbol for one in found]
    assert [
        "'A B': not a name that can stand in a request",
        "C-D: closed",
        "a row without a name: name is missing or cannot be read",
    ] == left_out


def test_lists_are_delivered_together_and_only_when_one_has_changed():
    heard: list[InstrumentsLoaded] = []
    instruments = InstrumentList(VENUE, heard.append)

    for exchange, symbol in (("X", "A-B"), ("Y", "C-D"), ("X", "A-B"), ("X", "E-F")):
        instruments.take(listed(f'{{"name":"{symbol}"}}'), exchange)

    assert [["A-B"], ["A-B", "C-D"], ["E-F", "C-D"]] == [
        [one.symbol for one in each.instruments] for each in heard
    ]
