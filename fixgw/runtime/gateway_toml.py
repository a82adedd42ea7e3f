"""What gateway.toml may say, table by table, with units and defaults.

Only `[venues.NAME]` is open: its keys belong to the venue's adapter.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Port = Annotated[int, Meta(ge=0, le=65535)]
Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]


class Gateway(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[gateway]`: what belongs nowhere else."""

    dictionaries: str = ""
    """Where the dialects are, from the sessions directory; "": see `Settings.dictionaries`."""


class Listener(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[listener]`: where clients connect."""

    host: str = "127.0.0.1"
    port: Port = 9878
    """TCP port; 0 takes a free one, which the log then names."""
    backlog: Positive = 128
    """Connections the kernel holds before we have accepted them."""


class Journal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[journal]`: where the record is kept, and what it survives."""

    path: str = "../var/fixgw.sqlite"
    """The file, from the sessions directory. `Settings.journal_path` is the whole path."""
    durability: Literal["process", "power"] = "process"
    """What a committed entry survives: the death of the process, or a loss of power too."""
    checkpoint_seconds: Positive = 10
    """How often the write-ahead log is folded into the file. While the disk syncs, a commit may
    wait some milliseconds: measured at 1,000 orders/s, every second is too often."""


class Log(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[log]`: what is written to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[limits]`: how far anything may grow, for all sessions together or for each alike."""

    max_connections: Positive = 200
    """TCP connections at once, logged on or not; one more is closed at once."""
    logon_timeout_seconds: Positive = 5
    """From the TCP connect to a whole Logon(35=A); then the connection is closed."""
    heartbeat_seconds: Positive = 120
    """The longest HeartBtInt(108) a Logon may ask for where the session sets none."""
    max_message_bytes: Positive = 65_536
    """One FIX message from a client; a longer BodyLength(9) closes the connection."""
    outbound_buffer_bytes: Positive = 8_388_608
    """Bytes a connection may leave unread; what comes then waits in the journal until it reads."""
    late_submit_seconds: NotNegative = 30
    """Up to this age an order that the venue proves never to have had is submitted again; an
    older one is rejected: its price is of another time. 0 means never again."""
    shutdown_seconds: Positive = 10
    """What a stopping gateway gives its clients and venues to say goodbye."""


class GatewayToml(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of gateway.toml."""

    gateway: Gateway = Gateway()
    listener: Listener = Listener()
    journal: Journal = Journal()
    log: Log = Log()
    limits: Limits = Limits()
    venues: dict[str, dict[str, Any]] = {}
