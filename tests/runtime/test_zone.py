"""Time zones by name, and the machine's own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fixgw.runtime import zone as module
from fixgw.runtime.zone import local_zone, zone

SUMMER = datetime(2026, 7, 6, 12)


@pytest.fixture(autouse=True)
def _asked_for_anew() -> Iterator[None]:
    local_zone.cache_clear()
    yield
    local_zone.cache_clear()


def test_a_zone_knows_its_daylight_saving_time() -> None:
    found = zone("America/New_York")

    assert timedelta(hours=-4) == found.utcoffset(SUMMER)
    assert timedelta(hours=-5) == found.utcoffset(datetime(2026, 1, 5, 12))


def test_utc_is_the_default_itself() -> None:
    assert zone("UTC") is UTC


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "America", "/etc/passwd", "../UTC", "a\0b"])
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(ValueError, match="expected a time zone of the machine's database"):
        zone(name)


@pytest.mark.parametrize("name", ["Asia/Tokyo", ":Asia/Tokyo"])
def test_the_machines_zone_is_that_of_tz(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", name)

    assert timedelta(hours=9) == local_zone().utcoffset(SUMMER)


def test_or_else_that_of_etc_localtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(module, "LOCAL_TIME", Path("/usr/share/zoneinfo/Asia/Tokyo"))

    assert timedelta(hours=9) == local_zone().utcoffset(SUMMER)
    assert "local time" == str(local_zone())


def test_or_else_utc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(module, "LOCAL_TIME", tmp_path / "localtime")

    assert local_zone() is UTC
