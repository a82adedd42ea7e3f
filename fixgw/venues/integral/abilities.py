"""What the venue takes, as far as the settings allow it: the declared Capabilities. Pure.

docs/venues/integral.md has the same as a table.
"""

from collections.abc import Mapping

from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import OrdType, TimeInForce
from fixgw.venues.integral.config import IntegralConfig
from fixgw.venues.integral.place import EXPIRY_SECONDS_MAX

NO_REPLACE = (
    "replacing is off: the vendor shows no order with originalCoId; cancel the order and send "
    "another"
)

_GTC, _IOC = TimeInForce.GOOD_TILL_CANCEL, TimeInForce.IMMEDIATE_OR_CANCEL
_FOK, _GTD = TimeInForce.FILL_OR_KILL, TimeInForce.GOOD_TILL_DATE


def capabilities(config: IntegralConfig) -> Capabilities:
    """Of one configured venue."""
    times = _times(config)
    terms = _terms(config)
    return Capabilities(
        ord_types=frozenset(times),
        times_in_force=frozenset().union(*times.values()),
        times_in_force_of=times,
        post_only=False,
        cash_order_qty=False,
        market_needs_price=True,
        # At best and Algo: the vendor's table has no price for them.
        market_without_price=frozenset({_FOK, _GTC}),
        needs=_needs(config),
        terms=frozenset().union(*terms.values()),
        terms_of=terms,
        expire_seconds_max=EXPIRY_SECONDS_MAX,
        # "Cancel a single active order": one that is RECEIVED is not active yet.
        cancel_before_accepted=False,
        replace=config.replace_by_original_co_id,
        replace_text=NO_REPLACE,
        pushes=False,
        corrections_hours=config.corrections_hours,
        absence_proof_ms=int(config.absence_proof_seconds * 1000),
        orders_waiting_max=config.queue_limit,
        client_order_id=_client_order_id(config),
        limits=_limits(config),
    )


def _times(config: IntegralConfig) -> dict[OrdType, frozenset[TimeInForce]]:
    """Market takes DAY as well: the core lets it pass, as it never rests."""
    times = {
        OrdType.LIMIT: frozenset({_GTC, _IOC, _GTD}) | ({_FOK} if config.limit_fok else set()),
        OrdType.MARKET: frozenset({_IOC, _FOK, _GTC}),
        OrdType.STOP: frozenset({_GTC}),
        OrdType.PREVIOUSLY_QUOTED: frozenset({_FOK}),
    }
    if config.stop_limit:
        times[OrdType.STOP_LIMIT] = times[OrdType.STOP]
    return times


def _terms(config: IntegralConfig) -> Mapping[OrdType, frozenset[str]]:
    always = {"currency"}
    if any(account.on_behalf_of for account in config.accounts.values()):
        always.add("on_behalf_of")
    terms = {
        OrdType.LIMIT: {"expire_time"} | ({"target_strategy"} if config.algo_price else set()),
        OrdType.MARKET: {"settl_date", "target_strategy"},
        OrdType.STOP: {"stop_px", "exec_inst"},
        OrdType.PREVIOUSLY_QUOTED: {"quote_id"},
    }
    if config.stop_limit:
        terms[OrdType.STOP_LIMIT] = terms[OrdType.STOP]
    return {ord_type: frozenset(always | names) for ord_type, names in terms.items()}


def _needs(config: IntegralConfig) -> Mapping[OrdType, frozenset[str]]:
    stop = frozenset({"price"} if config.stop_trigger else {"price", "exec_inst"})
    needs = {OrdType.STOP: stop, OrdType.PREVIOUSLY_QUOTED: frozenset({"price"})}
    if config.stop_limit:
        needs[OrdType.STOP_LIMIT] = stop
    return needs


def _client_order_id(config: IntegralConfig) -> str:
    form = f"{config.co_id_prefix!r} and 16 digits" if config.co_id_prefix else "16 digits"
    return f"coId: {form}, never used twice; the vendor says only that it is a string"


def _limits(config: IntegralConfig) -> tuple[str, ...]:
    rate = f"{config.requests_per_second} requests in any second" \
        if config.requests_per_second else "no limit of requests"
    return (
        f"{rate} for each account (requests_per_second; the vendor documents none)",
        f"an order with an end lives {EXPIRY_SECONDS_MAX} s at most",
    )
