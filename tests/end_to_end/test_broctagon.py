"""A QuickFIX initiator, the gateway, the Apifiny sandbox and a Broctagon CRM that says who may."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.directory.broctagon.process import CrmProcess
from tests.support.quickfix_initiator import FIX44, FIX50, Initiator, Message, Version
from tests.support.secrets import CRM_KEY
from tests.support.recorded import content
from tests.support.stack import TRADER, Stack, wait_until
from tests.support.story import cancel_request, new_order, repeated_exec_ids

PRICE = "6500"
DOWN_SECONDS = 60.0
KNOWN = "last_known_minutes = 30"
BRIEFLY = "last_known_minutes = 0"


class Desk:
    """All of it, with one client."""

    def __init__(self, stack: Stack, crm: CrmProcess, client: Initiator) -> None:
        self.stack = stack
        self.crm = crm
        self.client = client
        self._orders = 0

    def order(self) -> Message:
        """Send an order; the report that says whether it was taken on."""
        self._orders += 1
        name = f"{self.client.version.comp_id}-{self._orders}"
        self.client.send(new_order(name, price=PRICE))
        return self.client.wait_for(
            lambda message: message.msg_type == "8" and message.get(11) == name
            and message.get(39) in ("0", "8")
        )

    def refused(self) -> tuple[str, str]:
        """OrdRejReason(103) and Text(58) of an order that must be refused; nothing has left."""
        before = len(self.stack.venue.orders())
        report = self.order()
        assert ("8", "8", "0") == (report[150], report[39], report[151])
        assert before == len(self.stack.venue.orders())
        return report[103], report[58]

    def until(self, status: str) -> None:
        """Send orders until the report on one has this OrdStatus(39): an answer counts for two
        seconds here, which a busy machine may need for a look-up."""
        wait_until(
            lambda: self.order()[39] == status, f"an order has OrdStatus(39) {status}", DOWN_SECONDS
        )

    def takes(self) -> str:
        """ClOrdID(11) of an order that must be taken on."""
        report = self.order()
        assert "0" == report[39], report
        return report[11]


@contextmanager
def desk(
    directory: Path, more: str = "", *, version: Version = FIX44, seconds: int = 1,
    enable: bool = True,
) -> Iterator[Desk]:
    """A started one; *more* are lines for `[directories.crm]`, *seconds* how often it is asked."""
    crm = CrmProcess(directory / "crm")
    settings = crm.table(more or KNOWN, seconds=seconds)
    stack = Stack(directory / "stack", settings=settings, sessions=("demo44", "demo50"))
    try:
        crm.process.start()
        crm.change(enable=enable)
        with stack, Initiator(version, stack.port, directory / "client") as client:
            yield Desk(stack, crm, client)
    finally:
        crm.process.close()


def cannot_be_checked(told: tuple[str, str]) -> bool:
    """Whether an order was refused as the directory is down."""
    reason, text = told
    start = f"Account(1) '{TRADER}' cannot be checked: directory crm has not answered for "
    return reason == "99" and text.startswith(start)


def test_who_may_trade_is_what_the_crm_says_now(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        name = f"Account(1) '{TRADER}'"
        one.takes()

        one.crm.set(enable=False)
        assert ("15", f"{name} is disabled") == one.refused()
        line = one.stack.gateway.wait_for_line("account_stopped_with_open_orders")
        assert "open orders of it: 1" in line

        one.crm.set(enable_readonly=True)
        assert ("15", f"{name} is read-only") == one.refused()

        one.crm.set(balance="250.49")
        assert ("3", f"{name} has 250.49 USD of free margin, 250.50 is needed") == one.refused()
        one.crm.set(balance="250.50")
        one.takes()
        one.crm.set(currency="EUR")
        assert (
            "3", f"{name}: no min_free_margin is set for its currency 'EUR'"
        ) == one.refused()

        one.crm.remove()
        assert ("15", f"{name} is unknown to the directory") == one.refused()
        one.crm.set()
        one.takes()
        assert [] == [message for message in one.client.received if message.msg_type in "3j"]
        assert [] == repeated_exec_ids(one.client.received)


def test_a_client_of_a_stopped_account_cancels_what_is_open(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        name = one.takes()
        one.crm.set(enable=False)
        one.client.stop()
        # It has an open order, so it is let in again.
        one.client.log_on()
        one.client.send(cancel_request("CANCEL", name))
        one.client.wait_for("35=8|11=CANCEL|39=4")

        one.client.stop()
        since = len(one.client.messages)
        one.client.start()
        goodbye = one.client.wait_for("35=5", since=since)
        assert "no account of this session may trade" == goodbye[58]

        one.crm.set()
        one.client.wait_until(lambda: one.client.logged_on, "it is let in by itself")
        one.takes()


def test_a_version_that_has_a_status_of_the_session_is_told_it(tmp_path: Path) -> None:
    with desk(tmp_path, version=FIX50) as one:
        one.crm.set(enable=False)
        one.client.stop()
        since = len(one.client.messages)
        one.client.start()
        goodbye = one.client.wait_for("35=5", since=since)
        assert ("6", "no account of this session may trade") == (goodbye[1409], goodbye[58])


def test_a_crm_that_is_down_stops_trading_and_one_that_is_back_does_not(tmp_path: Path) -> None:
    with desk(tmp_path, BRIEFLY) as one:
        one.until("0")
        name = one.client.reports()[-1][11]
        one.crm.process.kill()
        one.stack.gateway.wait_for_line("directory_down")
        one.until("8")
        assert cannot_be_checked(one.refused())
        # Who is off may log on again: the silence of a CRM keeps nobody from cancelling.
        one.client.stop()
        one.client.log_on()
        one.client.send(cancel_request("CANCEL", name))
        one.client.wait_for("35=8|11=CANCEL|39=4")
        assert cannot_be_checked(one.refused())

        one.crm.process.start()
        one.stack.gateway.wait_for_line("directory_up")
        one.until("0")


def test_what_was_known_last_counts_for_so_many_minutes(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.takes()
        one.crm.process.kill()
        one.stack.gateway.wait_for_line("directory_down")
        for _ in range(3):
            one.takes()


def test_a_crm_that_hangs_holds_neither_an_order_nor_a_logon_up(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.takes()
        os.kill(one.crm.process.pid, signal.SIGSTOP)
        try:
            one.stack.gateway.wait_for_line("directory_down")
            one.takes()
            one.client.stop()
            one.client.log_on()
            one.takes()
        finally:
            os.kill(one.crm.process.pid, signal.SIGCONT)
        one.stack.gateway.wait_for_line("directory_up")


@pytest.mark.parametrize("fault", ["http_500_after_accept", "unreadable_body"])
def test_a_crm_that_answers_nonsense_is_down_and_not_empty(tmp_path: Path, fault: str) -> None:
    with desk(tmp_path, BRIEFLY) as one:
        one.until("0")
        one.crm.arm(fault, times=10_000)
        one.stack.gateway.wait_for_line("directory_down")
        one.until("8")
        assert cannot_be_checked(one.refused())
        one.crm.behave()
        one.stack.gateway.wait_for_line("directory_up")
        one.until("0")


def test_a_gateway_that_starts_before_its_crm_takes_orders_once_it_is_there(
    tmp_path: Path,
) -> None:
    crm = CrmProcess(tmp_path / "crm")
    stack = Stack(tmp_path / "stack", settings=crm.table(), sessions=("demo44",))
    try:
        with stack, Initiator(FIX44, stack.port, tmp_path / "client") as client:
            one = Desk(stack, crm, client)
            assert (
                "99",
                f"Account(1) '{TRADER}' cannot be checked: directory crm has not answered yet",
            ) == one.refused()
            crm.process.start()
            stack.gateway.wait_for_line("directory_up")
            one.until("0")
    finally:
        crm.process.close()


def test_however_many_orders_are_refused_the_crm_is_not_asked_more_often(tmp_path: Path) -> None:
    with desk(tmp_path, "refuse_logon = false", seconds=3600, enable=False) as one:
        for number in range(300):
            one.client.send(new_order(f"F{number}", price=PRICE))
        last = one.client.wait_for("35=8|39=8|11=F299")
        assert f"Account(1) '{TRADER}' is disabled" == last[58]
        # It was asked when the gateway started.
        assert 1 == len(one.crm.requests())


def test_the_key_is_sent_and_never_shown(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.stack.gateway.stop()
        text = (one.stack.sessions / "gateway.toml").read_text()
        (one.stack.sessions / "gateway.toml").write_text(
            text.replace("[listener]", '[log]\nlevel = "debug"\n[listener]')
        )
        one.stack.gateway.start()
        one.client.wait_until(lambda: one.client.logons == 2, "it is let in again")
        one.takes()
        one.crm.arm("http_502", times=10)
        one.stack.gateway.wait_for_line("directory_down")
        one.stack.gateway.stop()

        shown: dict[str, Callable[[], str]] = {
            "what was said": one.stack.output,
            "the CRM's log": one.crm.process.output,
            "what the CRM was asked": lambda: str(one.crm.requests()),
            "the journal": lambda: content(one.stack.journal).decode(errors="replace"),
        }
        for where, look in shown.items():
            assert CRM_KEY not in look(), where
