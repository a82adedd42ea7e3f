"""Events: of orders, of others' orders, and notices, which are told until the core has them."""

import json

import pytest

from fixgw.model.ids import OrderID, VenueName
from fixgw.model.venue import NewsUnreadable, OrderUpdate, UnknownOrderSeen, VenueNotice
from fixgw.runtime.clock import ManualClock
from fixgw.venues.asmlink import redelivery
from fixgw.venues.asmlink.events import NOTICE_CHARS, Events
from fixgw.venues.asmlink.store import Store, StoreError
from fixgw.venues.asmlink.received import Received
from fixgw.venues.kit.payloads import Unreadable
from tests.venues.asmlink.payload import payload
from tests.venues.asmlink.venue import TRADER, Bench, free_port, order, play, webhooks, rules

VENUE = VenueName("asmlink")


class Scene:
    """Events on a record; `heard` is what was delivered."""

    def __init__(self, path) -> None:
        self.record = Store(path)
        self.heard: list[object] = []
        self.held: set[tuple[str, int]] = set()
        clock = ManualClock(1_000)
        self.told = Received(self.record, clock, rules())
        self.events = Events(
            venue=VENUE, prefix="FIXGW-", store=self.record, clock=clock, received=self.told,
            deliver=self.heard.append, waiting=self,
        )

    def answer_decides(self, order_id: OrderID, attempt: int) -> bool:
        return (order_id, attempt) in self.held

    def take(self, source: str = "webhook", **fields: object) -> None:
        self.events.take(json.dumps(fields).encode(), source)

    def notices(self) -> list[VenueNotice]:
        return [one for one in self.heard if isinstance(one, VenueNotice)]


@pytest.fixture
def scene(tmp_path):
    scene = Scene(tmp_path / "told.sqlite")
    yield scene
    scene.record.close()


CALL = {
    "event_id": "evt_9", "event_type": "margin.call", "account_id": TRADER,
    "timestamp_utc": "2024-08-15T09:31:04.913Z", "message": "equity below 100 %",
}


def test_a_margin_call_concerns_who_trades_for_the_account(scene):
    scene.take(**CALL)

    assert [VenueNotice(
        venue=VENUE, kind="margin.call", text=f"{TRADER}: equity below 100 % [evt_9]",
        accounts=(TRADER,), event_id="evt_9",
    )] == scene.heard


@pytest.mark.parametrize("fields, text, accounts", [
    ({"event_type": "system.alert", "message": "LP down"}, "LP down", ()),
    ({"event_type": "system.alert"}, "system.alert", ()),
    (
        {"event_type": "margin.liquidation", "account_id": "A", "symbol": "EURUSD",
         "order_id": "FIXGW-1723714264882000", "message": "closed"},
        "A EURUSD FIXGW-1723714264882000: closed", ("A",),
    ),
])
def test_what_is_of_no_account_concerns_all(scene, fields, text, accounts):
    scene.take(**fields)
    (notice,) = scene.notices()

    assert (text, accounts) == (notice.text, notice.accounts)
    assert notice.event_id.startswith("sha256:")


def test_a_long_notice_is_cut_and_keeps_its_name(scene):
    scene.take(**{**CALL, "message": "x" * 1000})

    text = scene.notices()[0].text
    assert (NOTICE_CHARS, True) == (len(text), text.endswith("x [evt_9]"))


def test_a_notice_is_told_once_whichever_way_it_comes_and_how_often(scene):
    for source in ("webhook", "stream", "webhook"):
        scene.take(source, **CALL, delivery_attempt=len(scene.heard))

    assert 1 == len(scene.heard)


def test_a_notice_that_cannot_be_kept_is_not_told_and_comes_again(scene):
    scene.record._database.execute("ALTER TABLE untold RENAME TO elsewhere")
    with pytest.raises(StoreError):
        scene.take(**CALL)
    assert [] == scene.heard

    scene.record._database.execute("ALTER TABLE elsewhere RENAME TO untold")
    scene.take(**CALL)
    assert 1 == len(scene.heard)


def test_a_notice_is_told_again_after_a_start_until_it_was_passed_on(scene, tmp_path):
    scene.take(**CALL)
    for already in (False, True):
        if already:
            scene.record.notices_passed_on(scene.record.mark())
        after = Scene(tmp_path / "told.sqlite")
        redelivery.tell_again(after.told, after.record, after.events, after.heard.append)
        # A delivery that comes again is no news either way.
        after.take(**CALL)
        after.record.close()

        assert ([] if already else scene.heard) == after.heard


def test_the_reject_of_an_order_that_answer_decides_is_kept_and_not_told(scene):
    ours = OrderID("1723714264882000")
    rejected = {
        "event_id": "e1", "event_type": "order.rejected", "order_id": f"FIXGW-{ours}",
        "execution_status": "REJECTED", "reject_reason": "LP_REJECT",
    }
    scene.held.add((ours, 0))
    scene.take(**rejected)
    assert [] == scene.heard
    assert "LP_REJECT" == scene.told.of(ours).refusal(0)

    scene.held.clear()
    scene.take("stream", **rejected)
    (update,) = scene.heard
    assert isinstance(update, OrderUpdate)
    assert 0 == update.attempt


@pytest.mark.parametrize("attempt", ["1", "2", "999"])
def test_an_attempt_that_was_never_made_executes_nothing_and_is_alerted(scene, attempt):
    ours = OrderID("1723714264882000")
    filled = {
        "event_type": "order.filled", "execution_status": "FILLED", "fill_quantity": 5,
        "fill_price": 1.08, "timestamp_utc": "1970-01-01T00:00:01Z",
    }
    scene.take(event_id="e1", order_id=f"FIXGW-{ours}", **filled)
    with pytest.raises(Unreadable, match=f"attempt {attempt}"):
        scene.take(event_id="e2", order_id=f"FIXGW-{ours}-{attempt}", **filled)

    update, alert = scene.heard
    assert (ours, 5, True) == (alert.order_id, update.cum_qty, isinstance(alert, NewsUnreadable))
    assert 5 == scene.told.of(ours).cum_qty


def test_an_order_that_is_not_ours_is_told_once_and_an_event_of_nothing_is_logged(scene, capsys):
    for _ in range(2):
        scene.events.take(payload("webhook_order_filled"), "webhook")
        scene.take(event_id="e2", event_type="account.renamed", message="why not")

    assert [UnknownOrderSeen] == [type(one) for one in scene.heard]
    assert 1 == capsys.readouterr().out.count("asmlink_event_of_nothing")


def test_a_webhook_about_the_account_reaches_the_core_once(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.arm("webhook", "duplicate_updates")
        await venue.alert("margin.call", "equity below 100 %")

        async def delivered() -> bool:
            return bool(await venue.deliveries(event_type="margin.call", status="DELIVERED"))

        await venue.eventually(delivered)
        (notice,) = [one for one in venue.heard if isinstance(one, VenueNotice)]
        assert ("margin.call", (TRADER,)) == (notice.kind, notice.accounts)

    play(tmp_path, scene, webhooks=webhooks(free_port()))


def test_news_of_orders_is_delivered(tmp_path):
    async def scene(venue: Bench) -> None:
        await venue.sell("9000000", "1.08423")
        mine = order()
        await venue.submitted(mine)
        await venue.delivered(mine)

        assert {0} == {one.attempt for one in venue.updates(mine)}

    play(tmp_path, scene, webhooks=webhooks(free_port()))
