"""A reload: the settings are read again, and what changed is changed, while the others trade.

Files and dictionaries are read in a thread; then sessions are changed and
removed in one tick, and added in the next ones. A session that is as it was is
not touched: same objects, same connection. One with open orders is never taken
away, and settings with an error anywhere change nothing at all.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial

import structlog

from fixgw.acceptor.listener import Acceptor
from fixgw.app.build import Maker, Parts, terms_of
from fixgw.app.client_session import ClientSession
from fixgw.app.exposed import warn_of_open_sessions
from fixgw.app.gateway import Gateway
from fixgw.app.plan import Changed, InForce, Plan
from fixgw.app.session_registry import Successor
from fixgw.app.throttle import throttle
from fixgw.fix.decode import Decoder
from fixgw.fix.dictionary import Dictionary
from fixgw.fix.message import Message
from fixgw.journal.journal import Journal
from fixgw.journal.tick import SessionRow
from fixgw.model.enums import BusinessRejectReason
from fixgw.model.errors import BusinessRefused, SettingsError
from fixgw.model.ids import SessionKey
from fixgw.model.now import Now
from fixgw.model.requests import Request
from fixgw.ops.answers import Change, ChangeKind, ReloadResult
from fixgw.runtime.session_settings import SessionSettings

ADDED_PER_TICK = 100
"""Clients that are added at once: so many take a millisecond or two, and others wait for it."""

NAMES_LOGGED = 20

REMOVED_TEXT = "this session was removed"
CHANGED_TEXT = "this session was changed; log on again"


class Reloader:
    """Reloads the settings of one gateway, one reload after the other: by SIGHUP, or by an
    operator."""

    def __init__(
        self, gateway: Gateway, parts: Parts, journal: Journal, acceptor: Acceptor
    ) -> None:
        self._gateway = gateway
        self._engine = gateway.engine
        self._journal = journal
        self._acceptor = acceptor
        self._maker = Maker(parts.settings, journal.index)
        self._force = InForce(
            parts.settings, parts.dictionaries, parts.venues, parts.shelf,
            parts.directories.values(), parts.held,
        )
        self._one_at_a_time = asyncio.Lock()
        self._log = structlog.get_logger()

    async def run(self, asked: asyncio.Event) -> None:
        """Reload whenever *asked* is set; requests during a reload lead to one more, after it."""
        while True:
            await asked.wait()
            asked.clear()
            if self._gateway.stopping:
                return
            await self.reload()

    async def reload(self) -> ReloadResult:
        """Reload, after any that is under way; return when it is done, and recorded."""
        async with self._one_at_a_time:
            return await self._reload()

    async def _reload(self) -> ReloadResult:
        self._log.info("reloading")
        try:
            plan = await asyncio.to_thread(self._force.plan)
        except SettingsError as error:
            self._log.error("not_reloaded", reason=str(error))
            return ReloadResult(error=str(error))
        changes = await self._in_a_tick(partial(self._apply, plan))
        for first in range(0, len(plan.added), ADDED_PER_TICK):
            some = plan.added[first:first + ADDED_PER_TICK]
            changes += await self._in_a_tick(partial(self._add, some))
        if not self._acceptor.reload_tls():
            text = "cannot be used, see the log; the one in use stays"
            changes.append(Change(ChangeKind.REFUSED, "[listener] tls", text))
        result = ReloadResult(changes=(*changes, *plan.changes), unchanged=plan.unchanged)
        self._tell(result)
        return result

    async def _in_a_tick(self, change: Callable[[Now], list[Change]]) -> list[Change]:
        """Make *change* between two ticks; return when it is recorded."""
        done: asyncio.Future[list[Change]] = asyncio.get_running_loop().create_future()

        def do(now: Now) -> None:
            # A gateway that stops is not changed any more, and nobody waits for it.
            if not self._gateway.stopping and not done.cancelled():
                changes = change(now)
                self._gateway.after_commit(partial(_settle, done, changes))

        self._gateway.before_tick(do)
        return await done

    def _tell(self, result: ReloadResult) -> None:
        self._log.info(
            "reloaded", added=_some(result.of(ChangeKind.ADDED)), unchanged=result.unchanged,
            changed=_some(result.of(ChangeKind.CHANGED)),
            removed=_some(result.of(ChangeKind.REMOVED)),
        )
        for change in result.changes:
            if change.what in (ChangeKind.REFUSED, ChangeKind.RESTART):
                self._log.warning("not_reloaded", what=change.name, reason=change.text)

    # ----------------------------------------------------------------- the tick

    def _apply(self, plan: Plan, now: Now) -> list[Change]:
        """Carry out the plan except for additions, at once: no client sees half of it."""
        changes = [renewal.apply() for renewal in plan.renewals]
        changes += [self._change(each, now) for each in plan.changed]
        changes += self._remove(plan.removed, now)
        of_all = [*self._force.sessions.values(), *plan.added]
        sessions = [session for session, _ in of_all]
        self._engine.router.set_terms(terms_of(*each) for each in of_all)
        self._gateway.expect(sessions)
        warn_of_open_sessions(self._force.started_with, sessions)
        return changes

    def _add(self, added: list[tuple[SessionSettings, Dictionary]], now: Now) -> list[Change]:
        roster = self._gateway.roster
        new = [s.key for s, _ in added if not roster.knows(s.key)]
        rows = self._journal.add_sessions(new, now.ms) if new else {}
        for session, dictionary in added:
            heir = self._heir(session, dictionary)
            roster.add(session, heir, rows.get(session.key))
            client = self._gateway.clients[session.key]
            if not roster.is_replaced(session.key) and client.starts(now):
                self._gateway.touch(client)
            self._force.sessions[session.key] = session, dictionary
        return [Change(ChangeKind.ADDED, session.key) for session, _ in added]

    def _change(self, changed: Changed, now: Now) -> Change:
        session = changed.settings
        client = self._gateway.clients[session.key]
        self._force.sessions[session.key] = session, changed.dictionary
        there = client.connection is not None
        replaced = self._gateway.roster.is_replaced(session.key)
        in_place = there and changed.in_place and not replaced
        if in_place:
            client.settings = client.session.settings = session
            client.throttle = throttle(session)
            client.quota.limit_to(session.max_journal_megabytes)
        else:
            # Who is not there is replaced, too: a Logon that is being looked at was shown to
            # the settings as they were, and is refused.
            self._gateway.log_out(client, CHANGED_TEXT, now)
            self._gateway.roster.replace(session.key, self._heir(session, changed.dictionary))
        when = "logged out first" if there and not in_place else "at once"
        return Change(ChangeKind.CHANGED, session.key, f"{', '.join(changed.keys)}: {when}")

    def _remove(self, removed: list[SessionKey], now: Now) -> list[Change]:
        changes = []
        orders = Counter(o.request.session for o in self._engine.orders.open() if removed)
        for key in removed:
            if orders[key]:
                text = (
                    f"has open orders ({orders[key]}), so it was not removed: once they are "
                    "closed (`fixgw orders --open`), reload again"
                )
                changes.append(Change(ChangeKind.REFUSED, key, text))
                continue
            client = self._gateway.roster.remove(key)
            client.decoder = Removed(key)
            self._gateway.log_out(client, REMOVED_TEXT, now)
            del self._force.sessions[key]
            changes.append(Change(ChangeKind.REMOVED, key))
        return changes

    def _heir(self, session: SessionSettings, dictionary: Dictionary) -> Successor:
        def heir(row: SessionRow) -> ClientSession:
            return self._maker.client(session, dictionary, row)

        return heir


def _settle(done: "asyncio.Future[list[Change]]", changes: list[Change]) -> None:
    if not done.cancelled():
        done.set_result(changes)


def _some(names: list[str]) -> list[str]:
    """Return *names* for the log: not thousands of them."""
    more = len(names) - NAMES_LOGGED
    return names if more <= 0 else [*names[:NAMES_LOGGED], f"and {more} more"]


class Removed(Decoder):
    """The decoder of a removed session: its client's messages are refused until it learns of the
    removal."""

    def decode(self, message: Message) -> Request:
        """Raise BusinessRefused, always."""
        raise BusinessRefused(BusinessRejectReason.APPLICATION_NOT_AVAILABLE, REMOVED_TEXT)
