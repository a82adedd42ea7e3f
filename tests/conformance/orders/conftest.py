"""A fresh order core, a client and a venue."""

import pytest

from tests.support.orders import Exchange


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()
