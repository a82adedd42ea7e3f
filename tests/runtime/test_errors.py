"""Several errors as one, and the hint for a key that nobody knows."""

from fixgw.model.errors import SettingsError
from fixgw.runtime.errors import SettingsErrors, unknown_key


def test_each_error_has_a_line() -> None:
    errors = [SettingsError("a.cfg", 3, "wrong"), SettingsError("b.cfg", None, "gone")]

    assert "a.cfg:3: wrong\nb.cfg: gone" == str(SettingsErrors(errors))


def test_several_errors_are_caught_as_one() -> None:
    assert isinstance(SettingsErrors([SettingsError("a.cfg", 3, "wrong")]), SettingsError)


def test_the_nearest_key_is_named_in_any_case() -> None:
    assert "unknown key; did you mean BeginString?" == unknown_key("beginstrng", ["BeginString"])


def test_else_all_are_named() -> None:
    assert "unknown key; known are host, port" == unknown_key("zzz", ["port", "host"])
