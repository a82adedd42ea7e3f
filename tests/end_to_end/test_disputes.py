"""A QuickFIX client disputes an execution with DontKnowTrade(35=Q): it stays on record."""

import pytest

from tests.end_to_end.conftest import StartStack
from tests.support.quickfix_initiator import FIX42, FIX44, FIX50SP2, Initiator, Version
from tests.support.story import PRICE, new_order

DISPUTE = "127=D|55=BTCUSDT|54=1|32=0.25|31=50000|58=not in our books"


@pytest.mark.parametrize("version", [FIX42, FIX44, FIX50SP2], ids=lambda each: each.name)
def test_a_disputed_execution_is_shown_to_the_operator_after_a_kill_9(
    start_stack: StartStack, version: Version
) -> None:
    stack = start_stack(sandbox_settings={"requests_per_second": 0})
    stack.gateway.wait_for_line("stream_up")
    with Initiator(version, stack.port, stack.directory / "client") as client:
        client.send(new_order("REST"))
        client.wait_for("35=8|11=REST|39=0")
        stack.venue.sell("0.25", PRICE)
        fill = client.wait_for("35=8|11=REST|39=1")

        client.send(f"35=Q|37={fill[37]}|17={fill[17]}|{DISPUTE}")
        line = stack.gateway.wait_for_line("trade_disputed")
        client.send(f"35=Q|37={fill[37]}|17={fill[37]}-Fnever|{DISPUTE}")
        refused = client.wait_for("35=j|372=Q")
        stack.gateway.kill()

        [row] = stack.command("orders", "--disputed")
        stack.gateway.start()
        assert [row] == stack.command("orders", "--disputed")

    assert (f"{fill[37]}-Fnever", "1") == (refused[379], refused[380])
    assert (fill[37], fill[17]) == (row["order_id"], row["exec_id"])
    assert ("D no matching order", "0.25", "50000", "not in our books") == tuple(
        row[name] for name in ("reason", "last_qty", "last_px", "text")
    )
    assert fill[17] in line
