"""Checks of a Logon(35=A) and the contents of its answer. It never decides who may log on."""

from typing import NamedTuple

from fixgw.fix import cancel_on_disconnect
from fixgw.fix.header import HeaderFault
from fixgw.fix.outbox import Numbers
from fixgw.fix.wire import clean
from fixgw.runtime.session_settings import SessionSettings


class LogonTerms(NamedTuple):
    """Terms set for the Logon by the code that admitted the client."""

    problem: str = ""
    """The reason for answering with a Logout instead, for the client to read."""
    session_status: int | None = None
    """SessionStatus(1409) of the answer, where the version has it."""


AS_USUAL = LogonTerms()


def refusal(
    fields: dict[int, str],
    settings: SessionSettings,
    numbers: Numbers,
    *,
    anew: bool,
    bad_time: HeaderFault | None,
    heartbeat_seconds_max: int,
) -> str:
    """Return the reason why the Logon of an admitted client cannot be accepted; "" if it can.

    *anew*: it would make the numbers start again. If refused, it does not. *bad_time*: the fault of
    its SendingTime(52).
    """
    expected, next_sender = (1, 1) if anew else (numbers.next_target, numbers.next_sender)
    if fields[98] != "0":
        return f"EncryptMethod(98) {fields[98]} is not supported, only 0"
    if bad_time is not None:
        return bad_time.text
    if int(fields[34]) < expected:
        return f"MsgSeqNum too low, expecting {expected} but received {fields[34]}"
    heart_bt_int = int(fields[108])
    if not 0 <= heart_bt_int <= heartbeat_seconds_max:
        return (
            f"HeartBtInt(108) {heart_bt_int} is not within 0 and {heartbeat_seconds_max} seconds"
        )
    version = settings.default_appl_ver_id
    if version and fields.get(1137) != version:
        return f"DefaultApplVerID(1137) {fields.get(1137)} is not this session's, {version}"
    next_expected = fields.get(789)
    if next_expected is not None and not 1 <= int(next_expected) <= next_sender:
        problem = "too high" if int(next_expected) > next_sender else "too low"
        return (
            f"NextExpectedMsgSeqNum(789) {problem}, expecting "
            f"{next_sender} but received {next_expected}"
        )
    return cancel_on_disconnect.problem(fields)


def farewell(text: str, terms: LogonTerms, settings: SessionSettings) -> str:
    """Return the body of the Logout(35=5) that answers a refused Logon."""
    body = f"58={clean(text)}\x01"
    if terms.session_status is None or not terms.problem or not settings.default_appl_ver_id:
        return body
    return f"1409={terms.session_status}\x01{body}"


def answer(
    heart_bt_int: int,
    version: str,
    *,
    reset: bool,
    next_expected: int | None,
    session_status: int | None = None,
) -> str:
    """Return the body of our Logon; *next_expected* goes into NextExpectedMsgSeqNum(789)."""
    body = f"98=0\x01108={heart_bt_int}\x01"
    if reset:
        body += "141=Y\x01"
    if next_expected is not None:
        body += f"789={next_expected}\x01"
    if session_status is not None and version:
        # Before FIXT 1.1 a Logon has no SessionStatus(1409).
        body += f"1409={session_status}\x01"
    if version:
        body += f"1137={version}\x01"
    return body
