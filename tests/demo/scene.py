"""What the demo's parts have in common: a client, venues that are listened to, and facts.

A scene shows each step and what was said in it, and notes of each fact whether it was seen. It
starts and ends no process.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.demo.facts import SEEN, Facts
from tests.demo.glossary import glossary
from tests.demo.said import Said
from tests.demo.screen import Screen
from tests.support.quickfix_initiator import Initiator, Message
from tests.support.stack import Process
from tests.support.story import missing_numbers, repeated_exec_ids, says, used_twice

Translate = Callable[[Any], Said | None]


class Ear(NamedTuple):
    """Listens to one sandbox."""

    process: Process
    requests: Callable[[int], list[Any]]
    """Its record after a number."""
    translate: Translate
    venue: str = ""
    """What it is called where there are several."""


class Scene:
    """One client's part of the demo."""

    def __init__(
        self,
        screen: Screen,
        client: Initiator,
        facts: Facts,
        ears: Sequence[Ear],
        *,
        brief: bool = False,
    ) -> None:
        self.screen = screen
        self.client = client
        self.facts = facts
        self._words = glossary(client.version)
        self._ears = ears
        self._brief = brief
        self._shown_messages = 0
        self._heard = {ear: _last(ear.requests(0)) for ear in ears}

    def step(self, title: str, sentence: str, play: Callable[[], list[Message]]) -> list[Message]:
        """Say what comes, play it, and show what was said; the gateway's messages."""
        self.screen.step(title, sentence)
        try:
            return play()
        finally:
            self.show()

    def show(self) -> None:
        """Print what was said since the last time."""
        messages = self.client.messages[self._shown_messages:]
        self._shown_messages += len(messages)
        said = [each for ear in self._ears if ear.process.running for each in self._hear(ear)]
        self.screen.exchange(messages, said, self._words, brief=self._brief)

    def _hear(self, ear: Ear) -> list[Said]:
        entries = ear.requests(self._heard[ear])
        self._heard[ear] = _last(entries, self._heard[ear])
        translated = [ear.translate(entry) for entry in entries]
        return [each._replace(venue=ear.venue) for each in translated if each is not None]

    # ------------------------------------------------------------------ facts

    def check(self, fact: str, column: str, messages: Sequence[Message], *expected: str) -> None:
        """Each of *expected* must be found in a message, one after the other."""
        waiting = list(expected)
        for message in messages:
            if waiting and says(message, waiting[0]):
                waiting.pop(0)
        self.facts[fact][column] = (
            f"no {waiting[0]} among:\n" + "\n".join(map(repr, messages)) if waiting else SEEN
        )

    def check_numbers(self, fact: str, column: str) -> None:
        """No MsgSeqNum(34) is missing or used twice, and no ExecID(17) is used twice."""
        messages = self.client.messages
        wrong = [
            f"{who}: {what} {found}"
            for sent, who in ((True, "client"), (False, "gateway"))
            for what, found in (
                ("left out", missing_numbers(messages, sent=sent)),
                ("used twice", used_twice(messages, sent=sent)),
            )
            if found
        ]
        repeated = repeated_exec_ids(self.client.received)
        if repeated:
            wrong.append(f"ExecID used twice: {repeated}")
        self.facts[fact][column] = "\n".join(wrong)

    def check_valid(self, fact: str, column: str) -> None:
        """QuickFIX has sent no Reject(35=3) and no BusinessMessageReject(35=j)."""
        rejects = [message for message in self.client.sent if message.msg_type in ("3", "j")]
        self.facts[fact][column] = "\n".join(map(repr, rejects))


def _last(entries: Sequence[Any], before: int = 0) -> int:
    return int(entries[-1]["number"]) if entries else before
