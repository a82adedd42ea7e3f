"""What Wireshark's FIX dissector reads in a capture: its judgement, and the bytes it read.

`tshark` is run over the file that tests.interop.pcap writes, and its XML (PDML) is read. It knows
nothing of this project, nor of QuickFIX. It must never be given the user's own preferences, which
could hide what it finds.
"""

import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element

from tests.interop.pcap import FIRST_CLIENT_PORT, GATEWAY_PORT, capture
from tests.interop.recording import Recording
from tests.interop.tools import tool

TSHARK_SECONDS = 60.0
UNKNOWN_VALUE = re.compile(r"\(unknown ")
"""What the dissector writes after a value that the field's table of values does not have."""

BAD_CHECKSUM, NO_CHECKSUM = "bad CheckSum(10)", "no CheckSum(10)"


class Seen(NamedTuple):
    """One FIX message, as the dissector took it from a connection."""

    connection: int
    """Its place in the recordings."""
    by_client: bool
    raw: bytes
    """The fields it read, put together again: the message, if it read all of it."""
    msg_type: str
    faults: tuple[str, ...]
    """A wrong or missing checksum, a value or a tag that it does not know, whatever it warns of."""


class Dissection(NamedTuple):
    """Everything the dissector said of a capture."""

    messages: list[Seen]
    malformed: list[str]
    """Packets that it could not read, FIX or not."""

    def faults(self, *, by_client: bool = False) -> list[tuple[str, bytes]]:
        """What it found wrong in the messages of one side, and with which message."""
        return [
            (fault, seen.raw)
            for seen in self.messages
            if seen.by_client is by_client
            for fault in seen.faults
        ]

    def stream(self, connection: int, *, by_client: bool) -> bytes:
        """All messages of one side of a connection, one after another."""
        return b"".join(
            seen.raw
            for seen in self.messages
            if (seen.connection, seen.by_client) == (connection, by_client)
        )


def dissect(recordings: Sequence[Recording], directory: Path) -> Dissection:
    """Let tshark read what passed; the capture stays in *directory*, for whoever wants to look."""
    file = directory / "traffic.pcap"
    file.write_bytes(capture(recordings))
    root = ElementTree.fromstring(_tshark(file, directory))
    protocols = [(packet, proto) for packet in root for proto in packet.findall("proto")]
    return Dissection(
        messages=[_seen(p, proto) for p, proto in protocols if proto.get("name") == "fix"],
        malformed=[
            proto.get("showname", "")
            for _, proto in protocols
            if proto.get("name") == "_ws.malformed"
        ],
    )


def _tshark(file: Path, directory: Path) -> bytes:
    command = [tool("tshark"), "-n", "-r", str(file), "-d", f"tcp.port=={GATEWAY_PORT},fix"]
    nobody = directory / "nobody"
    nobody.mkdir(exist_ok=True)
    done = subprocess.run(
        [*command, "-T", "pdml"],
        env={**os.environ, "HOME": str(nobody), "XDG_CONFIG_HOME": str(nobody)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TSHARK_SECONDS,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def _seen(packet: Element, proto: Element) -> Seen:
    fields = [(_bytes(field), field) for field in proto.findall("field")]
    by_name = {field.get("name"): field for _, field in fields}
    source, target = (_port(packet, name) for name in ("tcp.srcport", "tcp.dstport"))
    by_client = target == GATEWAY_PORT
    msg_type = by_name.get("fix.MsgType")
    return Seen(
        connection=(source if by_client else target) - FIRST_CLIENT_PORT,
        by_client=by_client,
        raw=b"".join(raw for raw, _ in fields),
        msg_type="" if msg_type is None else msg_type.get("show", ""),
        faults=(*_checksum(by_name.get("fix.CheckSum")), *_faults(proto)),
    )


def _bytes(field: Element) -> bytes:
    return bytes.fromhex(field.get("value", ""))


def _port(packet: Element, name: str) -> int:
    found = packet.find(f"proto[@name='tcp']/field[@name='{name}']")
    assert found is not None, "a FIX message outside TCP"
    return int(found.get("show", ""))


def _checksum(field: Element | None) -> Iterator[str]:
    if field is None:
        yield NO_CHECKSUM
    elif "[correct]" not in field.get("showname", ""):
        yield BAD_CHECKSUM


def _faults(proto: Element) -> Iterator[str]:
    for field in proto.iter("field"):
        name, showname = field.get("name"), field.get("showname", "")
        if name == "_ws.expert.message":
            yield field.get("show", "")
        elif name == "fix.field.tag":
            yield f"unknown tag {field.get('show')}"
        elif name == "fix.data":
            yield "not the beginning of a message"
        elif UNKNOWN_VALUE.search(showname):
            yield showname
