"""The keys of a session: QuickFIX's name, the field it fills, and the conversion of its text.

A key keeps QuickFIX's meaning; one that would mean something else here is not in this table but in
`other_keys`. The keys of our own stand last. A converter raises ValueError with what was expected,
and nothing else.
"""

import re
from collections.abc import Callable, Mapping
from datetime import time
from typing import Any

from msgspec import Struct

from fixgw.model.cancel_on import WINDOW_SECONDS_MAX, ByClient, CancelOn
from fixgw.runtime.session_logon import networks
from fixgw.runtime.zone import zone

MAX_SECONDS = 86_400
"""The longest interval or timeout that a key may hold: a day."""

BEGIN_STRINGS = ("FIX.4.2", "FIX.4.4", "FIXT.1.1")

APPL_VER_IDS = {
    "7": "7",
    "8": "8",
    "9": "9",
    "FIX.5.0": "7",
    "FIX.5.0SP1": "8",
    "FIX.5.0SP2": "9",
}
"""Values of DefaultApplVerID -> ApplVerID(1128) on the wire."""

CANCEL_ON = {
    "off": CancelOn.NEVER,
    "logout": CancelOn.LOGOUT,
    "disconnect": CancelOn.DISCONNECT,
    "both": CancelOn.BOTH,
}

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

TIME = re.compile(r"(?P<time>([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:[ ]+(?P<zone>.+))?")
"""QuickFIX/J allows a zone after a time: `09:30:00 America/New_York`."""

PRECISIONS = {
    **{str(decimals): decimals for decimals in range(10)},
    "SECONDS": 0,
    "MILLIS": 3,
    "MICROS": 6,
    "NANOS": 9,
}
"""Values of TimestampPrecision, in QuickFIX's digits or QuickFIX/J's words -> decimals."""

MULTIPLIER = re.compile(r"[0-9]{1,2}(\.[0-9]{1,3})?")

COMP_ID = re.compile(r"[!-~](?:[ -~]*[!-~])?")
"""Printable ASCII: every FIX engine can send it back unchanged."""

DIALECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""A file name that cannot leave its directory."""

RESETS = {each: each for each in ("always", "daily", "never")}
"""Values of ResetSeqNumFlag."""

DAYS_AT_VENUES = {each: each for each in ("refuse", "GTC")}
"""Values of Day."""

PASSWORD_HASH = re.compile(
    r"\$argon2id\$v=19\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]?),p=[1-9][0-9]?"
    r"\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}"
)

PASSWORD_WORK_KIB_MAX = 262_144
"""Memory (m) times passes (t) of a PasswordHash: more than RFC 9106's 64 MiB in three passes. Each
Logon of a stranger costs as much as the most expensive hash, and as much memory."""


def _bool(value: str) -> bool:
    if value not in ("Y", "N"):  # upper case only, as in QuickFIX
        raise ValueError("expected Y or N")
    return value == "Y"


def _password_hash(value: str) -> str:
    found = PASSWORD_HASH.fullmatch(value)
    if found is None:
        raise ValueError("expected an argon2id hash, made by `fixgw hash-password`")
    work = int(found[1]) * int(found[2])
    if work > PASSWORD_WORK_KIB_MAX:
        raise ValueError(
            f"its m times t is {work}, at most {PASSWORD_WORK_KIB_MAX} may be: every stranger's "
            "Logon would cost as much; make one with `fixgw hash-password`"
        )
    return value


def _one_of(choices: Mapping[str, Any]) -> Callable[[str], Any]:
    def convert(value: str) -> Any:
        if value not in choices:
            several = "one of " if len(choices) > 1 else ""
            raise ValueError(f"expected {several}{', '.join(choices)}")
        return choices[value]

    return convert


def _matching(pattern: re.Pattern[str], expected: str) -> Callable[[str], str]:
    def convert(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"expected {expected}")
        return value

    return convert


def _seconds(value: str) -> int:
    if re.fullmatch(r"[0-9]{1,5}", value) and 1 <= int(value) <= MAX_SECONDS:
        return int(value)
    raise ValueError(f"expected whole seconds, 1 to {MAX_SECONDS}")


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def convert(value: str) -> int:
        if re.fullmatch(r"[0-9]{1,9}", value) and least <= int(value) <= most:
            return int(value)
        raise ValueError(f"expected a whole number, {least} to {most}")

    return convert


def _multiplier(value: str) -> float:
    if MULTIPLIER.fullmatch(value) and float(value) > 0:
        return float(value)
    raise ValueError("expected a number above 0 and below 100, such as 0.5")


def _time(value: str) -> time:
    at = _zoned_time(value)
    if at.tzinfo:
        raise ValueError("expected a time as HH:MM:SS, in the zone of StartTime")
    return at


def _zoned_time(value: str) -> time:
    match = TIME.fullmatch(value)
    if not match:
        raise ValueError("expected a time as HH:MM:SS")
    named = match["zone"]
    return time.fromisoformat(match["time"]).replace(tzinfo=zone(named) if named else None)


def _day(value: str) -> int:
    """Return the weekday, Monday = 0. The first letters of the English name suffice, at least two,
    in any case."""
    lowered = value.lower()
    for number, name in enumerate(DAYS):
        if len(lowered) >= 2 and name.startswith(lowered):
            return number
    raise ValueError("expected a day of the week, such as Monday or Mon")


def _days(value: str) -> tuple[int, ...]:
    days = [_day(each.strip()) for each in value.split(",")]
    if len(set(days)) != len(days):
        raise ValueError("names a day twice")
    return tuple(sorted(days))


def _file(value: str) -> str:
    if not value:
        raise ValueError("expected the path of a file, from this one")
    return value


def _names(value: str) -> tuple[str, ...]:
    names = tuple(each.strip() for each in value.split(","))
    if not all(names):
        raise ValueError("expected names with commas between them")
    if len(set(names)) != len(names):
        raise ValueError("names one of them twice")
    return names


_comp_id = _matching(COMP_ID, "printable ASCII")


class Key(Struct, frozen=True):
    """One key of a session."""

    name: str
    """In QuickFIX's spelling, or ours."""
    field: str
    """The field of SessionSettings it fills; "" if it fills none by itself."""
    convert: Callable[[str], object]
    secret: bool = False
    """True if its value stays out of error texts."""


