"""Settings: defaults on the safe side, and rules between them."""

import pytest

from fixgw.runtime.secrets import Secret
from fixgw.venues.finery.config import Account, FineryConfig

ACCOUNTS = {"FUND": Account(key="key", secret=Secret("hidden"))}


def test_the_defaults_are_the_vendor_s_and_the_safe_side():
    config = FineryConfig(accounts=ACCOUNTS)

    assert config.rest_url == "https://trade.finerymarkets.com/api"
    assert config.socket_url == "wss://trade.finerymarkets.com/ws"
    assert (config.cancel_on_disconnect, config.http_4xx_refuses) == (False, False)
    assert config.absence_proof == 65.0
    assert "hidden" not in repr(config)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"accounts": {}}, "at least one account"),
        ({"exchange": "finery markets"}, "capital letters"),
        ({"heartbeat_seconds": 80.0}, "idle for so long"),
        ({"query_batch": 0}, "1 or more"),
        ({"absence_proof_seconds": 64.0}, "65 or more"),
        ({"timestamp_tolerance_seconds": -1.0}, "0 or more"),
        ({"cancel_on_disconnect": True, "order_entry": "rest"}, "REST has no connection"),
    ],
)
def test_what_contradicts_itself_is_refused(changes, text):
    with pytest.raises(ValueError, match=text):
        FineryConfig(**{"accounts": ACCOUNTS, **changes})
