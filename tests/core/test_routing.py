"""Which venue gets an order, and why none does."""

import pytest
from msgspec.structs import replace

from fixgw.core.routing import ClientTerms, Router
from fixgw.model.errors import BusinessRefused, OrderRefused
from fixgw.model.ids import SessionKey, VenueName
from fixgw.model.instrument import Instrument
from tests.support.orders import ACCOUNT, BTC_USDT, CLIENT, VENUE

OTHER_VENUE = VenueName("other")
AT_ANOTHER_EXCHANGE = replace(BTC_USDT, exchange="ELSEWHERE")
AT_ANOTHER_VENUE = replace(BTC_USDT, venue=OTHER_VENUE, exchange="OTHER")
ETH_USDT = replace(BTC_USDT, symbol="ETHUSDT", base="ETH")
OTHER_ACCOUNT = "FUND"
ACCOUNTS_AT = {VENUE: frozenset({ACCOUNT}), OTHER_VENUE: frozenset({ACCOUNT, OTHER_ACCOUNT})}


def router(
    *instruments: Instrument,
    venues: tuple[VenueName, ...] = (VENUE,),
    default_exchange: str = "",
) -> Router:
    terms = ClientTerms(
        session=CLIENT, venues=venues, accounts=(ACCOUNT, OTHER_ACCOUNT),
        default_exchange=default_exchange,
    )
    made = Router([terms], ACCOUNTS_AT)
    for venue in {instrument.venue for instrument in instruments}:
        made.load(venue, tuple(i for i in instruments if i.venue == venue))
    return made


def refusal(
    router: Router, symbol: str, exchange: str = "", account: str = ACCOUNT
) -> str:
    with pytest.raises(OrderRefused) as refused:
        router.route(CLIENT, account, symbol, exchange)
    return f"103={refused.value.reason}|58={refused.value.text}"


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC/USDT", "BTC-USDT"])
@pytest.mark.parametrize("exchange", ["", "ACME"])
def test_a_symbol_as_the_venue_writes_it_or_as_a_pair(symbol: str, exchange: str) -> None:
    assert BTC_USDT is router(BTC_USDT, ETH_USDT).route(CLIENT, ACCOUNT, symbol, exchange)


def test_a_pair_is_written_as_one_word_where_the_venue_has_another_way() -> None:
    euro = replace(BTC_USDT, symbol="EUR/USD", base="EUR", quote="USD")

    for symbol in ("EURUSD", "EUR-USD", "EUR/USD"):
        assert euro is router(BTC_USDT, euro).route(CLIENT, ACCOUNT, symbol, "")


def test_what_a_venue_calls_something_by_itself_goes_before_another_s_pair() -> None:
    odd = replace(BTC_USDT, symbol="EURUSD", base="ODD", quote="THING")
    euro = replace(BTC_USDT, symbol="EUR/USD", base="EUR", quote="USD")

    assert odd is router(euro, odd).route(CLIENT, ACCOUNT, "EURUSD", "")


def test_the_exchange_says_which() -> None:
    both = router(BTC_USDT, AT_ANOTHER_EXCHANGE)

    assert AT_ANOTHER_EXCHANGE is both.route(CLIENT, ACCOUNT, "BTCUSDT", "ELSEWHERE")
    assert BTC_USDT is both.route(CLIENT, ACCOUNT, "BTCUSDT", "ACME")


def test_the_default_exchange_says_which() -> None:
    both = router(BTC_USDT, AT_ANOTHER_EXCHANGE, default_exchange="ELSEWHERE")

    assert AT_ANOTHER_EXCHANGE is both.route(CLIENT, ACCOUNT, "BTCUSDT", "")
    assert BTC_USDT is both.route(CLIENT, ACCOUNT, "BTCUSDT", "ACME")


def test_nothing_is_guessed() -> None:
    both = router(BTC_USDT, AT_ANOTHER_EXCHANGE)

    assert refusal(both, "BTCUSDT") == (
        "103=1|58=Symbol(55) 'BTCUSDT' needs a SecurityExchange(207), one of: ACME, ELSEWHERE"
    )


def test_two_venues() -> None:
    both = router(BTC_USDT, AT_ANOTHER_VENUE, venues=(VENUE, OTHER_VENUE))

    assert AT_ANOTHER_VENUE is both.route(CLIENT, ACCOUNT, "BTC/USDT", "OTHER")


def test_a_venue_the_client_does_not_trade_at_is_not_seen() -> None:
    assert refusal(router(BTC_USDT, AT_ANOTHER_VENUE), "BTCUSDT", "OTHER") == (
        "103=1|58=SecurityExchange(207) 'OTHER' does not trade Symbol(55) 'BTCUSDT'; "
        "allowed: ACME"
    )


def test_an_unknown_symbol() -> None:
    assert refusal(router(BTC_USDT), "DOGEUSDT") == (
        "103=1|58=Symbol(55) 'DOGEUSDT' is not traded at acme"
    )


def test_a_disabled_symbol() -> None:
    assert refusal(router(replace(BTC_USDT, enabled=False)), "BTCUSDT") == (
        "103=2|58=Symbol(55) 'BTCUSDT' is disabled at ACME"
    )


def test_a_venue_that_has_not_said_yet_what_it_trades() -> None:
    with pytest.raises(BusinessRefused, match="venue acme is not available yet"):
        router().route(CLIENT, ACCOUNT, "BTCUSDT", "")


