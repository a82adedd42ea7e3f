"""A dictionary is loaded once, and once more when its dialect has changed."""

import re
import shutil
from pathlib import Path

from fixgw.app.dictionary_cache import DictionaryCache
from fixgw.fix.dictionary import find_dictionary
from fixgw.model.errors import SettingsError
from fixgw.model.ids import SessionKey
from tests.app.bench import DICTIONARIES, settings

ONE, TWO = SessionKey("FIX.4.4:FIXGW->ONE"), SessionKey("FIX.4.4:FIXGW->TWO")


def test_sessions_share_until_the_dialect_of_one_has_changed(tmp_path: Path) -> None:
    dialects = tmp_path / "dialects"
    shutil.copytree(DICTIONARIES, dialects)
    shutil.copy(dialects / "fixgw.toml", dialects / "other.toml")
    read = settings(tmp_path, sessions={"ONE": "", "TWO": "Dialect=other"}, dialects=dialects)
    shelf, errors = DictionaryCache(), list[SettingsError]()

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

    assert {} == DictionaryCache().dictionaries(read, errors)

    (error,) = errors
    assert f"ONE.cfg:9: {dialects}/fixgw.toml: cannot be read: No such file" in str(error)


def test_a_clients_own_dictionary_is_read_from_beside_its_cfg(tmp_path: Path) -> None:
    stock = find_dictionary("FIX44.xml").read_text()
    place = tmp_path / "sessions"
    place.mkdir()
    (place / "client.xml").write_text(stock)
    one = {"ONE": "DataDictionary=client.xml\nAppDataDictionary=not-below-fixt.xml", "TWO": ""}
    read, shelf, errors = settings(tmp_path, sessions=one), DictionaryCache(), list[SettingsError]()
    first = shelf.dictionaries(read, errors)
    assert [] == errors
    assert len(set(map(id, first.values()))) == 2
    assert first == shelf.dictionaries(read, errors)

    (place / "client.xml").write_text(f"{stock}<!-- changed -->")
    again = shelf.dictionaries(read, errors)
    assert (again[ONE] is first[ONE], again[TWO] is first[TWO]) == (False, True)


def test_a_bad_one_is_an_error_at_the_key_that_names_it(tmp_path: Path) -> None:
    fixt = "BeginString=FIXT.1.1\nDefaultApplVerID=9\nAppDataDictionary=client.xml"
    read, errors = settings(tmp_path, sessions={"ONE": fixt}), list[SettingsError]()
    (tmp_path / "sessions" / "client.xml").write_text("<fix>\n<oops>")
    DictionaryCache().dictionaries(read, errors)

    (error,) = errors
    assert re.search(
        r"ONE.cfg:\d+: AppDataDictionary: .*client.xml, line 2: not XML: no element found$",
        str(error),
    )
