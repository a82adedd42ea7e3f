"""What gateway.toml may say, table by table, with units and defaults.

Only `[venues.NAME]` and `[directories.NAME]` are open: their keys belong to the adapter.
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


class ListenerTls(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[listener.tls]`: with it every client speaks TLS. `acceptor.tls` reads the files."""

    certificate: str
    """PEM file from the sessions directory: the certificate, then the intermediate ones."""
    key: str
    """PEM file with the certificate's private key, without a passphrase."""
    client_ca: str = ""
    """PEM file with the authorities whose client certificates are believed."""
    client_certificate: Literal["none", "optional", "required"] = "none"
    """Whether clients are asked for a certificate; one that is shown must always be good."""
    minimum_version: Literal["1.2", "1.3"] = "1.2"


class Listener(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[listener]`: where clients connect."""

    host: str = "127.0.0.1"
    """"::" is every address of this machine, IPv4 and IPv6; "0.0.0.0" every IPv4 address."""
    port: Port = 9878
    """TCP port; 0 takes a free one, which the log then names."""
    backlog: Positive = 1_024
    """Connections the kernel holds before we have accepted them. When they are too many it lets
    the next ones wait for a second, clients too."""
    plain: bool = False
    """Say that FIX without TLS is meant where others than this machine can connect."""
    tls: ListenerTls | None = None
    proxy_protocol: bool = False
    """Whether load balancers stand in front that tell the client's address (PROXY v1 or v2)."""
    proxy_networks: tuple[str, ...] = ()
    """Where they connect from: from there the header is required, from elsewhere refused."""


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
    """TCP connections at once. One more ends the oldest that has not logged on, or is closed at
    once where all have."""
    max_connections_per_address: Positive = 20
    """The same from one address (IPv6: one /64 network), logged on or not; one more ends the
    oldest of them that has not logged on, or is closed at once where all have."""
    max_unauthenticated_connections: Positive = 100
    """How many of them may be not logged on; one more ends the oldest of these."""
    first_byte_timeout_seconds: Positive = 5
    """From the TCP connect to the client's first byte, behind a PROXY header if there is one."""
    handshake_timeout_seconds: Positive = 5
    """From the first byte to the end of the TLS handshake."""
    logon_timeout_seconds: Positive = 5
    """From then (without TLS, from the first byte) until a Logon(35=A) is accepted."""
    max_logon_bytes: Positive = 8_192
    """The first message of a client, and what is held of what it says before it is let in."""
    heartbeat_seconds: Positive = 120
    """The longest HeartBtInt(108) a Logon may ask for where the session sets none."""
    max_message_bytes: Positive = 65_536
    """One FIX message from a client; a longer BodyLength(9) closes the connection."""
    max_garbled_bytes: Positive = 65_536
    """Bytes of a client that are no messages, beyond as many of good messages since; more of them
    end the connection."""
    outbound_buffer_bytes: Positive = 8_388_608
    """Bytes a connection may leave unread; what comes then waits in the journal until it reads."""
    slow_reader_seconds: Positive = 30
    """Who has left that much unread and does not bring it down to a quarter in so long is cut
    off; the rest is sent again when it is back and asks."""
    late_submit_seconds: NotNegative = 30
    """Up to this age an order that the venue proves never to have had is submitted again; an
    older one is rejected: its price is of another time. 0 means never again."""
    reconcile_seconds: NotNegative = 300
    """How often each venue is asked about all open orders there, beside each start of a stream;
    the venues take turns. 0 means never."""
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
    directories: dict[str, dict[str, Any]] = {}
