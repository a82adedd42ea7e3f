"""The stream's handler: its key, what it takes, and when it counts as dead."""

import pytest

from fixgw.model.ids import OrderID, VenueName
from fixgw.model.venue import NewsUnreadable, OrderUpdate
from fixgw.runtime.clock import ManualClock
from fixgw.runtime.secrets import Secret
from fixgw.venues.asmlink.credentials import Credentials
from fixgw.venues.asmlink.events import Events
from fixgw.venues.asmlink.store import Store
from fixgw.venues.asmlink.streams import ExecutionStream
from fixgw.venues.asmlink.received import Received
from tests.venues.asmlink.payload import payload
from tests.venues.asmlink.venue import rules

OURS = b"FIXGW-1723714264882000"


class Scene:
    """A handler without a socket; `heard` is what it delivered."""

    def __init__(self, record: Store, idle_seconds: float) -> None:
        self.clock = ManualClock(1_000)
        self.heard: list[object] = []
        self.restored = 0
        self.stream = ExecutionStream(
            url="wss://h/v2/executions", idle_seconds=idle_seconds,
            credentials=Credentials(Secret("cm_test_key")), clock=self.clock,
            events=Events(
                venue=VenueName("asmlink"), prefix="FIXGW-", store=record, clock=self.clock,
                received=Received(record, self.clock, rules()), deliver=self.heard.append,
                waiting=self,
            ),
            restored=self.restore,
        )

    def answer_decides(self, order_id: OrderID, attempt: int) -> bool:
        return False

    def restore(self) -> None:
        self.restored += 1


@pytest.fixture
def record(tmp_path):
    record = Store(tmp_path / "told.sqlite")
    yield record
    record.close()


def test_it_opens_with_the_key(record):
    opening = Scene(record, 0).stream.opening()

    assert {"X-CM-API-Key": "cm_test_key"} == opening.headers
    assert "cm_test_key" not in repr(opening)


def test_being_open_restores_and_is_known_until_it_is_lost(record):
    scene = Scene(record, 0)
    assert scene.stream.up_since_ms is None
    scene.stream.opened(None)
    assert (1, 1_000) == (scene.restored, scene.stream.up_since_ms)
    scene.stream.lost("gone")
    assert scene.stream.up_since_ms is None


def test_silence_is_death_only_where_the_settings_say_so(record):
    for idle_seconds, dead in ((0, False), (30, True)):
        scene = Scene(record, idle_seconds)
        scene.stream.opened(None)
        scene.clock.advance(29_000)
        scene.stream.received([b"{}"])
        scene.clock.advance(30_001)
        assert dead is bool(scene.stream.tick())


def test_a_bad_message_does_not_hide_the_next(record, capsys):
    scene = Scene(record, 0)
    good = payload("webhook_order_filled").replace(b"ORD-20240815-00421", OURS)
    scene.stream.received([b"nothing", good.replace(b"1.08423", b"0"), good])

    assert [NewsUnreadable, OrderUpdate] == [type(one) for one in scene.heard]
    assert 2 == capsys.readouterr().out.count("asmlink_event_not_taken")


def test_after_a_message_of_which_nothing_can_be_read_all_is_asked_about_but_not_for_ever(record):
    scene = Scene(record, 0)
    scene.stream.received([b"nothing", b"[" * 3_000, b"\xff"])
    assert 1 == scene.restored
    scene.clock.advance(5_001)
    scene.stream.received([b"nothing"])
    assert 2 == scene.restored


def test_an_event_that_cannot_be_kept_is_passed_on_all_the_same(record, tmp_path):
    scene = Scene(record, 0)
    record._database.execute("DROP TABLE tells")
    good = payload("webhook_order_filled").replace(b"ORD-20240815-00421", OURS)
    scene.stream.received([good])

    assert [OrderUpdate] == [type(one) for one in scene.heard]
