"""The session test cases that one session alone cannot show, played over sockets to a gateway that
runs: who is let in, what happens to the connection, and what the application behind answers."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixgw.fix.framing import Framer
from tests.conformance import play
from tests.support.fixtext import fix, readable
from tests.support.quickfix_initiator import FIX44, utc_now
from tests.support.stack import Stack

DEADLINE_SECONDS = 40.0
TAKEN_FOR_GRANTED = frozenset({"8", "9", "10", "49", "52", "56"})
ORDER = "55=BTCUSDT|54=1|38=1|40=2|44=100"

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("wire") / "stack"
    settings = "[limits]\nlogon_timeout_seconds = 5\n"
    with Stack(directory, sessions=("demo44",), settings=settings) as stack:
        yield stack


class Client:
    """One connection, in FIX text with `|`."""

    def __init__(self, stack: Stack) -> None:
        self._socket = socket.create_connection(("127.0.0.1", stack.port), DEADLINE_SECONDS)
        self._framer = Framer()
        self._messages: list[bytes] = []
        self._logged_on = False
        self.seq_num = 0

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        """Who is logged on logs out: what it was told does not come again at the next reset."""
        if self._logged_on:
            try:
                self.send("35=5")
                while self._receive() is not None:
                    pass
            except OSError:
                pass  # the gateway has closed already
        self._socket.close()

    def send(self, text: str, *, comp_id: str = FIX44.comp_id, version: str = "FIX.4.4") -> None:
        """Send `35=D|…` with the next number."""
        self.seq_num += 1
        msg_type, _, rest = text.partition("|")
        self.send_raw(fix(
            f"8={version}|{msg_type}|34={self.seq_num}|49={comp_id}|52={utc_now()}|56=FIXGW|{rest}"
        ))

    def send_raw(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(raw)

    def log_on(self) -> "Client":
        """Log on with new numbers."""
        self.send("35=A|98=0|108=30|141=Y")
        assert self.next()["35"] == "A"
        self._logged_on = True
        return self

    def next(self) -> dict[str, str]:
        """The next message."""
        message = self._receive()
        assert message is not None, "the connection was closed"
        return dict(field.split("=", 1) for field in readable(message).strip("|").split("|"))

    def expect(self, text: str) -> None:
        """Precisely this comes next, but for the frame, the CompIDs and times."""
        fields = self.next()
        said = "|".join(f"{t}={v}" for t, v in fields.items() if t not in TAKEN_FOR_GRANTED)
        assert said == text

    def expect_end(self) -> None:
        """The gateway closes the connection, and has said nothing more."""
        message = self._receive()
        assert message is None, readable(message)

    def _receive(self) -> bytes | None:
        while not self._messages:
            try:
                data = self._socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self._messages += self._framer.feed(data)
        return self._messages.pop(0)


def test_1S_b_a_duplicate_of_a_running_session_hears_nothing_and_harms_nobody(
    stack: Stack,
) -> None:
    with Client(stack).log_on() as running, Client(stack) as duplicate:
        duplicate.send("35=A|98=0|108=30|141=Y")
        duplicate.expect_end()

        running.send("35=1|112=still here")
        running.expect("35=0|34=2|112=still here")


def test_1S_b_whoever_is_gone_may_come_back_at_once(stack: Stack) -> None:
    for _ in range(5):
        with Client(stack).log_on() as client:
            client.send("35=5")
            client.expect("35=5|34=2")
            client.expect_end()


@pytest.mark.parametrize(
    ("comp_id", "version"), [("NOBODY", "FIX.4.4"), (FIX44.comp_id, "FIX.4.2"), ("", "FIX.4.4")]
)
def test_1S_c_who_is_not_configured_is_disconnected_without_a_word(
    stack: Stack, comp_id: str, version: str
) -> None:
    with Client(stack) as client:
        client.send("35=A|98=0|108=30|141=Y", comp_id=comp_id, version=version)
        client.expect_end()


def test_1S_d_a_logon_with_a_wrong_body_length_is_no_logon(stack: Stack) -> None:
    with Client(stack) as client:
        good = fix(f"8=FIX.4.4|35=A|34=1|49={FIX44.comp_id}|52={utc_now()}|56=FIXGW|98=0|108=30")
        client.send_raw(good.replace(b"\x019=", b"\x019=1", 1))
        client.expect_end()


@pytest.mark.parametrize(
    "text", ["35=0", f"35=D|11=C1|60={utc_now()}|{ORDER}", "35=zz"], ids=["0", "D", "zz"]
)
def test_2S_whose_first_message_is_no_logon_is_disconnected_without_a_word(
    stack: Stack, text: str
) -> None:
    with Client(stack) as client:
        client.send(text)
        client.expect_end()


def test_2S_who_says_nothing_is_disconnected(stack: Stack) -> None:
    with Client(stack) as client:
        client.expect_end()


def test_2d_garbled_bytes_in_any_pieces_are_ignored(stack: Stack) -> None:
    with Client(stack).log_on() as client:
        spoilt = fix(f"8=FIX.4.4|35=0|34=2|49={FIX44.comp_id}|52={utc_now()}|56=FIXGW|112=x")
        for at in range(len(spoilt)):
            client.send_raw(spoilt[:at] + b"!" + spoilt[at + 1:])
        client.send("35=1|112=next")

        client.expect("35=0|34=2|112=next")


def test_2r_a_valid_type_that_is_not_supported_is_a_business_reject(stack: Stack) -> None:
    with Client(stack).log_on() as client:
        client.send("35=8|37=1|17=1|150=0|39=0|55=BTCUSDT|54=1|151=1|14=0|6=0")

        client.expect("35=j|34=2|45=2|372=8|379=1|380=3|58=MsgType(35) 8 is not supported")


def test_14m_a_conditionally_required_field_missing_is_a_business_reject(stack: Stack) -> None:
    with Client(stack).log_on() as client:
        client.send(f"35=D|11=M1|60={utc_now()}|55=BTCUSDT|54=1|38=1|40=2")

        client.expect(
            "35=j|34=2|45=2|372=D|379=M1|380=5|58=Price(44) is required when OrdType(40) is 2"
        )


def test_13b_the_gateway_closes_a_connection_that_the_client_leaves_open(stack: Stack) -> None:
    with Client(stack).log_on() as client:
        client.send("35=5")
        client.expect("35=5|34=2")
        client.expect_end()

        client.send("35=0")  # nobody listens, and nobody minds
    with Client(stack).log_on() as again:
        again.send("35=1|112=back")
        again.expect("35=0|34=2|112=back")


DEFINITION = f"""# A heartbeat is not answered, a TestRequest is; then the client is gone.
iCONNECT
I8=FIX.4.4|35=A|34=1|49={FIX44.comp_id}|52=<TIME>|56=FIXGW|98=0|108=30|141=Y
E8=FIX.4.4|9=70|35=A|34=1|49=FIXGW|52=<TIME>|56={FIX44.comp_id}|98=0|108=30|141=Y|10=0
I8=FIX.4.4|35=0|34=2|49={FIX44.comp_id}|52=<TIME-5>|56=FIXGW
I8=FIX.4.4|35=0|34=3|49={FIX44.comp_id}|52=<TIME>|56=FIXGW|10=256
I8=FIX.4.4|35=1|34=3|49={FIX44.comp_id}|52=<TIME+5>|56=FIXGW|112=HELLO
E8=FIX.4.4|35=0|34=2|49=FIXGW|52=<TIME>|56={FIX44.comp_id}|112=HELLO
i2,CONNECT
I2,8=FIX.4.4|35=A|34=1|49={FIX44.comp_id}|52=<TIME>|56=FIXGW|98=0|108=30
e2,DISCONNECT
I8=FIX.4.4|35=5|34=4|49={FIX44.comp_id}|52=<TIME>|56=FIXGW
E8=FIX.4.4|35=5|34=3|49=FIXGW|52=<TIME>|56={FIX44.comp_id}
eDISCONNECT
"""


def test_definitions_of_quickfix_s_format_can_be_played(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "good.def"
    good.write_text(DEFINITION.replace("|", "\x01"))
    assert play.main([str(tmp_path), "--port", str(stack.port)]) == 0, capsys.readouterr().out

    good.unlink()
    wrong = DEFINITION.replace("35=0|34=2|49=FIXGW", "35=0|34=9|49=FIXGW")
    (tmp_path / "bad.def").write_text(wrong)
    assert play.main([str(tmp_path), "--port", str(stack.port)]) == 1
    assert "bad.def: line 8: 34: 9 expected" in capsys.readouterr().out
