"""Any order is packed and unpacked, whatever the dictionary was trained on."""

import pytest
from msgspec.structs import replace

from fixgw.journal.packing import DICTIONARY_BYTES, EventPacker, UnreadableOrder, train
from fixgw.journal.tick import encode
from tests.support.filed import rows


@pytest.mark.parametrize("samples", [
    [b"x"], [b""], [b"the same"] * 1_000, [encode(row.events) for row in rows(100)],
], ids=["one", "empty", "alike", "orders"])
def test_whatever_it_was_trained_on_a_dictionary_serves(samples: list[bytes]) -> None:
    body = train(samples)
    packer = EventPacker({1: body}.__getitem__, 1)
    for row in rows(5):
        number, packed = packer.pack(row.events)
        assert 1 == number
        assert row.events == EventPacker({1: body}.__getitem__).unpack(number, packed)
    assert len(body) <= DICTIONARY_BYTES


def test_a_dictionary_makes_an_order_small() -> None:
    training, other = rows(2_000), rows(100, first=10_000)
    packer = EventPacker({1: train([encode(row.events) for row in training])}.__getitem__)
    without = sum(len(packer.pack(row.events)[1]) for row in other)
    packer.use(1)

    assert 2.5 * sum(len(packer.pack(row.events)[1]) for row in other) < without


def test_an_order_of_ten_thousand_events_is_packed() -> None:
    [row] = rows(1)
    events = [replace(row.events[-1], at=at) for at in range(10_000)]
    packer = EventPacker({}.__getitem__)

    assert events == packer.unpack(*packer.pack(events))


def test_a_length_that_no_order_has_is_damage() -> None:
    """No memory is taken for it."""
    packer = EventPacker({}.__getitem__)
    _, packed = packer.pack(rows(1)[0].events)
    wrong = b"\xe4" + bytes([0, 0, 0, 0, 0, 0, 1, 0]) + packed[3:]

    with pytest.raises(UnreadableOrder, match="its length is damaged"):
        packer.unpack(0, wrong)
