"""Who may log on, and how little a refusal tells."""

from pathlib import Path

import msgspec
import pytest

from fixgw.acceptor.logon import Verdict, hashed, verify
from fixgw.model.ids import SessionKey
from fixgw.runtime.session_keys import PASSWORD_HASH
from fixgw.runtime.session_settings import SessionSettings

CHEAP = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$1KHP11qcwqe6ixFkodgrqJ5+yxZVMLNhcZPUxvEBQp8"

OPEN = SessionSettings(
    key=SessionKey("FIX.4.4:FIXGW->CLIENT"),
    begin_string="FIX.4.4",
    sender_comp_id="FIXGW",
    target_comp_id="CLIENT",
    venues=(),
    accounts=(),
    file=Path("client.cfg"),
    line=1,
    lines={},
)
CLOSED = msgspec.structs.replace(OPEN, username="jane", password_hash=hashed("pässword"))


@pytest.mark.parametrize(
    ("settings", "username", "password", "verdict"),
    [
        (CLOSED, "jane", "pässword", Verdict.ACCEPTED),
        (CLOSED, "jane", "password", Verdict.WRONG_PASSWORD),
        (CLOSED, "jane", "", Verdict.WRONG_PASSWORD),
        (CLOSED, "jane", "\udcff", Verdict.WRONG_PASSWORD),
        (CLOSED, "Jane", "pässword", Verdict.WRONG_USERNAME),
        (CLOSED, "", "", Verdict.WRONG_USERNAME),
        (CLOSED, "\udcff", "pässword", Verdict.WRONG_USERNAME),
        (OPEN, "", "", Verdict.NO_PASSWORD_ASKED),
        (OPEN, "anybody", "anything", Verdict.NO_PASSWORD_ASKED),
        (None, "jane", "pässword", Verdict.UNKNOWN_SESSION),
        (None, "", "", Verdict.UNKNOWN_SESSION),
    ],
)
def test_verdicts(
    settings: SessionSettings | None, username: str, password: str, verdict: Verdict
) -> None:
    assert verdict == verify(settings, username, password)


@pytest.mark.parametrize(
    "password_hash",
    [
        "$argon2id$v=19$m=1,t=1,p=99$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaHNvbWVoYXNo",
        "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_a_hash_that_cannot_be_worked_with_lets_nobody_in(password_hash: str) -> None:
    assert PASSWORD_HASH.fullmatch(password_hash), "the settings would have found it"
    settings = msgspec.structs.replace(CLOSED, password_hash=password_hash)

    assert not verify(settings, "jane", "").may_log_on


def test_who_may_log_on() -> None:
    assert {Verdict.ACCEPTED, Verdict.NO_PASSWORD_ASKED} == {
        verdict for verdict in Verdict if verdict.may_log_on
    }


def test_what_is_hashed_is_what_the_settings_take() -> None:
    assert PASSWORD_HASH.fullmatch(hashed("x"))


def test_the_same_password_has_another_hash_each_time() -> None:
    assert hashed("x") != hashed("x")
