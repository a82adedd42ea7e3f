"""Strangers and bad clients at work: the gateway lives, its memory is bounded, others trade on.

The attacks of `make hostile`, which also compares times; here each is short, and no time counts.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.load import RunFailed
from tests.bench.messages import UnexpectedMessage
from tests.hostile.attacks import PLAIN, TLS, Attack
from tests.hostile.insiders import INSIDERS
from tests.hostile.outsiders import OUTSIDERS
from tests.hostile.scene import Scene

SECONDS = 1.0
MEMORY_GROWTH_MB_MAX = 64.0
FEWEST_ORDERS = 20
OPEN_ORDERS = 1_000


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with Scene(tmp_path_factory.mktemp("plain"), tls=False, open_orders=OPEN_ORDERS) as scene:
        yield scene


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with Scene(tmp_path_factory.mktemp("tls"), tls=True) as scene:
        yield scene


HASHES = "wrong Logons beside a password client"
"""Takes as long as hundreds of password checks do, so it is for `make hostile` alone; who waits for
whom is tested in tests/app/test_logons_floods.py."""

ATTACKS = {
    label: attack
    for label, attack in (PLAIN | OUTSIDERS | INSIDERS).items() if label != HASHES
}


@pytest.mark.parametrize(("label", "attack"), ATTACKS.items(), ids=ATTACKS)
def test_a_client_trades_on(plain: Scene, label: str, attack: Attack) -> None:
    _trades_on(plain, label, attack)


@pytest.mark.parametrize(("label", "attack"), TLS.items(), ids=TLS)
def test_a_client_trades_on_over_tls(tls: Scene, label: str, attack: Attack) -> None:
    _trades_on(tls, label, attack)


def _trades_on(scene: Scene, label: str, attack: Attack) -> None:
    # Every order is accepted, on the same connection, or `under` raises.
    figures = scene.under(label, attack, SECONDS, least=1, orders=FEWEST_ORDERS)

    assert FEWEST_ORDERS <= figures.orders
    assert figures.done, "nothing was done"
    assert figures.grown_mb < MEMORY_GROWTH_MB_MAX


def test_what_is_left_to_make_hostile_is_there() -> None:
    assert HASHES in OUTSIDERS


def test_the_trading_client_is_really_asked(tmp_path: Path) -> None:
    """A gateway that is gone is noticed, or the tests above say nothing."""
    with Scene(tmp_path, tls=False) as scene:
        scene.gateway.stop()

        with pytest.raises((OSError, RunFailed, UnexpectedMessage)):
            scene.rest(SECONDS)
