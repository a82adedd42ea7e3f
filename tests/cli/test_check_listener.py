"""`fixgw check` and the listener: certificates, plain text, load balancers."""

import shutil
from pathlib import Path

import pytest

from fixgw.cli import main
from tests.support.certificates import Authority
from tests.support.stack import DEMO, DICTIONARIES, keep_secrets

WARNING = "anybody_may_log_on"

TLS = "host = '::'\n[listener.tls]\ncertificate = '{}'\nkey = '{}'\n"


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    sessions = tmp_path / "sessions"
    shutil.copytree(DEMO, sessions)
    keep_secrets(sessions)
    return sessions


def said(sessions: Path, capsys: pytest.CaptureFixture[str], listener: str) -> list[str]:
    """What `fixgw check` says of the listener, but for warnings."""
    lines = all_said(sessions, capsys, listener)
    assert not [line for line in lines if "gateway.toml" in line and "listener" not in line]
    return [line for line in lines if "listener" in line and WARNING not in line]


def all_said(sessions: Path, capsys: pytest.CaptureFixture[str], listener: str) -> list[str]:
    """What `fixgw check` says, on both streams."""
    demo = (DEMO / "gateway.toml").read_text()
    before, _, after = demo.partition("[listener]\n")
    _, _, tables = after.partition("\n[")
    text = f"[listener]\n{listener}[gateway]\ndictionaries = '{DICTIONARIES}'\n{before}[{tables}"
    (sessions / "gateway.toml").write_text(text)
    main.run(["check", "--sessions", str(sessions)])
    captured = capsys.readouterr()
    return (captured.out + captured.err).replace(f"{sessions}/", "").splitlines()


def test_the_listener_is_checked(
    sessions: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    good = Authority(tmp_path).issue("localhost")
    other = Authority(tmp_path, "other").issue("localhost")

    assert ["gateway\tlistener\t:::9878, TLS"] == said(sessions, capsys, TLS.format(*good))
    assert [
        f"gateway.toml:5: listener.tls.key: {other.key} is not the key of {good.certificate}: "
        "they must be made together"
    ] == said(sessions, capsys, TLS.format(good.certificate, other.key))
    assert [
        "gateway.toml:2: listener.host: others than this machine can connect, without TLS: add "
        "[listener.tls] with certificate and key, or say plain = true if something in front "
        "does TLS"
    ] == said(sessions, capsys, "host = '::'\n")
    assert [
        "gateway.toml:2: listener.proxy_protocol: nobody is believed: name the load balancers' "
        "addresses in proxy_networks"
    ] == said(sessions, capsys, "proxy_protocol = true\n")


@pytest.mark.parametrize(
    ("listener", "place"),
    [
        ("host = '0.0.0.0'\nplain = true\n", "gateway.toml:3: listener.plain: open to 0.0.0.0"),
        (TLS, "gateway.toml:2: listener.host: open to ::"),
    ],
)
def test_sessions_that_anybody_can_take_are_warned_of(
    sessions: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, listener: str, place: str
) -> None:
    pair = Authority(tmp_path).issue("localhost")
    asks = sessions / "demo42.cfg"
    asks.write_text(asks.read_text() + "AllowedRemoteAddresses=192.0.2.7\n")

    lines = all_said(sessions, capsys, listener.format(*pair))

    [warning] = [line for line in lines if WARNING in line]
    assert "warning" in warning and f"place='{place}'" in warning
    assert "FIX.4.4:FIXGW->CLIENT44 (demo44.cfg:" in warning
    assert "demo42.cfg" not in warning
    assert [line for line in lines if line.startswith("session\t")], "a warning is no error"


def test_nobody_is_warned_of_where_every_stranger_is_asked(
    sessions: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    certified = TLS.format(*authority.issue("localhost"))
    certified += f"client_ca = '{authority.certificate}'\nclient_certificate = 'required'\n"

    for listener in ("", "host = '::1'\n", certified):
        assert WARNING not in "".join(all_said(sessions, capsys, listener))
