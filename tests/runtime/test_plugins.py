"""What other packages bring, as it is installed: a directory on sys.path with a dist-info."""

import sys
from pathlib import Path

import pytest

from fixgw.model.errors import PluginError
from fixgw.runtime import plugins

GROUP = "fixgw.test"
OURS = {"ours": "one"}


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Install a package that brings *name*, whose object is *value* of a module."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(package: str, name: str, value: str, source: str = "") -> None:
        monkeypatch.delitem(sys.modules, package, raising=False)
        (tmp_path / f"{package}.py").write_text(source)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {value}\n")

    return install


def test_what_a_package_brings_is_found_by_its_name(install) -> None:
    install("acme_a", "acme", "acme_a:THING", "THING = 'theirs'")

    assert ["acme", "ours"] == plugins.names(GROUP, OURS)
    assert "theirs" == plugins.find(GROUP, "acme", OURS, str)


def test_what_is_ours_needs_no_package() -> None:
    assert "one" == plugins.find(GROUP, "ours", OURS, str)
    assert plugins.find(GROUP, "nobodys", OURS, str) is None


def test_nothing_is_imported_that_was_not_asked_for(install) -> None:
    install("acme_b", "acme", "acme_b:THING", "raise SystemExit('imported')")

    assert "one" == plugins.find(GROUP, "ours", OURS, str)
    assert "acme" in plugins.names(GROUP, OURS)


def test_a_name_of_ours_is_taken(install) -> None:
    install("acme_c", "ours", "acme_c:THING", "THING = 'theirs'")

    with pytest.raises(PluginError, match="'ours' of fixgw.test is taken: fixgw itself and package "
                                          "acme_c bring it"):
        plugins.find(GROUP, "ours", OURS, str)


def test_a_name_that_two_packages_bring_is_nobodys(install) -> None:
    for package in ("acme_d", "acme_e"):
        install(package, "acme", f"{package}:THING", "THING = 'theirs'")

    with pytest.raises(PluginError, match="package acme_. and package acme_. bring it; rename"):
        plugins.find(GROUP, "acme", OURS, str)


@pytest.mark.parametrize(
    "value, source, reason",
    [
        ("nowhere:THING", "", "cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
        ("acme_f:THING", "OTHER = 1", "cannot be imported: AttributeError"),
        ("acme_f:THING", "THING = 3", "is no str, but a int"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_package(
    install, value: str, source: str, reason: str
) -> None:
    install("acme_f", "acme", value, source)

    with pytest.raises(PluginError) as caught:
        plugins.find(GROUP, "acme", OURS, str)
    assert reason in str(caught.value)
    assert "of package acme_f" in str(caught.value)
