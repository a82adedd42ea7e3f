"""Where the socket is, and how a place that is too deep for one is reached all the same."""

import os
import socket
from pathlib import Path

import pytest

from fixgw.ops.address import PATH_BYTES_MAX, ControlError, address, control_path


def test_it_lies_beside_the_journal() -> None:
    assert Path("/v/journal.control") == control_path(Path("/v/journal"))


def deep(directory: Path, name: str) -> Path:
    """*name* in a directory that is too deep for a socket."""
    place = directory / "/".join(["deep" * 10] * 4)
    place.mkdir(parents=True)
    assert len(os.fsencode(place)) > PATH_BYTES_MAX
    return place / name


@pytest.mark.parametrize("is_deep", [False, True])
def test_a_socket_can_be_made_and_found_at_any_depth(tmp_path: Path, is_deep: bool) -> None:
    path = deep(tmp_path, "journal.control") if is_deep else tmp_path / "c"
    descriptors = len(os.listdir("/proc/self/fd"))
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        with address(path) as name:
            server.bind(name)
        server.listen()
        with address(path) as name:
            client.connect(name)

        assert path.is_socket()
    assert descriptors == len(os.listdir("/proc/self/fd"))


def test_a_name_that_is_too_long_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="give the journal a shorter one"):
        with address(tmp_path / ("n" * 120)):
            pass
