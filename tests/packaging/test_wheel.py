"""The wheel alone: in an empty folder, without the repository, the gateway trades.

It is built from the tree by way of a source distribution, as whoever publishes it would, and
installed into an environment of its own that has what requirements/run.txt names and nothing else:
neither the repository nor a developer's tool.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import pytest

from tests.packaging.test_pins import pins
from tests.packaging.tree import files
from tests.support.ports import free_port
from tests.support.processes import READY_SECONDS, REPOSITORY, Process
from tests.support.quickfix_initiator import FIX44, judging, utc_now

SUPPLIED = "fixgw/supplied/"


def done(arguments: Sequence[str | Path], cwd: Path) -> str:
    """What a command says that must succeed; it does not see the repository."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    process = subprocess.run(
        arguments, cwd=cwd, env=environment, capture_output=True, text=True, timeout=READY_SECONDS
    )
    assert 0 == process.returncode, process.stdout + process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of what git keeps of this tree, as it stands now."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    for name in files():
        # The tests are in no wheel, and their secrets must not lie about: tests.left_behind.
        if (REPOSITORY / name).is_file() and not name.startswith("tests/"):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, source / name)
    # What somebody keeps there is nobody else's.
    (source / "sessions" / "mine.cfg").write_text("[SESSION]\n")
    (source / "sessions" / "demo" / "var").mkdir()
    (source / "sessions" / "demo" / "var" / "demo-journal").touch()
    done([sys.executable, "setup.py", "-q", "sdist", "-d", place], source)
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    unpacked = place / archive.name.removesuffix(".tar.gz")
    pip = [sys.executable, "-m", "pip", "-q", "wheel", "--no-index", "--no-deps"]
    done([*pip, "--no-build-isolation", "-w", place, unpacked], place)
    (built,) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of an environment with the wheel and what it needs."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place)
    python = place / "bin" / "python"
    (site,) = place.glob("lib/*/site-packages")
    for package in pins("run.txt"):
        try:
            _lend(metadata.distribution(package), site, place)
        except metadata.PackageNotFoundError:
            continue  # Its marker does not hold for this Python.
    # With its dependencies, and without an index: what is not there is not found.
    pip = [sys.executable, "-m", "pip", "-q", "--python", python]
    done([*pip, "install", "--no-index", wheel], place)
    done([*pip, "check"], place)
    return place / "bin"


def _lend(package: metadata.Distribution, site: Path, prefix: Path) -> None:
    """Let an environment see a package that is installed in ours."""
    for file in package.files or ():
        inside = file.parts[0]
        if inside != "..":
            target, link = Path(str(package.locate_file(inside))), site / inside
        elif "share" in file.parts:
            target, link = Path(sys.prefix, "share"), prefix / "share"
        else:
            continue
        if not link.exists():
            link.symlink_to(target)


def test_the_wheel_carries_the_dialects_the_samples_and_the_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    supplied = {name.removeprefix(SUPPLIED) for name in names if name.startswith(SUPPLIED)}

    assert files("dictionaries", "sessions") == supplied
    assert files("fixgw") == {name for name in names if name.startswith("fixgw/")} - {
        SUPPLIED + name for name in supplied
    }
    (licence,) = (name for name in names if name.endswith("/LICENSE"))
    assert (REPOSITORY / "LICENSE").read_bytes() == zipfile.ZipFile(wheel).read(licence)
    assert {"fixgw", licence.partition("/")[0]} == {name.partition("/")[0] for name in names}


@pytest.mark.end_to_end
def test_in_an_empty_folder_from_the_wheel_alone_it_trades(scripts: Path, tmp_path: Path) -> None:
    fixgw = str(scripts / "fixgw")
    done([fixgw, "init", "demo"], tmp_path)
    demo = tmp_path / "demo"
    port, venue_port = free_port(), free_port()
    settings = demo / "gateway.toml"
    text = settings.read_text().replace("9878", str(port)).replace("8710", str(venue_port))
    settings.write_text(text)

    checked = done([fixgw, "check"], demo)

    assert f"gateway\tdictionaries\t{scripts.parent}/lib" in checked
    assert "session\tFIX.4.2:FIXGW->CLIENT42APIFINY\tapifiny-fix42\t" in checked
    venue = Process(
        "sandbox",
        ["sandbox", "apifiny", "--config", "apifiny-sandbox.toml", "--port", str(venue_port)],
        "apifiny sandbox ready on", tmp_path / "sandbox.log", command=[fixgw], directory=demo,
    )
    gateway = Process(
        "gateway", ["run"], "fixgw is ready", tmp_path / "gateway.log",
        command=[fixgw], directory=demo,
    )
    try:
        venue.start()
        gateway.start()
        with judging(FIX44, port, tmp_path / "client") as client:
            for order in _orders(demo / "README.md"):
                client.send(f"{order}|60={utc_now()}|")
                client.wait_for(f"35=8|150=0|11={order.partition('|11=')[2].partition('|')[0]}|")
            client.wait_for("35=8|11=A1|150=F|39=1|14=0.5|")
            client.wait_for("35=8|11=A2|150=F|39=2|14=0.5|")
        assert "A1\t" in done([fixgw, "orders"], demo)
    finally:
        gateway.close()
        venue.close()
    assert (demo / "var" / "demo-journal").is_dir()


def _orders(readme: Path) -> list[str]:
    """The orders that README.md says one should try."""
    lines = [line for line in readme.read_text().splitlines() if line.startswith("35=D")]
    assert 2 == len(lines)
    return ["|".join(field for field in line.split() if field[:3] not in ("60=", "UTC"))
            for line in lines]
