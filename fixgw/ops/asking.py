"""Asking a running gateway: connect to its socket, one line there, one line back. For commands."""

import socket
import time
from pathlib import Path

from fixgw.model.errors import NoGateway
from fixgw.ops import answers, requests
from fixgw.ops.address import ControlError, address, control_path
from fixgw.ops.answers import Failed, SomeAnswer
from fixgw.ops.requests import Request

ANSWER_SECONDS = 100.0
"""Longer than the gateway's own limit, so that its reason arrives."""

ANSWER_BYTES_MAX = 64 * 1024 * 1024
READ_BYTES = 65_536


class NotDone(ControlError):
    """The gateway's reason for not executing the request."""


def ask(
    journal: Path, request: Request, expected: type[SomeAnswer], seconds: float = ANSWER_SECONDS
) -> SomeAnswer:
    """Return the answer of the gateway on *journal* within *seconds*.

    Raise NoGateway if none listens, NotDone with the gateway's own text, and ControlError if it
    does not answer.
    """
    path = control_path(journal)
    try:
        line = _exchange(path, requests.written(request), time.monotonic() + seconds)
    except (FileNotFoundError, ConnectionRefusedError):
        raise NoGateway(
            f"no gateway is running on the journal {journal}: `fixgw run` starts one"
        ) from None
    except PermissionError:
        raise ControlError(
            f"{path}: only the user that runs the gateway may ask it; run this as that user"
        ) from None
    except TimeoutError:
        raise ControlError(
            f"the gateway has not answered for {seconds:g} s; its log says what it does"
        ) from None
    except OSError as error:
        raise ControlError(f"{path}: {error.strerror or error}") from None
    return _understood(line, expected)


def _understood(line: bytes, expected: type[SomeAnswer]) -> SomeAnswer:
    if not line.endswith(b"\n"):
        raise ControlError(
            "the gateway has ended, or cut this off, before it answered; its log says why. "
            "What was asked may be on record: look before you ask again"
        )
    try:
        answer = answers.read(line)
    except ValueError as error:
        raise ControlError(
            f"the gateway's answer is not understood ({error}); it may be of another version "
            "than this command: use the one that it was started with"
        ) from None
    if isinstance(answer, Failed):
        raise NotDone(answer.text)
    if not isinstance(answer, expected):
        raise ControlError(f"the gateway answers {type(answer).__name__}: this is a bug of it")
    return answer


def _exchange(path: Path, line: bytes, deadline: float) -> bytes:
    """Return all bytes up to the end of a line or of the data. Raise OSError."""
    received = bytearray()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(_left(deadline))
        with address(path) as name:
            sock.connect(name)
        try:
            sock.sendall(line)
        except BrokenPipeError:
            pass  # It may have said why before it closed.
        while not received.endswith(b"\n") and len(received) < ANSWER_BYTES_MAX:
            sock.settimeout(_left(deadline))
            try:
                data = sock.recv(READ_BYTES)
            except ConnectionResetError:
                break
            if not data:
                break
            received += data
    return bytes(received)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
