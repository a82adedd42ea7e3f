"""What an HTTP status of asmlink proves about the call it answers.

The document knows one error, 429; it has no body of errors and no codes. So
the HTTP standard (RFC 9110) is all there is: a status proves a refusal where
it says that the request was not applied, or where an operator, who has asked
the vendor, sets `client_errors_refuse`. docs/venues/asmlink.md has the table.
"""

from msgspec import Struct

from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import Outcome, Refused, Unknown

TOO_MANY_REQUESTS = 429


class Meaning(Struct, frozen=True):
    """One row of the table."""

    status: int
    text: str
    submit: OrdRejReason
    cancel: CxlRejReason
    assumed: bool = True
    """Proof only with `client_errors_refuse`."""


MEANINGS = (
    Meaning(
        401, "the key is not accepted", OrdRejReason.BROKER_OPTION,
        CxlRejReason.BROKER_OPTION, assumed=False,
    ),
    Meaning(
        429, "too many requests", OrdRejReason.BROKER_OPTION,
        CxlRejReason.BROKER_OPTION, assumed=False,
    ),
    Meaning(400, "the request is wrong", OrdRejReason.OTHER, CxlRejReason.OTHER),
    Meaning(
        403, "the key may not do this", OrdRejReason.BROKER_OPTION, CxlRejReason.BROKER_OPTION
    ),
    Meaning(404, "nothing is there", OrdRejReason.OTHER, CxlRejReason.UNKNOWN_ORDER),
    Meaning(405, "not to be done there", OrdRejReason.OTHER, CxlRejReason.OTHER),
    Meaning(413, "the request is too large", OrdRejReason.OTHER, CxlRejReason.OTHER),
    Meaning(415, "the request is of a wrong type", OrdRejReason.OTHER, CxlRejReason.OTHER),
    Meaning(422, "the request cannot be done", OrdRejReason.OTHER, CxlRejReason.OTHER),
)
"""409 is left out: an order with our id is there, and nobody else makes our ids."""

_BY_STATUS = {row.status: row for row in MEANINGS}


def refusal(status: int, command: Command, detail: str, *, trust: bool) -> Outcome:
    """What *status*, no success, proves of the command it answers; *detail* is what it said."""
    row = _BY_STATUS.get(status)
    text = ": ".join(
        part for part in (f"HTTP {status}", row.text if row else "", detail) if part
    )
    if row is None or (row.assumed and not trust):
        return Unknown(text)
    if command is Command.SUBMIT:
        return Refused(str(status), text, ord_rej_reason=row.submit)
    return Refused(str(status), text, cxl_rej_reason=row.cancel)
