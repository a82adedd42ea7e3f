"""The bodies of Reject(35=3) and BusinessMessageReject(35=j)."""

from fixgw.fix.wire import clean

LAST_REASON_OF_FIX42 = 11
"""FIX 4.2 ends SessionRejectReason(373) at 11 (invalid MsgType); a higher one is left out."""


def reject_body(
    begin_string: str,
    fields: dict[int, str],
    msg_type: str,
    reason: int,
    ref_tag: int | None,
    text: str,
) -> str:
    """Return Reject(35=3) of the message with these header *fields*.

    It begins with the header fields that lead back to a third party: QuickFIX's way, and "Third
    party routing" of the standard.
    """
    body = f"{_way_back(fields)}45={fields[34]}\x01"
    if ref_tag is not None:
        body += f"371={ref_tag}\x01"
    if msg_type:
        body += f"372={clean(msg_type)}\x01"
    if begin_string != "FIX.4.2" or reason <= LAST_REASON_OF_FIX42:
        body += f"373={reason}\x01"
    return f"{body}58={clean(text)}\x01"


TEXTS = {
    1: "Required tag missing",
    5: "Value is incorrect (out of range) for this tag",
    9: "CompID problem",
    10: "SendingTime accuracy problem",
}
"""SessionRejectReason(373) of errors that the session itself finds -> Text(58)."""

_WAYS_BACK = ((128, 115), (129, 116), (145, 144), (115, 128), (116, 129), (144, 145))
"""DeliverTo… of the answer is OnBehalfOf… of the message, and the other way round: CompID, SubID,
LocationID. (tag of the answer, tag of the message)"""


def _way_back(fields: dict[int, str]) -> str:
    return "".join(
        f"{to}={clean(fields[came])}\x01" for to, came in _WAYS_BACK if fields.get(came)
    )


def business_reject_body(
    fields: dict[int, str], msg_type: str, reason: int | str, text: str, ref_id: str = ""
) -> str:
    """Return BusinessMessageReject(35=j) of the message with these header *fields*."""
    body = f"{_way_back(fields)}45={fields[34]}\x01372={clean(msg_type)}\x01"
    if ref_id:
        body += f"379={ref_id}\x01"
    return f"{body}380={reason}\x0158={clean(text)}\x01"
