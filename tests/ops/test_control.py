"""The control socket: who may ask, what it takes, and that nothing said on it harms the gateway."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fixgw.model.ids import OrderID
from fixgw.ops import control as module
from fixgw.ops.address import ControlError
from fixgw.ops.answers import Answer, Failed
from fixgw.ops.control import CONNECTIONS_MAX, LINE_BYTES_MAX, Control, Peer
from fixgw.ops.requests import AskStatus, Request, ShowOrder, written
from tests.app.bench import DEADLINE_SECONDS, play, until

ASK = written(AskStatus())
Asked = list[tuple[Request, Peer]]


async def echo(request: Request, peer: Peer) -> Answer:
    return Failed(text=f"{type(request).__name__}")


@asynccontextmanager
async def listening(
    directory: Path,
    answer: Callable[[Request, Peer], Awaitable[Answer]] = echo,
    **given: Any,
) -> AsyncIterator[Control]:
    control = Control(directory / "control", answer, **given)
    await control.start()
    try:
        yield control
    finally:
        await control.stop()


async def connect(directory: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_unix_connection(str(directory / "control"))


async def say(directory: Path, line: bytes) -> str:
    """What comes back until the socket is closed, as the text of a Failed; "": nothing."""
    loop, answered = asyncio.get_running_loop(), b""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.setblocking(False)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await loop.sock_connect(sock, str(directory / "control"))
            try:
                await loop.sock_sendall(sock, line)
                sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has heard enough, and may have said why
            try:
                while data := await loop.sock_recv(sock, 65_536):
                    answered += data
            except ConnectionResetError:
                pass  # it has closed with some of it unread
    return str(json.loads(answered)["text"]) if answered else ""


def test_it_is_the_owners_alone(tmp_path: Path) -> None:
    asked: Asked = []

    async def answer(request: Request, peer: Peer) -> Answer:
        asked.append((request, peer))
        return Failed(text="no")

    async def scenario() -> None:
        async with listening(tmp_path, answer):
            mode = os.stat(tmp_path / "control").st_mode
            assert (True, 0o600) == (stat.S_ISSOCK(mode), stat.S_IMODE(mode))

            assert "no" == await say(tmp_path, written(ShowOrder(order_id=OrderID("1"))))

    play(scenario())
    assert [(ShowOrder(order_id=OrderID("1")), Peer(os.getpid(), os.geteuid()))] == asked


def test_another_user_is_refused_whatever_the_files_mode(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: Asked = []

    async def answer(request: Request, peer: Peer) -> Answer:
        asked.append((request, peer))
        return Failed(text="no")

    async def scenario() -> None:
        async with listening(tmp_path, answer, allowed=frozenset({os.geteuid() + 1})):
            os.chmod(tmp_path / "control", 0o666)

            assert (
                f"user {os.geteuid()} does not run this gateway, and may not ask it"
            ) == await say(tmp_path, ASK)

    play(scenario())
    assert [] == asked
    assert "operator_refused" in capsys.readouterr().out


@pytest.mark.parametrize(("line", "answer"), [
    (b"\n", "not understood: "),
    (b"GET / HTTP/1.1\r\n\r\n", "not understood: "),
    (b"\x00\xff\n", "not understood: "),
    (b'{"ask":"stop"}\n', "not understood: Invalid value 'stop'"),
    (b'{"ask":"status","a":1}\n', "not understood: Object contains unknown field `a`"),
    (b"[" * (LINE_BYTES_MAX - 1) + b"\n", "not understood: "),
    (b"x" * (LINE_BYTES_MAX + 1), f"a request may have {LINE_BYTES_MAX} bytes at most"),
    (b"x" * (20 * LINE_BYTES_MAX), f"a request may have {LINE_BYTES_MAX} bytes at most"),
    # Half a request is none, and whoever closes before its end hears nothing.
    (b"", ""),
    (ASK[:-1], ""),
    (ASK[:10], ""),
    # One request a connection.
    (ASK + ASK, "AskStatus"),
])
def test_garbage_is_answered_and_harms_nobody(tmp_path: Path, line: bytes, answer: str) -> None:
    async def scenario() -> None:
        async with listening(tmp_path):
            assert (await say(tmp_path, line)).startswith(answer)

            assert "AskStatus" == await say(tmp_path, ASK)

    play(scenario())


def test_who_says_nothing_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.05)

    async def scenario() -> None:
        async with listening(tmp_path):
            reader, writer = await connect(tmp_path)
            writer.write(ASK[:5])
            async with asyncio.timeout(DEADLINE_SECONDS):
                assert b"no request came within 0.05 s" in await reader.read()
            writer.close()

    play(scenario())


def test_who_does_not_read_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WRITE_SECONDS", 0.05)

    async def long_winded(request: Request, peer: Peer) -> Answer:
        return Failed(text="x" * 10_000_000)

    async def scenario() -> None:
        async with listening(tmp_path, long_winded) as control:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.connect(str(tmp_path / "control"))
                sock.sendall(ASK)
                await until(lambda: len(control._tasks) == 1)

                await until(lambda: not len(control._tasks))

    play(scenario())


def test_a_long_answer_arrives_whole(tmp_path: Path) -> None:
    async def long_winded(request: Request, peer: Peer) -> Answer:
        return Failed(text="x" * 5_000_000)

    async def scenario() -> None:
        async with listening(tmp_path, long_winded):
            assert "x" * 5_000_000 == await say(tmp_path, ASK)

    play(scenario())


def test_who_is_gone_before_the_answer_is_not_missed(tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def slow(request: Request, peer: Peer) -> Answer:
        await go_on.wait()
        return Failed(text="x" * 1_000_000)

    async def scenario() -> None:
        async with listening(tmp_path, slow) as control:
            _, writer = await connect(tmp_path)
            writer.write(ASK)
            await until(lambda: len(control._tasks))
            writer.transport.abort()
            await asyncio.sleep(0.01)
            go_on.set()
            await until(lambda: not len(control._tasks))

            assert "x" * 1_000_000 == await say(tmp_path, ASK)

    play(scenario())


def test_one_more_than_it_takes_is_told_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with listening(tmp_path) as control:
            silent = [await connect(tmp_path) for _ in range(CONNECTIONS_MAX)]
            await until(lambda: len(control._tasks) == CONNECTIONS_MAX)

            assert f"{CONNECTIONS_MAX} others are asking; try again" == await say(tmp_path, ASK)

            silent[0][1].close()
            await until(lambda: len(control._tasks) < CONNECTIONS_MAX)
            assert "AskStatus" == await say(tmp_path, ASK)
            for _, writer in silent:
                writer.close()

    play(scenario())


def test_an_answer_that_never_comes_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.05)

    async def never(request: Request, peer: Peer) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    async def scenario() -> None:
        async with listening(tmp_path, never):
            assert "it takes too long; whether it was done, the log says" == await say(
                tmp_path, ASK
            )

    play(scenario())


def test_a_bug_of_an_answer_is_heard_of(tmp_path: Path) -> None:
    async def stumble(request: Request, peer: Peer) -> Answer:
        raise RuntimeError("a bug")

    async def scenario() -> None:
        with pytest.raises(RuntimeError, match="a bug"):
            async with listening(tmp_path, stumble) as control:
                assert "" == await say(tmp_path, ASK)
                async with asyncio.timeout(DEADLINE_SECONDS):
                    await control.failure()

    play(scenario())


# ----------------------------------------------------------------------- its file


def test_what_a_dead_gateway_has_left_is_replaced_and_ours_is_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "control"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def scenario() -> None:
        async with listening(tmp_path):
            assert "AskStatus" == await say(tmp_path, ASK)
        assert not path.exists()

    play(scenario())


def test_a_file_that_is_no_socket_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "control").write_text("precious")

    async def scenario() -> None:
        with pytest.raises(ControlError, match="a file that is no socket is in its place"):
            async with listening(tmp_path):
                pass

    play(scenario())
    assert "precious" == (tmp_path / "control").read_text()


def test_the_socket_of_the_next_gateway_is_left_where_it_is(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as first:
            await first.enter_async_context(listening(tmp_path))
            async with listening(tmp_path):
                await first.aclose()

                assert "AskStatus" == await say(tmp_path, ASK)
        assert not (tmp_path / "control").exists()

    play(scenario())


def test_a_directory_that_is_not_there_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    async def scenario() -> None:
        with pytest.raises(ControlError, match="check the directory of the journal"):
            async with listening(tmp_path / "nowhere"):
                pass

    play(scenario())
