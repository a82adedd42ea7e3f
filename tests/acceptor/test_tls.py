"""The listener's certificate: what is refused, with which way out, and how it is renewed."""

import shutil
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from fixgw.acceptor.tls import CertificateProblem, Tls, is_loopback, listener_tls, load
from fixgw.model.errors import SettingsError
from fixgw.runtime.gateway_toml import ListenerTls
from tests.runtime.directory import GATEWAY, Directory
from tests.support.certificates import Authority, Pair, protected


def place(directory: Path, pair: Pair, authority: Authority | None = None) -> ListenerTls:
    """Copy *pair* into *directory*, and the settings that name it."""
    shutil.copy(pair.certificate, directory / "gateway.crt")
    shutil.copy(pair.key, directory / "gateway.key")
    if authority is None:
        return ListenerTls(certificate="gateway.crt", key="gateway.key")
    shutil.copy(authority.certificate, directory / "clients.crt")
    return ListenerTls(
        certificate="gateway.crt", key="gateway.key",
        client_ca="clients.crt", client_certificate="required",
    )


def problem(settings: ListenerTls, directory: Path) -> str:
    with pytest.raises(CertificateProblem) as raised:
        load(settings, directory)
    return str(raised.value).replace(f"{directory}/", "")


def test_a_good_certificate(tmp_path: Path, authority: Authority) -> None:
    loaded = load(place(tmp_path, authority.issue("localhost"), authority), tmp_path)

    assert ssl.CERT_REQUIRED == loaded.context.verify_mode
    assert ssl.TLSVersion.TLSv1_2 == loaded.context.minimum_version


def test_files_that_cannot_be_used(tmp_path: Path, authority: Authority) -> None:
    pair, other = authority.issue("localhost"), authority.issue("other")
    certificate, key = tmp_path / "gateway.crt", tmp_path / "gateway.key"
    settings = place(tmp_path, pair)

    shutil.copy(other.key, key)
    assert (
        "key: gateway.key is not the key of gateway.crt: they must be made together"
    ) == problem(settings, tmp_path)

    shutil.copy(protected(pair.key, "open sesame"), key)
    assert (
        "key: gateway.key has a passphrase, and nobody is there to type it: "
        "openssl pkey removes it"
    ) == problem(settings, tmp_path)

    key.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    assert problem(settings, tmp_path).startswith(
        "certificate: gateway.crt with gateway.key cannot be used: "
    )

    key.write_text("hello\n")
    assert "key: gateway.key holds no PEM private key" == problem(settings, tmp_path)

    key.unlink()
    assert (
        "key: cannot read gateway.key: No such file or directory" == problem(settings, tmp_path)
    )

    certificate.write_bytes(b"\x30\x82")
    assert (
        "certificate: gateway.crt holds no PEM certificate" == problem(settings, tmp_path)
    )

    certificate.unlink()
    assert (
        "certificate: cannot read gateway.crt: No such file or directory"
    ) == problem(settings, tmp_path)


def test_a_certificate_of_another_time(tmp_path: Path, authority: Authority) -> None:
    old = authority.issue_for("old", "20200101000000Z", "20210101000000Z")
    assert "certificate: gateway.crt has expired: renew it" == problem(
        place(tmp_path, old), tmp_path
    )

    early = authority.issue_for("early", "20490101000000Z", "20491231000000Z")
    assert "certificate: gateway.crt is not valid yet: is the clock right?" == problem(
        place(tmp_path, early), tmp_path
    )


def test_a_key_that_others_can_read(tmp_path: Path, authority: Authority) -> None:
    settings = place(tmp_path, authority.issue("localhost"))
    key = tmp_path / "gateway.key"

    key.chmod(0o640)
    with capture_logs() as logged:
        load(settings, tmp_path)
    told = [(line["event"], line["mode"]) for line in logged]
    assert [("secret_file_open_to_others", "0640")] == told

    key.chmod(0o602)
    assert (
        "key: gateway.key can be written by anybody (mode 0602): chmod 600 it"
    ) == problem(settings, tmp_path)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (
            {"client_certificate": "required"},
            "client_certificate: needs client_ca, the file of the authority that signs "
            "clients' certificates",
        ),
        (
            {"client_ca": "clients.crt"},
            'client_ca: nobody is asked for a certificate: set client_certificate = "required"',
        ),
        (
            {"client_ca": "none.crt", "client_certificate": "optional"},
            "client_ca: cannot read none.crt: No such file or directory",
        ),
        (
            {"client_ca": "gateway.key", "client_certificate": "optional"},
            "client_ca: gateway.key holds no PEM certificate",
        ),
    ],
)
def test_asking_clients(
    tmp_path: Path, authority: Authority, more: dict[str, Any], text: str
) -> None:
    place(tmp_path, authority.issue("localhost"))
    settings = ListenerTls(certificate="gateway.crt", key="gateway.key", **more)

    assert text == problem(settings, tmp_path)


