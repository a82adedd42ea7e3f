"""What a client refuses of what it was told is an alert that says what it is about, and is never
answered: two that did would go on for ever."""

from collections.abc import MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from fixgw.runtime.few_lines import LINES_PER_SECOND
from tests.app.bench import Client, Running, play, running

Lines = list[MutableMapping[str, Any]]


async def told(gateway: Running) -> tuple[Client, dict[int, str]]:
    """A client that has been told of its order, by message 2; the report."""
    client = await gateway.client()
    await client.log_on()
    await client.orders("A")
    return client, await client.expect("35=8|34=2|39=0")


async def silence(client: Client, seq_num: int) -> None:
    """Nothing was said to it before the answer to this TestRequest."""
    await client.send("35=1|112=HELLO")
    await client.expect(f"35=0|34={seq_num}|112=HELLO")


def alerts(lines: Lines) -> Lines:
    return [line for line in lines if line["event"] == "client_objects"]


@pytest.mark.parametrize(("text", "expected"), [
    ("35=3|45=2|372=8|373=5|371=150|58=odd", {"msg_type": "3", "reason": "5", "text": "odd"}),
    ("35=3|45=2", {"msg_type": "3"}),
    ("35=j|45=2|372=8|380=3", {"msg_type": "j", "reason": "3"}),
    # Invalid themselves: no RefMsgType(372).
    ("35=j|45=2|380=0", {"msg_type": "j", "reason": "0",
                         "problem": "Required tag missing (372)"}),
    ("35=3|45=2|373=many", {"msg_type": "3", "reason": "many",
                            "problem": "Incorrect data format for value (373)"}),
])
def test_a_rejected_report_is_named_to_the_operator_and_the_client_not_answered(
    tmp_path: Path, text: str, expected: dict[str, str]
) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client, report = await told(gateway)
            with capture_logs() as lines:
                await client.send(text)
                await silence(client, 3)
            [alert] = alerts(lines)
            assert {
                "event": "client_objects", "log_level": "warning", "count": 1,
                "session": gateway.state().key, "ref_seq_num": "2", "ref_msg_type": "8",
                "order_id": report[37], "cl_ord_id": "A", "exec_id": report[17], **expected,
            } == alert

    play(scenario())


def test_a_dispute_that_is_invalid_itself_is_named(tmp_path: Path) -> None:
    """One that is valid: test_disputes.py."""
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client, _ = await told(gateway)
            with capture_logs() as lines:
                await client.send("35=Q|37=O7|17=E9|127=X|55=BTCUSDT|54=1|38=1|58=not ours")
                await silence(client, 3)
            [alert] = alerts(lines)
            assert ("Q", "O7", "E9", "X", "not ours") == tuple(
                alert[name] for name in ("msg_type", "order_id", "exec_id", "reason", "text")
            )

    play(scenario())


def test_a_client_that_refuses_everything_is_counted_and_cannot_fill_the_log(
    tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client, _ = await told(gateway)
            with capture_logs() as lines:
                await client.send(*["35=j|45=2|372=8|380=3"] * 200)
                await silence(client, 3)
            assert 200 == gateway.state().objections
            assert 1 <= len(alerts(lines)) <= 3 * LINES_PER_SECOND

    play(scenario())


def test_a_number_that_names_no_message_of_ours_is_no_trouble(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client, _ = await told(gateway)
            with capture_logs() as lines:
                for number in ("0", "1", "99", "99999999999999999999"):
                    await client.send(f"35=3|45={number}")
                await silence(client, 3)
            assert [{"ref_seq_num"}] * 4 == [
                set(line) & {"ref_seq_num", "order_id", "cl_ord_id"} for line in alerts(lines)
            ]

    play(scenario())


REQUESTS = {
    "35=V|262=M1|263=0|264=1|267=1|269=0|146=1|55=BTCUSDT": "M1",
    "35=R|131=Q1|146=1|55=BTCUSDT": "Q1",
    "35=x|320=S1|559=0": "S1",
    "35=AD|568=T1|569=0": "T1",
    "35=g|335=H1|263=0": "H1",
    "35=E|66=L1|394=1|68=1|73=1|11=A|67=1|55=BTCUSDT|54=1": "L1",
}


def test_an_answer_to_what_is_not_supported_names_the_request(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            for request, name in REQUESTS.items():
                await client.send(request)
                await client.expect(f"35=j|372={request[3]}|379={name}|380=3" if request[4] == "|"
                                    else f"35=j|379={name}|380=3")

    play(scenario())


def test_a_message_above_the_limit_is_told_before_the_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables="[limits]\nmax_message_bytes = 10000\n") as gateway:
            client, _ = await told(gateway)
            await client.send("35=1|112=before", f"35=1|112={'X' * 20_000}")
            await client.expect("35=0|34=3|112=before")
            fields = await client.expect("35=5|34=4")
            assert fields[58].startswith("BodyLength(9) ")
            assert fields[58].endswith("; the limit is 10000")
            await client.expect_end()

    play(scenario())


def test_what_ends_a_session_of_a_wrong_clock_is_in_the_log(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client, _ = await told(gateway)
            with capture_logs() as lines:
                client.clock = lambda: datetime(2000, 1, 1, tzinfo=UTC)
                await client.send("35=0")
                await client.expect("35=3|34=3|371=52|373=10")
                said = (await client.expect("35=5|34=4"))[58]
            assert [said] == [
                line["reason"] for line in lines if line["event"] == "logout_sent"
            ]
            assert said.startswith("SendingTime accuracy problem: ")
            assert said.endswith(" s late, 120 s allowed")

    play(scenario())
