"""Time zones by name, and the machine's own. Settings name them; nothing else may ask for one.

They come from the machine's time zone database. What cannot be found raises
ValueError with what was expected, as every converter of `session_keys` does.
"""

import os
from datetime import UTC, tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

LOCAL_TIME = Path("/etc/localtime")
"""The machine's time zone where TZ does not name one, as everywhere on Linux."""


def zone(name: str) -> tzinfo:
    """The time zone of that name in the IANA database, such as America/New_York."""
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
    """The time zone of the machine (TZ, else /etc/localtime, else UTC) when first asked for."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if name:
        return zone(name)
    try:
        with LOCAL_TIME.open("rb") as file:
            return ZoneInfo.from_file(file, key="local time")
    except FileNotFoundError:
        return UTC
