"""A Message gives what came, as text."""

from fixgw.fix.message import Message
from tests.support.fixtext import fix
from tests.support.secrets import PASSWORD


def test_msg_seq_num_is_the_only_field_read_as_a_number() -> None:
    message = Message("0", {34: "000017", 44: "1.50"}, fix("8=FIX.4.4|35=0|34=000017|"))

    assert (message.seq_num, message.fields.get(44), message.fields.get(58)) == (17, "1.50", None)


def test_its_text_does_not_say_what_a_logon_says() -> None:
    raw = fix(f"8=FIX.4.4|35=A|34=7|554={PASSWORD}|")
    message = Message("A", {34: "7", 554: PASSWORD}, raw)

    assert f"Message(35='A', 34='7', {len(raw)} bytes)" == repr(message) == str(message)
