"""What we say to Integral beside orders: cancels, questions, logins, as REST calls. Pure."""

from urllib.parse import quote

import msgspec
from msgspec import Struct

encode = msgspec.json.Encoder().encode


class Call(Struct, frozen=True):
    """One REST call before it is signed."""

    method: str
    path: str
    """With the query, escaped."""
    body: bytes = b""
    about: str = ""
    """Which order, for the log: the coId or the venue's orderId."""


def cancel_order(server_id: str) -> Call:
    """Cancel individual order; *server_id* is the venue's orderId."""
    return Call("DELETE", f"/v2/orders/{_escape(server_id)}", about=server_id)


def cancel_all() -> Call:
    """Cancel all orders: best effort, "multiple times until all … are cancelled"."""
    return Call("DELETE", "/v2/orders")


def query_order(server_id: str) -> Call:
    """Query order (server ID)."""
    return Call("GET", f"/v2/orders/{_escape(server_id)}")


def query_co_id(co_id: str, parameter: str) -> Call:
    """Query order (client ID)."""
    return Call("GET", f"/v2/orders?{parameter}={_escape(co_id)}")


def active_orders() -> Call:
    """Query all active orders."""
    return Call("GET", "/v2/orders")


def trades(server_id: str, parameter: str) -> Call:
    """Query all trades on an order by ID."""
    return Call("GET", f"/v2/trades?{parameter}={_escape(server_id)}")


def trade(trade_id: str) -> Call:
    """Query trade by trade ID."""
    return Call("GET", f"/v2/trades/{_escape(trade_id)}")


def positions(value_date: str = "") -> Call:
    """Positions, or those of one value date."""
    return Call("GET", f"/v2/positions/{_escape(value_date)}" if value_date else "/v2/positions")


def login(user: str, password: str, org: str) -> Call:
    """Login and get token. Its body holds the password: never to be logged."""
    return Call("POST", "/v2/sso/login", encode({"user": user, "pass": password, "org": org}))


RENEW = Call("GET", "/v2/sso/token/renew")


def _escape(name: str) -> str:
    return quote(name, safe="")
