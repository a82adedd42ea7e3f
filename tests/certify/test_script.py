"""Scripts are read before anything is played, and what cannot be read is no scenario."""

import pytest

from fixgw.certify.script import Script


@pytest.mark.parametrize(
    "line",
    [
        "A buys 4",
        "wait 3",
        "A",
        "fail submit sometimes",
        "fail deliver lost-after",
        "A buy four",
        "offer",
    ],
)
def test_a_line_that_means_nothing_is_an_error(line: str) -> None:
    with pytest.raises((ValueError, KeyError, IndexError)):
        Script(f"A rests 4\n{line}")


def test_a_script_that_expects_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="expects nothing"):
        Script("A buy 4\noffer 4")
