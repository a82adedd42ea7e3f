"""A QuickFIX initiator, the gateway and the asmlink sandbox: routing tiers, notices, and a death
between the answer to a webhook and the report of what it said."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_asmlink import PRICE, RESTING, delivered, limit, market, settled, trades
from tests.support.quickfix_initiator import FIX42, FIX44, FIX50, Initiator, Message
from tests.support.stack import KILLED, wait_until
from tests.support.story import body, fields, repeated_exec_ids
from tests.venues.asmlink.stack import AsmlinkStack
from tests.venues.asmlink.venue import OTHER, TRADER

FALLBACK = 'fallback_tier = "TIER_2"'

DIES_AT_NEWS = '''\
"""The gateway dies half a second after its adapter has told it something, which no tick takes: the
webhook is answered by then, and nobody else knows of it."""

import asyncio
import os
import signal

from fixgw.venues.base import BaseAdapter

tell = BaseAdapter._tell


def deaf(self, message):
    if type(message).__name__ in ("VenueNotice", "OrderUpdate", "CommandOutcome"):
        asyncio.get_running_loop().call_later(0.5, os.kill, os.getpid(), signal.SIGKILL)
    else:
        tell(self, message)


BaseAdapter._tell = deaf
'''


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsmlinkStack]:
    directory = tmp_path_factory.mktemp("asmlink") / "stack"
    with AsmlinkStack(directory, settings=FALLBACK) as stack:
        yield stack


@pytest.fixture(scope="module")
def client(stack: AsmlinkStack) -> Iterator[Initiator]:
    with Initiator(FIX44, stack.port, stack.directory / "client") as client:
        yield client


@pytest.fixture
def tiers(stack: AsmlinkStack) -> Iterator[AsmlinkStack]:
    """The stack, whose tiers take everything again afterwards."""
    yield stack
    stack.venue.reject()


def news(client: Initiator) -> list[Message]:
    """Every News(35=B) that it has, each number once: what it asks for again is the same one."""
    return list({m.seq_num: m for m in client.received if m.msg_type == "B"}.values())


def routed(stack: AsmlinkStack, order_id: str) -> list[tuple[str, str]]:
    """order_id and routing_tier of all that was routed of it."""
    sent = [row["request"] for row in stack.venue.requests("route")]
    return [
        (each["order_id"], each["routing_tier"])
        for each in sent if order_id in each["order_id"]
    ]


# --------------------------------------------------------------- routing tiers


def test_an_order_that_tier_1_rejects_is_filled_by_tier_2(
    tiers: AsmlinkStack, client: Initiator
) -> None:
    tiers.venue.sell(5_000_000, PRICE)
    tiers.venue.reject(TIER_1="LP_REJECT")
    client.send(market("T1"))
    filled = client.wait_for("35=8|11=T1|39=2")
    order = filled[37]
    delivered(tiers, order)
    delivered(tiers, f"{order}-1")
    settled(client, "T1")

    assert [(f"FIXGW-{order}", "TIER_1"), (f"FIXGW-{order}-1", "TIER_2")] == routed(tiers, order)
    first, second = (tiers.venue.order(name)["order"] for name in (order, f"{order}-1"))
    assert ("REJECTED", "FILLED") == (first["status"], second["status"])
    terms = (
        f"1={TRADER}|11=T1|37={order}|38=5000000|40=1|54=1|55=EURUSD|198=FIXGW-{order}|207=ASMLINK"
    )
    assert filled[375].startswith("LP-TIER2-")
    assert filled[58].startswith("TIER_2, ")
    # Pending New, New, Filled: of the reject, told three times over, the client sees nothing.
    assert [
        fields(f"{terms}|17={order}-A|150=A|39=A|151=5000000|14=0|6=0"),
        fields(f"{terms}|17={order}-0|150=0|39=0|151=5000000|14=0|6=0"),
        fields(
            f"{terms}|17={filled[17]}|150=F|39=2|151=0|14=5000000|6={PRICE}|32=5000000|31={PRICE}|"
            f"382=1|375={filled[375]}|58={filled[58]}"
        ),
    ] == [body(report) for report in client.reports("T1") if report[17] != "0"]


def test_what_both_tiers_reject_is_rejected_with_the_reason(
    tiers: AsmlinkStack, client: Initiator
) -> None:
    tiers.venue.reject(TIER_1="LP_REJECT", TIER_2="RISK_LIMIT")
    client.send(market("T2"))
    rejected = client.wait_for("35=8|11=T2|39=8")

    assert ("8", "0", "RISK_LIMIT (TIER_2, after TIER_1)") == (
        rejected[150], rejected[103], rejected[58],
    )
    assert ["TIER_1", "TIER_2"] == [tier for _, tier in routed(tiers, rejected[37])]


@pytest.mark.parametrize("tag", ["100", "20100"])
def test_the_order_names_its_tier(tiers: AsmlinkStack, client: Initiator, tag: str) -> None:
    tiers.venue.sell(5_000_000, PRICE)
    name = f"TAG{tag}"
    client.send(f"{market(name)}{tag}=TIER_2|")
    filled = client.wait_for(f"35=8|11={name}|39=2")

    assert [(f"FIXGW-{filled[37]}", "TIER_2")] == routed(tiers, filled[37])
    assert filled[375].startswith("LP-TIER2-")


def test_what_is_no_tier_never_leaves(tiers: AsmlinkStack, client: Initiator) -> None:
    before = len(tiers.venue.requests("route"))
    client.send(f"{market('T4')}100=TIER_4|")
    rejected = client.wait_for("35=8|11=T4|39=8")

    assert rejected[58].startswith(
        "asmlink does not take RoutingTier(20100) or ExDestination(100) 'TIER_4'"
    )
    assert before == len(tiers.venue.requests("route"))


def test_a_gateway_that_dies_after_the_fallback_goes_on_with_it(tmp_path: Path) -> None:
    with (
        AsmlinkStack(tmp_path / "stack", settings=FALLBACK) as stack,
        Initiator(FIX50, stack.port, tmp_path / "client") as client,
    ):
        stack.venue.sell(5_000_000, PRICE)
        stack.venue.reject(TIER_1="LP_REJECT")
        # The answers of both: the first is the reject, the second comes too late.
        client.send(market("K1"))
        pending = client.wait_for("35=8|11=K1|39=A")
        wait_until(lambda: len(routed(stack, pending[37])) == 2, "it is routed anew")
        assert KILLED == _killed(stack)
        stack.gateway.start()
        filled = client.wait_for("35=8|11=K1|39=2")
        settled(client, "K1")

        assert [("5000000", PRICE, "5000000")] == trades(client, "K1")
        assert [] == repeated_exec_ids(client.received)
        assert ["TIER_1", "TIER_2"] == [tier for _, tier in routed(stack, filled[37])]


# --------------------------------------------------------------------- notices


@pytest.mark.parametrize("kind", ["margin.call", "margin.liquidation", "system.alert"])
def test_a_notice_reaches_clients_of_every_version_once(
    stack: AsmlinkStack, client: Initiator, tmp_path: Path, kind: str
) -> None:
    with (
        Initiator(FIX42, stack.port, tmp_path / "42") as old,
        Initiator(FIX50, stack.port, tmp_path / "50") as new,
    ):
        stack.venue.arm("webhook", "duplicate_updates")
        starts = [len(each.messages) for each in (client, old, new)]
        stack.venue.alert(kind, "equity below 100 %")
        told = [
            each.wait_for(f"35=B|148=asmlink: {kind}", since=start)
            for each, start in zip((client, old, new), starts, strict=True)
        ]
        (event,) = [row for row in stack.venue.deliveries() if row["event_type"] == kind]
        wait_until(
            lambda: all(
                row["status"] == "DELIVERED" for row in stack.venue.deliveries()
                if row["event_type"] == kind
            ),
            "the webhook is taken",
        )

        for message in told:
            assert f"{TRADER}: equity below 100 % [{event['event_id']}]" == message[58]
        for each in (client, old, new):
            assert 1 == len([m for m in news(each) if m[148] == f"asmlink: {kind}"])
            # QuickFIX judges every message by its own dictionary.
            assert not [m for m in each.sent if m.msg_type in ("3", "j")]


def test_a_notice_about_somebody_elses_account_reaches_no_client(tmp_path: Path) -> None:
    settings = f'accounts = ["{TRADER}", "{OTHER}"]'
    with (
        AsmlinkStack(tmp_path / "stack", accounts=settings) as stack,
        Initiator(FIX50, stack.port, tmp_path / "client") as client,
    ):
        stack.venue.alert("margin.call", "not yours", OTHER)
        stack.venue.alert("margin.call", "yours")
        client.wait_for("35=B|148=asmlink: margin.call")
        stack.gateway.wait_for_line(f"{OTHER}: not yours")
        stack.venue.alert("system.alert", "the last word")
        client.wait_for("35=B|148=asmlink: system.alert")

        assert [True, True] == [TRADER in message[58] for message in news(client)]


# --------------------------------- killed between the answer and the report


@pytest.fixture
def dying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AsmlinkStack]:
    """A stack whose gateway dies at the next news, once it was started anew."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(DIES_AT_NEWS)
    with AsmlinkStack(tmp_path / "stack", settings=f"{RESTING}\n{FALLBACK}") as stack:
        yield stack


