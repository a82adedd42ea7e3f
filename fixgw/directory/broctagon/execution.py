"""The Broctagon CRM as a Directory: reads its lists of accounts, page by page.

The only file here that awaits. Reading changes nothing, so a page without an answer is requested
again. An account that could not be read is left out, and never taken for "no such account".
"""

import asyncio
import random
from collections.abc import Iterable, Mapping

from msgspec import Struct

from fixgw.directory.adapter import Answers
from fixgw.directory.broctagon import build, parse
from fixgw.directory.broctagon.config import BroctagonConfig, Listing
from fixgw.directory.broctagon.credentials import Credentials
from fixgw.directory.broctagon.parse import NothingLearned, Page
from fixgw.model.accounts import AccountState, DirectoryName
from fixgw.runtime.clock import Clock, SystemClock
from fixgw.venues.http import HttpClient, Request
from fixgw.venues.outcome import Answer
from fixgw.venues.ratelimit import RateLimiter
from fixgw.venues.stream import Backoff, Random

RETRY_AFTER = "retry-after"
"""A header of 429 and 503: seconds. (RFC 9110 allows a date too; that is not obeyed.)"""

RATE_WINDOW_SECONDS = 1.05
"""The limiter's second, plus the time by which the network may bring two requests closer
together."""


class _Read(Struct, frozen=True):
    """The content of one list."""

    accounts: Mapping[int, AccountState]
    problem: str = ""
    """The reason why it may be incomplete."""


class Broctagon:
    """One configured CRM."""

    def __init__(
        self, name: DirectoryName, config: BroctagonConfig, *, clock: Clock | None = None,
        random: Random = random.random,
    ) -> None:
        self.name = name
        self.config = config
        self._clock = clock or SystemClock()
        self._random = random
        self._url = config.url.rstrip("/")
        self._credentials = Credentials(config.key)
        self._limiter = RateLimiter(config.requests_per_second, RATE_WINDOW_SECONDS)
        self._http: HttpClient | None = None

    def knows(self, account: str) -> bool:
        """Return True if the settings map Account(1) *account* to one of the CRM's accounts."""
        return self.config.place(account) is not None

    async def look_up(self, accounts: Iterable[str]) -> Answers:
        """Look up all of *accounts*: one list after the other, each in full if necessary."""
        lists: dict[Listing, dict[str, int]] = {}
        for account in accounts:
            place = self.config.place(account)
            if place is not None:
                lists.setdefault(place[0], {})[account] = place[1]
        found: dict[str, AccountState | None] = {}
        problems = []
        for listing, logins in lists.items():
            read = await self._read(listing, frozenset(logins.values()))
            for account, login in logins.items():
                if login in read.accounts or not read.problem:
                    found[account] = read.accounts.get(login)
            if read.problem:
                problems.append(f"{listing.platform} {listing.connection_id}: {read.problem}")
        return Answers(accounts=found, problems=tuple(problems))

    async def stop(self) -> None:
        """Close all sockets."""
        if self._http is not None:
            await self._http.close()

    # ------------------------------------------------------------------- a list

    async def _read(self, listing: Listing, wanted: frozenset[int]) -> _Read:
        """Read *listing* until all *wanted* accounts are found, or to its end."""
        found: dict[int, AccountState] = {}
        seen: set[int] = set()
        counts: set[int] = set()
        skip = 0
        while True:
            page = await self._page(listing, skip)
            if isinstance(page, NothingLearned):
                return _Read(found, page.text)
            if page.count > self.config.accounts_max:
                return _Read(found, f"lists {page.count} accounts, more than accounts_max")
            counts.add(page.count)
            for record in page.records:
                seen.add(record.login)
                if record.login in wanted:
                    found[record.login] = parse.state(
                        record, silent_is_read_only=self.config.silent_is_read_only
                    )
            rows = len(page.records) + page.unread
            skip += rows
            if len(found) == len(wanted):
                return _Read(found)
            if not rows or skip >= page.count:
                break
        # Pages are counted from the list's begin: an account that goes moves others to a page
        # that was read already. Only a list that held still says who is not in it.
        if counts != {len(seen)}:
            return _Read(found, "the list changed while it was read")
        return _Read(found)

    async def _page(self, listing: Listing, skip: int) -> Page | NothingLearned:
        config = self.config
        call = build.accounts(
            config.path(listing.platform), listing, skip=skip, limit=config.page_size
        )
        backoff = Backoff(config.backoff_min_seconds, config.backoff_max_seconds, self._random)
        attempt = 1
        while True:
            page, retry_after = await self._ask(call)
            if isinstance(page, Page) or page.final or attempt == config.attempts:
                return page
            attempt += 1
            await asyncio.sleep(
                min(max(retry_after, backoff.next()), config.backoff_max_seconds)
            )

    async def _ask(self, call: build.Call) -> tuple[Page | NothingLearned, float]:
        """Make one attempt; return its result, and how many seconds the server asks us to wait."""
        while wait := self._limiter.wait(self._clock.monotonic()):
            await asyncio.sleep(wait)
        self._limiter.take(self._clock.monotonic())
        request = Request(
            call.method, self._url + call.path, self._credentials.headers(call), call.body
        )
        result = await self._client().send(request)
        if not isinstance(result, Answer):
            return NothingLearned(result.text), 0.0
        after = result.headers.get(RETRY_AFTER, "")
        return parse.accounts(result.status, result.body), float(after) if after.isdecimal() else 0

    def _client(self) -> HttpClient:
        # Not made with the adapter, which may be made where no loop runs.
        if self._http is None:
            self._http = HttpClient(
                connect_seconds=self.config.connect_timeout_seconds,
                answer_seconds=self.config.request_timeout_seconds,
                headers=(RETRY_AFTER,),
            )
        return self._http
