"""How the text of each key becomes a value, and what is said of a text that cannot."""

from datetime import time

import msgspec
import pytest

from fixgw.runtime.session_keys import BY_NAME, KEYS, REQUIRED
from fixgw.runtime.session_settings import SessionSettings


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
        ("ResetOnLogon", "Y", True),
        ("MaxLatency", "86400", 86_400),
        ("Venues", "a, b", ("a", "b")),
    ],
)
def test_good(key: str, text: str, value: object) -> None:
    assert value == BY_NAME[key.lower()].convert(text)


@pytest.mark.parametrize(
    ("key", "text", "error"),
    [
        ("ConnectionType", "initiator", "expected acceptor"),
        ("BeginString", "FIX.4.3", "expected one of FIX.4.2, FIX.4.4, FIXT.1.1"),
        ("SenderCompID", "", "expected printable ASCII"),
        ("SenderCompID", "DÉSK", "expected printable ASCII"),
        (
            "DefaultApplVerID",
            "FIX.4.4",
            "expected one of 7, 8, 9, FIX.5.0, FIX.5.0SP1, FIX.5.0SP2",
        ),
        ("StartTime", "24:00:00", "expected a time in UTC as HH:MM:SS"),
        ("StartTime", "08:00", "expected a time in UTC as HH:MM:SS"),
        ("StartTime", "08:00:00 US/Central", "expected a time in UTC as HH:MM:SS"),
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
    made_by_the_reader = {"key", "file", "line", "lines"}
    fields = {field.name for field in msgspec.structs.fields(SessionSettings)}

    assert fields - made_by_the_reader == {key.field for key in KEYS if key.field}


def test_what_has_no_default_is_required() -> None:
    required = {
        field.name for field in msgspec.structs.fields(SessionSettings) if field.required
    } - {"key", "file", "line", "lines"}

    assert required == {BY_NAME[name.lower()].field for name in REQUIRED}
