"""An operator at a running gateway: the commands, the process, the venue and a QuickFIX client.

What the venue cannot be asked about stays in doubt through a kill -9; an operator's verdict is on
record when the command has said so, and the client hears of it once, whatever dies in between.
"""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import StartStack
from tests.support.quickfix_initiator import FIX44, Initiator, Message
from tests.support.stack import READY_SECONDS, REPOSITORY, Stack, wait_until
from tests.support.story import PRICE, new_order, repeated_exec_ids

NOBODY_LOOKS = """\
requests_per_second = 0
request_timeout_seconds = 1.0
backoff_min_seconds = 0.05
resync_seconds = 3600
"""
"""Between one start of the stream and the next, what it did not say is asked for by nobody."""

FOR_EVER = 100_000
WHO = ("--who", "jane", "--why", "their desk has no such order", "--yes")


def command(stack: Stack, *arguments: str) -> "subprocess.Popen[str]":
    """`fixgw …`, started."""
    return subprocess.Popen(
        [sys.executable, "-m", "fixgw", *arguments, "--sessions", str(stack.sessions)],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )


def said(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Its exit code, stdout and stderr."""
    out, err = process.communicate(timeout=READY_SECONDS)
    return process.returncode, out, err


def start(start_stack: StartStack, **given: Any) -> Stack:
    stack = start_stack(
        sessions=("demo44",),
        venue_settings=NOBODY_LOOKS,
        sandbox_settings={"requests_per_second": 0},
        **given,
    )
    stack.gateway.wait_for_line("stream_up")
    return stack


def lose_everything(stack: Stack) -> None:
    """The venue takes no order and answers no question."""
    for call in ("newOrder", "queryOrderInfo", "listMultipleOrderInfo"):
        stack.venue.arm(call, "http_502", times=FOR_EVER)


def in_doubt(stack: Stack) -> list[Any]:
    return stack.command("orders", "--in-doubt")


def ends(client: Initiator, cl_ord_id: str, exec_type: str) -> list[Message]:
    """The reports that say so, resent ones once."""
    reports = [each for each in client.reports(cl_ord_id) if each[150] == exec_type]
    return list({each.seq_num: each for each in reports}.values())


@pytest.mark.parametrize(
    ("verdict", "exec_type", "fields"),
    [
        ("rejected", "8", {39: "8", 103: "99"}),
        ("canceled", "D", {39: "4", 378: "4"}),
    ],
)
def test_a_verdict_survives_kill_9_and_is_told_once(
    start_stack: StartStack, verdict: str, exec_type: str, fields: dict[int, str]
) -> None:
    stack = start(start_stack)
    lose_everything(stack)
    with Initiator(FIX44, stack.port, stack.directory / "client") as client:
        client.send(new_order("LOST"))
        order_id = client.wait_for("35=8|11=LOST|39=A")[37]
        wait_until(lambda: bool(in_doubt(stack)), "it is in doubt")
        stack.gateway.kill()
        # The dead one's socket is there, and nobody behind it.
        assert (4, "", True) == (
            *(gone := said(command(stack, "orders", "verdict", order_id, verdict, *WHO)))[:2],
            "no gateway is running" in gone[2],
        )
        stack.gateway.start()
        [row] = in_doubt(stack)
        assert (order_id, "submit", "PENDING_NEW") == (
            row["order_id"], row["in_doubt"], row["status"]
        )
        client.stop(abruptly=True)

        [done] = stack.command("orders", "verdict", order_id, verdict, *WHO)
        stack.gateway.kill()
        stack.gateway.start()
        stack.venue.behave()
        client.start()

        client.wait_for(f"35=8|11=LOST|150={exec_type}")
        assert "PENDING_NEW" == done["before"]["status"]
        assert [] == in_doubt(stack)
        code, _, error = said(command(stack, "orders", "verdict", order_id, verdict, *WHO))
        assert (1, True) == (code, "there is nothing to decide" in error)
        [report] = ends(client, "LOST", exec_type)
        assert fields == {tag: report.get(tag) for tag in fields}
        assert "jane: their desk has no such order" == report[58]
        assert [] == repeated_exec_ids(client.messages)
        assert [] == stack.venue.orders()


def test_what_the_stream_did_not_say_is_found_when_an_operator_asks(
    start_stack: StartStack,
) -> None:
    stack = start(start_stack)
    with Initiator(FIX44, stack.port, stack.directory / "client") as client:
        client.send(new_order("REST"))
        client.wait_for("35=8|11=REST|39=0")
        stack.venue.arm("order", "silent_stream")
        stack.venue.sell("0.25", PRICE)
        wait_until(lambda: not stack.venue.armed(), "the stream has kept silent")

        [found] = stack.command("reconcile", "apifiny")

        assert (True, 1, 0, 1, "NEW 0", "0.25") == (
            found["reached"], found["asked"], found["unanswered"], found["changed"],
            found["changes"][0]["before"], found["changes"][0]["after"]["cum_qty"],
        )
        report = client.wait_for("35=8|11=REST|150=F")
        assert ("1", "0.25") == (report[39], report[14])


def test_what_the_stream_did_not_say_is_found_by_the_timer(start_stack: StartStack) -> None:
    stack = start(start_stack, settings="[limits]\nreconcile_seconds = 1")
    with Initiator(FIX44, stack.port, stack.directory / "client") as client:
        client.send(new_order("REST"))
        client.wait_for("35=8|11=REST|39=0")
        stack.venue.arm("order", "silent_stream")
        stack.venue.sell("1", PRICE)

        client.wait_for("35=8|11=REST|39=2")
        assert [("1", "1")] == [
            (each[32], each[14]) for each in client.reports("REST") if each[150] == "F"
        ]


def test_the_venues_as_they_are_and_as_the_settings_have_them(
    start_stack: StartStack, tmp_path: Path
) -> None:
    # Deeper than a socket's path may be.
    journal = tmp_path / "/".join(["deep" * 10] * 3) / "journal"
    stack = start(start_stack, journal=journal)
    control = journal.with_name("journal.control")

    mode = os.stat(control).st_mode
    [running] = stack.command("venues")
    assert 0 == stack.gateway.stop()
    [settings] = stack.command("venues", code=4)

    assert (True, 0o600) == (stat.S_ISSOCK(mode), stat.S_IMODE(mode))
    assert not control.exists()
    assert (True, False) == (running["running"], settings["running"])
    assert running["capabilities"] == settings["capabilities"]
    assert running["loaded"] and running["health"]["connections"]
    assert "health" not in settings


def test_a_gateway_that_dies_while_it_is_asked(start_stack: StartStack) -> None:
    stack = start(start_stack)
    os.kill(stack.gateway.pid, signal.SIGSTOP)
    asking = command(stack, "venues")
    control = stack.journal.with_name(f"{stack.journal.name}.control")
    wait_until(lambda: waits_at(control), "the command waits for its answer")

    stack.gateway.kill()

    code, _, error = said(asking)
    assert 1 == code
    assert "before it answered; its log says why. What was asked may be on record" in error


def waits_at(control: Path) -> bool:
    """Whether somebody is connected to that socket and is not served."""
    lines = Path("/proc/net/unix").read_text().splitlines()
    return sum(line.endswith(f" {control}") for line in lines) > 1


def test_garbage_on_the_socket_harms_nobody(start_stack: StartStack) -> None:
    stack = start(start_stack)
    control = stack.journal.with_name(f"{stack.journal.name}.control")
    for garbage in (b"\x00" * 100_000, b"{}\n", b"GET / HTTP/1.1\n", b"[" * 16_000 + b"\n", b""):
        done = subprocess.run(
            [sys.executable, "-c", SEND, str(control)], input=garbage, capture_output=True,
            timeout=READY_SECONDS,
        )
        assert 0 == done.returncode, done.stderr
        assert not garbage or "failed" == json.loads(done.stdout)["answer"]

    [venue] = stack.command("venues")
    assert venue["running"]


SEND = """\
import socket, sys
with socket.socket(socket.AF_UNIX) as sock:
    sock.connect(sys.argv[1])
    try:
        sock.sendall(sys.stdin.buffer.read())
        sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    try:
        while data := sock.recv(65536):
            sys.stdout.buffer.write(data)
    except ConnectionResetError:
        pass
"""
