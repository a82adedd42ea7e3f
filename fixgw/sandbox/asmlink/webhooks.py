"""Deliveries to whoever registered: signed, retried by the document's schedule, then given up.

Each event has a task for each of its receivers, so a slow one holds up nobody else, and events
may arrive in another order than they happened. An answer of 2xx is a delivery.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable

import aiohttp
import msgspec
from msgspec import Struct

from fixgw.sandbox.asmlink.config import BehaviourSettings
from fixgw.sandbox.asmlink.wire import EventView, RegisterBody, encode
from fixgw.sandbox.faults import STREAM_FAULTS, Faults, StreamFault
from fixgw.sandbox.record import Recorder

SIGNATURE_HEADER = "X-CM-Signature"
WEBHOOK = "webhook"


class Delivery(Struct, kw_only=True):
    """The delivery of one event to one receiver."""

    event_id: str
    event_type: str
    order_id: str | None
    url: str
    attempts: int = 0
    status: str = "PENDING"
    """DELIVERED, or DELIVERY_FAILED: "queued for manual replay"."""


class Webhooks:
    """All registrations, and the deliveries under way."""

    def __init__(
        self, behaviour: BehaviourSettings, clock: Callable[[], int], faults: Faults,
        recorder: Recorder,
    ) -> None:
        self._behaviour = behaviour
        self._clock = clock
        self._faults = faults
        self._recorder = recorder
        self._registered: dict[tuple[str, str], RegisterBody] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._failed: list[tuple[Delivery, EventView, RegisterBody]] = []
        self.deliveries: list[Delivery] = []

    def register(self, body: RegisterBody) -> None:
        """ASSUMPTION: the same account and URL again replaces what was."""
        self._registered[body.account_id, body.url] = body

    def publish(self, event: EventView) -> None:
        """Deliver *event* to whoever wants it."""
        for receiver in self._registered.values():
            if receiver.account_id == event.account_id and event.event_type in receiver.events:
                delivery = Delivery(
                    event_id=event.event_id, event_type=event.event_type, url=receiver.url,
                    order_id=event.order_id if isinstance(event.order_id, str) else None,
                )
                self.deliveries.append(delivery)
                self._start(delivery, event, receiver)

    def replay(self) -> int:
        """Deliver again what was given up: the portal's manual replay."""
        failed, self._failed = self._failed, []
        for delivery, event, receiver in failed:
            delivery.status = "PENDING"
            self._start(delivery, event, receiver)
        return len(failed)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _start(self, delivery: Delivery, event: EventView, receiver: RegisterBody) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(delivery, event, receiver))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(
        self, delivery: Delivery, event: EventView, receiver: RegisterBody
    ) -> None:
        for wait in (0.0, *self._behaviour.retry_seconds):
            await asyncio.sleep(wait)
            delivery.attempts += 1
            if await self._attempt(delivery, event, receiver):
                delivery.status = "DELIVERED"
                return
        delivery.status = "DELIVERY_FAILED"
        self._failed.append((delivery, event, receiver))

    async def _attempt(
        self, delivery: Delivery, event: EventView, receiver: RegisterBody
    ) -> bool:
        body = encode(
            msgspec.structs.replace(
                event, delivery_attempt=delivery.attempts, signature_header=SIGNATURE_HEADER,
                idempotent=True,
            )
        )
        entry = self._recorder.add(self._clock(), "POST", receiver.url, WEBHOOK)
        entry.account, entry.request = event.account_id, body
        armed = self._faults.for_message(WEBHOOK)
        copies = 1
        if armed is not None:
            entry.fault = armed.fault
            match STREAM_FAULTS[armed.fault]:
                case StreamFault.SILENT | StreamFault.DROP | StreamFault.SWAP:
                    # Tried again, and then behind what came after it.
                    return False
                case StreamFault.LATE:
                    await asyncio.sleep(armed.delay_ms / 1000)
                case StreamFault.DUPLICATE:
                    copies = 2
        answers = [await self._post(receiver, body) for _ in range(copies)]
        entry.reply = b" ".join(b"%d" % answer for answer in answers)
        return all(200 <= answer < 300 for answer in answers)

    async def _post(self, receiver: RegisterBody, body: bytes) -> int:
        """Return the status of the answer; 0 for none."""
        seal = hmac.new(receiver.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: seal}
        if self._session is None:
            seconds = self._behaviour.delivery_timeout_seconds
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds))
        try:
            async with self._session.post(receiver.url, data=body, headers=headers) as answer:
                return answer.status
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return 0