# ------------------------------------------------------------------------- renewal


def test_renewed_files_are_read_when_they_stand_still(
    tmp_path: Path, authority: Authority
) -> None:
    tls = Tls(place(tmp_path, authority.issue("localhost")), tmp_path)
    first = tls.context
    tls.look()
    assert first is tls.context

    renewed = authority.issue("renewed")
    shutil.copy(renewed.certificate, tmp_path / "gateway.crt")
    with capture_logs() as logged:
        # The key comes a moment later: nobody is to trip over the half of it.
        tls.look()
        shutil.copy(renewed.key, tmp_path / "gateway.key")
        tls.look()
        assert first is tls.context
        tls.look()
    assert ["certificate_renewed"] == [line["event"] for line in logged]
    assert first is not tls.context


def test_reading_the_same_files_again_is_no_renewal(tmp_path: Path, authority: Authority) -> None:
    tls = Tls(place(tmp_path, authority.issue("localhost")), tmp_path)

    with capture_logs() as logged:
        assert tls.reload()

    assert [] == logged


def test_a_broken_renewal_is_told_once_and_changes_nothing(
    tmp_path: Path, authority: Authority
) -> None:
    pair = authority.issue("localhost")
    tls = Tls(place(tmp_path, pair), tmp_path)
    first = tls.context

    (tmp_path / "gateway.crt").write_text("rubbish\n")
    with capture_logs() as logged:
        for _ in range(5):
            tls.look()
    assert [("certificate_not_renewed", "error")] == [
        (line["event"], line["log_level"]) for line in logged
    ]
    assert logged[0]["reason"].endswith("gateway.crt holds no PEM certificate")
    assert first is tls.context
    with capture_logs():
        assert not tls.reload()

    shutil.copy(pair.certificate, tmp_path / "gateway.crt")
    with capture_logs() as logged:
        for _ in range(3):
            tls.look()
    assert ["certificate_renewed"] == [line["event"] for line in logged]
    assert first is not tls.context


def test_a_certificate_that_ends_soon_is_told_once_a_day(
    tmp_path: Path, authority: Authority
) -> None:
    end = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 3.5 * 86_400))
    tls = Tls(place(tmp_path, authority.issue_for("soon", "20200101000000Z", end)), tmp_path)

    with capture_logs() as logged:
        tls.look()
        tls.look()

    assert [("certificate_expires_soon", 3)] == [(line["event"], line["days"]) for line in logged]


# ------------------------------------------------------------------------ settings


def refusal(directory: Directory, text: str) -> str:
    directory.write("gateway.toml", GATEWAY + text)
    with pytest.raises(SettingsError) as raised:
        listener_tls(directory.settings())
    return str(raised.value).replace(f"{directory.path}/", "")


def test_plain_must_be_meant(directory: Directory) -> None:
    assert (
        "gateway.toml:4: listener.host: others than this machine can connect, without TLS: add "
        "[listener.tls] with certificate and key, or say plain = true if something in front "
        "does TLS"
    ) == refusal(directory, "[listener]\nhost = '0.0.0.0'\n")

    directory.write("gateway.toml", GATEWAY + "[listener]\nhost = '0.0.0.0'\nplain = true\n")
    assert listener_tls(directory.settings()) is None

    assert (
        "gateway.toml:4: listener.plain: contradicts [listener.tls]: leave out one of them"
    ) == refusal(
        directory, "[listener]\nplain = true\n[listener.tls]\ncertificate = 'a'\nkey = 'b'\n"
    )


@pytest.mark.parametrize(
    ("host", "only_us"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
        ("0.0.0.0", False), ("::", False), ("", False), ("192.0.2.1", False), ("a.test", False),
    ],
)
def test_who_can_connect(host: str, only_us: bool) -> None:
    assert only_us == is_loopback(host)


def test_what_is_wrong_with_a_file_is_told_with_its_line(
    directory: Directory, authority: Authority
) -> None:
    settings = "[listener.tls]\ncertificate = 'gateway.crt'\nkey = 'gateway.key'\n"
    place(directory.path, authority.issue("localhost"))
    (directory.path / "gateway.key").unlink()

    assert (
        "gateway.toml:5: listener.tls.key: cannot read gateway.key: No such file or directory"
    ) == refusal(directory, settings)
