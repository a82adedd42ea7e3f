"""Clients are added, changed and removed in a running gateway while a QuickFIX initiator trades."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.conftest import StartStack
from tests.support.quickfix_initiator import FIX42, FIX44, FIX50SP2, Initiator
from tests.support.stack import REPOSITORY, Stack, wait_until
from tests.support.story import new_order

TRADERS_SECONDS = 0.02
"""Between two orders of the bystander."""


@pytest.fixture
def stack(start_stack: StartStack) -> Stack:
    """With a client of FIX 4.4 only; the files of the others lie beside its own."""
    stack = start_stack(
        venue_settings="requests_per_second = 0", sandbox_settings={"requests_per_second": 0}
    )
    for name in ("demo42", "demo50", "demo50sp1", "demo50sp2"):
        cfg(stack, name).rename(cfg(stack, name).with_suffix(".later"))
    assert 0 == fixgw_reload(stack)[0]
    return stack


def cfg(stack: Stack, name: str) -> Path:
    return stack.sessions / f"{name}.cfg"


def add(stack: Stack, name: str, lines: str = "") -> None:
    text = cfg(stack, name).with_suffix(".later").read_text()
    cfg(stack, name).write_text(f"{text}\n{lines}\n")


def fixgw_reload(stack: Stack) -> tuple[int, list[str]]:
    """`fixgw reload` as an operator runs it: exit code, and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "fixgw", "reload", "--sessions", str(stack.sessions)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=90,
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


def sighup(stack: Stack) -> None:
    """The other way, for those who have no fixgw at hand."""
    before = stack.gateway.output().count("reloaded ")
    os.kill(stack.gateway.pid, signal.SIGHUP)
    wait_until(lambda: stack.gateway.output().count("reloaded ") > before, "it has reloaded")


@contextmanager
def trading(stack: Stack) -> Iterator[Initiator]:
    """A client that places orders all the time; at the end, all of it must have been answered."""
    with Initiator(FIX44, stack.port, stack.directory / "bystander") as client:
        stop, placed = threading.Event(), list[str]()

        def trade() -> None:
            while not stop.wait(TRADERS_SECONDS):
                placed.append(f"B{len(placed)}")
                client.send(new_order(placed[-1], quantity="0.01"))

        trader = threading.Thread(target=trade)
        trader.start()
        try:
            yield client
        finally:
            stop.set()
            trader.join()
        client.wait_until(
            lambda: set(placed) <= {m[11] for m in client.reports() if m[39] == "0"},
            "all orders are answered",
        )
        numbers = [message.seq_num for message in client.received]
        assert list(range(1, len(numbers) + 1)) == numbers
        # No Logout, no Reject, nothing asked for again, nothing sent again.
        assert {"A", "8"} == {message.msg_type for message in client.received} - {"0", "1"}
        assert 1 == client.logons


def test_clients_come_and_go_while_another_trades(stack: Stack) -> None:
    with trading(stack) as bystander:
        add(stack, "demo42")
        add(stack, "demo50sp2")
        sighup(stack)
        with (
            Initiator(FIX42, stack.port, stack.directory / "42") as other,
            Initiator(FIX50SP2, stack.port, stack.directory / "50sp2"),
        ):
            other.send(new_order("A", quantity="0.01"))
            other.wait_for("35=8|11=A|39=0")

            add(stack, "demo42", "PendingReports=N")
            code, told = fixgw_reload(stack)
            assert (0, "changed\tFIX.4.2:FIXGW->CLIENT42\tPendingReports: at once") == (
                code, told[0]
            )
            other.send(new_order("B", quantity="0.01"))
            other.wait_for("35=8|11=B|39=0")
            assert ["0"] == [report[39] for report in other.reports("B")]

            add(stack, "demo42", "PendingReports=N\nMaxLatency=60")
            code, told = fixgw_reload(stack)
            assert (0, "changed\tFIX.4.2:FIXGW->CLIENT42\tMaxLatency: logged out first") == (
                code, told[0]
            )
            other.wait_for("35=5|58=this session was changed; log on again")
            # QuickFIX comes back by itself, and its numbers go on.
            other.wait_until(lambda: other.logons == 2, "it has logged on again")
            other.send(new_order("C", quantity="0.01"))
            other.wait_for("35=8|11=C|39=0")

            cfg(stack, "demo42").unlink()
            code, told = fixgw_reload(stack)
            assert (1, "refused\tFIX.4.2:FIXGW->CLIENT42\thas open orders (3)") == (
                code, told[0].partition(",")[0]
            )
            assert other.logged_on

            cfg(stack, "demo50sp2").unlink()
            assert "removed\tFIXT.1.1:FIXGW->CLIENT50SP2\t" in fixgw_reload(stack)[1]
        assert bystander.logged_on


def test_settings_with_an_error_change_nothing(stack: Stack) -> None:
    with trading(stack):
        add(stack, "demo42", "nonsense")

        code, told = fixgw_reload(stack)

        assert 1 == code and "expected Key=Value" in told[-1]
        assert 1 == stack.gateway.output().count(" reloaded "), "that of the start"
        # Somebody who only signals is told in the log.
        os.kill(stack.gateway.pid, signal.SIGHUP)
        wait_until(
            lambda: 2 == stack.gateway.output().count(" not_reloaded "), "it is told again"
        )


def test_a_signal_that_comes_before_it_listens_is_heeded_then(start_stack: StartStack) -> None:
    stack = start_stack()
    stack.gateway.stop()
    stack.gateway.launch()
    stack.gateway.wait_for_line("starting")
    os.kill(stack.gateway.pid, signal.SIGHUP)

    stack.gateway.wait_ready()

    stack.gateway.wait_for_line("reloaded ")
    assert stack.gateway.running


OF_THE_START = "not-a-secret-demo-trader-0000000000000001"
NEXT = "not-a-secret-demo-trader-0000000000000009"


def test_a_new_key_of_the_venue_is_in_use_after_a_reload_by_somebody_who_knows_none(
    start_stack: StartStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other secret is in the gateway's environment alone: who asks has no need of it."""
    monkeypatch.setenv("FIXGW_MAKER_SECRET", "not-a-secret-demo-maker-00000000000000002")
    stack = start_stack(sessions=("demo44",))
    stack.gateway.stop()
    toml = stack.sessions / "gateway.toml"
    toml.write_text(toml.read_text() + (
        '[venues.apifiny.accounts.STA-00000002]\nkey_id = "demo-maker-key"\n'
        'secret = { env = "FIXGW_MAKER_SECRET" }\n'
    ))
    stack.gateway.start()
    monkeypatch.delenv("FIXGW_MAKER_SECRET")
    stack.sandbox.stop()
    sandbox = stack.sessions / "apifiny-sandbox.toml"
    sandbox.write_text(sandbox.read_text().replace(OF_THE_START, NEXT))
    stack.sandbox.start()
    file = stack.sessions / "secrets" / "apifiny-STA-00000001"
    file.write_text(NEXT)

    code, told = fixgw_reload(stack)

    assert (0, "changed\t[venues.apifiny] accounts.STA-00000001.secret") == (
        code, told[0].rpartition("\t")[0]
    )
    with Initiator(FIX44, stack.port, stack.directory / "client") as client:
        client.send(new_order("A", quantity="0.01"))
        client.wait_for("35=8|11=A|39=0")
    assert NEXT not in stack.output()
