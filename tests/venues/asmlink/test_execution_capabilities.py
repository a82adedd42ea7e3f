"""What the adapter declares, what an operator is shown, and what the document says of both."""

from pathlib import Path

import pytest

from fixgw.model.enums import OrdType, TimeInForce
from fixgw.model.terms import FIELDS
from fixgw.model.venue import StreamRestored
from fixgw.venues.asmlink import build
from fixgw.venues.asmlink.execution import NO_CANCEL, capabilities
from tests.venues.asmlink.venue import Bench, config, free_port, order, play, webhooks

DOC = Path(__file__).resolve().parents[3] / "docs" / "venues" / "asmlink.md"
EXTENDED = {"extended_order_types": True}
PATHS = {"cancel_path": "/order/cancel", "status_path": "/order/{order_id}"}


def table() -> dict[str, tuple[str, str]]:
    """The rows of "Capabilities": as documented, and with the settings."""
    text = DOC.read_text().split("## Capabilities")[1].split("\n##")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return {first.strip(): (second.strip(), third.strip()) for first, second, third in rows}


def test_capabilities_are_the_documents_until_the_settings_say_more(tmp_path):
    documented = capabilities(config("http://h", tmp_path))
    more = capabilities(config("http://h", tmp_path, **EXTENDED, **PATHS))

    assert ({OrdType.MARKET}, {TimeInForce.DAY}, {"ex_destination"}) == (
        documented.ord_types, documented.times_in_force, documented.terms,
    )
    assert (False, NO_CANCEL, False, False) == (
        documented.cancel, documented.cancel_text, documented.query, documented.replace,
    )
    assert {OrdType.MARKET, OrdType.LIMIT, OrdType.STOP} == more.ord_types
    assert set(build.TIME_IN_FORCE) == more.times_in_force
    assert ({"ex_destination", "stop_px"}, True, True, False) == (
        more.terms, more.cancel, more.query, more.replace,
    )
    for each in (documented, more):
        assert not (each.post_only or each.cash_order_qty or each.cancel_before_accepted)
        assert (True, 1000) == (each.pushes, each.orders_waiting_max)


def test_the_document_has_the_same_table(tmp_path):
    rows = table()
    for column, changes in enumerate(({}, {**EXTENDED, **PATHS})):
        can = capabilities(config("http://h", tmp_path, **changes))
        types = ", ".join(f"{each.value} {each.name}" for each in sorted(can.ord_types))
        times = ", ".join(
            f"{each.value} {build.TIME_IN_FORCE[each]}" for each in sorted(can.times_in_force)
        )
        assert types == rows["OrdType(40)"][column]
        assert times == rows["TimeInForce(59)"][column]
        assert ", ".join(sorted(FIELDS[term] for term in can.terms)) == (
            rows["Other fields"][column]
        )
        assert rows["Cancel"][column].startswith("yes" if can.cancel else "no")
        assert (can.cancel_text in rows["Cancel"][column]) is not can.cancel
        assert rows["Questions of the gateway"][column].startswith("yes" if can.query else "no")
        assert rows["Replace"][column].startswith("yes" if can.replace else "no")
        assert f"{can.orders_waiting_max:,}" in rows["Orders that may wait"][column]


@pytest.mark.parametrize("hooks", [False, True])
def test_an_operator_sees_connections_clock_limits_and_instruments(tmp_path, hooks):
    async def scene(venue: Bench) -> None:
        assert venue.adapter.health().clock_skew_ms is None or hooks
        await venue.sell("9000000", "1.08423")
        await venue.submitted(order())
        health = venue.adapter.health()

        names = ["asmlink executions", *(["webhooks"] if hooks else [])]
        assert names == [each.name for each in health.connections if each.up]
        assert abs(health.clock_skew_ms) < 60_000
        limits = [("/order/route", 999, 1000, 0), ("/webhook/register", 99, 100, 0)]
        assert limits[: 1 + hooks] == [
            (each.scope, each.left, each.maximum, each.waiting) for each in health.headroom
        ]
        assert 1 == health.instruments

    play(tmp_path, scene, **({"webhooks": webhooks(free_port())} if hooks else {}))


def test_without_a_rate_limit_there_is_no_headroom(tmp_path):
    async def scene(venue: Bench) -> None:
        assert () == venue.adapter.health().headroom

    play(tmp_path, scene, routes_per_second=0)


@pytest.mark.parametrize("changes, hooks, warned", [
    ({}, False, 2), ({"status_path": "/order/{order_id}"}, False, 0), ({}, True, 0),
], ids=["stream alone", "with a question", "with webhooks"])
def test_what_a_stream_alone_may_have_missed_is_told_to_the_operator(
    tmp_path, capsys, changes, hooks, warned
):
    async def scene(venue: Bench) -> None:
        venue.sandbox.cut()
        await venue.until(lambda: venue.count(StreamRestored) > 1)

    more = {"webhooks": webhooks(free_port())} if hooks else {}
    play(tmp_path, scene, **changes, **more)
    assert warned == capsys.readouterr().out.count("asmlink_executions_may_be_missing")
