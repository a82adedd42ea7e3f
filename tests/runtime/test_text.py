"""A settings file's text, or why there is none."""

from pathlib import Path

import pytest

from fixgw.model.errors import SettingsError
from fixgw.runtime.text import text_of


def test_a_mark_of_the_byte_order_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"\xef\xbb\xbfhello")

    assert "hello" == text_of(file, 8)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "a: cannot be read: No such file or directory"),
        (b"123456789", "a: longer than 8 bytes"),
        (b"one\n\xff\n", "a:2: not UTF-8 text"),
    ],
)
def test_errors(tmp_path: Path, content: bytes | None, error: str) -> None:
    file = tmp_path / "a"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SettingsError) as raised:
        text_of(file, 8)

    assert f"{tmp_path}/{error}" == str(raised.value)
