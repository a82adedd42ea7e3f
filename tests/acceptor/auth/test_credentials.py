"""What a Logon offers is taken as it was on the wire, and is never shown."""

import pytest

from fixgw.acceptor.auth.credentials import PresentedCredentials
from tests.support.secrets import CANARIES, NEW_PASSWORD, PASSWORD, token


def test_bytes_are_those_of_the_wire() -> None:
    offer = PresentedCredentials(
        {553: "jäne".encode().decode("latin-1"), 554: "\xff", 925: "n"}, "192.0.2.1"
    )

    assert ("jäne".encode(), b"\xff", b"n") == (offer.username, offer.password, offer.new_password)


@pytest.mark.parametrize(
    ("length", "raw_data"), [("3", b"abc"), ("4", b""), ("2", b""), ("03", b""), (None, b"")]
)
def test_raw_data_has_the_length_it_says(length: str | None, raw_data: bytes) -> None:
    fields = {96: "abc"} if length is None else {95: length, 96: "abc"}

    assert raw_data == PresentedCredentials(fields).raw_data


def test_its_text_is_a_mask() -> None:
    offer = PresentedCredentials({554: PASSWORD, 925: NEW_PASSWORD, 96: token()})

    assert not [each for each in CANARIES if each in f"{offer} {offer!r}"]
