"""A sandbox's record in the words of its venue -> what the demo draws.

A translator takes one line of the record, and says that it is of no interest (None) where that is
asked whatever the client does: clocks, lists of instruments, logins. It changes no value.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.demo.said import Kind, Said, Words
from tests.support.stack import COUNTERPARTY

TERMS = ("orderSide", "quantity", "symbol", "limitPrice", "timeInForce", "orderId", "orderIdList")
NEWS = (
    "orderStatus", "lastFilledQuantity", "lastFilledPrice", "lastCommission", "isTaker",
    "filledCumulativeQuantity",
)
OK = 200
QUIET_CALLS = frozenset({"currentTimeMillis", "listSymbolInfo", "listVenueInfo"})
"""Asked in the background, whatever the client does."""


def apifiny(entry: Any) -> Said | None:
    """Apifiny Connect: REST, and a stream of updates."""
    if entry["call"] in QUIET_CALLS or entry["method"] == "WS":
        return None
    at, answer = entry["at"] / 1000, entry["reply"]
    if entry["method"] == "SEND":
        words = _flat(answer)
        title = "⇠ update on the stream"
        return Said(at, Kind.NEWS, title, _pick(words, (*NEWS, *TERMS)),
                    order=words.get("orderId", ""))
    if entry["account"] == COUNTERPARTY:
        if entry["method"] != "POST":
            return None
        kind = Kind.STRANGER
    elif entry["method"] == "OPEN":
        return Said(at, Kind.OPENED, "⇢ the stream is opened")
    else:
        kind = Kind.CALL if entry["method"] == "POST" else Kind.QUESTION
    title = f"{entry['method']} {entry['path'].partition('/VENUE1/')[2] or entry['path']}"
    said = Said(at, kind, title, _pick(_flat(entry["request"]), (*NEWS, *TERMS)),
                fault=entry["fault"] or "")
    if isinstance(answer, dict) and answer.get("error"):
        return said._replace(error=answer["error"]["message"])
    rows = answer.get("result") if isinstance(answer, dict) else answer
    if entry["method"] == "GET" and isinstance(rows, list) and len(rows) != 1:
        return said._replace(summary=_rows(len(rows)))
    return said._replace(answer=_pick(_flat(answer), NEWS))


class Finery:
    """Finery Markets: requests and feed O on one socket, questions by REST."""

    trader = "1"
    feed = {
        "+": "order added", "M": "order changed", "D": "deal", "-": "order taken out",
    }
    unsaid = frozenset({"nonce", "timestamp", "cod"})

    def __call__(self, entry: Any) -> Said | None:
        """Translate."""
        at, call, request, reply = (
            entry["at"] / 1000, entry["call"], entry["request"], entry["reply"]
        )
        if entry["account"] != self.trader:
            title = f"POST {call}"
            return Said(at, Kind.STRANGER, title, self._words(request)) if call == "add" else None
        if entry["method"] == "OPEN":
            return Said(at, Kind.OPENED, "⇢ the socket is opened")
        if entry["method"] == "SEND":
            return self._feed(at, reply)
        if entry["method"] == "RECV" and call != "limits":
            answer = _pick(_flat(reply), ("error", "remainingSize"))
            return Said(at, Kind.CALL, f"{call}, on the socket", self._words(request), answer)
        if call in ("positions", "dealHistory"):
            rows = reply[2] if call == "positions" else reply
            return Said(at, Kind.QUESTION, f"POST {call}", summary=_rows(len(rows)))
        return None

    def _words(self, request: Mapping[str, Any]) -> Words:
        return tuple(
            (name, str(value)) for name, value in request.items() if name not in self.unsaid
        )

    def _feed(self, at: float, message: Any) -> Said | None:
        if message[2] not in self.feed:
            return None
        row = message[3]
        words = [("remainingSize", row[8]), ("price", row[6]), ("clientOrderId", row[5])]
        if message[2] == "D":
            words = [("dealSize", row[14]), ("dealPrice", row[13]), *words]
        told = tuple((name, str(value)) for name, value in words)
        title = f"⇠ feed O: {self.feed[message[2]]}"
        return Said(at, Kind.NEWS, title, told, order=str(row[5]))


class Integral:
    """Integral: it tells nothing by itself, so an answer with something new in it is the news."""

    maker = "maker@DEMO"

    def __init__(self) -> None:
        self._statuses: dict[str, str] = {}
        self._trades: set[str] = set()

    def __call__(self, entry: Any) -> Said | None:
        """Translate."""
        at, call, reply = entry["at"] / 1000, entry["call"], entry["reply"]
        if call == "placeOrder":
            kind = Kind.STRANGER if entry["account"] == self.maker else Kind.CALL
            told = _pick(_flat(entry["request"]), self.terms)
            answer = _pick(_flat(reply), ("status", "errorCode", "message"))
            if kind is Kind.CALL and isinstance(reply, dict):
                self._statuses[reply["orderId"]] = reply["status"]
            return Said(at, kind, "POST orders", told, answer)
        if call == "cancelOrder":
            answer = _pick(_flat(reply), ("action", "status", "message"))
            return Said(at, Kind.CALL, f"DELETE {_short(entry['path'])}", answer=answer)
        if call == "queryOrder":
            return self._order(at, entry["path"], reply)
        return self._new_trades(at, reply) if call == "queryTrades" else None

    terms = ("side", "size", "symbol", "price", "timeInForce", "coId", "originalCoId")

    def _order(self, at: float, path: str, order: Any) -> Said | None:
        if not isinstance(order, dict) or self._statuses.get(order.get("orderId", "")) in (
            None, order["status"]
        ):
            return None
        self._statuses[order["orderId"]] = order["status"]
        answer = _pick(order, ("status",))
        return Said(at, Kind.NEWS, f"GET {_short(path)}", answer=answer, order=order["coId"])

    def _new_trades(self, at: float, trades: Any) -> Said | None:
        new = [trade for trade in trades if trade["tradeId"] not in self._trades]
        self._trades.update(trade["tradeId"] for trade in new)
        if not new:
            return None
        words = {name: str(value) for name, value in new[-1].items()}
        answer = _pick(words, ("dealtAmount", "rate", "tradeId"))
        return Said(at, Kind.NEWS, "GET trades", answer=answer, order=new[-1]["coId"])


def _short(path: str) -> str:
    return path.removeprefix("/v2/")


def asmlink(entry: Any) -> Said | None:
    """asmlink: REST, and the same news by a stream and by webhooks."""
    at, call, reply = entry["at"] / 1000, entry["call"], entry["reply"]
    request = entry["request"] or {}
    if call == "route":
        kind = Kind.CALL if entry["account"] == "CORP-0001" else Kind.STRANGER
        terms = ("side", "quantity", "symbol", "limit_price", "time_in_force", "order_id")
        answer = _pick(_flat(reply), ("status", "fill_quantity", "code", "message"))
        return Said(at, kind, "POST order/route", _pick(_flat(request), terms), answer)
    names = ("execution_status", "fill_quantity", "fill_price", "event_id")
    if entry["method"] == "OPEN":
        return Said(at, Kind.OPENED, "⇢ the stream is opened")
    if entry["method"] == "SEND":
        told, order = _pick(_flat(reply), names), reply.get("order_id", "")
        return Said(at, Kind.NEWS, "⇠ update on the stream", told, order=order)
    if call == "webhook":
        # Tried until somebody answers; before that, the status of the answer is 0.
        said = Said(at, Kind.NEWS, f"⇠ webhook, attempt {request['delivery_attempt']}",
                    order=request.get("order_id", ""))
        if reply != OK:
            return said._replace(error="nobody answers")
        return said._replace(told=_pick(_flat(request), names))
    return None


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number} rows"


def _pick(words: Mapping[str, str], names: Iterable[str]) -> Words:
    """Those of *names* that say something."""
    return tuple((name, words[name]) for name in names if words.get(name, "0") != "0")


def _flat(value: object) -> dict[str, str]:
    """The innermost names and values of JSON, as text."""
    found: dict[str, str] = {}
    if isinstance(value, list):
        for one in value:
            found |= _flat(one)
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict | list):
                found |= _flat(inner)
            elif inner is not None and inner != "":
                found[name] = str(inner)
    return found
