"""`make demo`: FIX orders reach venues, and survive a kill -9.

First one venue in three FIX versions, then (`four`) one session and four venues. Everything is
real: a QuickFIX initiator, the gateway and the venues' sandboxes as processes of their own. It
shows what was said, and checks it: the exit code is 0 only if all of it was seen.
"""

import tempfile
from decimal import Decimal
from pathlib import Path

from tests.demo import four
from tests.demo.facts import NOT_REACHED, SEEN, Facts, missing
from tests.demo.scene import Ear, Scene
from tests.demo.screen import Screen
from tests.demo.translate import apifiny
from tests.support.quickfix_initiator import FIX42, FIX44, FIX50SP2, Initiator, Message, Version
from tests.support.stack import Stack
from tests.support.story import Story, kind

VERSIONS = (FIX42, FIX44, FIX50SP2)
KILLED = FIX44
"""In the story of this one the gateway dies."""

LOGGED_ON = "the Logon is answered, and both sides begin at 1"
RESTED = "the order is reported Pending New, then New"
PART_FILLED = "0.25 of it fills, and the report says so to the digit"
RESTARTED = "after kill -9 both sequence numbers go on where they were"
MISSED = "the fill that happened meanwhile is reported, once"
FILLED = "the rest fills: CumQty 1, LeavesQty 0, commission to the digit"
CANCELED = "another is reported Pending Cancel, then Canceled"
STATUSES = "asked for their status: Filled, and Canceled"
REJECTED = "an unknown symbol is Rejected, and never reaches the venue"
ONCE = "the venue got each order once, and agrees on what was filled"
NUMBERS = "no sequence number is missing or used twice, no ExecID either"
VALID = "QuickFIX found nothing wrong with any message"
FACTS = (
    LOGGED_ON, RESTED, PART_FILLED, RESTARTED, MISSED, FILLED, CANCELED, STATUSES, REJECTED, ONCE,
    NUMBERS, VALID,
)
NEXT = (
    "Next: `make run` starts the same four venues for your own FIX client. While it runs, `fixgw"
    " venues` shows the state of each venue, and `fixgw orders --in-doubt` lists the orders whose"
    " outcome is unknown; `make run` prints both commands in full."
)

OF_THE_KILL = frozenset({RESTARTED, MISSED})


def main() -> int:
    """Play, and return the exit code."""
    screen = Screen()
    facts: Facts = {
        fact: {
            version.name: NOT_REACHED
            for version in VERSIONS
            if fact not in OF_THE_KILL or version is KILLED
        }
        for fact in FACTS
    }
    facts_of_four = four.facts_to_see()
    with tempfile.TemporaryDirectory(prefix="fixgw-demo-") as folder:
        try:
            _play_versions(screen, Path(folder) / "versions", facts)
            four.play(screen, Path(folder) / "four", facts_of_four)
        except AssertionError as error:
            # Something that was waited for has not come: the checklist says what.
            screen.event(str(error))
    screen.heading("What was seen")
    screen.checklist("one venue", [version.name for version in VERSIONS], facts)
    screen.checklist("four venues", four.COLUMNS, facts_of_four)
    count = missing(facts) + missing(facts_of_four)
    if count:
        screen.say(f"{count} of the facts above were not seen.", style="bold red")
        return 1
    screen.say("All of it was seen.", style="bold green")
    screen.say(NEXT)
    return 0


def _play_versions(screen: Screen, directory: Path, facts: Facts) -> None:
    directory.mkdir()
    stack = Stack(directory)
    _introduce(screen, stack)
    try:
        with stack:
            for version in VERSIONS:
                Part(screen, stack, version, facts).play()
    except AssertionError:
        screen.say(stack.output())
        raise


def _introduce(screen: Screen, stack: Stack) -> None:
    screen.heading("fixgw: FIX in front, REST and WebSocket behind")
    screen.say(
        "A trading firm's system speaks FIX: messages of numbered fields, such as Side(54) = 1 for"
        " buy. The venue speaks REST and WebSocket. The gateway stands between them. Here are all"
        " three: a QuickFIX client, the gateway, and a sandbox that serves the venue's documented"
        " API with a matching engine behind it. First comes one venue in three FIX versions, then"
        " one FIX session and four venues at once."
    )
    screen.say(
        "\nIn the tables 34 is the message's sequence number. The frame of each message (CompIDs,"
        " times, length, checksum) is left out.",
        style="dim",
    )
    screen.say(
        f"\nStarting the sandbox on port {stack.venue_port}, the gateway on port {stack.port} …",
        style="dim",
    )


