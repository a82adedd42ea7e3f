"""The tables of docs/venues/: what they promise of each of a venue's codes, and what came of one.

A test compares the two, and the vendor's own list where the vendor has one; never the code's table
with itself.
"""

from pathlib import Path

from fixgw.model.enums import Command
from fixgw.model.venue import Outcome, Refused, Unknown

DOCUMENTS = Path(__file__).parents[2] / "docs" / "venues"


def table(venue: str, first: str) -> list[list[str]]:
    """The cells of each row of the table whose head begins with the column *first*, and another."""
    lines = (DOCUMENTS / f"{venue}.md").read_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[begin + 2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def proved(outcome: Outcome, command: Command) -> str:
    """*outcome* of *command*, in the words of the tables: with the reason that a client is told."""
    if isinstance(outcome, Unknown):
        return "unknown"
    assert isinstance(outcome, Refused)
    if command is Command.SUBMIT:
        return f"refused, 103={outcome.ord_rej_reason.value}"
    return f"refused, 102={outcome.cxl_rej_reason.value}"
