"""How one dialect wants to be told things: what its `[reports]` and `[logon]` tables say.

Only how a fact is written differs; which facts there are, no dialect decides. A session without a
dialect of its own, and most that have one, are told as the standard has it: `AS_STANDARD`.
"""

from collections.abc import Mapping

from msgspec import Struct


class Ways(Struct, frozen=True, kw_only=True):
    """Of one dialect, for one version."""

    fill_in_price: bool = False
    """Price(44) of an execution's report is the price of the execution, not the order's."""

    left_out: frozenset[int] = frozenset()
    """Tags that an ExecutionReport(35=8) does not have, unless it corrects or takes back one."""

    pending_reports: bool = True
    """Whether PendingNew, PendingCancel and PendingReplace are reported where the session's
    PendingReports says nothing."""

    post_only_tif: str = ""
    """The TimeInForce(59) by which a post only order is told; "": as ExecInst(18) 6."""

    exec_types: Mapping[str, str] = {}
    """ExecType(150) that the dialect does not have -> the one that is told instead; of an
    OrdStatus(39) that is no pending one as well."""

    correction_exec_type: str = ""
    """FIX 4.2: ExecType(150) of a report that corrects or takes back an execution, where clients
    read 1 and 2 as a new one; "": as OrdStatus(39)."""

    answers_refused_logon: bool = False
    """Whether a Logon with the right credentials that is refused is answered with a Logout."""


AS_STANDARD = Ways()
