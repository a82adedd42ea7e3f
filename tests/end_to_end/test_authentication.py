"""QuickFIX clients with credentials, as they would be written for the venues' own FIX APIs.

QuickFIX judges the gateway's answers by its stock dictionaries; after a
refusal it tries again by itself, and must need nobody to repair its numbers.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.app.bench import PASSWORD_ASKED
from tests.support import secrets
from tests.support.quickfix_initiator import FIX42, FIX44, FIX50SP2, Initiator, Version
from tests.support.secrets import (
    NEW_PASSWORD,
    PASSWORD,
    WRONG_PASSWORD,
    WRONG_SIGNATURE_SECRET,
    WRONG_TOKEN_SECRET,
    raw_data,
    signed,
    token,
)
from tests.support.stack import TRADER, Stack
from tests.support.story import status_request

TOKEN_ASKED = f"TokenSecretKeyID={secrets.TOKEN_KEY_ID}\nTokenSecretFile=secrets/token\n"
SIGNATURE_ASKED = (
    f"SignatureKey={secrets.SIGNATURE_KEY}\nSignatureSecretFile=secrets/signature\n"
)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path / "stack", sessions=("demo42", "demo44", "demo50sp2"))
    for name, text in (
        ("token", secrets.TOKEN_SECRET), ("signature", secrets.SIGNATURE_SECRET),
    ):
        (stack.sessions / "secrets" / name).write_text(text)
        (stack.sessions / "secrets" / name).chmod(0o600)
    for name, asked in (
        ("demo42", TOKEN_ASKED), ("demo44", SIGNATURE_ASKED), ("demo50sp2", PASSWORD_ASKED),
    ):
        with (stack.sessions / f"{name}.cfg").open("a") as file:
            file.write(f"\n{asked}")
    with stack:
        yield stack


def trades(client: Initiator) -> None:
    """The session works, and nothing that either side said was found invalid.

    A ResendRequest(35=2) is no repair: the Logon that was refused took a number of the client's.
    """
    since = len(client.messages)
    client.send(status_request(f"NONE{since}"))
    client.wait_for("35=8|39=8", since=since)
    assert [] == [message for message in client.messages if message.msg_type in ("3", "j")]


@contextmanager
def logged_on(
    stack: Stack, version: Version, wrong: str, reason: str, right: str
) -> Iterator[Initiator]:
    """A client that is refused for *reason*, tries again by itself, and is let in."""
    client = Initiator(version, stack.port, stack.directory / "client", logon=wrong)
    client.start()
    try:
        stack.gateway.wait_for_line(f"reason={reason}")
        assert 0 == client.logons and [] == client.received
        client.say_at_logon(right)
        client.wait_until(lambda: client.logged_on, "it is let in")
        trades(client)
        yield client
    finally:
        client.stop(abruptly=True)


def test_a_client_of_apifinys_fix_api_logs_on_with_its_token(stack: Stack) -> None:
    wrong = raw_data(token(TRADER, secret=WRONG_TOKEN_SECRET))
    good, another = (raw_data(token(TRADER, seconds=each)) for each in (60, 61))

    with logged_on(stack, FIX42, wrong, "bad_token", good):
        pass
    with logged_on(stack, FIX42, good, "token_used_before", another):
        pass


def test_a_client_of_finerys_fix_api_logs_on_with_its_signature(stack: Stack) -> None:
    nonce = time.time_ns()
    wrong = signed(nonce, secret=WRONG_SIGNATURE_SECRET)
    good, another = signed(nonce), signed(nonce + 1)

    with logged_on(stack, FIX44, wrong, "wrong_signature", good):
        pass
    with logged_on(stack, FIX44, good, "nonce_not_above_the_last", another):
        pass


def test_a_client_changes_its_password(stack: Stack) -> None:
    wrong, old, new = (f"553=jane|554={each}" for each in (WRONG_PASSWORD, PASSWORD, NEW_PASSWORD))

    with logged_on(stack, FIX50SP2, wrong, "wrong_password", f"{old}|925={NEW_PASSWORD}") as client:
        client.wait_for("35=A|1409=1")
    stack.gateway.kill()
    stack.gateway.start()
    with logged_on(stack, FIX50SP2, old, "wrong_password", new) as client:
        assert all(message.get(1409) is None for message in client.received)
