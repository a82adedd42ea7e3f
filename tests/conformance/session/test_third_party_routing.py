"""Third party routing (FIX 4.4 volume 1): who sends for others names them in OnBehalfOfCompID(115),
and every answer leads back to them."""

from decimal import Decimal
from pathlib import Path

import pytest

from fixgw.model.venue import Fill, OrderUpdate, VenueStatus
from tests.app.bench import ORDER, Client, Running, play, running

DESK = "115=HUB|116=DESK|144=OSLO|"
BACK = "|128=HUB|129=DESK|145=OSLO"


async def logged_on(gateway: Running) -> Client:
    client = await gateway.client()
    await client.log_on("141=Y")
    return client


def executed(gateway: Running) -> OrderUpdate:
    fill = Fill(cum_qty=Decimal("0.5"), last_qty=Decimal("0.5"), last_px=Decimal(100), at=1,
                venue_exec_id="t1")
    return OrderUpdate(order_id=gateway.order_id("A"), status=VenueStatus.WORKING, fill=fill)


def test_every_report_of_an_order_leads_back_also_after_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await logged_on(gateway)
            await client.send(f"35=D|{DESK}11=A|{ORDER}")
            await client.expect(f"35=8|39=0{BACK}")
            await client.log_out()
        async with running(tmp_path) as gateway:
            client = await logged_on(gateway)
            gateway.paper.say(executed(gateway))
            await client.expect(f"35=8|150=F{BACK}")
            # The answer to who asks without a name goes where the order came from.
            await client.send("35=H|11=A|55=BTCUSDT|54=1")
            await client.expect(f"35=8|150=I{BACK}")
            await client.send("35=F|11=C|41=A|55=BTCUSDT|54=1|60=20260105-10:00:00")
            await client.expect(f"35=8|39=4{BACK}")
            await client.send("35=F|11=D|41=A|55=BTCUSDT|54=1|60=20260105-10:00:00")
            await client.expect(f"35=9|11=D{BACK}")

    play(scenario())


@pytest.mark.parametrize(("request_", "answer"), [
    (f"35=D|{DESK}11=B|55=NOTHING|54=1|38=1|40=2|44=100|59=1", "35=8|39=8"),
    (f"35=D|{DESK}11=B|55=BTCUSDT|54=1|38=1|40=2|59=1", "35=j|380=5"),
    (f"35=F|{DESK}11=B|41=NONE|55=BTCUSDT|54=1|60=20260105-10:00:00", "35=9|39=8"),
    (f"35=H|{DESK}11=NONE|55=BTCUSDT|54=1", "35=8|39=8"),
    (f"35=U9|{DESK}58=x", "35=j|380=3"),
    (f"35=x|{DESK}320=S1|559=0", "35=j|380=3"),
    (f"35=D|{DESK}11=B|55=BTCUSDT|54=1|38=many|40=2|44=100|59=1", "35=3|373=6"),
])
def test_a_refusal_leads_back(tmp_path: Path, request_: str, answer: str) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await logged_on(gateway)
            await client.send(request_)
            await client.expect(answer + BACK)

    play(scenario())


def test_who_names_nobody_gets_no_names(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await logged_on(gateway)
            await client.orders("A")
            fields = await client.expect("35=8|39=0")
            assert not {128, 129, 145} & set(fields)

    play(scenario())
