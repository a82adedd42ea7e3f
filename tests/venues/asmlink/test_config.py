"""The settings: what they may say, what they default to, and that the document tells them all."""

from pathlib import Path

import msgspec
import pytest

from fixgw.model.errors import GatewayError
from fixgw.runtime.errors import SettingsErrors
from fixgw.runtime.secrets import Secret
from fixgw.runtime.toml import Document, Table
from fixgw.venues.asmlink.config import EVENTS, AsmlinkConfig, Instrument, Webhooks
from tests.venues.asmlink.venue import HOOK_SECRET, TRADER_KEY, webhooks

DOCUMENT = Path(__file__).parents[3] / "docs" / "venues" / "asmlink.md"
LEAST = """
environment = "sandbox"
api_key = { file = "secrets/key" }
accounts = ["CORP-ENT-0042"]
record = "told.sqlite"
stream_url = "ws://127.0.0.1:1/v2/executions"
[[instruments]]
symbol = "EURUSD"
base = "EUR"
quote = "USD"
"""


def read(tmp_path: Path, text: str = LEAST, key: str = TRADER_KEY) -> AsmlinkConfig:
    """The settings in *text*, with *key* in the file that they name."""
    (tmp_path / "secrets").mkdir(exist_ok=True)
    for name, secret in (("key", key), ("hook", HOOK_SECRET)):
        (tmp_path / "secrets" / name).write_text(secret)
        (tmp_path / "secrets" / name).chmod(0o600)
    document = Document(tmp_path / "gateway.toml", text)
    return Table(document, (), document.root).decode(AsmlinkConfig)


def changed(old: str, new: str) -> str:
    """LEAST with one line changed."""
    assert old in LEAST
    return LEAST.replace(old, new)


def test_little_is_needed(tmp_path):
    config = read(tmp_path)

    assert (tmp_path / "told.sqlite", "https://api-sandbox.asmlink.com/v2") == (
        config.record, config.base_url,
    )
    assert (False, "", "", False, None) == (
        config.extended_order_types, config.cancel_path, config.status_path,
        config.client_errors_refuse, config.webhooks,
    )


def test_production_has_the_documents_addresses(tmp_path):
    text = changed('"sandbox"', '"production"').replace("stream_url", "# stream_url")
    config = read(tmp_path, text, "cm_live_key_of_no_value")

    assert "https://api.asmlink.com/v2" == config.base_url
    assert "wss://stream.asmlink.com/v2/executions" == config.executions_url


@pytest.mark.parametrize(
    "text, key, said",
    [
        (LEAST, "cm_live_key_of_no_value", "api_key is not of the sandbox environment"),
        (changed('"sandbox"', '"production"'), TRADER_KEY, "not of the production environment"),
        (
            changed('"sandbox"', '"production"'), "cm_live_key_of_no_value",
            "stream_url must be encrypted in production",
        ),
        (
            changed("ws://127.0.0.1:1", "wss://stream.asmlink.com"), TRADER_KEY,
            "stream_url is of the production environment",
        ),
        (
            changed("record =", 'rest_url = "https://api.asmlink.com/v2"\nrecord ='), TRADER_KEY,
            "rest_url is of the production environment",
        ),
        (changed("stream_url", "# stream_url"), TRADER_KEY, "fills could not be heard of"),
        (changed('["CORP-ENT-0042"]', "[]"), TRADER_KEY, "at least one account"),
        (changed('["CORP-ENT-0042"]', '["a b"]'), TRADER_KEY, "accounts: letters"),
        (changed("record =", 'order_id_prefix = "a b"\nrecord ='), TRADER_KEY, "order_id_prefix"),
        (changed("record =", 'status_path = "/order"\nrecord ='), TRADER_KEY, "{order_id}"),
        (changed('base = "EUR"', 'base = "EUR"\nstep = 0'), TRADER_KEY, "step must be above 0"),
        (changed('"told.sqlite"', "7"), TRADER_KEY, "record: expected the path of a file"),
        (
            LEAST + '[[instruments]]\nsymbol = "EURUSD"\nbase = "EUR"\nquote = "USD"', TRADER_KEY,
            "a symbol stands there twice",
        ),
    ],
)
def test_what_cannot_be_is_refused_without_showing_the_key(tmp_path, text, key, said):
    with pytest.raises(SettingsErrors) as refused:
        read(tmp_path, text, key)

    told = "\n".join(str(error) for error in refused.value.errors)
    assert said in told
    assert key not in told


def test_orders_fall_back_only_where_the_settings_say_so_and_to_tier_2_alone(tmp_path):
    assert "" == read(tmp_path).fallback_tier
    assert "TIER_2" == read(tmp_path, f'fallback_tier = "TIER_2"\n{LEAST}').fallback_tier
    with pytest.raises(SettingsErrors, match="fallback_tier: expected one of , TIER_2"):
        read(tmp_path, f'fallback_tier = "TIER_3"\n{LEAST}')


def test_webhooks(tmp_path):
    text = LEAST + '[webhooks]\nurl = "https://h/x"\nsecret = { file = "secrets/hook" }\nport = 1\n'
    hooks = read(tmp_path, text).webhooks

    assert hooks is not None
    assert (EVENTS, "once", "/hooks/cm", None) == (
        hooks.events, hooks.register, hooks.path, hooks.certificate,
    )
    with pytest.raises(SettingsErrors, match="certificate and key go together"):
        read(tmp_path, text + 'certificate = "tls/a.crt"\n')


def test_webhooks_that_do_not_tell_of_orders_do_not_stand_for_a_stream(tmp_path):
    text = changed("stream_url", "# stream_url") + (
        '[webhooks]\nurl = "u"\nsecret = { file = "secrets/hook" }\nport = 1\n'
    )
    assert read(tmp_path, text).webhooks.tell_of_orders
    with pytest.raises(SettingsErrors, match="fills could not be heard of"):
        read(tmp_path, text + 'events = ["order.filled", "margin.call"]\n')


@pytest.mark.parametrize("changes", [{"path": "hooks"}, {"events": ()}])
def test_webhooks_that_cannot_be(changes):
    with pytest.raises(ValueError):
        webhooks(1, **changes)


def test_no_secret_is_shown(tmp_path):
    config = read(tmp_path)

    assert TRADER_KEY not in repr(config)
    assert HOOK_SECRET not in repr(Webhooks(url="u", secret=Secret(HOOK_SECRET), port=1))
    assert issubclass(SettingsErrors, GatewayError)


@pytest.mark.parametrize("table", [AsmlinkConfig, Webhooks, Instrument])
def test_the_document_names_every_setting(table):
    text = DOCUMENT.read_text()
    names = {field.name for field in msgspec.structs.fields(table)}

    assert set() == {name for name in names if f"`{name}`" not in text and f"{name} =" not in text}
