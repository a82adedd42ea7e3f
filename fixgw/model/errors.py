"""Every exception of the gateway that crosses a module, as one tree.

    GatewayError
    ├── SettingsError         a settings file is wrong: file, line, key, way out
    ├── PluginError           an installed package brings what cannot be used
    ├── JournalError          the record cannot be kept: the gateway stops
    ├── NoGateway             none runs that could be asked
    ├── IllegalTransition     our bug or a venue's contradiction: never applied
    ├── VerdictRefused        an operator's verdict does not fit the order
    └── RequestRefused        a client's request cannot be done; knows its own answer
        ├── OrderRefused          -> ExecutionReport(35=8) 150=8, OrdRejReason(103)
        ├── CancelRefused         -> OrderCancelReject(35=9), CxlRejReason(102)
        └── BusinessRefused       -> BusinessMessageReject(35=j), BusinessRejectReason(380)

What is wrong with a FIX message as such is `fix.errors.InvalidMessage`.
"""

from pathlib import Path

from fixgw.model.enums import BusinessRejectReason, CxlRejReason, OrdRejReason


class GatewayError(Exception):
    """The root: the gateway raises no other exception on purpose."""


class SettingsError(GatewayError):
    """A settings file cannot be used; the text names file, line, key and the remedy."""

    def __init__(self, path: Path | str, line: int | None, text: str) -> None:
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {text}")


class PluginError(GatewayError):
    """An installed package brings an adapter that cannot be used; the text names both."""


class JournalError(GatewayError):
    """The journal cannot be read or written; the gateway must not trade without it."""


class NoGateway(GatewayError):
    """A command needs the gateway, and none runs on the journal."""


class IllegalTransition(GatewayError):
    """An order event that the table in `core.orders.transitions` does not allow."""


class VerdictRefused(GatewayError):
    """An operator's verdict on an order is not possible; the text gives the reason."""


class RequestRefused(GatewayError):
    """A well-formed request that the gateway refuses; `text` goes into Text(58)."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class OrderRefused(RequestRefused):
    """A NewOrderSingle(35=D) refused before anything left the gateway."""

    def __init__(self, reason: OrdRejReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class CancelRefused(RequestRefused):
    """An OrderCancelRequest(35=F) refused before anything left the gateway."""

    def __init__(self, reason: CxlRejReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class BusinessRefused(RequestRefused):
    """An application message for which no other answer fits (FIX 4.2 and later, 35=j)."""

    def __init__(
        self, reason: BusinessRejectReason, text: str, *, ref_tag: int | None = None
    ) -> None:
        super().__init__(text)
        self.reason = reason
        self.ref_tag = ref_tag
