"""What is declared is what the document says, and what an order can be made of."""

import re
from pathlib import Path

import pytest

from fixgw.model.enums import OrdType, TimeInForce
from fixgw.model.terms import FIELDS
from fixgw.runtime.secrets import Secret
from fixgw.venues.integral.execution import capabilities
from fixgw.venues.integral.config import Account, Customer
from tests.venues.integral.venue import config

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "venues" / "integral.md"
ROW = re.compile(r"^\| ([1-9A-Z]) [A-Z_]+ \| ([\d, ]+) \| (.+) \| .+ \|$", re.MULTILINE)
SWITCHES = {"limit_fok": True, "stop_limit": True, "algo_price": True}

LIMIT, MARKET, STOP, STOP_LIMIT = (
    OrdType.LIMIT, OrdType.MARKET, OrdType.STOP, OrdType.STOP_LIMIT,
)


def declared(**changes):
    return capabilities(config("http://h", **changes))


def test_the_documents_table_is_what_is_declared():
    times: dict[str, set[str]] = {}
    fields: dict[str, set[str]] = {}
    for ord_type, sent, needs in ROW.findall(DOCUMENT.read_text()):
        times.setdefault(ord_type, set()).update(sent.split(", "))
        found = {name for name, field in FIELDS.items() if field in needs}
        fields.setdefault(ord_type, {"currency"}).update(found)
    # DAY of a market order the core lets pass everywhere.
    times["1"].discard("0")
    can = declared()

    assert times == {str(each): set(map(str, all)) for each, all in can.times_in_force_of.items()}
    assert fields == {str(each): set(names) for each, names in can.terms_of.items()}
    assert can.ord_types == set(can.times_in_force_of) == set(can.terms_of)


def test_switches_add_what_they_say():
    can = declared(**SWITCHES)

    assert {STOP_LIMIT} == can.ord_types - declared().ord_types
    assert TimeInForce.FILL_OR_KILL in can.times_in_force_of[LIMIT]
    assert "target_strategy" in can.terms_of[LIMIT]
    assert can.terms_of[STOP] == can.terms_of[STOP_LIMIT]
    assert can.times_in_force_of[STOP] == can.times_in_force_of[STOP_LIMIT]


@pytest.mark.parametrize("switches", [{}, SWITCHES])
def test_what_stops_need_depends_on_whether_the_settings_name_a_trigger(switches):
    can = declared(**switches)
    assert {"price", "exec_inst"} == can.needs[STOP] == can.needs.get(STOP_LIMIT, can.needs[STOP])

    can = declared(stop_trigger="MidTrigger", **switches)
    assert {"price"} == can.needs[STOP] == can.needs.get(STOP_LIMIT, can.needs[STOP])


def test_a_115_is_taken_only_where_the_settings_say_whose_it_is():
    assert "on_behalf_of" not in declared().terms
    account = Account(
        user="u", org="o", secret=Secret("s"), on_behalf_of={"ACME": Customer(org="AcmeOrg")}
    )
    can = declared(accounts={"A": account})
    assert all("on_behalf_of" in names for names in can.terms_of.values())


def test_the_rest():
    can = declared(queue_limit=7, requests_per_second=10, co_id_prefix="GW1")

    assert (True, False, False, 7, 86_399) == (
        can.market_needs_price, can.pushes, can.replace, can.orders_waiting_max,
        can.expire_seconds_max,
    )
    assert "originalCoId" in can.replace_text
    assert "'GW1' and 16 digits" in can.client_order_id
    assert can.limits[0].startswith("10 requests in any second")
    assert declared(replace_by_original_co_id=True).replace
