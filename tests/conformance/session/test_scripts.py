"""The session test cases of the standard, played to one session of every version: README.md."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.session import ORDER, VERSIONS, Exchange

SCRIPTS = sorted(Path(__file__).parent.glob("scripts/*.fix"))

_TIME = re.compile(r"\{now([+-]\d+)?\}")
_REASON_ABOVE_FIX42 = re.compile(r"\|373=1[2-9]\b")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script(script: Path, version: str) -> None:
    player = Player(version)
    for number, line in _lines(script):
        try:
            player.play(line)
        except AssertionError as error:
            raise AssertionError(f"{script.name}:{number}: {line}\n{error}") from error
    player.end()


def _lines(script: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(script.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            yield number, line


class Player:
    """Plays one script, line by line; what we send is compared when the next event begins."""

    def __init__(self, version: str) -> None:
        self._exchange = Exchange(version)
        self._fix42 = version == "FIX.4.2"
        self._expected: list[str] = []

    def play(self, line: str) -> None:
        """One line of the script."""
        if line.startswith("< "):
            self._expected.append(self._filled(line[2:]))
            return
        self.end()
        exchange = self._exchange
        match line.split():
            case [">", _]:
                exchange.client(self._filled(line[2:]))
            case ["connect"]:
                exchange.connect()
            case ["wait", seconds]:
                exchange.wait(float(seconds))
            case ["report", *exec_ids]:
                exchange.report(*exec_ids)
            case ["logout", *words]:
                exchange.log_out(" ".join(words))
            case ["hang", "up"]:
                exchange.hang_up()
            case ["closed"]:
                assert exchange.closed, "the connection is still open"
            case ["numbers", next_sender, next_target]:
                assert (int(next_sender), int(next_target)) == exchange.numbers
            case ["handed", "on", *words]:
                assert " ".join(words) == " ".join(exchange.applications)
            case _:
                raise AssertionError("this is no line of a script")

    def end(self) -> None:
        """Compare what was sent since the last event."""
        expected, self._expected = self._expected, []
        self._exchange.expect(*expected)

    def _filled(self, text: str) -> str:
        text = text.replace("{order}", ORDER)
        text = _TIME.sub(lambda offset: self._exchange.sent_ago(-int(offset[1] or 0)), text)
        return _REASON_ABOVE_FIX42.sub("", text) if self._fix42 else text
