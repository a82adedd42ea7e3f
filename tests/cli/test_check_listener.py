"""`fixgw check` and the listener: certificates, plain text, load balancers."""

import shutil
from pathlib import Path

import pytest

from fixgw.cli import main
from tests.support.certificates import Authority
from tests.support.stack import DEMO, DICTIONARIES, keep_secrets

TLS = "host = '::'\n[listener.tls]\ncertificate = '{}'\nkey = '{}'\n"


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    sessions = tmp_path / "sessions"
    shutil.copytree(DEMO, sessions)
    keep_secrets(sessions)
    return sessions


def said(sessions: Path, capsys: pytest.CaptureFixture[str], listener: str) -> list[str]:
    """What `fixgw check` says of the listener."""
    demo = (DEMO / "gateway.toml").read_text()
    before, _, after = demo.partition("[listener]\n")
    _, _, tables = after.partition("\n[")
    text = f"[listener]\n{listener}[gateway]\ndictionaries = '{DICTIONARIES}'\n{before}[{tables}"
    (sessions / "gateway.toml").write_text(text)
    main.run(["check", "--sessions", str(sessions)])
    captured = capsys.readouterr()
    lines = (captured.out + captured.err).replace(f"{sessions}/", "").splitlines()
    assert not [line for line in lines if "gateway.toml" in line and "listener" not in line]
    return [line for line in lines if "listener" in line]


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
