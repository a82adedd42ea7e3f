"""A fresh order core, a client and a venue; and what must hold at the end of every test."""

from collections.abc import Iterator

import pytest

from tests.support import order_view as view
from tests.support.orders import Exchange, made


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture(autouse=True)
def proofs_are_outstanding_of_what_is_unsettled() -> Iterator[None]:
    """Nobody asks about an order for ever, and of none that is in doubt nobody asks."""
    made.clear()
    yield
    for exchange in made:
        engine = exchange.engine
        unsettled, proofs = view.unsettled(engine), view.proofs(engine)
        assert unsettled <= proofs
        for order_id in proofs - unsettled:
            assert view.only_asked_about(engine, order_id)
    made.clear()
