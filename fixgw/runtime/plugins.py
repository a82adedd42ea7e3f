"""Plug-ins of other installed packages: found by their entry points, loaded by name.

Nothing of a package is imported before its name is requested. A name that two packages have is an
error, never a matter of order.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from fixgw.model.errors import PluginError

T = TypeVar("T")


def names(group: str, ours: Iterable[str]) -> list[str]:
    """Return all names of *group*: *ours* and those of installed packages."""
    return sorted({*ours, *(each.name for each in entry_points(group=group))})


def find(group: str, name: str, ours: Mapping[str, T], kind: type[T]) -> T | None:
    """Return the *kind* that *name* of *group* stands for; None if nobody has it.

    Raise PluginError if several have it, if it cannot be imported, or if it is something else.
    """
    found = list(entry_points(group=group, name=name))
    builtin = ours.get(name)
    if builtin is not None and not found:
        return builtin
    if not found:
        return None
    if builtin is not None or len(found) > 1:
        owners = [*(["fixgw itself"] if builtin is not None else []), *map(_owner, found)]
        raise PluginError(
            f"{name!r} of {group} is taken: {' and '.join(owners)} bring it; "
            "rename, or uninstall, all but one"
        )
    return _load(found[0], kind)


def _load(point: EntryPoint, kind: type[T]) -> T:
    where = f"{point.name!r} of {point.group}, {point.value} of {_owner(point)},"
    try:
        loaded = point.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"{where} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(loaded, kind):
        raise PluginError(f"{where} is no {kind.__name__}, but a {type(loaded).__name__}")
    return loaded


def _owner(point: EntryPoint) -> str:
    return f"package {point.dist.name if point.dist is not None else '?'}"
