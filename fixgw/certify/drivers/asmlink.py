"""Sandbox driver for asmlink: as documented, and as the settings may assume."""

import socket
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import ClassVar

from fixgw.certify.drivers.sandboxed import REQUEST_SECONDS, SIDES, Sandboxed
from fixgw.certify.sandbox_driver import (
    Booked,
    Execution,
    Market,
    SampleOrder,
    SandboxFeature,
    Step,
)
from fixgw.model.enums import Side
from fixgw.sandbox import asmlink
from fixgw.sandbox.asmlink.exchange import FINAL
from fixgw.sandbox.asmlink.exchange import Order as VenueOrder
from fixgw.sandbox.asmlink.wire import RouteBody
from fixgw.sandbox.running import Clock

TRADER, MAKER = "CORP-CERTIFY-1", "CORP-CERTIFY-2"
KEY, HOOK_SECRET = "cm_test_not-a-secret-certify", "not-a-secret-certify-hook"
SYMBOL = "EURUSD"
PREFIX_MAX = 32

SANDBOX = f"""
[[keys]]
api_key = "{KEY}"
accounts = ["{TRADER}"]
[[keys]]
api_key = "cm_test_not-a-secret-maker"
accounts = ["{MAKER}"]
[[instruments]]
symbol = "{SYMBOL}"
step = 0.01
[settings]
retry_seconds = [0.2, 0.2, 0.5, 0.5, 0.5, 1, 1, 1, 1, 1]
"""

SETTINGS = """
environment = "sandbox"
api_key = {{ file = "secret" }}
accounts = ["{account}"]
record = "told.sqlite"
rest_url = "{http}/v2"
stream_url = "{ws}/v2/executions"
request_timeout_seconds = {seconds}
backoff_min_seconds = 0.05
backoff_max_seconds = 0.5
absence_proof_seconds = 3.0
{prefix}
{more}
[[instruments]]
symbol = "EURUSD"
base = "EUR"
quote = "USD"
tick = 0.00001
step = 0.001
{webhooks}
"""

WEBHOOKS = """
[webhooks]
url = "http://127.0.0.1:{port}/hooks/cm"
secret = {{ file = "hook" }}
port = {port}
"""

SUMS = "an answer sums up what traded at once"
NO_LIST = "it lists no orders"
NO_EXECUTIONS = "it lists no executions"


class Asmlink(Sandboxed):
    """With all that the settings may assume: limits, a cancel, a status call; news by stream."""

    adapter = "asmlink"
    more: ClassVar[str] = """
extended_order_types = true
cancel_path = "/order/cancel"
status_path = "/order/{order_id}"
status_404_is_absent = true
client_errors_refuse = true
resync_seconds = 1.0
"""
    webhooks: ClassVar[bool] = False
    cannot: Mapping[SandboxFeature, str] = {
        SandboxFeature.EACH_EXECUTION: SUMS, SandboxFeature.STRANGER: NO_LIST,
        SandboxFeature.LIST_BADLY: NO_EXECUTIONS,
    }
    calls_of: ClassVar[Mapping[Step, str]] = {
        Step.SUBMIT: "route", Step.CANCEL: "cancel", Step.ASK: "status", Step.NEWS: "executions",
    }
    market = Market(
        account=TRADER, symbol=SYMBOL, exchange="ASMLINK", lot=Decimal(1_000_000),
        price=Decimal("1.08423"), tick=Decimal("0.00001"),
        exact=(
            (Decimal("0.01"), Decimal("0.00001")), (Decimal("12345678.91"), Decimal("1.08423")),
        ),
        refused=SampleOrder(quantity=Decimal("1000.001"), price=Decimal("1.08423")),
    )

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)
        self._holder: socket.socket | None = None

    async def serve(self, clock: Clock) -> asmlink.Runner:
        """One symbol, two entities."""
        for name, secret in (("secret", KEY), ("hook", HOOK_SECRET)):
            (self.directory / name).write_text(secret)
            (self.directory / name).chmod(0o600)
        # Bound and never listening: so nobody else is given the port, and the adapter, which
        # reuses addresses as all servers do, may listen there.
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._holder.bind(("127.0.0.1", 0))
        self._settings = asmlink.parse(SANDBOX, "certify")
        self._sandbox = await asmlink.serve(self._settings, clock=clock)
        return self._sandbox

    def settings(self) -> str:
        """The adapter's table."""
        assert self._holder is not None, "it was opened"
        http = self._sandbox.url
        prefix = f'order_id_prefix = "{"X" * PREFIX_MAX}"' if self.situation.longest_names else ""
        return SETTINGS.format(
            account=TRADER, http=http, ws=http.replace("http://", "ws://"), more=self.more,
            seconds=REQUEST_SECONDS, prefix=prefix,
            webhooks=WEBHOOKS.format(port=self._holder.getsockname()[1]) if self.webhooks else "",
        )

    async def close(self) -> None:
        """End it, and let go of the port."""
        if self._holder is not None:
            self._holder.close()
        await super().close()

    async def trade(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        """The maker's order."""
        server = self._sandbox.server
        body = RouteBody(
            order_id=f"MAKER-{next(self._numbers)}", symbol=SYMBOL, side=SIDES[side].value,
            quantity=quantity, order_type="LIMIT", routing_tier="TIER_1", account_id=MAKER,
            timestamp_utc="", limit_price=price, time_in_force="GTC",
        )
        server.exchange.route(body, self._settings.keys[1], server.clock())
        server.turn()

    async def orders(self) -> Sequence[Booked]:
        """The trader's orders, and those that never became one."""
        exchange = self._sandbox.server.exchange
        rows = [self._row(each) for each in exchange.orders() if each.body.account_id == TRADER]
        return self._with_lost(rows, exchange.route_calls)

    def _row(self, order: VenueOrder) -> Booked:
        asked = self._asked_of(order.body.order_id)
        return Booked(
            name=asked.name, submitted_at=asked.submitted_at, cancels=asked.cancels,
            works=order.status not in FINAL, status=order.status,
            executions=tuple(Execution(fill.quantity, fill.price) for fill in order.fills),
        )


class AsmlinkWebhooks(Asmlink):
    """Limits, and nothing to ask or to cancel by: news by stream and by webhooks."""

    more = (
        'extended_order_types = true\nclient_errors_refuse = true\nfill_quantity_counts = "fill"'
    )
    webhooks = True
    cannot: Mapping[SandboxFeature, str] = {
        **Asmlink.cannot, SandboxFeature.FAIL_ASKING: "it cannot be asked",
    }


class AsmlinkDocumented(Asmlink):
    """Exactly the features in the vendor's document: market orders, a stream and webhooks."""

    more = ""
    webhooks = True
    cannot: Mapping[SandboxFeature, str] = {
        **Asmlink.cannot,
        SandboxFeature.RESTING: "the document has market orders only",
        SandboxFeature.REFUSE: "the document has market orders only",
    }
