"""What a client asks for, and what follows from it. The venue's side is `test_engine_venue`;
the plain stories are in `tests/conformance/orders`."""

import pytest
from msgspec.structs import replace

from fixgw.core.engine import Engine, VenueTerms
from fixgw.core.routing import ClientTerms, Router
from fixgw.model.errors import BusinessRefused
from fixgw.model.ids import OrderID
from fixgw.model.now import Now
from fixgw.model.venue import InstrumentsLoaded
from tests.support.orders import (
    ACCOUNT,
    BTC_USDT,
    CAPABILITIES,
    CLIENT,
    OTHER_CLIENT,
    START_MS,
    VENUE,
    Exchange,
    accepted,
    answer,
    cancel_refused,
    canceled_as_asked,
    fill,
    news,
    placed,
    report_text,
    request,
    state,
    venue_order_id,
)


def test_an_order_is_on_record_before_it_is_submitted(exchange: Exchange) -> None:
    exchange.engine.handle(request("35=D|11=X|38=10|"), exchange.moment)
    step = exchange.engine.take()

    assert ["OrderPlaced"] == [type(event).__name__ for event in step.events]
    assert 1 == len(step.reports)
    assert ["SubmitOrder"] == [type(command).__name__ for command in step.commands]
    assert not any(exchange.engine.take())


def test_an_order_before_the_venue_said_what_it_trades() -> None:
    terms = ClientTerms(session=CLIENT, venues=(VENUE,), accounts=(ACCOUNT,))
    engine = Engine(Router([terms], {VENUE: frozenset({ACCOUNT})}), {})

    with pytest.raises(BusinessRefused, match="venue acme is not available yet"):
        engine.handle(request("35=D|11=X|38=10|"), Now(START_MS, 0))
    assert not any(engine.take())


