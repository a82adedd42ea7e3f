"""A settings file's text: read whole, up to a limit, or refused with file and line."""

from pathlib import Path

from fixgw.model.errors import SettingsError


def text_of(file: Path, bytes_max: int) -> str:
    """Return the UTF-8 text of *file*. Raise SettingsError if it has none, or more than
    *bytes_max*."""
    try:
        with file.open("rb") as source:
            content = source.read(bytes_max + 1)
    except OSError as error:
        raise SettingsError(file, None, f"cannot be read: {error.strerror}") from None
    if len(content) > bytes_max:
        raise SettingsError(file, None, f"longer than {bytes_max} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(file, line, "not UTF-8 text") from None
