"""`fixgw run` as an operator meets it: what it prints, line by line, and how it ends."""

import json
import os
import signal
import socket
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fixtext import fix
from tests.support.quickfix_initiator import utc_now
from tests.support.stack import Stack

DEADLINE_SECONDS = 40.0
FAILURE = 1
SHORT_SECRET = "not-a-secret"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack of which nothing runs."""
    stack = Stack(tmp_path / "stack", sessions=("demo44",))
    yield stack
    stack.close()


class Client:
    """A client that logs on over a plain socket."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), DEADLINE_SECONDS)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, text: str) -> None:
        head = f"8=FIX.4.4|35={text[3]}|49=CLIENT44|56=FIXGW|52={utc_now()}"
        self._socket.sendall(fix(f"{head}|{text[5:]}"))

    def read_until(self, text: str) -> None:
        """Read until *text* came, or, if it is empty, until the end."""
        data = ""
        while not text or text not in data:
            piece = self._socket.recv(65_536).decode().replace("\x01", "|")
            if not piece:
                assert not text, f"the connection ended without {text}: {data}"
                return
            data += piece


def events(output: str) -> list[str]:
    """The name of each line of a log for people."""
    lines = [line for line in output.splitlines() if "[" in line]
    return [line.partition("]")[2].split()[0] for line in lines]


def test_a_good_day_line_by_line(stack: Stack) -> None:
    stack.sandbox.start()
    stack.gateway.start()
    with Client(stack.port) as client:
        client.send("35=A|34=1|98=0|108=30")
        client.read_until("35=A|")
        stack.gateway.wait_for_line("logged_on")
        os.kill(stack.gateway.pid, signal.SIGTERM)
        client.read_until("35=5|")
        client.send("35=5|34=2")
        client.read_until("")

    assert 0 == stack.gateway.wait()
    output = stack.gateway.output()
    assert f"fixgw is listening on 127.0.0.1:{stack.port}" in output.splitlines()
    assert {"instruments_loaded", "stream_up"} <= set(events(output))
    assert "fixgw is ready" in output.splitlines()
    assert [
        "starting", "listening", "venues_loaded", "logged_on", "stopping", "logged_out", "stopped",
    ] == [each for each in events(output) if each not in ("instruments_loaded", "stream_up")]
    for level in ("warning", "error"):
        assert f"[{level}" not in output


def test_a_log_for_programs_is_json_line_by_line(tmp_path: Path) -> None:
    with Stack(
        tmp_path / "stack", sessions=("demo44",), settings='[log]\nformat = "json"'
    ) as stack:
        assert 0 == stack.gateway.stop()

        lines = stack.gateway.output().splitlines()
        lines.remove(f"fixgw is listening on 127.0.0.1:{stack.port}")
        lines.remove("fixgw is ready")
        logged = [json.loads(line) for line in lines]
        assert "starting" == logged[0]["event"] and "stopped" == logged[-1]["event"]
        assert all({"event", "level", "timestamp"} <= set(each) for each in logged)


def test_why_it_ended_is_json_as_well_where_the_log_is(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "stack", sessions=("demo44",), settings='[log]\nformat = "json"')
    with socket.create_server(("127.0.0.1", stack.port)):
        stack.sandbox.start()
        stack.gateway.launch()

        assert FAILURE == stack.gateway.wait()
    logged = [json.loads(line) for line in stack.gateway.output().splitlines()]
    assert ("failed", "error") == (logged[-1]["event"], logged[-1]["level"])
    assert logged[-1]["reason"].startswith(f"cannot listen on 127.0.0.1:{stack.port}: ")
    stack.close()


def test_a_port_that_is_taken(stack: Stack) -> None:
    stack.sandbox.start()
    with socket.create_server(("127.0.0.1", stack.port)):
        stack.gateway.launch()

        assert FAILURE == stack.gateway.wait()
    assert (
        f"fixgw: cannot listen on 127.0.0.1:{stack.port}: Address already in use; choose another "
        "[listener] host or port in gateway.toml, or stop what uses it"
    ) == stack.gateway.output().splitlines()[-1]
    assert "Traceback" not in stack.gateway.output()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_while_the_venue_cannot_be_reached(stack: Stack, number: int) -> None:
    stack.gateway.launch()
    stack.gateway.wait_for_line("stream_lost")
    os.kill(stack.gateway.pid, number)

    assert 0 == stack.gateway.wait()
    assert ["stopping", "stopped"] == events(stack.gateway.output())[-2:]


def test_a_journal_that_cannot_be_written(stack: Stack) -> None:
    stack.sandbox.start()
    stack.gateway.start()
    with Client(stack.port) as client:
        client.send("35=A|34=1|98=0|108=30")
        client.read_until("35=A|")
        # The kernel lets the process write to no file any more.
        resource.prlimit(stack.gateway.pid, resource.RLIMIT_FSIZE, (1, 1))
        client.send("35=1|34=2|112=HELLO")

        assert FAILURE == stack.gateway.wait()
    output = stack.gateway.output()
    assert (
        f"fixgw: journal {stack.journal}: File too large; the gateway does not run without "
        "its record. Check the disk (space, permissions), then start again: nothing on record is "
        "lost"
    ) == output.splitlines()[-1]
    assert "Traceback" not in output


def test_the_length_of_a_venues_secret_is_not_commented_on(stack: Stack) -> None:
    secret = stack.sessions / "secrets" / "apifiny-STA-00000001"
    assert secret.exists()
    secret.write_text(SHORT_SECRET)
    stack.sandbox.start()
    stack.gateway.start()
    # It signed, and the sandbox did not like the signature.
    stack.gateway.wait_for_line("stream_lost")

    assert 0 == stack.gateway.stop()
    assert "Insecure" not in stack.gateway.output()
    assert SHORT_SECRET not in stack.gateway.output()
