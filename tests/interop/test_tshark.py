"""Wireshark's FIX dissector reads all that the gateway says, in every version, and likes it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.interop import damage
from tests.interop.dissector import Dissection, dissect
from tests.interop.recording import Piece, Recording
from tests.interop.simple import encoded_again
from tests.interop.traffic import SPOKEN
from tests.support.quickfix_initiator import VERSIONS, Version

every_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


def complaints(recordings: Sequence[Recording], dissection: Dissection) -> list[str]:
    """All that is wrong with what the gateway said; also what the dissector did not read."""
    wrong = [*dissection.malformed, *(f"{what}: {raw!r}" for what, raw in dissection.faults())]
    for number, recording in enumerate(recordings):
        for by_client in (True, False):
            if recording.stream(by_client=by_client) != dissection.stream(
                number, by_client=by_client
            ):
                wrong.append(f"connection {number}, by_client={by_client}: not read whole")
    return wrong


def test_it_finds_nothing_wrong_and_reads_every_byte(
    recordings: list[Recording], dissection: Dissection
) -> None:
    assert [] == complaints(recordings, dissection)


def test_it_counts_as_many_messages_as_there_are(
    recordings: list[Recording], dissection: Dissection
) -> None:
    for by_client in (True, False):
        sent = [len(encoded_again(one.stream(by_client=by_client))) for one in recordings]
        read = [
            sum((seen.connection, seen.by_client) == (n, by_client) for seen in dissection.messages)
            for n in range(len(recordings))
        ]

        assert sent == read
        assert 0 not in read


@every_version
def test_the_gateway_has_said_all_it_can_say(version: Version, dissection: Dissection) -> None:
    """What is not in the traffic is not proven by it."""
    to, begin = f"\x0156={version.comp_id}\x01", f"8={version.begin_string}\x01"
    said = [
        seen
        for seen in dissection.messages
        if not seen.by_client and to.encode() in seen.raw and seen.raw.startswith(begin.encode())
    ]

    assert set(SPOKEN) == {seen.msg_type for seen in said}
    again = {seen.msg_type for seen in said if b"\x0143=Y\x01" in seen.raw}
    assert {"4", "8", "9", "j"} <= again


@pytest.mark.parametrize("spoil", damage.CONTENT, ids=lambda spoil: spoil.__name__)
def test_one_spoiled_message_is_found(
    spoil: damage.Spoil, recordings: list[Recording], tmp_path: Path
) -> None:
    recording = recordings[0]
    good = encoded_again(recording.stream(by_client=False))
    client = Piece(1.0, True, recording.stream(by_client=True))
    assert [] == _judged([client, Piece(2.0, False, b"".join(good))], tmp_path)

    spoiled = [*good[:-1], spoil(good[-1])]

    assert [] != _judged([client, Piece(2.0, False, b"".join(spoiled))], tmp_path)


def _judged(pieces: list[Piece], directory: Path) -> list[str]:
    recording = Recording(pieces)
    return complaints([recording], dissect([recording], directory))
