"""A QuickFIX initiator of every version over TLS, let in by its certificate."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.quickfix_initiator import FIX44, VERSIONS, Initiator, Version
from tests.support.stack import Stack
from tests.support.story import Story, repeated_exec_ids
from tests.support.tls_client import trusting
from tests.support.tls_tunnel import TlsTunnel

every_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)

TLS = """\
[listener.tls]
certificate = "{certificate}"
key = "{key}"
client_ca = "{authority}"
client_certificate = "required"
"""


class World:
    """A gateway that speaks TLS only, and who signs its certificate and its clients'."""

    def __init__(self, directory: Path) -> None:
        self.authority = Authority(directory)
        server = self.authority.issue("localhost", "DNS:localhost")
        self.stack = Stack(
            directory / "stack",
            sandbox_settings={"requests_per_second": 0},
            settings=TLS.format(
                certificate=server.certificate, key=server.key,
                authority=self.authority.certificate,
            ),
        )
        for version in VERSIONS:
            file = next(self.stack.sessions.glob(f"demo{_digits(version)}.cfg"))
            file.write_text(f"{file.read_text()}\nCertificateNames={version.comp_id}\n")

    def context(self, name: str) -> ssl.SSLContext:
        """What a client with a certificate of *name* connects with."""
        return trusting(self.authority, self.authority.issue(name))

    def client(self, version: Version, tunnel: TlsTunnel) -> Initiator:
        """The client of *version*, with the numbers that it had when it was here last."""
        return Initiator(version, tunnel.port, self.stack.directory / version.comp_id)


def _digits(version: Version) -> str:
    return version.comp_id.removeprefix("CLIENT").lower()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("tls"))
    with world.stack:
        yield world


@every_version
def test_an_order_is_filled_cancelled_and_asked_about(world: World, version: Version) -> None:
    stack = world.stack
    with ExitStack() as ending:
        tunnel = ending.enter_context(TlsTunnel(stack.port, world.context(version.comp_id)))
        client = ending.enter_context(world.client(version, tunnel))
        story = Story(client, stack.venue, f"{version.comp_id}-tls")

        assert ["A", "0"] == [report[39] for report in story.rest()]
        assert ["1"] == [report[39] for report in story.part_fill()]
        assert ["2"] == [report[39] for report in story.fill()]
        assert "4" == story.place_and_cancel()[-1][39]
        assert ["2", "4"] == sorted(report[39] for report in story.ask())
        assert "8" == story.mistake()[-1][39]

        assert [] == repeated_exec_ids(client.received)
        assert {"3", "j"}.isdisjoint(message.msg_type for message in client.messages)


def test_a_certificate_of_another_client_does_not_let_in(world: World, tmp_path: Path) -> None:
    stack = world.stack
    with (
        TlsTunnel(stack.port, world.context("SOMEBODY")) as wrong,
        TlsTunnel(stack.port, world.context(FIX44.comp_id)) as right,
    ):
        stranger = Initiator(FIX44, wrong.port, tmp_path / "stranger")
        stranger.start()
        try:
            stack.gateway.wait_for_line("logon_refused")
            assert not stranger.logged_on
        finally:
            stranger.stop(abruptly=True)

        with world.client(FIX44, right) as client:
            assert client.logged_on


def test_the_gateway_is_killed_and_a_fill_comes_by_resend(world: World) -> None:
    stack = world.stack
    with (
        TlsTunnel(stack.port, world.context(FIX44.comp_id)) as tunnel,
        world.client(FIX44, tunnel) as client,
    ):
        story = Story(client, stack.venue, "killed-tls")
        story.rest()
        stack.gateway.kill()
        stack.venue.sell("1", "50000")
        stack.gateway.start()

        fill = client.wait_for(f"35=8|11={story.resting}|39=2")
        assert "1" == fill[14]
        assert [] == repeated_exec_ids(client.received)
