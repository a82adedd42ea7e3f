"""All errors of the settings in one report: nobody likes to fix one error a run."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from fixgw.model.errors import SettingsError


class SettingsErrors(SettingsError):
    """One error or several, in the order of the files; `str` has a line for each."""

    def __init__(self, errors: Sequence[SettingsError]) -> None:
        assert errors, "no error, nothing to raise"
        # Not SettingsError's own: it puts one file and line in front, and each has its own here.
        Exception.__init__(self, "\n".join(map(str, errors)))
        self.errors = tuple(errors)


def unknown_key(name: str, known: Collection[str]) -> str:
    """Return the text for an unknown key: it names the nearest known key, or all of them."""
    by_folded = {each.lower(): each for each in known}
    near = get_close_matches(name.lower(), by_folded, n=1)
    if near:
        return f"unknown key; did you mean {by_folded[near[0]]}?"
    return f"unknown key; known are {', '.join(sorted(known))}"
