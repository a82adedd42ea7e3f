"""Who may log on: what a session asks for, together, and how little a refusal changes."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fixgw.acceptor.auth.credentials import PresentedCredentials
from fixgw.acceptor.auth.history import LogonHistory
from fixgw.acceptor.auth.password import Decoy, hashed
from fixgw.acceptor.auth.result import AuthResult
from fixgw.acceptor.logon import Decision, decide, look, use
from fixgw.model.ids import SessionKey
from fixgw.model.session_events import NonceUsed, TokenUsed
from fixgw.runtime.secrets import Secret
from fixgw.runtime.session_settings import SessionSettings
from tests.support import secrets

NOW_MS = 1_800_000_000_000
EXP = {"exp": NOW_MS // 1000 + 30}
HERE = "192.0.2.7"

OPEN = SessionSettings(
    key=SessionKey("FIX.4.4:FIXGW->CLIENT"),
    begin_string="FIX.4.4",
    sender_comp_id="FIXGW",
    target_comp_id="CLIENT",
    venues=(),
    accounts=("A1",),
    file=Path("client.cfg"),
    line=1,
    lines={},
)
HASH = hashed(secrets.PASSWORD)
DECOY = Decoy()
TOKEN = {"token_key_id": secrets.TOKEN_KEY_ID, "token_secret": Secret(secrets.TOKEN_SECRET)}
NETWORK = {"allowed_remote_addresses": (ip_network("192.0.2.0/24"),)}
CERTIFICATE = {"certificate_names": ("oms.example",)}


def session(**changes: Any) -> SessionSettings:
    return msgspec.structs.replace(OPEN, **changes)


def offer(
    fields: dict[int, str] | None = None, address: str = HERE, *names: str
) -> PresentedCredentials:
    return PresentedCredentials(fields, address, names)


def with_token(**given: Any) -> dict[int, str]:
    text = secrets.token(**{**EXP, **given})
    return {95: str(len(text)), 96: text}


def test_a_session_that_asks_for_nothing_lets_everybody_in() -> None:
    assert AuthResult.ACCEPTED is look(OPEN, LogonHistory(), offer(), NOW_MS).verdict


def test_there_is_no_such_session() -> None:
    assert AuthResult.UNKNOWN_SESSION is look(None, LogonHistory(), offer(), NOW_MS).verdict


@pytest.mark.parametrize(
    ("names", "address", "fields", "verdict"),
    [
        (("oms.example",), HERE, with_token(), AuthResult.ACCEPTED),
        (("oms.example",), "198.51.100.7", with_token(), AuthResult.ADDRESS_NOT_ALLOWED),
        ((), HERE, with_token(), AuthResult.NO_CERTIFICATE),
        (("other.example",), HERE, with_token(), AuthResult.WRONG_CERTIFICATE),
        (("oms.example",), HERE, {}, AuthResult.NO_TOKEN),
    ],
)
def test_all_that_is_asked_for_must_be_there(
    names: tuple[str, ...], address: str, fields: dict[int, str], verdict: AuthResult
) -> None:
    settings = session(**TOKEN, **NETWORK, **CERTIFICATE)

    assert verdict is look(settings, LogonHistory(), offer(fields, address, *names), NOW_MS).verdict


def test_the_accounts_of_a_token_are_the_sessions_own_unless_others_are_named() -> None:
    settings, other = session(**TOKEN), session(**TOKEN, token_accounts=("B1",))
    mine, theirs = offer(with_token(account="A1")), offer(with_token(account="B1"))

    assert AuthResult.ACCEPTED is look(settings, LogonHistory(), mine, NOW_MS).verdict
    assert AuthResult.WRONG_TOKEN is look(settings, LogonHistory(), theirs, NOW_MS).verdict
    assert AuthResult.ACCEPTED is look(other, LogonHistory(), theirs, NOW_MS).verdict
    assert AuthResult.WRONG_TOKEN is look(other, LogonHistory(), mine, NOW_MS).verdict


def test_a_token_that_was_good_is_remembered_when_it_is_used_and_not_before() -> None:
    memory, settings, given = LogonHistory(), session(**TOKEN), offer(with_token())
    first, second = (look(settings, memory, given, NOW_MS) for _ in range(2))

    assert isinstance(first.used, TokenUsed) and first.used == second.used
    assert AuthResult.ACCEPTED is use(settings, memory, first.used)
    assert AuthResult.TOKEN_USED is use(settings, memory, second.used)
    assert AuthResult.TOKEN_USED is look(settings, memory, given, NOW_MS).verdict


def test_a_nonce_that_was_good_is_remembered_when_it_is_used_and_not_before() -> None:
    memory = LogonHistory()
    settings = session(
        signature_key=secrets.SIGNATURE_KEY, signature_secret=Secret(secrets.SIGNATURE_SECRET)
    )
    text = f'{{"nonce": 7, "timestamp": {NOW_MS}}}'
    given = offer({
        553: secrets.SIGNATURE_KEY, 554: secrets.signature(text), 95: str(len(text)), 96: text,
    })
    first, second = (look(settings, memory, given, NOW_MS) for _ in range(2))

    assert isinstance(first.used, NonceUsed) and 7 == first.used.nonce
    assert second.used is not None
    assert AuthResult.ACCEPTED is use(settings, memory, first.used)
    assert AuthResult.NONCE_USED is use(settings, memory, second.used)
    assert AuthResult.NONCE_USED is look(settings, memory, given, NOW_MS).verdict


@pytest.mark.parametrize(
    ("looked", "username", "password", "verdict"),
    [
        (AuthResult.ACCEPTED, "jane", secrets.PASSWORD, AuthResult.ACCEPTED),
        (AuthResult.ACCEPTED, "jane", secrets.WRONG_PASSWORD, AuthResult.WRONG_PASSWORD),
        (AuthResult.ACCEPTED, "jane", "", AuthResult.WRONG_PASSWORD),
        (AuthResult.ACCEPTED, "jane", "\xff", AuthResult.WRONG_PASSWORD),
        (AuthResult.ACCEPTED, "Jane", secrets.PASSWORD, AuthResult.WRONG_USERNAME),
        (AuthResult.ACCEPTED, "", "", AuthResult.WRONG_USERNAME),
        (AuthResult.ACCEPTED, "\xff", secrets.PASSWORD, AuthResult.WRONG_USERNAME),
        (AuthResult.NO_TOKEN, "jane", secrets.PASSWORD, AuthResult.NO_TOKEN),
    ],
)
def test_a_password_beside_what_was_looked_at(
    looked: AuthResult, username: str, password: str, verdict: AuthResult
) -> None:
    given = offer({553: username, 554: password})

    assert Decision(verdict) == decide(looked, "jane", HASH, given, DECOY)


def test_an_unknown_session_stays_unknown_whatever_the_password() -> None:
    given = offer({553: "", 554: "decoy"})

    assert Decision(AuthResult.UNKNOWN_SESSION) == decide(
        AuthResult.UNKNOWN_SESSION, "", None, given, DECOY
    )


def test_a_new_password_is_hashed_if_all_else_is_well() -> None:
    given = offer({553: "jane", 554: secrets.PASSWORD, 925: secrets.NEW_PASSWORD})

    good = decide(AuthResult.ACCEPTED, "jane", HASH, given, DECOY)
    bad = decide(AuthResult.ADDRESS_NOT_ALLOWED, "jane", HASH, given, DECOY)

    assert AuthResult.ACCEPTED is good.verdict and not good.objection
    again = decide(AuthResult.ACCEPTED, "jane", good.new_hash, offer({
        553: "jane", 554: secrets.NEW_PASSWORD,
    }), DECOY)
    assert Decision(AuthResult.ACCEPTED) == again
    assert Decision(AuthResult.ADDRESS_NOT_ALLOWED) == bad


def test_a_new_password_that_will_not_do_is_objected_to() -> None:
    given = offer({553: "jane", 554: secrets.PASSWORD, 925: secrets.SHORT_PASSWORD})

    decision = decide(AuthResult.ACCEPTED, "jane", HASH, given, DECOY)

    assert (AuthResult.ACCEPTED, "") == decision[:2]
    assert "12 to 128" in decision.objection and secrets.SHORT_PASSWORD not in decision.objection
