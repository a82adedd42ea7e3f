"""Session look-up: the header of a first message -> the session it names.

As QuickFIX/J finds a session by its SessionID, the header's sender being our target and the other
way round; but a SubID or LocationID counts only where the session has one. So a client that sends
SenderSubID(50), as many do, is found by its CompIDs alone, as it is by QuickFIX (C++), which knows
no SubID. It finds, and decides nothing: a match is not yet admitted.
"""

from collections.abc import Iterable, Mapping

from fixgw.model.ids import SessionKey
from fixgw.runtime.session_settings import SessionSettings

CompIDs = tuple[str | None, str | None, str | None]
"""BeginString(8), our CompID, the client's CompID."""


class Identity:
    """The required header fields of a session's Logon besides the CompIDs."""

    __slots__ = ("key", "wanted")

    def __init__(self, settings: SessionSettings) -> None:
        self.key = settings.key
        given = {
            50: settings.target_sub_id,
            142: settings.target_location_id,
            57: settings.sender_sub_id,
            143: settings.sender_location_id,
        }
        self.wanted = {tag: value for tag, value in given.items() if value}
        """Tag to value; the client's own tags come first."""

    def matches(self, fields: Mapping[int, str]) -> bool:
        """Return True if a header with *fields* may name this session."""
        return all(fields.get(tag) == value for tag, value in self.wanted.items())

    def order(self) -> tuple[int, list[int]]:
        """Return the rank among sessions of the same CompIDs: one with more required fields is
        tried first.

        Of two with equally many, the one that requires the client's SubID, then its LocationID.
        """
        tags = (50, 142, 57, 143)
        return -len(self.wanted), [tags.index(tag) for tag in self.wanted]


class SessionLookup:
    """All sessions, by the header of their Logons."""

    def __init__(self, sessions: Iterable[SessionSettings] = ()) -> None:
        self._by_comp_ids: dict[CompIDs, list[Identity]] = {}
        for settings in sessions:
            self.add(settings)

    def add(self, settings: SessionSettings) -> None:
        """Let Logons name this session from now on."""
        same = self._by_comp_ids.setdefault(_comp_ids(settings), [])
        same.append(Identity(settings))
        same.sort(key=Identity.order)

    def remove(self, settings: SessionSettings) -> None:
        """Let no Logon name this session from now on."""
        comp_ids = _comp_ids(settings)
        rest = [each for each in self._by_comp_ids[comp_ids] if each.key != settings.key]
        if rest:
            self._by_comp_ids[comp_ids] = rest
        else:
            del self._by_comp_ids[comp_ids]

    def find(self, fields: Mapping[int, str]) -> SessionKey | None:
        """Return the session that a header names, tag to value; None: there is none."""
        comp_ids = fields.get(8), fields.get(56), fields.get(49)
        for identity in self._by_comp_ids.get(comp_ids, ()):
            if identity.matches(fields):
                return identity.key
        return None


def _comp_ids(settings: SessionSettings) -> CompIDs:
    return settings.begin_string, settings.sender_comp_id, settings.target_comp_id