def test_a_refused_order_uses_its_cl_ord_id_up(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=0|")
    exchange.client("35=D|11=X|38=10|")

    assert exchange.reports("11", "150", "39", "103") == [
        "11=X|150=8|39=8|103=13",
        "11=X|150=8|39=8|103=6",
    ]
    assert exchange.commands() == []


def test_order_ids_rise_though_the_clock_is_set_back(exchange: Exchange) -> None:
    for cl_ord_id in "ABC":
        exchange.client(f"35=D|11={cl_ord_id}|38=10|")
        exchange.tick(-60_000)

    assert exchange.reports("37") == [f"37={START_MS * 1000 + n}" for n in range(3)]


def test_order_ids_go_on_after_a_restart(exchange: Exchange) -> None:
    exchange.client("35=D|11=A|38=10|")
    exchange.now -= 60_000
    exchange.restart()
    exchange.client("35=D|11=B|38=10|")

    assert exchange.reports("37") == [f"37={START_MS * 1000 + n}" for n in range(2)]


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC/USDT", "BTC-USDT", ""])
@pytest.mark.parametrize("ordered_as", ["BTCUSDT", "BTC/USDT", "BTC-USDT"])
def test_a_cancel_names_the_symbol_in_any_way_to_write_it(
    exchange: Exchange, ordered_as: str, symbol: str
) -> None:
    exchange.client(f"35=D|11=X|38=10|55={ordered_as}|")
    exchange.venue(accepted())
    exchange.reports()
    exchange.client(f"35=F|11=Y|41=X|55={symbol}|" if symbol else "35=F|11=Y|41=X|")
    exchange.venue(canceled_as_asked())

    assert exchange.reports("11", "150", "39", "55") == [
        f"11=Y|150=6|39=6|55={ordered_as}", f"11=Y|150=4|39=4|55={ordered_as}",
    ]


@pytest.mark.parametrize(("symbol", "reports"), [
    ("BTC-USDT", ["11=Y|150=6"]), ("ETH/USDT", ["35=9|11=Y"]),
])
def test_a_cancel_before_the_venue_has_said_what_it_trades(
    symbol: str, reports: list[str]
) -> None:
    terms = ClientTerms(session=CLIENT, venues=(VENUE,), accounts=(ACCOUNT,))
    venue = VenueTerms(CAPABILITIES, venue_order_id, 0)
    engine = Engine(Router([terms], {VENUE: frozenset({ACCOUNT})}), {VENUE: venue})
    engine.replay(placed("35=D|11=X|38=10|", OrderID("1700000000000000")))
    engine.handle(request(f"35=F|11=Y|41=X|55={symbol}|"), Now(START_MS, 0))

    assert reports == [
        report_text(effect.report, ("11", "150")) for effect in engine.take().reports
    ]


def test_without_pending_reports() -> None:
    exchange = Exchange(pending_reports=False)
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.client("35=F|11=Y|41=X|")
    exchange.venue(canceled_as_asked())

    assert exchange.reports("11", "41", "150", "39") == [
        "11=X|150=0|39=0",
        "11=Y|41=X|150=4|39=4",
    ]


def test_the_cl_ord_id_of_a_cancel_request_is_no_order_to_be_resent(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.client("35=F|11=Y|41=X|")
    exchange.reports()
    exchange.client("35=D|11=Y|38=10|97=Y|")

    assert exchange.reports("11", "150", "39", "103") == ["11=Y|150=8|39=6|103=6"]


# ------------------------------------------------------------------------------ cancels


@pytest.fixture
def working(exchange: Exchange) -> Exchange:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.reports()
    exchange.commands()
    return exchange


def test_a_cancel_is_sent_at_once_where_the_venue_works_the_order(working: Exchange) -> None:
    working.client("35=F|11=Y|41=X|")

    assert working.commands() == ["cancel X"]


def test_a_cancel_waits_for_the_venue_to_accept(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.client("35=F|11=Y|41=X|")
    exchange.venue(news("pending"))
    assert exchange.commands() == ["submit X"]

    exchange.venue(accepted(), news("working"))
    assert exchange.commands() == ["cancel X"]


def test_a_cancel_does_not_wait_where_it_need_not() -> None:
    exchange = Exchange(replace(CAPABILITIES, cancel_before_accepted=True))
    exchange.client("35=D|11=X|38=10|")
    exchange.client("35=F|11=Y|41=X|")

    assert exchange.commands() == ["submit X", "cancel X"]


def test_a_second_cancel_while_one_is_pending(working: Exchange) -> None:
    working.client("35=F|11=Y|41=X|")
    working.client("35=F|11=Z|41=X|")

    assert working.reports("11", "41", "150", "39", "102") == [
        "11=Y|41=X|150=6|39=6",
        "35=9|11=Z|41=X|39=6|102=3",
    ]
    assert working.commands() == ["cancel X"]


def test_a_second_cancel_after_the_first_was_refused(working: Exchange) -> None:
    working.client("35=F|11=Y|41=X|")
    working.venue(cancel_refused(), answer("working"))
    working.client("35=F|11=Z|41=X|")
    working.venue(canceled_as_asked())

    assert working.reports("11", "41", "150", "39", "102") == [
        "11=Y|41=X|150=6|39=6",
        "35=9|11=Y|41=X|39=0|102=99",
        "11=Z|41=X|150=6|39=6",
        "11=Z|41=X|150=4|39=4",
    ]


def test_a_cancel_resent_while_it_is_pending(working: Exchange) -> None:
    working.client("35=F|11=Y|41=X|")
    working.client("35=F|11=Y|41=X|97=Y|")

    assert working.reports("11", "41", "150", "39") == [
        "11=Y|41=X|150=6|39=6",
        "11=X|150=I|39=6",
    ]
    assert working.commands() == ["cancel X"]


def test_a_cancel_resent_after_it_was_done(working: Exchange) -> None:
    working.client("35=F|11=Y|41=X|")
    working.venue(canceled_as_asked())
    working.reports()
    working.client("35=F|11=Y|41=X|97=Y|")

    assert working.reports("11", "150", "39") == ["11=X|150=I|39=4"]


def test_a_cancel_resent_that_never_came(working: Exchange) -> None:
    working.client("35=F|11=Y|41=X|97=Y|")

    assert working.reports("11", "41", "150") == ["11=Y|41=X|150=6"]
    assert working.commands() == ["cancel X"]


CANCELS_REFUSED = {
    "35=F|11=X|41=X": "11=X|41=X|39=0|102=6|58=ClOrdID(11) 'X' was used before",
    "35=F|11=Y|41=X|55=ETH/USDT": "11=Y|41=X|39=0|102=99|58=Symbol(55) 'ETH/USDT' "
    "is not the order's, 'BTC/USDT'",
    "35=F|11=Y|41=X|54=2": "11=Y|41=X|39=0|102=99|58=Side(54) '2' is not the order's, '1'",
    "35=F|11=X|37=1": "11=X|41=X|39=0|102=99|58=OrderID(37) '1' is not the order's, "
    "'1700000000000000'",
    "35=F|11=Y|41=W": "11=Y|41=W|39=8|102=1|58=unknown order",
    "35=F|11=Y": "11=Y|41=Y|39=8|102=1|58=unknown order",
}


@pytest.mark.parametrize(("message", "why"), CANCELS_REFUSED.items(), ids=CANCELS_REFUSED)
def test_a_cancel_that_does_not_fit(working: Exchange, message: str, why: str) -> None:
    working.client(message)

    assert working.reports("11", "41", "39", "102", "58") == [f"35=9|{why}"]
    assert working.commands() == []


@pytest.mark.parametrize(
    "message",
    [
        "35=F|11=Y|41=X|55=BTC/USDT|54=1",
        "35=F|11=Y|41=X|37=1700000000000000",
        "35=F|11=Y|37=1700000000000000",
        "35=F|11=X",
    ],
)
def test_the_ways_to_name_the_order(working: Exchange, message: str) -> None:
    working.client(message)

    assert working.commands() == ["cancel X"]


@pytest.mark.parametrize("name", ["41=X", "37=1700000000000000"])
def test_another_clients_order_is_unknown(working: Exchange, name: str) -> None:
    working.client(f"35=F|11=Y|{name}|", session=OTHER_CLIENT)

    assert working.reports("37", "39", "102") == ["35=9|37=NONE|39=8|102=1"]
    assert working.commands() == []


# --------------------------------------------------------------------------- status, start


@pytest.mark.parametrize("name", ["11=X", "11=Y", "11=ANY|37=1700000000000000"])
def test_the_ways_to_ask_for_the_status(working: Exchange, name: str) -> None:
    working.client("35=F|11=Y|41=X|")
    working.reports()
    working.client(f"35=H|{name}|790=Q|")

    assert working.reports("11", "150", "39", "790") == ["11=X|150=I|39=6|790=Q"]


def test_what_is_replayed_is_what_was(exchange: Exchange) -> None:
    exchange.client("35=D|11=A|38=10|")
    exchange.venue(fill("t1", 4))
    exchange.client("35=F|11=B|41=A|")
    exchange.client("35=D|11=C|38=0|")
    exchange.client("35=D|11=D|40=1|152=100|")
    before = [state(order) for order in exchange.engine.orders]
    exchange.restart()

    assert before == [state(order) for order in exchange.engine.orders]
    assert not any(exchange.engine.take())


def test_after_a_restart_what_waits_for_proof_is_asked_about(exchange: Exchange) -> None:
    exchange.client("35=D|11=NEW|38=10|")
    exchange.client("35=D|11=WORKING|38=10|")
    exchange.venue(accepted())
    exchange.client("35=D|11=CANCELING|38=10|")
    exchange.venue(accepted())
    exchange.client("35=F|11=Y|41=CANCELING|")
    exchange.client("35=D|11=FILLED|38=10|")
    exchange.venue(fill("t1", 10))
    exchange.commands()
    exchange.restart()
    exchange.wait(0.1)

    assert exchange.commands() == ["query NEW", "query CANCELING"]


def test_instruments_may_change(exchange: Exchange) -> None:
    exchange.handle(InstrumentsLoaded(VENUE, (replace(BTC_USDT, enabled=False),)))
    exchange.client("35=D|11=X|38=10|")

    assert exchange.reports("150", "103") == ["150=8|103=2"]
