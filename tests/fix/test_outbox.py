"""What leaves, in which order, and what is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.fix import outbox as outbox_module
from fixgw.fix.outbox import Numbers, Outbox
from fixgw.fix.timestamp import UtcTimestamps
from fixgw.fix.wire import header_fields
from tests.support.fixtext import fix

TEN = 1767607200000
"""2026-01-05, 10:00:00 UTC."""


@pytest.fixture
def outbox() -> Outbox:
    made = Outbox("FIX.4.4", "FIXGW", "CLIENT", Numbers(), UtcTimestamps())
    made.writing = True
    return made


def written(outbox: Outbox) -> list[str]:
    """What is to be written, as `8/3` (MsgType(35), MsgSeqNum(34)), `8/3 again`, `4/1->3`."""
    texts = []
    for raw in outbox.to_write:
        fields = header_fields(raw)
        text = f"{fields[35]}/{fields[34]}"
        if fields[35] == "4":
            text += f"->{fields[36]}"
        elif 43 in fields:
            text += " again"
        texts.append(text)
    outbox.to_write.clear()
    return texts


def stored(outbox: Outbox) -> list[tuple[int, bytes]]:
    """What the journal would give back."""
    return [(seq_num, message) for _, seq_num, message in outbox.to_store]


def serve(outbox: Outbox, limit: int = 1000) -> None:
    """One share of catching up, as `app.client_session` gives it."""
    begin, end = outbox.wanted()
    rows = [row for row in stored(outbox) if begin <= row[0] <= end][:limit]
    outbox.caught_up(rows, rows[-1][0] if len(rows) == limit else end, TEN)


def test_an_application_message_is_whole_stored_and_written(outbox: Outbox) -> None:
    outbox.application("8", "17=E1\x0158=caf\xe9\x01", TEN)

    (message,) = outbox.to_write
    assert outbox.to_store == [(0, 1, message)]
    assert message == fix(
        "8=FIX.4.4|35=8|34=1|49=FIXGW|52=20260105-10:00:00.000|56=CLIENT|17=E1|58=caf\xe9"
    )
    assert outbox.numbers.next_sender == 2


def test_an_administrative_message_is_written_and_not_stored(outbox: Outbox) -> None:
    outbox.admin("0", "", TEN)

    assert outbox.to_store == []
    assert written(outbox) == ["0/1"]


def test_nobody_is_there(outbox: Outbox) -> None:
    outbox.writing = False
    outbox.application("8", "", TEN)

    assert written(outbox) == []
    assert [seq_num for _, seq_num, _ in outbox.to_store] == [1]


def test_numbers_start_again_in_an_epoch_of_their_own(outbox: Outbox) -> None:
    outbox.application("8", "", TEN)
    outbox.numbers.reset(TEN)
    outbox.application("8", "", TEN)

    assert [key[:2] for key in outbox.to_store] == [(0, 1), (1, 1)]
    assert outbox.numbers.since_ms == TEN


def test_what_is_asked_for_again(outbox: Outbox) -> None:
    outbox.admin("A", "", TEN)
    outbox.application("8", "", TEN)
    outbox.admin("0", "", TEN)
    outbox.to_write.clear()

    outbox.resend(1, 3)
    assert outbox.wanted() == (1, 3)
    serve(outbox)
    assert written(outbox) == ["4/1->2", "8/2 again", "4/3->4"]
    assert outbox.catch_up is None


def test_a_gap_fill_is_whole(outbox: Outbox) -> None:
    outbox.admin("A", "", TEN)
    outbox.to_write.clear()
    outbox.resend(1, 1)
    serve(outbox)

    assert outbox.to_write == [fix(
        "8=FIX.4.4|35=4|34=1|43=Y|49=FIXGW|52=20260105-10:00:00.000|56=CLIENT"
        "|122=20260105-10:00:00.000|123=Y|36=2"
    )]


def test_two_requests_are_served_as_one(outbox: Outbox) -> None:
    for _ in range(6):
        outbox.application("8", "", TEN)
    outbox.to_write.clear()

    outbox.resend(4, 5)
    outbox.resend(2, 2)
    serve(outbox)
    assert written(outbox) == ["8/2 again", "8/3 again", "8/4 again", "8/5 again"]
    assert outbox.catch_up is None


def test_administrative_messages_that_wait_have_a_limit(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "ADMIN_MESSAGES_MAX", 2)
    outbox.hold()
    outbox.application("8", "", TEN)
    for _ in range(4):
        outbox.admin("0", "", TEN)
    outbox.application("8", "", TEN)

    serve(outbox)
    assert written(outbox) == ["8/1", "0/2", "0/3", "4/4->6", "8/6"]
    assert outbox.catch_up is None


def test_administrative_messages_that_wait_have_a_limit_in_bytes(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "ADMIN_BYTES_MAX", 1_000)
    outbox.hold()
    outbox.application("8", "", TEN)
    for _ in range(4):
        outbox.admin("0", f"112={'x' * 500}\x01", TEN)
    serve(outbox)
    assert written(outbox) == ["8/1", "0/2", "0/3", "4/4->6"]

    # What was written makes room again.
    outbox.hold()
    outbox.admin("0", "", TEN)
    serve(outbox)
    assert written(outbox) == ["0/6"]
    assert outbox.catch_up is None


def test_holding_back_while_nothing_comes(outbox: Outbox) -> None:
    outbox.hold()
    outbox.hold()
    serve(outbox)

    assert written(outbox) == []
    assert outbox.catch_up is None


@given(
    st.lists(
        st.sampled_from(["application", "admin", "hold"])
        | st.tuples(st.just("resend"), st.integers(1, 15), st.integers(1, 15))
        | st.tuples(st.just("serve"), st.integers(1, 3)),
        max_size=60,
    )
)
def test_every_number_is_written_once_as_new_and_again_as_often_as_asked(
    events: list[str | tuple[str, int] | tuple[str, int, int]]
) -> None:
    """Whatever is asked for, held back, and served in whatever shares."""
    outbox = Outbox("FIX.4.4", "FIXGW", "CLIENT", Numbers(), UtcTimestamps())
    outbox.writing = True
    line = Line()
    for event in events:
        match event:
            case "application":
                outbox.application("8", "", TEN)
            case "admin":
                outbox.admin("0", "", TEN)
            case "hold":
                outbox.hold()
            case ("resend", begin, end) if begin <= end < line.expected:
                outbox.resend(begin, end)
                line.owed |= set(range(begin, end + 1))
            case ("serve", share) if outbox.catch_up is not None:
                serve(outbox, share)
        line.take(outbox.to_write)
    while outbox.catch_up is not None:
        serve(outbox)
        line.take(outbox.to_write)

    assert line.expected == outbox.numbers.next_sender
    assert not line.owed


class Line:
    """What has come out so far, seen from the other end."""

    def __init__(self) -> None:
        self.expected = 1
        """The number that is new next."""
        self.owed: set[int] = set()
        """Numbers asked for again that have not come yet."""

    def take(self, to_write: list[bytes]) -> None:
        """Check what comes against what came, and empty the list."""
        for raw in to_write:
            fields = header_fields(raw)
            at = int(fields[34])
            end = int(fields[36]) if fields[35] == "4" else at + 1
            assert at <= self.expected, "a gap"
            assert at == self.expected or fields.get(43) == "Y", "new, and not for the first time"
            self.expected = max(self.expected, end)
            self.owed -= set(range(at, end))
        to_write.clear()
