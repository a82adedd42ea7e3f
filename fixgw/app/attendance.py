"""Logged-on clients, their addresses and hours, for an operator; read-only.

With a running gateway the clients are asked, otherwise the journal and the settings.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from fixgw.app.client_session import ClientSession
from fixgw.app.disconnect_cancels import OnRecord, in_words
from fixgw.fix.schedule import Hours, hours, next_times
from fixgw.fix.timestamp import moment
from fixgw.journal.index import SentIndex
from fixgw.journal.tick import SessionRow
from fixgw.model.ids import SessionKey
from fixgw.model.now import Now
from fixgw.ops.answers import SessionState
from fixgw.runtime.session_settings import SessionSettings


class Times(NamedTuple):
    """The hours in which a session's client may be logged on; Unix milliseconds, 0: never."""

    is_open: bool
    opens: int
    closes: int


def times(open_hours: Hours, now_ms: int) -> Times:
    """Return the next opening and closing after a moment."""
    now = moment(now_ms)
    opens, closes = next_times(open_hours, now)
    return Times(open_hours.is_open(now), _ms(opens), _ms(closes))


def _ms(at: datetime | None) -> int:
    return 0 if at is None else int(at.astimezone(UTC).timestamp() * 1000)


def unsent(row: SessionRow, first: int, index: SentIndex) -> int:
    """Return the number of reports from MsgSeqNum(34) *first* on that may not have reached the
    client."""
    return index.numbers_from(row.id, row.epoch, first).count


def attending(
    client: ClientSession, agreed: str, index: SentIndex, now: Now, disabled: str
) -> SessionState:
    """Return the session of *client*, in a running gateway."""
    session, row = client.session, client.saved
    numbers, connection = session.numbers, client.connection
    its = times(hours(client.settings), now.ms)

    def wall(mono_ms: int) -> int:
        return now.ms - (now.mono_ms - mono_ms) if mono_ms else 0

    there = connection is not None and session.logged_on
    return SessionState(
        session=client.key,
        logged_on=there,
        peer=connection.peer if connection is not None and there else "",
        since=client.since_ms if there else 0,
        heard_at=wall(session.live.heard_at),
        said_at=wall(session.live.said_at),
        next_sender=numbers.next_sender,
        next_target=numbers.next_target,
        unsent=unsent(row, session.outbox.unsent.first, index),
        cancels_on=agreed,
        resets=numbers.epoch,
        numbers_since=numbers.since_ms,
        is_open=its.is_open,
        opens=its.opens,
        closes=its.closes,
        disabled=disabled,
    )


def on_record(
    key: SessionKey, row: SessionRow | None, settings: SessionSettings | None,
    presence: OnRecord, index: SentIndex, now_ms: int, disabled: str,
) -> SessionState:
    """Return the same without a gateway: no client is logged on."""
    its = times(hours(settings), now_ms) if settings is not None else None
    return SessionState(
        session=key,
        next_sender=row.next_sender if row else 1,
        next_target=row.next_target if row else 1,
        unsent=unsent(row, row.unsent_since, index) if row else 0,
        cancels_on=in_words(presence.get(key)),
        resets=row.epoch if row else 0,
        numbers_since=row.since_ms if row else 0,
        is_open=its.is_open if its else None,
        opens=its.opens if its else 0,
        closes=its.closes if its else 0,
        disabled=disabled,
    )
