"""Each table of gateway.toml: its defaults, and the text of each error."""

import pytest

from fixgw.runtime.gateway_toml import JournalTable, Limits, Listener, ListenerTls, Log
from tests.runtime.directory import GATEWAY, Directory

EVERYTHING = (
    GATEWAY
    + """
[listener]
host = "::"
port = 0
backlog = 5
plain = true
proxy_protocol = true
proxy_networks = ["10.0.0.0/24"]

[listener.tls]
certificate = "c"
key = "k"
client_ca = "a"
client_certificate = "optional"
minimum_version = "1.3"

[journal]
path = "j"
durability = "power"
checkpoint_seconds = 9

[log]
level = "debug"
format = "json"

[limits]
max_connections = 7
"""
)


def test_an_empty_file_means_the_defaults(directory: Directory) -> None:
    settings = directory.settings()

    assert Listener() == settings.listener
    assert JournalTable() == settings.journal
    assert Log() == settings.log
    assert Limits() == settings.limits


def test_everything_can_be_set(directory: Directory) -> None:
    directory.write("gateway.toml", EVERYTHING)

    settings = directory.settings()

    tls = ListenerTls(
        certificate="c", key="k", client_ca="a", client_certificate="optional",
        minimum_version="1.3",
    )
    assert settings.listener == Listener(
        host="::", port=0, backlog=5, plain=True, tls=tls,
        proxy_protocol=True, proxy_networks=("10.0.0.0/24",),
    )
    assert JournalTable(path="j", durability="power", checkpoint_seconds=9) == settings.journal
    assert Log(level="debug", format="json") == settings.log
    assert 7 == settings.limits.max_connections


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ("[listener]\nport = '1'", "4: listener.port: expected int, got str"),
        ("[listener]\nport = -1", "4: listener.port: expected int >= 0"),
        ("[listener]\nport = true", "4: listener.port: expected int, got bool"),
        ("[listener]\nport = 1.5", "4: listener.port: expected int, got decimal"),
        ("[listener]\nport = nan", "4: listener.port: expected a finite number"),
        ("[listener.tls]\ncertificate = 'c'", "3: listener.tls.key: missing; it has no default"),
        (
            "[listener.tls]\ncertificate = 'c'\nkey = 'k'\nminimum_version = '1.1'",
            "6: listener.tls.minimum_version: expected one of 1.2, 1.3",
        ),
        (
            "[listener.tls]\ncertificate = 'c'\nkey = 'k'\nclient_certificate = 'yes'",
            "6: listener.tls.client_certificate: expected one of none, optional, required",
        ),
        (
            "[listener]\nproxy_networks = [1]",
            "4: listener.proxy_networks[0]: expected str, got int",
        ),
        ("[journal]\ndurability = 'disk'", "4: journal.durability: expected one of process, power"),
        ("[log]\nlevel = 'INFO'", "4: log.level: expected one of debug, info, warning, error"),
        ("[log]\nformat = 1", "4: log.format: expected one of console, json"),
        ("[limits]\nmax_connections = 0", "4: limits.max_connections: expected int >= 1"),
        (
            "[limits]\nmax_conections = 5",
            "4: limits.max_conections: unknown key; did you mean max_connections?",
        ),
        (
            "[journal]\nzzz = 1",
            "4: journal.zzz: unknown key; known are checkpoint_seconds, "
            "cl_ord_id_days, closed_minutes, compact_seconds, "
            "durability, held_bytes_max, held_ticks_max, keep_days, keep_received_days, path",
        ),
        ("[listner]", "3: listner: unknown key; did you mean listener?"),
        ("[listener]\nport = 1\nport = 2", "5: not TOML: Cannot overwrite a value"),
        ("[listener", "3: not TOML: Expected ']' at the end of a table declaration"),
    ],
)
def test_errors(directory: Directory, written: str, error: str) -> None:
    directory.write("gateway.toml", GATEWAY + written + "\n")

    assert [f"gateway.toml:{error}"] == directory.errors()
