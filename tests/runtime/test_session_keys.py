"""How the text of each key becomes a value, and what is said of a text that cannot."""

from datetime import UTC, time
from zoneinfo import ZoneInfo

import msgspec
import pytest

from fixgw.model.cancel_on import ByClient, CancelOn
from fixgw.runtime.session_keys import BY_NAME, KEYS, REQUIRED
from fixgw.runtime.session_settings import SessionSettings


NO_ZONE = "expected a time zone of the machine's database, such as America/New_York"
PRECISION = "expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, SECONDS, MILLIS, MICROS, NANOS"
MULTIPLIER = "expected a number above 0 and below 100, such as 0.5"


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("ConnectionType", "acceptor", "acceptor"),
        ("BeginString", "FIXT.1.1", "FIXT.1.1"),
        ("SenderCompID", "DESK 1", "DESK 1"),
        ("DefaultApplVerID", "7", "7"),
        ("DefaultApplVerID", "FIX.5.0", "7"),
        ("DefaultApplVerID", "FIX.5.0SP1", "8"),
        ("DefaultApplVerID", "FIX.5.0SP2", "9"),
        ("StartTime", "23:59:59", time(23, 59, 59)),
        ("StartDay", "mo", 0),
        ("StartDay", "SUNDAY", 6),
        ("StartTime", "08:00:00 US/Central", time(8, tzinfo=ZoneInfo("US/Central"))),
        ("TimeZone", "America/New_York", ZoneInfo("America/New_York")),
        ("TimeZone", "UTC", UTC),
        ("Weekdays", "Fri, mo,Sunday", (0, 4, 6)),
        ("LogoutDay", "fr", 4),
        ("TimestampPrecision", "0", 0),
        ("TimestampPrecision", "9", 9),
        ("TimestampPrecision", "MICROS", 6),
        ("MillisecondsInTimeStamp", "N", 0),
        ("MillisecondsInTimeStamp", "Y", 3),
        ("HeartBeatTimeoutMultiplier", "1.75", 1.75),
        ("TargetSubID", "TRADER 1", "TRADER 1"),
        ("ResetOnLogon", "Y", True),
        ("MaxLatency", "86400", 86_400),
        ("Venues", "a, b", ("a", "b")),
        ("CancelOnDisconnect", "off", CancelOn.NEVER),
        ("CancelOnDisconnect", "logout", CancelOn.LOGOUT),
        ("CancelOnDisconnect", "disconnect", CancelOn.DISCONNECT),
        ("CancelOnDisconnect", "both", CancelOn.BOTH),
        ("CancelOnDisconnectSeconds", "60", 60),
        ("CancelOnDisconnectByClient", "none", ByClient.NONE),
    ],
)
def test_good(key: str, text: str, value: object) -> None:
    assert value == BY_NAME[key.lower()].convert(text)


@pytest.mark.parametrize(
    ("key", "text", "error"),
    [
        ("ConnectionType", "initiator", "expected acceptor"),
        ("BeginString", "FIX.4.3", "expected one of FIX.4.2, FIX.4.4, FIXT.1.1"),
        ("CancelOnDisconnect", "Y", "expected one of off, logout, disconnect, both"),
        ("CancelOnDisconnectSeconds", "61", "expected a whole number, 0 to 60"),
        ("CancelOnDisconnectByClient", "Y", "expected one of none, more, any"),
        ("SenderCompID", "", "expected printable ASCII"),
        ("SenderCompID", "DÉSK", "expected printable ASCII"),
        (
            "DefaultApplVerID",
            "FIX.4.4",
            "expected one of 7, 8, 9, FIX.5.0, FIX.5.0SP1, FIX.5.0SP2",
        ),
        ("StartTime", "24:00:00", "expected a time as HH:MM:SS"),
        ("StartTime", "08:00", "expected a time as HH:MM:SS"),
        ("StartTime", "08:00:00 Mars/Olympus", NO_ZONE),
        ("LogonTime", "8:00", "expected a time as HH:MM:SS"),
        (
            "LogonTime",
            "08:00:00 US/Central",
            "expected a time as HH:MM:SS, in the zone of StartTime",
        ),
        ("TimeZone", "Eastern Standard Time", NO_ZONE),
        ("TimeZone", "../../etc/passwd", NO_ZONE),
        ("TimeZone", "America", NO_ZONE),
        ("TimeZone", "", NO_ZONE),
        ("Weekdays", "", "expected a day of the week, such as Monday or Mon"),
        ("Weekdays", "mon,Monday", "names a day twice"),
        ("TimestampPrecision", "10", PRECISION),
        ("TimestampPrecision", "-1", PRECISION),
        ("MillisecondsInTimeStamp", "y", "expected one of Y, N"),
        ("TestRequestDelayMultiplier", "0", MULTIPLIER),
        ("TestRequestDelayMultiplier", "1e1", MULTIPLIER),
        ("StartDay", "m", "expected a day of the week, such as Monday or Mon"),
        ("StartDay", "moon", "expected a day of the week, such as Monday or Mon"),
        ("ResetOnLogon", "y", "expected Y or N"),
        ("MaxLatency", "0", "expected whole seconds, 1 to 86400"),
        ("MaxLatency", "٣", "expected whole seconds, 1 to 86400"),
        ("MaxLatency", "86401", "expected whole seconds, 1 to 86400"),
        ("Dialect", "../secrets", "expected a file name, without its .toml"),
        ("Venues", "", "expected names with commas between them"),
        ("Venues", "a,,b", "expected names with commas between them"),
        ("Accounts", "a,a", "names one of them twice"),
    ],
)
def test_bad(key: str, text: str, error: str) -> None:
    with pytest.raises(ValueError) as caught:
        BY_NAME[key.lower()].convert(text)

    assert error == str(caught.value)


def test_each_key_fills_a_field_and_each_field_has_a_key() -> None:
    made_by_the_reader = {"key", "file", "line", "lines", "files", "template"}
    fields = {field.name for field in msgspec.structs.fields(SessionSettings)}

    assert fields - made_by_the_reader == {key.field for key in KEYS if key.field}


def test_what_has_no_default_is_required() -> None:
    required = {
        field.name for field in msgspec.structs.fields(SessionSettings) if field.required
    } - {"key", "file", "line", "lines"}

    assert required == {BY_NAME[name.lower()].field for name in REQUIRED}
