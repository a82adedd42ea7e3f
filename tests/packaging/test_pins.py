"""requirements/: what `make` installs is one release of each package, with its files' digests."""

import re
from configparser import ConfigParser
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.processes import REPOSITORY

REQUIREMENTS = REPOSITORY / "requirements"
PIN_FILES = sorted(REQUIREMENTS.glob("*.txt"))
SHA256 = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pins(name: str) -> dict[str, str]:
    """Each package of a file, by the name that pip compares, and its version."""
    found = re.findall(r"^([^\s#=]+)==([^\s;]+)", (REQUIREMENTS / name).read_text(), re.MULTILINE)
    return dict(found)


def wanted(lines: list[str]) -> dict[str, Requirement]:
    """What a file or setup.cfg asks for, by the same name."""
    requirements = map(Requirement, (line for line in lines if line and line[0] != "#"))
    return {re.sub("[-_.]+", "-", each.name).lower(): each for each in requirements}


SETUP_CFG = ConfigParser()
SETUP_CFG.read(REPOSITORY / "setup.cfg")
RUN = wanted(SETUP_CFG["options"]["install_requires"].splitlines())
DEV = wanted((REQUIREMENTS / "dev.in").read_text().splitlines())


@pytest.mark.parametrize("file", PIN_FILES, ids=lambda file: file.name)
def test_each_line_is_one_release_and_its_digests(file: Path) -> None:
    text = re.sub(r"^#.*\n", "", file.read_text(), flags=re.MULTILINE)

    for entry in text.replace("\\\n", " ").splitlines():
        named, *digests = re.split(r"\s+(?=--hash)", entry.strip())
        # No index, no address, no range: all of it would be decided somewhere else.
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [\w<>=!'. ]+)?", named), named
        assert digests and all(map(SHA256.fullmatch, digests)), named


def test_what_trades_needs_no_tool_of_a_developer() -> None:
    run, dev = pins("run.txt"), pins("dev.txt")

    assert RUN.keys() <= run.keys() and DEV.keys() <= dev.keys()
    assert not run.keys() & (dev.keys() | pins("build.txt").keys())


def test_the_releases_are_those_that_setup_cfg_allows() -> None:
    run = pins("run.txt")

    assert {} == {
        name: run[name] for name, each in RUN.items() if not each.specifier.contains(run[name])
    }


def test_the_tests_run_with_these_releases() -> None:
    all_pins = pins("run.txt") | pins("dev.txt")
    installed = {
        re.sub("[-_.]+", "-", each.metadata["Name"]).lower(): each.version
        for each in metadata.distributions()
    }

    assert {} == {
        name: (installed[name], version)
        for name, version in all_pins.items()
        if name in installed and installed[name] != version
    }
    assert RUN.keys() | DEV.keys() <= installed.keys()


def test_each_package_that_is_asked_for_is_explained_in_the_readme() -> None:
    table = (REPOSITORY / "README.md").read_text().partition("## Dependencies")[2]

    explained = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)

    assert RUN.keys() | DEV.keys() <= set(", ".join(explained).split(", "))
