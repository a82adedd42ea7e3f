"""Reports, requests and venue inputs in one short line each, for expectations and for traces.

A report of an order, in lots and in ticks from the market's price:

    F/1 1/3 1@0     ExecType(150) F, OrdStatus(39) 1, CumQty(14) 1 lot, LeavesQty(151) 3,
                    LastQty(32) 1 at LastPx(31) the market's price
    4/4 1/0         canceled, with 1 lot executed
    9/2 0           OrderCancelReject(35=9), OrdStatus(39) 2, CxlRejReason(102) 0
    j 4             BusinessMessageReject(35=j), BusinessRejectReason(380) 4
"""

from decimal import Decimal

from msgspec import Struct

from fixgw.certify.sandbox_driver import Market
from fixgw.model.enums import ExecType
from fixgw.model.number import text, trim
from fixgw.model.reports import BusinessMessageReject, ExecutionReport, OrderCancelReject, Report


def told(report: Report, market: Market) -> str:
    """*report* as scenarios expect it."""
    if isinstance(report, ExecutionReport):
        line = f"{report.exec_type}/{report.ord_status} {_lots(report.cum_qty, market)}"
        line += f"/{_lots(report.leaves_qty, market)}"
        if report.exec_type is ExecType.TRADE:
            assert report.last_qty is not None and report.last_px is not None
            line += f" {_lots(report.last_qty, market)}@{_ticks(report.last_px, market)}"
        return line
    if isinstance(report, OrderCancelReject):
        return f"9/{report.ord_status} {report.reason}"
    if isinstance(report, BusinessMessageReject):
        return f"j {report.reason}"
    return type(report).__name__


def _lots(quantity: Decimal, market: Market) -> str:
    return text(trim(quantity / market.lot))


def _ticks(price: Decimal, market: Market) -> str:
    return text(trim((price - market.price) / market.tick))


def line(words: Struct) -> str:
    """Any request, event, command or venue's word: its name, and the fields that say something."""
    fields = []
    for name in words.__struct_fields__:
        value = getattr(words, name)
        if value in (None, "", (), False):
            continue
        if isinstance(value, Struct):
            inner = line(value)
            # A struct that says nothing is not worth its name.
            if " " in inner:
                fields.append(f"{name}=({inner})")
        elif isinstance(value, tuple) and value and isinstance(value[0], Struct):
            fields.append(f"{name}=[{', '.join(map(line, value))}]")
        else:
            fields.append(f"{name}={text(value) if isinstance(value, Decimal) else value}")
    return f"{type(words).__name__} {' '.join(fields)}".rstrip()


def full(report: Report) -> str:
    """*report* by its tags, for a trace."""
    if isinstance(report, ExecutionReport):
        tags: dict[int, object] = {
            150: report.exec_type, 39: report.ord_status, 11: report.cl_ord_id,
            41: report.orig_cl_ord_id, 38: report.order_qty, 44: report.price,
            32: report.last_qty, 31: report.last_px, 14: report.cum_qty,
            151: report.leaves_qty, 6: report.avg_px, 103: report.ord_rej_reason,
            17: report.exec_id, 58: report.text,
        }
        return "35=8 " + _tags(tags)
    if isinstance(report, OrderCancelReject):
        return "35=9 " + _tags({
            11: report.cl_ord_id, 41: report.orig_cl_ord_id, 39: report.ord_status,
            102: report.reason, 58: report.text,
        })
    return line(report)


def _tags(tags: dict[int, object]) -> str:
    return " ".join(
        f"{tag}={text(value) if isinstance(value, Decimal) else value}"
        for tag, value in tags.items()
        if value not in (None, "")
    )
