"""docs/adapters.md, followed: its files are a package, and what it says to run is run."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.quickfix_initiator import FIX44, Initiator, utc_now
from tests.support.stack import DICTIONARIES, Process

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "adapters.md"
SECRET = "not-a-secret-acme"
CERTIFY_SECONDS = 300.0
CLIENT = FIX44._replace(comp_id="CLIENT1")


def files_of(document: Path) -> dict[str, str]:
    """Each code block that stands under the name of a file."""
    found = re.findall(r"^`([\w./]+)`\n\n```\w+\n(.*?)^```$", document.read_text(), re.M | re.S)
    return dict(found)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the document's package is installed."""
    base = tmp_path_factory.mktemp("acme")
    files = files_of(DOCUMENT)
    package = {n: t for n, t in files.items() if n == "pyproject.toml" or "/" in n}
    assert 9 == len(package), sorted(files)
    for name, text in package.items():
        path = base / "fixgw-acme" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
         "--disable-pip-version-check", "--target", str(base / "site"), str(base / "fixgw-acme")],
        check=True,
    )
    return base / "site"


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were installed beside fixgw, for the processes of this test."""
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.setenv("ACME_KEY", SECRET)


def fixgw(*arguments: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
    """A command as an author would run it."""
    return subprocess.run(
        [sys.executable, "-m", "fixgw", *arguments], capture_output=True, text=True,
        timeout=seconds, env={**os.environ, "COLUMNS": "200"},
    )


@pytest.mark.usefixtures("installed")
def test_the_documents_adapter_passes_certification() -> None:
    ended = fixgw("certify", "acme", seconds=CERTIFY_SECONDS)

    verdicts = [line.partition("\t")[0] for line in ended.stdout.splitlines()]
    assert 0 == ended.returncode, ended.stdout + ended.stderr
    assert 35 < verdicts.count("passed")
    assert 0 == verdicts.count("failed")


@pytest.mark.usefixtures("installed")
def test_certify_lists_the_documents_counterpart_among_ours() -> None:
    ended = fixgw("certify")

    assert "acme\torders by HTTP, polled" in ended.stdout.splitlines()
    assert any(line.startswith("finery\t") for line in ended.stdout.splitlines())


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    """The document's settings, on free ports and with our dictionaries."""
    files, directory = files_of(DOCUMENT), tmp_path / "sessions"
    directory.mkdir()
    toml = files["gateway.toml"].replace("9876", str(free_port()))
    toml = toml.replace("8790", str(free_port()))
    (directory / "gateway.toml").write_text(
        toml + f'\n[gateway]\ndictionaries = "{DICTIONARIES}"\n'
    )
    (directory / "client1.cfg").write_text(files["client1.cfg"])
    return directory


@pytest.mark.usefixtures("installed")
def test_check_takes_the_documents_settings(sessions: Path) -> None:
    ended = fixgw("check", "--sessions", str(sessions))

    assert 0 == ended.returncode, ended.stderr
    assert "venue\tacme\tacme" in ended.stdout.splitlines()


def test_without_the_package_the_settings_are_refused_with_file_and_line(sessions: Path) -> None:
    ended = fixgw("check", "--sessions", str(sessions))

    line = (sessions / "gateway.toml").read_text().splitlines().index('adapter = "acme"') + 1
    assert 1 == ended.returncode
    assert f"gateway.toml:{line}: venues.acme.adapter: adapter 'acme' is not one of: apifiny" in (
        ended.stderr
    )


@pytest.fixture
def acme(sessions: Path, installed: None) -> Iterator[None]:
    """The document's sandbox, where its settings look for it."""
    port = re.search(r"http://127.0.0.1:(\d+)", (sessions / "gateway.toml").read_text())
    assert port is not None
    settings = sessions / "acme.json"
    settings.write_text("{}")
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "fixgw_acme", str(settings), port[1]],
        stdout=subprocess.PIPE, text=True,
    ) as sandbox:
        assert sandbox.stdout is not None
        assert "acme sandbox ready on" in sandbox.stdout.readline()
        yield
        sandbox.terminate()


@pytest.mark.end_to_end
@pytest.mark.usefixtures("acme")
def test_an_order_goes_through_the_documents_adapter(sessions: Path, tmp_path: Path) -> None:
    port = re.search(r"^port = (\d+)", (sessions / "gateway.toml").read_text(), re.M)
    assert port is not None
    gateway = Process(
        "gateway", ["run", "--sessions", str(sessions)], "fixgw is ready",
        tmp_path / "gateway.log",
    )
    try:
        gateway.start()
        with Initiator(CLIENT, int(port[1]), tmp_path / "client") as client:
            for name, side in (("BUY", 1), ("SELL", 2)):
                client.send(
                    f"35=D|11={name}|55=BTC/USD|54={side}|38=0.5|40=2|44=50000|59=1|60={utc_now()}|"
                )
                client.wait_for(f"35=8|11={name}|39=0")
            for name in ("BUY", "SELL"):
                filled = client.wait_for(f"35=8|11={name}|39=2")
                assert ("0.5", "50000", "0") == (filled[14], filled[6], filled[151])
            client.send(
                f"35=D|11=REST|55=BTC/USD|54=1|38=0.5|40=2|44=40000|59=1|60={utc_now()}|"
            )
            client.wait_for("35=8|11=REST|39=0")
            client.send(f"35=F|11=X|41=REST|55=BTC/USD|54=1|38=0.5|60={utc_now()}|")
            client.wait_for("35=8|11=X|41=REST|39=4")
    finally:
        gateway.close()
