"""A dictionary is loaded once, and once more when its dialect has changed."""

import shutil
from pathlib import Path

from fixgw.app.shelf import Shelf
from fixgw.model.errors import SettingsError
from fixgw.model.ids import SessionKey
from tests.app.bench import DICTIONARIES, settings

ONE, TWO = SessionKey("FIX.4.4:FIXGW->ONE"), SessionKey("FIX.4.4:FIXGW->TWO")


def test_sessions_share_until_the_dialect_of_one_has_changed(tmp_path: Path) -> None:
    dialects = tmp_path / "dialects"
    shutil.copytree(DICTIONARIES, dialects)
    shutil.copy(dialects / "fixgw.toml", dialects / "other.toml")
    read = settings(tmp_path, sessions={"ONE": "", "TWO": "Dialect=other"}, dialects=dialects)
    shelf, errors = Shelf(), list[SettingsError]()

    first = shelf.dictionaries(read, errors)
    again = shelf.dictionaries(read, errors)
    with (dialects / "other.toml").open("a") as other:
        other.write("\n# changed\n")
    changed = shelf.dictionaries(read, errors)

    assert [] == errors
    assert first[ONE] is again[ONE] is changed[ONE]
    assert first[TWO] is again[TWO]
    assert changed[TWO] is not again[TWO]


def test_a_dialect_that_is_gone_is_an_error_of_its_session(tmp_path: Path) -> None:
    dialects = tmp_path / "dialects"
    shutil.copytree(DICTIONARIES, dialects)
    read = settings(tmp_path, sessions={"ONE": "Dialect=fixgw"}, dialects=dialects)
    (dialects / "fixgw.toml").unlink()
    errors: list[SettingsError] = []

    assert {} == Shelf().dictionaries(read, errors)

    (error,) = errors
    assert f"ONE.cfg:9: {dialects}/fixgw.toml: cannot be read: No such file" in str(error)