def only_delivery(stack: AsmlinkStack) -> dict[str, Any]:
    """The one webhook, once the sandbox has read that it was taken: the gateway may be dead by
    then."""
    def taken() -> bool:
        (row,) = stack.venue.deliveries()
        return bool(row["status"] == "DELIVERED")

    wait_until(taken, "the webhook is taken")
    return dict(stack.venue.deliveries()[0])


def dies_at_news(
    stack: AsmlinkStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Start the gateway so that it does."""
    assert KILLED == _killed(stack)
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", str(tmp_path / "site"))
        stack.gateway.start()
    for line in ("webhook_listener_open", "stream_up"):
        stack.gateway.wait_for_line(line)


def test_a_notice_that_was_answered_and_not_told_is_told_after_the_start(
    dying: AsmlinkStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Initiator(FIX50, dying.port, tmp_path / "client") as client:
        dies_at_news(dying, tmp_path, monkeypatch)
        dying.venue.alert("margin.call", "equity below 100 %")
        assert KILLED == dying.gateway.wait()
        delivery = only_delivery(dying)
        assert 1 == delivery["attempts"]
        assert [] == news(client)

        dying.gateway.start()
        message = client.wait_for("35=B|148=asmlink: margin.call")
        assert message[58].endswith(f"[{delivery['event_id']}]")
        delivery = only_delivery(dying)
        assert 1 == delivery["attempts"]

        # What the core has had for a while is not told again.
        wait_until(lambda: not _untold(dying), "it is noted that the notice was passed on")
        assert KILLED == _killed(dying)
        logons = client.logons
        dying.gateway.start()
        client.wait_until(lambda: client.logons > logons, "the client logs on again")
        dying.venue.alert("system.alert", "the last word")
        client.wait_for("35=B|148=asmlink: system.alert")
        assert 1 == len([m for m in news(client) if m[148] == "asmlink: margin.call"])


def test_a_fill_that_was_answered_and_not_told_is_told_after_the_start(
    dying: AsmlinkStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Initiator(FIX50, dying.port, tmp_path / "client") as client:
        client.send(limit("L1"))
        new = client.wait_for("35=8|11=L1|39=0")
        dies_at_news(dying, tmp_path, monkeypatch)
        # Only the webhook tells, and it is not told again: it was answered.
        dying.venue.arm("executions", "silent_stream", times=2)
        dying.venue.sell(1_000_000, PRICE)
        assert KILLED == dying.gateway.wait()
        delivery = only_delivery(dying)
        assert 1 == delivery["attempts"]
        assert [] == trades(client, "L1")

        dying.gateway.start()
        client.wait_for("35=8|11=L1|39=1")
        dying.gateway.wait_for_line("stream_up")
        dying.venue.sell(2_000_000, PRICE)
        filled = client.wait_for("35=8|11=L1|39=2")
        settled(client, "L1")
        assert [("1000000", PRICE, "1000000"), ("2000000", PRICE, "3000000")] == trades(
            client, "L1"
        )
        assert new[37] == filled[37]
        assert [] == repeated_exec_ids(client.received)


def test_an_order_whose_reject_was_not_on_record_in_time_does_not_fall_back(
    dying: AsmlinkStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Initiator(FIX50, dying.port, tmp_path / "client") as client:
        dies_at_news(dying, tmp_path, monkeypatch)
        dying.venue.sell(5_000_000, PRICE)
        dying.venue.reject(TIER_1="LP_REJECT")
        client.send(market("M1"))
        assert KILLED == dying.gateway.wait()
        dying.gateway.start()
        rejected = client.wait_for("35=8|11=M1|39=8")

        assert "LP_REJECT" == rejected[58]
        assert ["TIER_1"] == [tier for _, tier in routed(dying, rejected[37])]


def _untold(stack: AsmlinkStack) -> bool:
    """Whether the record has a notice that may not have reached the core."""
    with sqlite3.connect(f"file:{stack.directory / 'told.sqlite'}?mode=ro", uri=True) as record:
        return bool(record.execute("SELECT count(*) FROM untold").fetchone()[0])


def _killed(stack: AsmlinkStack) -> int:
    """kill -9; the exit code."""
    popen = stack.gateway._popen
    assert popen is not None
    stack.gateway.kill()
    return int(popen.returncode)