def test_what_a_venue_says_replaces_what_it_said() -> None:
    made = router(BTC_USDT)
    made.load(VENUE, (ETH_USDT,))

    assert ETH_USDT is made.route(CLIENT, ACCOUNT, "ETH/USDT", "")
    assert "is not traded" in refusal(made, "BTC/USDT")


def test_the_terms_of_a_session_can_change() -> None:
    routed = router(BTC_USDT, AT_ANOTHER_VENUE)
    new = SessionKey("FIX.4.4:FIXGW->NEW")
    elsewhere = ClientTerms(session=new, venues=(OTHER_VENUE,), accounts=(ACCOUNT,))

    routed.set_terms([replace(routed.terms(CLIENT), venues=(OTHER_VENUE,)), elsewhere])

    assert AT_ANOTHER_VENUE is routed.route(CLIENT, ACCOUNT, "BTCUSDT", "")
    assert AT_ANOTHER_VENUE is routed.route(new, ACCOUNT, "BTCUSDT", "")
    assert (elsewhere, (OTHER_VENUE,)) == (routed.terms(new), routed.terms(CLIENT).venues)


def test_sessions_that_differ_in_their_default_exchange_only() -> None:
    both = router(BTC_USDT, AT_ANOTHER_EXCHANGE)
    one = replace(both.terms(CLIENT), default_exchange="ACME")
    other = replace(
        one, session=SessionKey("FIX.4.4:FIXGW->OTHER"), default_exchange="ELSEWHERE"
    )

    both.set_terms([one, other])

    assert BTC_USDT is both.route(one.session, ACCOUNT, "BTCUSDT", "")
    assert AT_ANOTHER_EXCHANGE is both.route(other.session, ACCOUNT, "BTCUSDT", "")


# ---------------------------------------------------------------- whose account it is


BOTH = (VENUE, OTHER_VENUE)


def test_the_account_chooses_the_venue() -> None:
    both = router(BTC_USDT, AT_ANOTHER_VENUE, venues=BOTH)

    assert AT_ANOTHER_VENUE is both.route(CLIENT, OTHER_ACCOUNT, "BTCUSDT", "")
    assert refusal(both, "BTCUSDT") == (
        "103=1|58=Symbol(55) 'BTCUSDT' needs a SecurityExchange(207), one of: ACME, OTHER"
    )


@pytest.mark.parametrize("symbol", ["ETHUSDT", "ETH/USDT", "ETH-USDT"])
def test_a_symbol_that_only_a_venue_without_the_account_trades(symbol: str) -> None:
    both = router(ETH_USDT, AT_ANOTHER_VENUE, venues=BOTH)

    assert refusal(both, symbol, account=OTHER_ACCOUNT) == (
        f"103=15|58=Account(1) 'FUND' is an account of other, and Symbol(55) '{symbol}' is traded "
        "at acme"
    )


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT", "DOGEUSDT"])
def test_an_exchange_of_a_venue_without_the_account(symbol: str) -> None:
    both = router(BTC_USDT, ETH_USDT, AT_ANOTHER_VENUE, venues=BOTH)

    assert refusal(both, symbol, "ACME", OTHER_ACCOUNT) == (
        "103=15|58=Account(1) 'FUND' is an account of other, and SecurityExchange(207) 'ACME' is "
        "at acme"
    )


def test_what_nobody_trades_is_no_fault_of_the_account() -> None:
    both = router(BTC_USDT, AT_ANOTHER_VENUE, venues=BOTH)

    assert refusal(both, "DOGEUSDT", account=OTHER_ACCOUNT) == (
        "103=1|58=Symbol(55) 'DOGEUSDT' is not traded at other"
    )
    assert refusal(both, "BTCUSDT", "NOWHERE", OTHER_ACCOUNT) == (
        "103=1|58=SecurityExchange(207) 'NOWHERE' does not trade Symbol(55) 'BTCUSDT'; "
        "allowed: OTHER"
    )


def test_an_account_that_is_the_session_s_no_more() -> None:
    assert refusal(router(BTC_USDT), "BTCUSDT", account="GONE") == (
        "103=15|58=Account(1) 'GONE' is not allowed for this session; allowed: ACCOUNT, FUND"
    )


def test_a_venue_without_the_account_keeps_nobody_waiting() -> None:
    one = router(AT_ANOTHER_VENUE, venues=BOTH)

    assert AT_ANOTHER_VENUE is one.route(CLIENT, OTHER_ACCOUNT, "BTCUSDT", "")
    with pytest.raises(BusinessRefused, match="venue acme is not available yet"):
        one.route(CLIENT, ACCOUNT, "ETHUSDT", "")


def test_a_default_exchange_of_a_venue_without_the_account_says_nothing() -> None:
    both = router(BTC_USDT, AT_ANOTHER_VENUE, venues=BOTH, default_exchange="ACME")

    assert BTC_USDT is both.route(CLIENT, ACCOUNT, "BTCUSDT", "")
    assert AT_ANOTHER_VENUE is both.route(CLIENT, OTHER_ACCOUNT, "BTCUSDT", "")


def test_a_default_exchange_that_is_not_known_yet_is_waited_for() -> None:
    """The account's other venue may have it: nothing is sent elsewhere meanwhile."""
    waiting = router(AT_ANOTHER_VENUE, venues=BOTH, default_exchange="ACME")

    with pytest.raises(BusinessRefused, match="venue acme is not available yet"):
        waiting.route(CLIENT, ACCOUNT, "BTCUSDT", "")
