"""A sandbox's settings file: TOML into structs, and what every one of them is asked."""

import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


class SettingsError(Exception):
    """The settings file cannot be read, or says what it must not."""


def parsed(
    text: str,
    source: str,
    kind: type[T],
    *,
    parse_float: Callable[[str], object] = Decimal,
    strict: bool = True,
) -> T:
    """TOML *text* as a *kind*; *source* is what errors call it."""
    try:
        document = tomllib.loads(text, parse_float=parse_float)
        return msgspec.convert(document, kind, strict=strict)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{source}: {error}") from error


def text_of(path: Path) -> str:
    """Return the text of the file."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def unique(where: str, names: list[str]) -> frozenset[str]:
    """*names*, each of which stands there once; else ValueError."""
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{where}: {name!r} stands there twice")
    return frozenset(names)


def known(where: str, defined: frozenset[str], names: tuple[str, ...]) -> None:
    """ValueError if one of *names* is not *defined*."""
    for name in names:
        if name not in defined:
            raise ValueError(f"{where}: {name!r} is not defined")