KEYS = (
    Key("ConnectionType", "", _one_of({"acceptor": "acceptor"})),
    Key("BeginString", "begin_string", _one_of({each: each for each in BEGIN_STRINGS})),
    Key("SenderCompID", "sender_comp_id", _comp_id),
    Key("TargetCompID", "target_comp_id", _comp_id),
    Key("SenderSubID", "sender_sub_id", _comp_id),
    Key("SenderLocationID", "sender_location_id", _comp_id),
    Key("TargetSubID", "target_sub_id", _comp_id),
    Key("TargetLocationID", "target_location_id", _comp_id),
    Key("DefaultApplVerID", "default_appl_ver_id", _one_of(APPL_VER_IDS)),
    Key("DataDictionary", "data_dictionary", _file),
    Key("TransportDataDictionary", "transport_data_dictionary", _file),
    Key("AppDataDictionary", "app_data_dictionary", _file),
    Key("Description", "description", str),
    Key("TimeZone", "time_zone", zone),
    Key("UseLocalTime", "", _bool),
    Key("StartTime", "start_time", _zoned_time),
    Key("EndTime", "end_time", _zoned_time),
    Key("StartDay", "start_day", _day),
    Key("EndDay", "end_day", _day),
    Key("Weekdays", "weekdays", _days),
    Key("LogonTime", "logon_time", _time),
    Key("LogoutTime", "logout_time", _time),
    Key("LogonDay", "logon_day", _day),
    Key("LogoutDay", "logout_day", _day),
    Key("NonStopSession", "non_stop_session", _bool),
    Key("ResetOnLogon", "reset_on_logon", _bool),
    Key("ResetOnLogout", "reset_on_logout", _bool),
    Key("ResetOnDisconnect", "reset_on_disconnect", _bool),
    Key("TimestampPrecision", "timestamp_precision", _one_of(PRECISIONS)),
    Key("MillisecondsInTimeStamp", "timestamp_precision", _one_of({"Y": 3, "N": 0})),
    Key("CheckLatency", "check_latency", _bool),
    Key("MaxLatency", "max_latency", _seconds),
    Key("CheckCompID", "check_comp_id", _bool),
    Key("ValidateFieldsOutOfOrder", "validate_fields_out_of_order", _bool),
    Key("ValidateFieldsHaveValues", "validate_fields_have_values", _bool),
    Key("ValidateUserDefinedFields", "validate_user_defined_fields", _bool),
    Key("AllowUnknownMsgFields", "allow_unknown_msg_fields", _bool),
    Key("SendNextExpectedMsgSeqNum", "send_next_expected_msg_seq_num", _bool),
    Key("EnableNextExpectedMsgSeqNum", "send_next_expected_msg_seq_num", _bool),
    Key("SendRedundantResendRequests", "send_redundant_resend_requests", _bool),
    Key(
        "MaxMessagesInResendRequest",
        "max_messages_in_resend_request",
        _whole_number(0, 1_000_000),
    ),
    Key("ResendRequestChunkSize", "max_messages_in_resend_request", _whole_number(0, 1_000_000)),
    Key("ClosedResendInterval", "closed_resend_interval", _bool),
    Key("RequiresOrigSendingTime", "requires_orig_sending_time", _bool),
    Key("IgnorePossDupResendRequests", "ignore_poss_dup_resend_requests", _bool),
    Key("EnableLastMsgSeqNumProcessed", "enable_last_msg_seq_num_processed", _bool),
    Key("TestRequestDelayMultiplier", "test_request_delay_multiplier", _multiplier),
    Key("HeartBeatTimeoutMultiplier", "heart_beat_timeout_multiplier", _multiplier),
    Key(
        "SendLogoutBeforeDisconnectFromTimeout",
        "send_logout_before_disconnect_from_timeout",
        _bool,
    ),
    Key("LogoutTimeout", "logout_timeout", _seconds),
    Key("AllowedRemoteAddresses", "allowed_remote_addresses", networks),
    Key("AcceptorTemplate", "", _bool),
    # Ours, from here on.
    Key("MaxHeartBtInt", "max_heart_bt_int", _seconds),
    Key("Counterparties", "", _names),
    Key("CounterpartiesFile", "", str),
    Key("Dialect", "dialect", _matching(DIALECT, "a file name, without its .toml")),
    Key("Venues", "venues", _names),
    Key("Accounts", "accounts", _names),
    Key("DefaultExchange", "default_exchange", str),
    Key("PendingReports", "pending_reports", _bool),
    Key("ReplaceByCancel", "replace_by_cancel", _bool),
    Key("VenueCancelOnDisconnect", "venue_cancel_on_disconnect", _bool),
    Key("Day", "day", _one_of(DAYS_AT_VENUES)),
    Key("CancelOnDisconnect", "cancel_on_disconnect", _one_of(CANCEL_ON)),
    Key(
        "CancelOnDisconnectSeconds",
        "cancel_on_disconnect_seconds",
        _whole_number(0, WINDOW_SECONDS_MAX),
    ),
    Key(
        "CancelOnDisconnectByClient",
        "cancel_on_disconnect_by_client",
        _one_of({each.value: each for each in ByClient}),
    ),
    Key("MaxMessagesPerSecond", "max_messages_per_second", _whole_number(1, 1_000_000)),
    Key("MaxMessagesDelaySeconds", "max_messages_delay_seconds", _whole_number(0, 60)),
    Key("MaxMessagesRejected", "max_messages_rejected", _whole_number(0, 1_000_000)),
    Key("MaxJournalMegabytes", "max_journal_megabytes", _whole_number(1, 1_000_000)),
    Key("Username", "username", str, secret=True),
    Key(
        "PasswordHash",
        "password_hash",
        _password_hash,
        secret=True,
    ),
    Key("TokenSecretKeyID", "token_key_id", str),
    Key("TokenSecretEnv", "token_secret", str),
    Key("TokenSecretFile", "token_secret", str),
    Key("TokenAccounts", "token_accounts", _names),
    Key("TokenMaxSeconds", "token_max_seconds", _seconds),
    Key("SignatureKey", "signature_key", str),
    Key("SignatureSecretEnv", "signature_secret", str),
    Key("SignatureSecretFile", "signature_secret", str),
    Key("SignatureMaxSeconds", "signature_max_seconds", _seconds),
    Key("CertificateNames", "certificate_names", _names),
    Key("ResetSeqNumFlag", "reset_seq_num_flag", _one_of(RESETS)),
)

BY_NAME = {key.name.lower(): key for key in KEYS}

REQUIRED = ("BeginString", "SenderCompID", "TargetCompID", "Venues", "Accounts")
