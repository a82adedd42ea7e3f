"""Asking a gateway: what is said when there is none, when it is silent, and when it dies."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixgw.ops.address import ControlError, control_path
from fixgw.ops.answers import Answer, Failed, Reconciled, Status, written
from fixgw.ops.asking import NoGateway, NotDone, ask
from fixgw.ops.requests import AskStatus

STATUS = Status(version="1", pid=1, venues=())


@contextmanager
def gateway(journal: Path, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """One that takes one connection."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(control_path(journal)))
        listener.listen()

        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield
        thread.join()


def answering(*answers: Answer) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.recv(10_000)
        for answer in answers:
            connection.sendall(written(answer))

    return serve


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_an_answer_comes_back(journal: Path) -> None:
    with gateway(journal, answering(STATUS)):
        assert STATUS == ask(journal, AskStatus(), Status)


def test_an_answer_in_pieces_is_put_together(journal: Path) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(10_000)
        for byte in written(STATUS):
            connection.sendall(bytes([byte]))

    with gateway(journal, serve):
        assert STATUS == ask(journal, AskStatus(), Status)


def test_what_was_not_done_is_said_in_the_gateways_words(journal: Path) -> None:
    with gateway(journal, answering(Failed(text="it is not held"))):
        with pytest.raises(NotDone, match="^it is not held$"):
            ask(journal, AskStatus(), Status)


def test_no_gateway_was_ever_there(journal: Path) -> None:
    with pytest.raises(NoGateway, match="no gateway is running on the journal"):
        ask(journal, AskStatus(), Status)


def test_the_gateway_is_dead_and_has_left_its_socket(journal: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(control_path(journal)))

    with pytest.raises(NoGateway, match="`fixgw run` starts one"):
        ask(journal, AskStatus(), Status)


def test_the_gateway_does_not_answer_in_time(journal: Path) -> None:
    asked = threading.Event()
    with gateway(journal, lambda connection: asked.wait(10) and None):
        with pytest.raises(ControlError, match="the gateway has not answered for 0.1 s"):
            ask(journal, AskStatus(), Status, seconds=0.1)
        asked.set()


@pytest.mark.parametrize("said", [b"", b'{"answer":"stat'])
def test_the_gateway_dies_in_the_middle(journal: Path, said: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(said)

    with gateway(journal, serve):
        with pytest.raises(ControlError, match="may be on record: look before you ask again"):
            ask(journal, AskStatus(), Status)


def test_the_gateway_closes_with_the_question_unread(journal: Path) -> None:
    with gateway(journal, lambda connection: None):
        with pytest.raises(ControlError, match="look before you ask again"):
            ask(journal, AskStatus(), Status)


@pytest.mark.parametrize("said", [b"\n", b"HTTP/1.1 400 Bad Request\n", b'{"answer":"later"}\n'])
def test_an_answer_of_another_version_is_named_as_one(journal: Path, said: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(said)

    with gateway(journal, serve):
        with pytest.raises(ControlError, match="it may be of another version than this command"):
            ask(journal, AskStatus(), Status)


def test_an_answer_to_something_else_is_a_bug(journal: Path) -> None:
    with gateway(journal, answering(Reconciled(venues=()))):
        with pytest.raises(ControlError, match="the gateway answers Reconciled: this is a bug"):
            ask(journal, AskStatus(), Status)