class Part:
    """The story of one version."""

    def __init__(self, screen: Screen, stack: Stack, version: Version, facts: Facts) -> None:
        self.screen = screen
        self.stack = stack
        self.venue = stack.venue
        self.version = version
        self.facts = facts
        self.client = Initiator(version, stack.port, stack.directory / version.comp_id)
        self.story = Story(self.client, self.venue, version.comp_id.removeprefix("CLIENT"))
        ear = Ear(stack.sandbox, self.venue.requests, apifiny)
        self.scene = Scene(screen, self.client, facts, [ear])

    def play(self) -> None:
        """All steps, and what they must have shown."""
        self.screen.heading(self.version.name)
        self.screen.columns()
        try:
            self._steps()
        finally:
            self.scene.show()
            self.client.stop(abruptly=True)

    def _steps(self) -> None:
        story, version = self.story, self.version
        self.scene.step(
            "Log on",
            "The client opens the session with its CompID and its sequence number.",
            self._log_on,
        )
        self._check(
            LOGGED_ON,
            self.client.messages,
            "35=A|34=1|49=" + version.comp_id,
            "35=A|34=1|49=FIXGW",
        )
        rested = self.scene.step(
            "Place an order that rests",
            "Buy 1 bitcoin at 50000, where nobody sells. The gateway records the order before it "
            "sends it; then the venue accepts it.",
            story.rest,
        )
        self._check(
            RESTED,
            rested,
            f"39=A|{kind(version, 'pending new')}|151=1|14=0",
            f"39=0|{kind(version, 'new')}|151=1|14=0",
        )
        part = self.scene.step(
            "A partial fill",
            "Another trader sells a quarter of it. The venue reports it on its stream, the gateway "
            "in FIX.",
            story.part_fill,
        )
        self._check(
            PART_FILLED,
            part,
            f"39=1|{kind(version, 'partial fill')}|32=0.25|31=50000|14=0.25|151=0.75|6=50000",
        )
        last = self._fill_while_dead() if version is KILLED else self._fill()
        self._check(
            FILLED,
            last,
            f"39=2|{kind(version, 'fill')}|32=0.75|31=50000|14=1|151=0|6=50000|12=18.75|13=3",
        )
        canceled = self.scene.step(
            "Cancel another order",
            "A second order rests, and the client asks to cancel it. It is canceled only when the "
            "venue has confirmed that.",
            story.place_and_cancel,
        )
        self._check(
            CANCELED,
            canceled,
            f"39=6|{kind(version, 'pending cancel')}|41={story.doomed}",
            f"39=4|{kind(version, 'canceled')}|41={story.doomed}|151=0|14=0",
        )
        statuses = self.scene.step(
            "Ask for the status of both", "The gateway answers from its own record.", story.ask
        )
        status = kind(version, "status")
        self._check(
            STATUSES,
            statuses,
            f"39=2|{status}|11={story.resting}|14=1",
            f"39=4|{status}|11={story.doomed}|14=0",
        )
        rejected = self.scene.step(
            "Order something that does not exist",
            "The gateway knows the venue's symbols: it rejects the order at once, with the reason.",
            story.mistake,
        )
        self._check(REJECTED, rejected, f"39=8|{kind(version, 'rejected')}|103=1|151=0")
        self._check_venue()
        self.scene.check_numbers(NUMBERS, version.name)
        self.scene.check_valid(VALID, version.name)

    def _fill(self) -> list[Message]:
        return self.scene.step(
            "The rest fills",
            "The order is filled: LeavesQty(151) is 0. Commission(12) comes from the venue.",
            self.story.fill,
        )

    def _fill_while_dead(self) -> list[Message]:
        """kill -9, a fill that nobody hears of, and what the client sees then."""
        client, screen = self.client, self.screen
        before = client.numbers
        screen.step(
            "The gateway dies",
            "kill -9, while the order rests. While the gateway is dead, another trader sells us "
            "the rest. Then the gateway starts again: it reads its journal and asks the venue what "
            "has happened, and the client reconnects. The sequence numbers show each side what it "
            "missed, and it asks for that (ResendRequest); session messages are skipped "
            "(SequenceReset). Nobody repairs anything by hand.",
        )
        start, logons = len(client.messages), client.logons
        self.stack.gateway.kill()
        screen.event("✗ the gateway is killed (SIGKILL)")
        self.venue.sell("0.75", "50000")
        self.scene.show()
        self.stack.gateway.start()
        client.wait_until(lambda: client.logons > logons, "the client logs on again")
        client.wait_for(f"35=8|11={self.story.resting}|39=2", since=start)
        screen.event("✓ the gateway is back", good=True)
        self.scene.show()
        after = client.messages[start:]
        logon = next(message for message in after if message.sent and message.msg_type == "A")
        answer = next(message for message in after if not message.sent and message.msg_type == "A")
        goes_on = logon.seq_num == before[0] and answer.seq_num >= before[1]
        self.facts[RESTARTED][self.version.name] = (
            SEEN
            if goes_on and answer.get(141) is None
            else f"expected {before}, and these Logons came: {logon}, {answer}"
        )
        fills = [m for m in self.client.reports(self.story.resting) if m.get(39) == "2"]
        numbers = {message.seq_num for message in fills if message.get(32) == "0.75"}
        self.facts[MISSED][self.version.name] = (
            SEEN if len(numbers) == 1 else f"reported {len(numbers)} times: {fills}"
        )
        return [message for message in after if not message.sent]

    def _log_on(self) -> list[Message]:
        self.client.log_on()
        return self.client.received

    # -------------------------------------------------------------- checks

    def _check(self, fact: str, messages: list[Message], *expected: str) -> None:
        self.scene.check(fact, self.version.name, messages, *expected)

    def _check_venue(self) -> None:
        story = self.story
        order_ids = {
            report[37]: report
            for name in (story.resting, story.doomed)
            for report in self.client.reports(name)
            if report.get(17) != "0"
        }
        rows = {row["order"]["orderId"][-16:]: row for row in self.venue.orders()}
        wrong = [
            f"{row['newOrderCalls']} newOrder calls for {order_id}"
            for order_id, row in rows.items()
            if row["newOrderCalls"] != 1
        ]
        for order_id, report in order_ids.items():
            row = rows.get(order_id)
            filled = row["order"]["filledCumulativeQuantity"] if row else "nothing"
            if filled != Decimal(report[14]):
                wrong.append(f"CumQty(14) {report[14]} of {order_id}: the venue says {filled}")
        self.facts[ONCE][self.version.name] = "\n".join(wrong)
        mistaken = self.client.reports(story.unknown)[-1][37]
        if mistaken in rows:
            self.facts[REJECTED][self.version.name] = f"the venue has {mistaken}"
