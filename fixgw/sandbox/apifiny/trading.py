"""The socket of 2022, `/ws/stream`: log in, then place and cancel; updates come the same way.

It is not in the 2021 manual; its frames are those of the vendor's own clients. Replies have the
REST envelope. Nothing is booked here: every action is the REST call it stands for, so both ways
refuse alike.
"""

import asyncio
from collections.abc import Callable

from msgspec import Raw, Struct

from fixgw.sandbox.apifiny.api import Api, Reply
from fixgw.sandbox.apifiny.calls import ACTIONS, Call
from fixgw.sandbox.apifiny.codes import Code, Refusal, bad_request
from fixgw.sandbox.apifiny.config import KeySettings
from fixgw.sandbox.apifiny.params import Unreadable, read
from fixgw.sandbox.apifiny.stream import Services, Stream, Topic
from fixgw.sandbox.apifiny.wire import encode, failure, success
from fixgw.sandbox.faults import CALL_FAULTS, UNREADABLE_BODY, Answer, Armed

LOGIN = "auth"
HEARTBEAT = "heartbeat"
EVERYTHING: frozenset[Topic] = frozenset({"order", "asset"})


class Frame(Struct, frozen=True):
    """A client's frame: an action with its data, or the answer to a heartbeat."""

    action: str | None = None
    data: Raw = Raw(b"{}")
    pong: int | None = None


class Login(Struct, rename="camel", frozen=True):
    """`data` of the action "auth"."""

    timestamp: int
    api_key: str
    signature: str


class Pulse(Struct, frozen=True):
    """A heartbeat of the client's, or the answer to one."""

    action: str
    data: str


class TradingSession:
    """The state of one connection to the 2022 socket."""

    def __init__(
        self, stream: Stream, api: Api, services: Services, turn: Callable[[], None]
    ) -> None:
        self._stream = stream
        self._api = api
        self._services = services
        self._turn = turn
        self._key: KeySettings | None = None

    def on_text(self, text: str) -> None:
        """Take one frame."""
        try:
            frame = read(text, Frame)
            if frame.action is None:
                if frame.pong is None:
                    raise bad_request("action is missing")
            elif frame.action == HEARTBEAT:
                # ASSUMPTION: the answer; the vendor's client only shows what it sends.
                self._stream.offer(encode(Pulse(HEARTBEAT, "pong")))
            else:
                self._act(frame.action, bytes(frame.data))
        except Unreadable as error:
            self._stream.offer(failure(bad_request(str(error))))
        except Refusal as refusal:
            self._stream.offer(failure(refusal))

    def _act(self, action: str, data: bytes) -> None:
        if action == LOGIN:
            self._log_in(data)
        elif action in ACTIONS:
            self._call(action, ACTIONS[action], data)
        else:
            raise bad_request(f"action {action!r} is not supported")

    def _log_in(self, data: bytes) -> None:
        """ASSUMPTION: how it is answered, and that a refused client may try again."""
        services = self._services
        now = services.clock()
        entry = services.recorder.add(now, "RECV", self._stream.path, LOGIN)
        entry.request = data
        login = read(data, Login)
        try:
            key = self._api.keys.authenticate_login(
                login.api_key, login.timestamp, login.signature, now
            )
            if self._api.account(key).status == "SUSPENDED":
                raise Refusal(Code.ACCOUNT_STATUS)
        except Refusal as refusal:
            entry.reply = failure(refusal)
            raise
        self._key = key
        self._stream.subscribe(key.account_id, self._api.host_venue(None), EVERYTHING)
        entry.account, entry.reply = key.account_id, success("success")
        self._stream.offer(entry.reply)

    def _call(self, action: str, call: Call, data: bytes) -> None:
        services = self._services
        now = services.clock()
        entry = services.recorder.add(now, "RECV", self._stream.path, action)
        entry.request = data
        if call is ACTIONS["newOrder"]:
            self._api.note_new_order(data)
        armed = services.faults.for_call(call.name)
        if armed is not None:
            entry.fault = armed.fault
        if armed is None or CALL_FAULTS[armed.fault].reaches_venue:
            reply = self._answer(call, data, now)
            entry.account, entry.reply = reply.account_id, reply.body
            self._turn()
        if armed is None:
            self._stream.offer(entry.reply)
        else:
            self._fail(armed, entry.reply)

    def _answer(self, call: Call, data: bytes, now: int) -> Reply:
        if self._key is None:
            return Reply(failure(Refusal(Code.SIGNATURE_ERROR)))
        return self._api.answer_action(call, self._key, self._api.host_venue(None), data, now)

    def _fail(self, armed: Armed, reply: bytes) -> None:
        """A socket has no HTTP status: what would be one is a lost connection here."""
        later = asyncio.get_running_loop().call_later
        match CALL_FAULTS[armed.fault].answer:
            case Answer.LATE:
                later(armed.delay_ms / 1000, self._stream.offer, reply)
            case Answer.LATE_DROP:
                later(armed.delay_ms / 1000, self._stream.abort)
            case Answer.UNREADABLE:
                self._stream.offer(UNREADABLE_BODY)
            case (
                Answer.HTTP_500 | Answer.HTTP_502 | Answer.TOO_OFTEN | Answer.TORN | Answer.DROP
            ):
                self._stream.abort()
