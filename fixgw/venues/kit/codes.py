"""A venue's error codes as a table of proofs, and the function that reads it.

A row proves a refusal only if the vendor's text says that the request was turned away before
anything was booked. A code without a row, or with a row that does not prove a refusal, is
`Unknown`, and the core asks the venue; nothing here ever guesses.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

from msgspec import Struct

from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import Outcome, Refused, Unknown

Code = TypeVar("Code", int, str)


class Proof(Struct, frozen=True):
    """The proof an error gives, for each command it may answer."""

    submit: OrdRejReason | None = None
    """OrdRejReason(103) of a submit; None where it does not prove that it was refused."""
    cancel: CxlRejReason | None = None
    """CxlRejReason(102) of a cancel, likewise."""
    replace: CxlRejReason | None = None
    """CxlRejReason(102) of a replace: no new order was placed."""
    absent: bool = False
    """In answer to a question: the venue has no such order."""

    def outcome(self, command: Command, code: str, text: str) -> Outcome:
        """Return what it proves of *command*; *code* and *text* are the venue's."""
        if command is Command.SUBMIT:
            if self.submit is None:
                return Unknown(text)
            return Refused(code, text, ord_rej_reason=self.submit)
        reason = self.cancel if command is Command.CANCEL else self.replace
        if reason is None:
            return Unknown(text)
        return Refused(code, text, cxl_rej_reason=reason)


NOTHING = Proof()
TURNED_AWAY = Proof(
    submit=OrdRejReason.BROKER_OPTION, cancel=CxlRejReason.BROKER_OPTION,
    replace=CxlRejReason.BROKER_OPTION,
)
"""Whatever was asked: for who we are, where we are, or how often we ask."""
WRONG = Proof(
    submit=OrdRejReason.OTHER, cancel=CxlRejReason.OTHER, replace=CxlRejReason.OTHER
)
"""Whatever was asked: the request itself is wrong."""


class Meaning(Struct, Generic[Code], frozen=True):
    """One row of a vendor's list."""

    code: Code
    text: str
    """As the vendor prints it."""
    proof: Proof = NOTHING


class CodeTable(Generic[Code]):
    """A vendor's list of codes."""

    def __init__(self, rows: Iterable[Meaning[Code]]) -> None:
        self.rows: tuple[Meaning[Code], ...] = tuple(rows)
        self._by_code: dict[Code, Meaning[Code]] = {row.code: row for row in self.rows}
        assert len(self._by_code) == len(self.rows), "a code stands twice"

    def get(self, code: Code | None) -> Meaning[Code] | None:
        """Return the row of *code*, if it has one."""
        return self._by_code.get(code) if code is not None else None

    def proof(self, code: Code | None) -> Proof:
        """Return what *code* proves: nothing, if no row has it."""
        row = self.get(code)
        return row.proof if row is not None else NOTHING
