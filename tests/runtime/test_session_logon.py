"""Who may log on, as settings say it: what is half said, or said twice, is found at start."""

from ipaddress import ip_network

import pytest

from fixgw.runtime.secrets import Secret
from fixgw.runtime.session_settings import SessionSettings
from tests.runtime.directory import Directory
from tests.support.secrets import SIGNATURE_SECRET, TOKEN_SECRET

NAMES = "expected IP addresses or networks such as 192.0.2.0/24, with commas between them"


@pytest.fixture(autouse=True)
def _secrets(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("token", TOKEN_SECRET), ("short", "x" * 31)):
        directory.write(name, text + "\n")
        (directory.path / name).chmod(0o600)
    monkeypatch.setenv("FIXGW_TEST_SECRET", SIGNATURE_SECRET)


def session(directory: Directory, **changes: str | None) -> SessionSettings:
    directory.client(**changes)
    (only,) = directory.settings().sessions.values()
    return only


def test_a_token(directory: Directory) -> None:
    found = session(
        directory, TokenSecretKeyID="k", TokenSecretFile="token", TokenAccounts="A, B",
        TokenMaxSeconds="60",
    )

    assert ("k", Secret(TOKEN_SECRET), ("A", "B"), 60) == (
        found.token_key_id, found.token_secret, found.token_accounts, found.token_max_seconds,
    )
    assert TOKEN_SECRET not in repr(found)


def test_a_signature(directory: Directory) -> None:
    found = session(
        directory, SignatureKey="k", SignatureSecretEnv="FIXGW_TEST_SECRET",
        SignatureMaxSeconds="5",
    )

    assert ("k", Secret(SIGNATURE_SECRET), 5) == (
        found.signature_key, found.signature_secret, found.signature_max_seconds,
    )


def test_addresses_and_certificates(directory: Directory) -> None:
    found = session(
        directory, AllowedRemoteAddresses="192.0.2.0/24, 198.51.100.7,2001:db8::/32",
        CertificateNames="oms.example, OMS",
    )

    assert (
        ip_network("192.0.2.0/24"), ip_network("198.51.100.7/32"), ip_network("2001:db8::/32"),
    ) == found.allowed_remote_addresses
    assert ("oms.example", "OMS") == found.certificate_names


def test_what_is_asked_for_together(directory: Directory) -> None:
    token = {"TokenSecretKeyID": "k", "TokenSecretFile": "token"}
    place = {"AllowedRemoteAddresses": "192.0.2.7", "CertificateNames": "OMS"}

    assert () == session(directory).logon_methods()
    assert ("token", "certificate", "address") == session(
        directory, **token, **place
    ).logon_methods()


@pytest.mark.parametrize("policy", ["always", "daily", "never"])
def test_how_often_the_client_may_reset(directory: Directory, policy: str) -> None:
    assert policy == session(directory, ResetSeqNumFlag=policy).reset_seq_num_flag


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (
            {"TokenSecretKeyID": "k"},
            "8: TokenSecretKeyID: without its secret: add TokenSecretFile, or TokenSecretEnv",
        ),
        (
            {"TokenSecretFile": "token"},
            "8: TokenSecretFile: without TokenSecretKeyID, the name of the key",
        ),
        (
            {"TokenSecretKeyID": "k", "TokenSecretFile": "token", "TokenSecretEnv": "E"},
            "9: TokenSecretFile: TokenSecretEnv names a secret as well; leave one of them out",
        ),
        (
            {"TokenSecretKeyID": "", "TokenSecretFile": "token"},
            "8: TokenSecretKeyID: expected a name",
        ),
        (
            {"TokenSecretKeyID": "k", "TokenSecretFile": "short"},
            "9: TokenSecretFile: the secret has fewer than 32 characters and could be guessed: "
            "make one with `openssl rand -hex 32`",
        ),
        (
            {"TokenSecretKeyID": "k", "TokenSecretEnv": "FIXGW_NO_SUCH"},
            "9: TokenSecretEnv: environment variable FIXGW_NO_SUCH is not set: export it, or name "
            "a file",
        ),
        ({"TokenAccounts": "A"}, "8: TokenAccounts: without TokenSecretKeyID it means nothing"),
        (
            {"SignatureMaxSeconds": "5"},
            "8: SignatureMaxSeconds: without SignatureKey it means nothing",
        ),
        (
            {"SignatureKey": "k"},
            "8: SignatureKey: without its secret: add SignatureSecretFile, or SignatureSecretEnv",
        ),
        (
            {
                "SignatureKey": "k", "SignatureSecretFile": "token",
                "TokenSecretKeyID": "k", "TokenSecretFile": "token",
            },
            "8: SignatureKey: a Logon has one RawData(96), and TokenSecretKeyID wants it: choose "
            "one",
        ),
        (
            {
                "SignatureKey": "k", "SignatureSecretFile": "token", "Username": "jane",
                "PasswordHash":
                "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$bm9wYXNzd29yZGhhc3RoaXNo",
            },
            "8: SignatureKey: a Logon has one Password(554), and Username wants it: choose one",
        ),
        (
            {"AllowedRemoteAddresses": "oms.example"},
            f"8: AllowedRemoteAddresses=oms.example: {NAMES}",
        ),
        (
            {"AllowedRemoteAddresses": "192.0.2.1/24"},
            f"8: AllowedRemoteAddresses=192.0.2.1/24: {NAMES}",
        ),
        ({"ResetSeqNumFlag": "Y"}, "8: ResetSeqNumFlag=Y: expected one of always, daily, never"),
        (
            {"ResetOnLogon": "Y", "ResetSeqNumFlag": "never"},
            "9: ResetSeqNumFlag: ResetOnLogon=Y resets at every Logon; leave one of them out",
        ),
    ],
)
def test_what_is_half_said_or_said_twice(
    directory: Directory, changes: dict[str, str], error: str
) -> None:
    directory.client(**changes)

    root = f"{directory.path}/"
    assert [f"client.cfg:{error}"] == [each.replace(root, "") for each in directory.errors()]
