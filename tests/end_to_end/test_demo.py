"""`make demo`, as somebody would run it into a file, and the settings that come with it."""

import subprocess
import sys

import pytest

from tests.demo.four import facts_to_see
from tests.demo.play import FACTS, OF_THE_KILL, VERSIONS
from tests.demo.venues import KINDS, SETTINGS
from tests.support.stack import DEMO, REPOSITORY, keep_secrets

DEADLINE_SECONDS = 240
COLUMNS = 100


@pytest.fixture(scope="module")
def demo() -> str:
    """What it prints; it has ended well."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.demo"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    return done.stdout


def test_all_of_it_is_seen(demo: str) -> None:
    seen = demo.partition("What was seen")[2]

    assert "✗" not in seen
    assert "All of it was seen." in seen
    of_one = len(FACTS) * len(VERSIONS) - len(OF_THE_KILL) * (len(VERSIONS) - 1)
    of_four = sum(len(columns) for columns in facts_to_see().values())
    assert of_one + of_four == seen.count("✓")


def test_each_venue_is_called_by_its_name(demo: str) -> None:
    four = demo.partition("Four venues, one FIX 4.4 session")[2].partition("What was seen")[0]

    calls = ("POST order/newOrder", "add, on the socket", "POST orders", "POST order/route")
    for kind, call in zip(KINDS, calls, strict=True):
        assert kind.title in four
        assert f"{kind.short}  {call}" in four


def test_it_is_readable_in_a_hundred_columns(demo: str) -> None:
    assert [] == [line for line in demo.splitlines() if len(line.rstrip()) > COLUMNS]


def test_the_settings_of_the_four_venues_are_good() -> None:
    keep_secrets(SETTINGS)
    done = subprocess.run(
        [sys.executable, "-m", "fixgw", "check", "--sessions", str(SETTINGS)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )

    assert (0, "") == (done.returncode, done.stderr)
    of_one_venue = {"demo42-apifiny.cfg"}  # Apifiny's own FIX, which no other venue has
    assert {file.name for file in DEMO.glob("*.cfg")} - of_one_venue == {
        file.name for file in SETTINGS.glob("*.cfg")
    }
