"""Where secrets come from, and that they do not show."""

import pickle
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fixgw.runtime.secrets import Secret, secret_from


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A file with a secret in it, as it should be."""
    file = tmp_path / "key"
    file.write_text("hunter2\n")
    file.chmod(0o600)
    return file


def refused(spec: object, directory: Path = Path()) -> str:
    with pytest.raises(ValueError) as caught:
        secret_from(spec, directory)
    return str(caught.value)


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r}".format, lambda s: "%s" % s])
def test_a_secret_does_not_show(show: object) -> None:
    assert callable(show)
    assert "hunter2" not in show(Secret("hunter2"))
    assert "***" in show(Secret("hunter2"))


def test_a_secret_compares_and_does_not_hash_or_pickle() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    with pytest.raises(TypeError):
        hash(Secret("a"))
    with pytest.raises(TypeError):
        pickle.dumps(Secret("a"))


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME", "hunter2")

    assert "hunter2" == secret_from({"env": "ACME"}, Path()).reveal()


def test_from_a_file(key: Path) -> None:
    with capture_logs() as logged:
        assert "hunter2" == secret_from({"file": "key"}, key.parent).reveal()
    assert [] == logged


def test_a_file_that_others_can_read_is_warned_of(key: Path) -> None:
    key.chmod(0o644)

    with capture_logs() as logged:
        secret_from({"file": "key"}, key.parent)

    assert [
        {
            "event": "secret_file_open_to_others",
            "log_level": "warning",
            "path": str(key),
            "mode": "0644",
            "way_out": "chmod 600",
        }
    ] == logged


def test_a_file_that_anybody_can_write_is_refused(key: Path) -> None:
    key.chmod(0o606)

    assert f"{key} can be written by anybody (mode 0606): chmod 600 it" == refused(
        {"file": "key"}, key.parent
    )


@pytest.mark.parametrize(
    "spec", ["hunter2", 1, {}, {"env": 1}, {"env": "A", "file": "b"}, {"file": "a", "x": 1}, []]
)
def test_anything_else_is_refused(spec: object) -> None:
    assert (
        'a secret does not stand in a settings file: write { env = "NAME" } '
        'or { file = "secrets/NAME" }'
    ) == refused(spec)


def test_an_environment_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME", raising=False)

    assert "environment variable ACME is not set: export it, or name a file" == refused(
        {"env": "ACME"}
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\n", "is empty"),
        (b"\xff", "is not UTF-8 text"),
        (b"x" * 65_537, "is longer than 65536 bytes: no secret is"),
    ],
)
def test_a_file_that_holds_no_secret(key: Path, content: bytes, reason: str) -> None:
    key.write_bytes(content)

    assert f"{key} {reason}" == refused({"file": "key"}, key.parent)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert f"cannot read {tmp_path}/key: No such file or directory" == refused(
        {"file": "key"}, tmp_path
    )
