"""The form of reports that one dialect wants: the contents of its `[reports]` and `[logon]` tables.

Only the form of a fact differs; no dialect decides which facts there are. A session without a
dialect of its own, and most that have one, get the standard's form: `AS_STANDARD`.
"""

from collections.abc import Mapping

from msgspec import Struct


class Ways(Struct, frozen=True, kw_only=True):
    """The variations of one dialect, for one version."""

    fill_in_price: bool = False
    """True if Price(44) of an execution's report is the price of the execution, not the order's."""

    left_out: frozenset[int] = frozenset()
    """Tags that an ExecutionReport(35=8) omits, unless it corrects or takes back an execution."""

    pending_reports: bool = True
    """True if PendingNew, PendingCancel and PendingReplace are reported where the session's
    PendingReports is not set."""

    post_only_tif: str = ""
    """The TimeInForce(59) that reports a post only order; "": as ExecInst(18) 6."""

    exec_types: Mapping[str, str] = {}
    """ExecType(150) that the dialect does not have -> the value reported instead; also for an
    OrdStatus(39) that is not a pending one."""

    correction_exec_type: str = ""
    """FIX 4.2: ExecType(150) of a report that corrects or takes back an execution, where clients
    read 1 and 2 as a new one; "": equal to OrdStatus(39)."""

    answers_refused_logon: bool = False
    """True if a refused Logon with the right credentials is answered with a Logout."""


AS_STANDARD = Ways()
