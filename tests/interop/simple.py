"""simplefix as a second opinion: a codec that knows FIX's framing and nothing else of it."""

from collections.abc import Iterator

import simplefix


def messages(stream: bytes) -> Iterator[simplefix.FixMessage]:
    """Every message in what one side sent. What is behind the last CheckSum(10) is left out."""
    parser = simplefix.FixParser()
    parser.append_buffer(stream)
    while (message := parser.get_message()) is not None:
        yield message


def encoded_again(stream: bytes) -> list[bytes]:
    """Each message of *stream* as simplefix writes it from its fields.

    BeginString(8), BodyLength(9), MsgType(35) go to the front and CheckSum(10) to the end, both
    numbers counted anew.
    """
    return [message.encode() for message in messages(stream)]


def build(begin_string: str, *fields: tuple[int, str]) -> bytes:
    """A message from its fields, in their order; 9 and 10 by simplefix."""
    message = simplefix.FixMessage()
    message.append_pair(8, begin_string)
    for tag, value in fields:
        message.append_pair(tag, value)
    return bytes(message.encode())
