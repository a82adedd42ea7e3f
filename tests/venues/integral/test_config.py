"""The settings: what is wrong is said, and every switch is documented with its default."""

from pathlib import Path

import msgspec
import pytest

from fixgw.runtime.secrets import Secret
from fixgw.venues.integral.config import Account, Customer, IntegralConfig, Pair

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "venues" / "integral.md"

GOOD = {
    "url": "https://uat.fxinside.net",
    "accounts": {"FUND1": Account(user="u@FI1", org="FI1", secret=Secret("s"))},
    "instruments": {"EUR/USD": Pair()},
}

ASSUMED = [
    "hmac_user_parameter", "co_id_parameter", "trades_parameter", "absence",
    "trade_cancelled_statuses",
    "absence_proof_seconds", "http_400_refuses", "limit_fok", "stop_limit", "algo_price",
    "replace_by_original_co_id", "cancel_all_from", "new_means_unfilled",
    "trade_statuses", "requests_per_second",
]


def test_the_defaults_are_good():
    config = IntegralConfig(**GOOD)

    assert ("token", 10, "proven", True) == (
        config.authentication, config.requests_per_second, config.absence, config.hold_on_500,
    )


@pytest.mark.parametrize(
    "changes, text",
    [
        ({"url": "uat.fxinside.net"}, "begin it with https://"),
        ({"accounts": {}}, "at least one account"),
        ({"instruments": {}}, "at least one account and one instrument"),
        ({"instruments": {"EURUSD": Pair()}}, "e.g. EUR/USD"),
        ({"accounts": {"a b": GOOD["accounts"]["FUND1"]}}, "'a b' has characters"),
        (
            {"accounts": {"A": Account(user='u"x', org="o", secret=Secret("s"))}},
            "has characters",
        ),
        (
            {"accounts": {
                "A": Account(user="u", org="o", secret=Secret("s"), customer_org="x y")
            }},
            "'x y' has characters",
        ),
        (
            {"accounts": {"A": Account(
                user="u", org="o", secret=Secret("s"), on_behalf_of={"ACME": Customer(org="x y")}
            )}},
            "'x y' has characters",
        ),
        (
            {"accounts": {"A": Account(
                user="u", org="o", secret=Secret("s"), on_behalf_of={"ACME": Customer(org="")}
            )}},
            "on_behalf_of 'ACME' names no org",
        ),
        ({"instruments": {"EUR/USD": Pair(price_type='N"')}}, "has characters"),
        ({"co_id_prefix": "a-b"}, "co_id_prefix"),
        ({"co_id_parameter": "a=b"}, "co_id_parameter"),
        ({"trades_parameter": ""}, "trades_parameter"),
        ({"exchange": ""}, "exchange"),
        ({"hmac_headers": ("digest",)}, "must name date"),
        ({"hmac_headers": ("date", "host")}, "may name only"),
        ({"renew_fraction": 1.0}, "renew_fraction"),
        ({"poll_min_seconds": 6.0}, "poll_min_seconds <= poll_max_seconds"),
        ({"login_backoff_min_seconds": 0.0}, "login_backoff_min_seconds"),
        ({"absence_proof_seconds": 9.9}, "must be request_timeout_seconds or more"),
        ({"trade_cancelled_statuses": ("VERIFIED",)}, "'verified' is in trade_statuses and in"),
    ],
)
def test_what_is_wrong_is_said(changes, text):
    with pytest.raises(ValueError) as error:
        IntegralConfig(**{**GOOD, **changes})
    assert text in str(error.value)


@pytest.mark.parametrize("name", ASSUMED)
def test_every_assumption_is_documented_with_its_default(name):
    fields = {field.name: field.default for field in msgspec.structs.fields(IntegralConfig)}
    default = fields[name]
    shown = default
    if isinstance(default, bool):
        shown = "true" if default else "false"
    elif isinstance(default, tuple):
        shown = ", ".join(default)
    elif isinstance(default, float):
        shown = f"{default:g}"

    assert f"| `{name}` | {shown} |" in DOCUMENT.read_text()


def test_no_other_switch_calls_itself_an_assumption():
    text = (Path(__file__).resolve().parents[3] / "fixgw/venues/integral/config.py").read_text()

    assert text.count("ASSUMPTION.") == len(ASSUMED) - 2  # absence and trade_statuses say more
