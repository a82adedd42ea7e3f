"""The content of gateway.toml, table by table, with units and defaults.

Only `[venues.NAME]` and `[directories.NAME]` are open: their keys belong to the adapter.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Port = Annotated[int, Meta(ge=0, le=65535)]
Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]


class GatewayTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[gateway]`: settings that belong to no other table."""

    dictionaries: str = ""
    """The directory of the dialects, relative to the sessions directory; "": see
    `Settings.dictionaries`."""


class ListenerTls(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[listener.tls]`: with it every client uses TLS. `acceptor.tls` reads the files."""

    certificate: str
    """PEM file, relative to the sessions directory: the certificate, then the intermediate ones."""
    key: str
    """PEM file with the certificate's private key, without a passphrase."""
    client_ca: str = ""
    """PEM file with the authorities that may sign client certificates."""
    client_certificate: Literal["none", "optional", "required"] = "none"
    """Ask clients for a certificate or not. A certificate that is presented must always be
    valid."""
    minimum_version: Literal["1.2", "1.3"] = "1.2"


class Listener(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[listener]`: where clients connect."""

    host: str = "127.0.0.1"
    """"::" is every address of this machine, IPv4 and IPv6; "0.0.0.0" is every IPv4 address."""
    port: Port = 9878
    """TCP port; 0 takes a free one, which the log then names."""
    backlog: Positive = 1_024
    """Connections that the kernel queues before we accept them. Above the limit it makes the next
    ones wait for a second, clients too."""
    plain: bool = False
    """Allow FIX without TLS although other machines can connect."""
    tls: ListenerTls | None = None
    proxy_protocol: bool = False
    """True if load balancers in front send the client's address (PROXY v1 or v2)."""
    proxy_networks: tuple[str, ...] = ()
    """The load balancers' networks: from there the header is required, from elsewhere it is
    refused."""


class JournalTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[journal]`: the directory of the record, and its durability."""

    path: str = "../var/journal"
    """The directory, relative to that of the sessions. `Settings.journal_path`: the whole path."""
    durability: Literal["process", "power"] = "process"
    """The event that a committed entry survives: the death of the process, or a loss of power
    too."""
    checkpoint_seconds: Positive = 10
    """Interval at which what is written is synced to the disk: with "process" the most that a loss
    of power costs."""
    held_ticks_max: Positive = 64
    """Decided ticks that may wait to be durable; above that no input is taken."""
    held_bytes_max: Positive = 4_000_000
    """The same limit in bytes that wait to be written to clients."""
    compact_seconds: NotNegative = 600
    """Interval at which closed orders go on file, old segments into the archive, and a snapshot is
    made, by a process of low priority. 0 means never: closed orders then stay in memory."""
    closed_minutes: Positive = 10
    """Time that a closed order stays in memory, where nothing has to be read to answer for it."""
    keep_days: Positive = 7
    """Days for which segments are kept; older ones are archived. A client that requests a message
    of them again is sent a GapFill(123=Y) for it."""
    cl_ord_id_days: NotNegative = 0
    """Days for which a ClOrdID(11) may not be used again; 0: for good, for 8 bytes each."""
    keep_received_days: NotNegative = 0
    """Days for which archived segments are kept; 0: for good. Laws ask for years: move the
    archive elsewhere, then."""


class Log(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[log]`: the log on stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[limits]`: bounds of every resource, for all sessions together or for each alike."""

    max_connections: Positive = 200
    """TCP connections at once. One more ends the oldest that has not logged on, or is closed at
    once if all have."""
    max_connections_per_address: Positive = 20
    """The same from one address (IPv6: one /64 network), logged on or not. One more ends the oldest
    of them that has not logged on, or is closed at once if all have."""
    max_unauthenticated_connections: Positive = 100
    """Connections that have not logged on; one more ends the oldest of them."""
    first_byte_timeout_seconds: Positive = 5
    """From the TCP connect to the client's first byte, after a PROXY header if there is one."""
    handshake_timeout_seconds: Positive = 5
    """From the first byte to the end of the TLS handshake."""
    logon_timeout_seconds: Positive = 5
    """From then (without TLS, from the first byte) until a Logon(35=A) is accepted."""
    max_logon_bytes: Positive = 8_192
    """The first message of a client, and the data buffered for a client before its Logon is
    accepted."""
    heartbeat_seconds: Positive = 120
    """The longest HeartBtInt(108) of a Logon, if the session sets none."""
    max_message_bytes: Positive = 65_536
    """One FIX message from a client; a longer BodyLength(9) closes the connection."""
    max_garbled_bytes: Positive = 65_536
    """A client's bytes that are no messages, less the bytes of good messages since; more of them
    end the connection."""
    outbound_buffer_bytes: Positive = 8_388_608
    """Bytes that a connection may leave unread; later ones wait in the journal until it reads."""
    slow_reader_seconds: Positive = 30
    """A client that has left that much unread and does not bring it down to a quarter in this time
    is cut off; it gets the rest by resend when it is back."""
    late_submit_seconds: NotNegative = 30
    """An order that the venue proves never to have had is submitted again up to this age; an older
    one is rejected, because its price is of another time. 0 means never again."""
    filled_unlisted_seconds: Positive = 60
    """An order whose executions a venue counts and does not list for so long is in doubt: an
    operator is told. It is never reported as canceled."""
    reconcile_seconds: NotNegative = 300
    """Interval at which each venue is asked about all its open orders, in addition to each start of
    a stream; the venues take turns. 0 means never."""
    shutdown_seconds: Positive = 10
    """Time that a stopping gateway gives its clients and venues to say goodbye."""


class GatewayToml(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of gateway.toml."""

    gateway: GatewayTable = GatewayTable()
    listener: Listener = Listener()
    journal: JournalTable = JournalTable()
    log: Log = Log()
    limits: Limits = Limits()
    venues: dict[str, dict[str, Any]] = {}
    directories: dict[str, dict[str, Any]] = {}
