"""UTCTimestamp, text from and to Unix milliseconds.

A gateway writes and reads thousands of timestamps a second, nearly all of the current second: both
directions cache the last second they saw. The time is read once a tick, in milliseconds: a finer
precision is a longer text with zeros, as unmeasured digits would only pretend.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MILLISECONDS, NANOSECONDS = 3, 9
"""QuickFIX's TimestampPrecision, decimals of a second: the default, and the maximum."""


def moment(ms: int) -> datetime:
    """Return Unix milliseconds as a datetime, UTC."""
    return _EPOCH + timedelta(milliseconds=ms)


def seconds(ms: int) -> str:
    """Return milliseconds as seconds, for people."""
    whole, rest = divmod(ms, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


class UtcTimestamps:
    """Formats and parses; one per precision, so that the last second is shared."""

    def __init__(self, precision: int = MILLISECONDS) -> None:
        """*precision*: number of decimals of a second that `text` writes, 0 to 9."""
        self._decimals = min(precision, MILLISECONDS)
        self._zeros = "0" * (precision - MILLISECONDS)
        self._second = -1
        self._second_text = ""
        self._ms = -1
        self._ms_text = ""
        self._prefix = "19700101-00:00:00"
        self._prefix_ms = 0

    def text(self, ms: int) -> str:
        """Return `20261120-06:26:48.123`, or another precision. Further digits are cut off, not
        rounded."""
        if ms == self._ms:
            return self._ms_text
        second, rest = divmod(ms, 1000)
        if second != self._second:
            self._second = second
            self._second_text = moment(second * 1000).strftime("%Y%m%d-%H:%M:%S")
        self._ms = ms
        self._ms_text = self._second_text
        if self._decimals:
            self._ms_text += f".{rest:03d}"[: 1 + self._decimals] + self._zeros
        return self._ms_text

    def parse(self, text: str) -> int | None:
        """Return Unix milliseconds of *text*, or None if it is no UTCTimestamp.

        Decimals of a second beyond the third are cut off: FIX allows up to 12, and no decision here
        depends on less than a millisecond.
        """
        prefix = text[:17]
        if prefix != self._prefix:
            whole = _parse_second(prefix)
            if whole is None:
                return None
            self._prefix, self._prefix_ms = prefix, whole
        if len(text) == 17:
            return self._prefix_ms
        decimals = text[18:]
        if text[17] != "." or not decimals.isascii() or not decimals.isdigit():
            return None
        return self._prefix_ms + int(decimals[:3].ljust(3, "0"))


def _parse_second(text: str) -> int | None:
    if len(text) != 17 or text[8] != "-" or text[11] != ":" or text[14] != ":":
        return None
    digits = (text[0:4], text[4:6], text[6:8], text[9:11], text[12:14], text[15:17])
    if not all(part.isascii() and part.isdigit() for part in digits):
        return None
    year, month, day, hour, minute, second = map(int, digits)
    try:
        # A leap second is written as 60; it counts as the second before it.
        whole = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    if second > 60:
        return None
    return (whole - _EPOCH) // timedelta(milliseconds=1)
