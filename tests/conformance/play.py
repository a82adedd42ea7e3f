"""Play acceptance definitions of QuickFIX's format (`*.def`) against an acceptor that runs.

    python -m tests.conformance.play DIRECTORY --port 9878

The format is that of QuickFIX, QuickFIX/J, QuickFIX/n and QuickFIX/Go. Each line is an event:

    iCONNECT        the client connects          eDISCONNECT  the acceptor closes the connection
    I8=FIX.4.4|…    the client sends this        E8=FIX.4.4|… the acceptor sends this next
    iDISCONNECT     the client hangs up          i2,CONNECT, I2,8=…: the same on connection 2

`|` may stand for SOH. `<TIME>`, `<TIME+5>` and `<TIME-5>` are filled in, and BodyLength(9) and
CheckSum(10) where they are missing. Times and the frame are not compared. The reference acceptor
of those definitions echoes application messages; of one that it echoes, only MsgSeqNum(34) and
PossDupFlag(43) are compared, as an acceptor that trades answers with a message of its own.

No definitions are kept here: they are other projects' texts. This player must not correct what a
definition says, or it would prove nothing.
"""

import argparse
import re
import socket
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fixgw.fix.framing import Framer
from tests.support.fixtext import readable

HOST = "127.0.0.1"
DEADLINE_SECONDS = 40.0
"""Time for a message or a disconnect by the acceptor: several heartbeats of a script."""

SESSION_TYPES = frozenset("012345Aj")
NOT_COMPARED = frozenset({"8", "9", "10", "52", "60", "122"})

_EVENT = re.compile(r"(?P<kind>[iIeE])(?:(?P<connection>[0-9]+),)?(?P<rest>.*)", re.S)
_TIME = re.compile(r"<TIME([+-][0-9]+)?>")


class Failed(Exception):
    """The definition cannot go on: what must come did not."""


class Client:
    """One connection of a definition."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), DEADLINE_SECONDS)
        self._framer = Framer()
        self._messages: list[bytes] = []
        self._closed = False

    def send(self, raw: bytes) -> None:
        """Send bytes as they are."""
        try:
            self._socket.sendall(raw)
        except OSError as error:
            raise Failed(f"cannot send: {error}") from error

    def next_message(self) -> str | None:
        """The next message with `|`, or None if the acceptor has closed the connection."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self._messages and not self._closed:
            self._socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                raise Failed(f"nothing came for {DEADLINE_SECONDS:g} s") from None
            except OSError:
                data = b""
            self._closed = not data
            self._messages += self._framer.feed(data)
        return readable(self._messages.pop(0)) if self._messages else None

    def close(self) -> None:
        """Hang up, and return when the acceptor has noticed: it has closed its end."""
        with self._socket, suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(DEADLINE_SECONDS)
            while self._socket.recv(65536):
                pass


class Player:
    """Plays one definition; `differences` says what was not as it should be."""

    def __init__(self, port: int) -> None:
        self.differences: list[str] = []
        self._port = port
        self._clients: dict[str, Client] = {}

    def play(self, lines: list[str]) -> None:
        """All lines, up to where it cannot go on."""
        try:
            for number, line in enumerate(lines, 1):
                event = _EVENT.fullmatch(line.rstrip("\r\n"))
                if event is not None:
                    self._event(number, *event.group("kind", "connection", "rest"))
        except Failed as error:
            self.differences.append(f"line {number}: {line.strip()}\n    {error}")
        finally:
            for client in self._clients.values():
                client.close()

    def _event(self, number: int, kind: str, connection: str | None, rest: str) -> None:
        name = connection or "1"
        match kind, rest:
            case "i", "CONNECT":
                self._clients[name] = Client(self._port)
            case "i", "DISCONNECT":
                self._clients.pop(name).close()
            case "e", "DISCONNECT":
                message = self._clients[name].next_message()
                if message is not None:
                    raise Failed(f"was sent: {message}")
                self._clients.pop(name).close()
            case "I", _:
                self._clients[name].send(whole(rest))
            case "E", _:
                actual = self._clients[name].next_message()
                if actual is None:
                    raise Failed("was disconnected")
                found = compare(fields(rest), fields(actual))
                if found:
                    self.differences.append(f"line {number}: {found}\n    {actual}")
            case _:
                raise Failed("this player does not know such a line")


def fields(text: str) -> dict[str, str]:
    """Tag to value; of a repeated tag the last."""
    parts = (part.partition("=") for part in text.replace("\x01", "|").strip("|").split("|"))
    return {tag: value for tag, _, value in parts}


def whole(text: str) -> bytes:
    """The bytes of an `I` line: times, BodyLength(9) and CheckSum(10) filled in."""
    now = datetime.now(UTC)

    def moment(found: re.Match[str]) -> str:
        return f"{now + timedelta(seconds=int(found[1] or 0)):%Y%m%d-%H:%M:%S}"

    text = _TIME.sub(moment, text).replace("\x01", "|").strip("|") + "|"
    head, _, body = text.partition("|")
    before, checksum, _ = body.partition("|10=") if not body.startswith("10=") else (body, "", "")
    if not re.search(r"(^|\|)9=", body) and not text.startswith("35="):
        content = f"{before}|" if checksum else body
        body = f"9={len(content.encode('latin-1'))}|{body}"
    raw = f"{head}|{body}".replace("|", "\x01").encode("latin-1")
    if not checksum:
        raw += b"10=%03d\x01" % (sum(raw) % 256)
    return raw


def compare(expected: dict[str, str], actual: dict[str, str]) -> str:
    """What is wrong with *actual*, or ""."""
    if expected["35"] not in SESSION_TYPES and actual["35"] not in SESSION_TYPES - {"j"}:
        looked_at = {"34", "43"}
    else:
        looked_at = (expected.keys() | actual.keys()) - NOT_COMPARED
    wrong = sorted(tag for tag in looked_at if expected.get(tag) != actual.get(tag))
    return ", ".join(f"{tag}: {expected.get(tag)} expected" for tag in wrong)


def main(arguments: list[str] | None = None) -> int:
    """Play a directory's definitions, one after the other; 1 if there were differences."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.play")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args(arguments)
    files = sorted(options.directory.rglob("*.def"))
    different = 0
    for file in files:
        player = Player(options.port)
        player.play(file.read_text(encoding="latin-1").splitlines())
        different += bool(player.differences)
        for difference in player.differences:
            print(f"{file.name}: {difference}", flush=True)
    print(f"{len(files)} definitions, {different} with differences")
    return 1 if different or not files else 0


if __name__ == "__main__":
    sys.exit(main())
