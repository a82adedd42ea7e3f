"""Time zones by name, and the machine's own. Settings name them; no other code may use one.

They come from the machine's time zone database. An unknown zone raises ValueError with what was
expected, as every converter of `session_keys` does.
"""

import os
from datetime import UTC, tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

LOCAL_TIME = Path("/etc/localtime")
"""The machine's time zone if TZ does not name one, as everywhere on Linux."""


def zone(name: str) -> tzinfo:
    """Return the time zone of that name in the IANA database, such as America/New_York."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # A key that is a directory of the database raises OSError.
        raise ValueError(
            "expected a time zone of the machine's database, such as America/New_York"
        ) from None


@cache
def local_zone() -> tzinfo:
    """Return the time zone of the machine (TZ, else /etc/localtime, else UTC) at the first call."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if name:
        return zone(name)
    try:
        with LOCAL_TIME.open("rb") as file:
            return ZoneInfo.from_file(file, key="local time")
    except FileNotFoundError:
        return UTC
