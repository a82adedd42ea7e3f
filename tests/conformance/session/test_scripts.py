"""The session test cases of the standard, played to one session of every version: README.md."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixgw.fix.framing import Framer
from tests.support.fixtext import fix, readable
from tests.support.session import ORDER, VERSIONS, Exchange

SCRIPTS = sorted(Path(__file__).parent.glob("scripts/*.fix"))

_TIME = re.compile(r"\{now([+-]\d+)?\}")
_LENGTH = re.compile(r"\{length([+-]\d+)?\}")
_SUM = re.compile(r"\{sum([+-]\d+)?\}")
_REASON_ABOVE_FIX42 = re.compile(r"\|373=1[2-9]\b")
_LEFT_OUT = re.compile(r"\|-(\d+)(?=\||$)")


def _plays() -> Iterator[Any]:
    """Every script with every version it is for."""
    for script in SCRIPTS:
        said = [line.split() for _, line in _lines(script) if line.startswith("only ")]
        for version in said[0][1:] if said else VERSIONS:
            yield pytest.param(script, version, id=f"{script.stem}-{version}")


def _settings(script: Path) -> dict[str, Any]:
    """The settings of its session: `with check_latency=N`."""
    given = (line.split()[1:] for _, line in _lines(script) if line.startswith("with "))
    pairs = (pair.partition("=") for pair in next(given, []))
    return {name: int(v) if v.isdigit() else v == "Y" for name, _, v in pairs}


def _lines(script: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(script.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            yield number, line


@pytest.mark.parametrize(("script", "version"), list(_plays()))
def test_script(script: Path, version: str) -> None:
    player = Player(version, _settings(script))
    for number, line in _lines(script):
        try:
            player.play(line)
        except AssertionError as error:
            raise AssertionError(f"{script.name}:{number}: {line}\n{error}") from error
    player.end()


class Player:
    """Plays one script, line by line; what we send is compared when the next event begins."""

    def __init__(self, version: str, settings: dict[str, Any]) -> None:
        self._exchange = Exchange(version, **settings)
        self._framer = Framer()
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
            case ["only" | "with", *_]:
                pass
            case [">", *_]:
                self._client(self._filled(line[2:]))
            case ["raw", *_]:
                exchange.feed(*self._framer.feed(self._raw(line[4:])))
            case ["connect"]:
                exchange.connect()
                self._framer = Framer()
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

    def _client(self, text: str) -> None:
        """What the client sends; `-56` leaves a field out that would be filled in."""
        raw = self._exchange.whole(_LEFT_OUT.sub("", text))
        for tag in _LEFT_OUT.findall(text):
            raw = fix(re.sub(rf"\|{tag}=[^|]*", "", _unframed(raw)))
        self._exchange.feed(*self._framer.feed(raw))

    def _raw(self, text: str) -> bytes:
        """Bytes as they stand, but for what is in braces: a frame need not be right."""
        text = self._filled(text).replace("{8}", f"8={self._exchange.settings.begin_string}")
        body = text.partition("{length")[2].partition("|")[2].rpartition("10=")[0]
        length = len(body.encode("latin-1"))
        text = _LENGTH.sub(lambda more: str(length + int(more[1] or 0)), text)
        raw = text.replace("|", "\x01").encode("latin-1")
        total = sum(raw.rpartition(b"10=")[0])
        digits = _SUM.search(text)
        more = int(digits[1] or 0) if digits else 0
        return re.sub(rb"\{sum[^}]*\}", b"%03d" % ((total + more) % 256), raw)

    def _filled(self, text: str) -> str:
        text = text.replace("{order}", ORDER)
        text = _TIME.sub(lambda offset: self._exchange.sent_ago(-int(offset[1] or 0)), text)
        return _REASON_ABOVE_FIX42.sub("", text) if self._fix42 else text


def _unframed(raw: bytes) -> str:
    """A whole message as text for `fix`: without BodyLength(9) and CheckSum(10)."""
    fields = readable(raw).split("|")
    return "|".join(field for field in fields if field and not field.startswith(("9=", "10=")))
