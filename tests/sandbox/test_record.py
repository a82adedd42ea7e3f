"""The record: in order of arrival, bounded, with masked secrets and untouched numbers."""

from msgspec import Raw

from fixgw.sandbox.record import Recorder


def test_entries_stand_in_the_order_of_arrival() -> None:
    recorder = Recorder(10)
    slow = recorder.add(1, "POST", "/a", "newOrder")
    recorder.add(2, "POST", "/b", "cancelOrder")
    slow.reply = b'{"result":1}'

    assert [(1, Raw(b'{"result":1}')), (2, Raw(b"null"))] == [
        (entry.number, entry.reply) for entry in recorder.since(0)
    ]
    assert [2] == [entry.number for entry in recorder.since(1)]


def test_the_oldest_entries_fall_out() -> None:
    recorder = Recorder(2)
    for at in range(5):
        recorder.add(at, "GET", "/", "x")

    assert [4, 5] == [entry.number for entry in recorder.since(0)]
    assert 5 == recorder.last


def test_secrets_are_masked_and_numbers_stay_as_written() -> None:
    recorder = Recorder(1)
    entry = recorder.add(1, "RECV", "/ws", "auth")
    entry.request = b'{"signature": "abcdef", "price":1.10}'

    assert Raw(b'{"signature": "***", "price":1.10}') == recorder.since(0)[0].request


def test_what_is_not_json_is_kept_as_a_string() -> None:
    recorder = Recorder(1)
    recorder.add(1, "POST", "/", "x").request = b'{"half'

    assert Raw(b'"{\\"half"') == recorder.since(0)[0].request
