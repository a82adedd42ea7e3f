"""Sessions that anyone who can connect may take over: reported to the operator, and not forbidden.

In front of the gateway there may be protection that it cannot see: a firewall, a private line, a
proxy that asks for certificates. So it warns, at `fixgw check`, at each start and at each reload.
"""

from collections.abc import Iterable

import structlog

from fixgw.acceptor.tls import is_loopback
from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.settings import Settings

SESSIONS_NAMED = 10
"""Number of unprotected sessions named; the others are counted."""

WAY_OUT = (
    "have each ask for something: a password, a token, a signature, a certificate, or "
    "AllowedRemoteAddresses (docs/authentication.md)"
)


def warn_of_open_sessions(settings: Settings, sessions: Iterable[SessionSettings]) -> None:
    """Name the unprotected ones of *sessions*, where other machines can connect."""
    listener = settings.listener
    if is_loopback(listener.host):
        return
    if listener.tls is not None and listener.tls.client_certificate == "required":
        return
    asks_nothing = [each for each in sessions if not each.logon_methods()]
    if not asks_nothing:
        return
    key = "plain" if listener.plain else "host"
    named = [f"{each.key} ({each.file}:{each.line})" for each in asks_nothing[:SESSIONS_NAMED]]
    more = len(asks_nothing) - len(named)
    structlog.get_logger().warning(
        "anybody_may_log_on",
        place=str(settings.document.error(("listener", key), f"open to {listener.host}")),
        sessions=[*named, f"and {more} more"] if more else named,
        way_out=WAY_OUT,
    )
