"""The settings of a session as a value: one that nothing can change."""

import pytest

from tests.runtime.directory import Directory


def test_a_session_does_not_change(directory: Directory) -> None:
    (session,) = directory.settings().sessions.values()

    with pytest.raises(AttributeError):
        session.pending_reports = False  # type: ignore[misc]


def test_an_error_stands_at_the_line_of_its_key_or_of_its_session(directory: Directory) -> None:
    (session,) = directory.settings().sessions.values()

    assert [f"{session.file}:7: no", f"{session.file}:1: no"] == [
        str(session.error("accounts", "no")),
        str(session.error("default_exchange", "no")),
    ]
