"""asmlink's HTTP statuses, and the proof each gives about the call it answers.

The document knows one error, 429; it has no error bodies and no codes. So the HTTP standard (RFC
9110) is the only source: a status proves a refusal where it says that the request was not applied,
or where an operator, after asking the vendor, sets `client_errors_refuse`. docs/venues/asmlink.md
has the table.
"""

from fixgw.model.enums import Command, CxlRejReason, OrdRejReason
from fixgw.model.venue import Outcome
from fixgw.venues.kit.codes import NOTHING, TURNED_AWAY, WRONG, Meaning, Proof, CodeTable

MEANINGS: CodeTable[int] = CodeTable((
    Meaning(401, "the key is not accepted", TURNED_AWAY),
    Meaning(429, "too many requests", TURNED_AWAY),
    Meaning(400, "the request is wrong", WRONG),
    Meaning(403, "the key may not do this", TURNED_AWAY),
    Meaning(
        404, "nothing is there",
        Proof(submit=OrdRejReason.OTHER, cancel=CxlRejReason.UNKNOWN_ORDER),
    ),
    Meaning(405, "not to be done there", WRONG),
    Meaning(413, "the request is too large", WRONG),
    Meaning(415, "the request is of a wrong type", WRONG),
    Meaning(422, "the request cannot be done", WRONG),
))
"""409 is left out: an order with our id is there, and nobody else makes our ids."""

CERTAIN = frozenset({401, 429})
"""Proof whatever the settings say; the others are with `client_errors_refuse` only."""


def refusal(status: int, command: Command, detail: str, *, trust: bool) -> Outcome:
    """Return the outcome that *status*, no success, proves for its command; *detail* is its text.
    """
    row = MEANINGS.get(status)
    said = (f"HTTP {status}", row.text if row else "", detail)
    proof = MEANINGS.proof(status) if trust or status in CERTAIN else NOTHING
    return proof.outcome(command, str(status), ": ".join(part for part in said if part))
