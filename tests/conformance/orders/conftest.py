"""A fresh order core, a client and a venue."""

import pytest

from tests.conformance.orders.replaces import WAYS
from tests.support.orders import Exchange


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture(params=WAYS)
def replacing(request: pytest.FixtureRequest) -> Exchange:
    """One where orders can be replaced, in each way that they can."""
    return WAYS[request.param]()
