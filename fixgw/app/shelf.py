"""The dictionaries of the sessions: each loaded once, and once more when its dialect has changed.

To load one takes 0.1 to 1 s; sessions that agree in version, dialect and switches share it.
"""

from pathlib import Path

from fixgw.fix.dictionary import Dictionaries, Dictionary, Switches
from fixgw.fix.errors import DictionaryError
from fixgw.model.errors import SettingsError
from fixgw.model.ids import SessionKey
from fixgw.runtime.settings import SessionSettings, Settings


class Shelf:
    """Every dictionary that was ever loaded, by the text of its dialect."""

    def __init__(self) -> None:
        self._loaded: dict[bytes, Dictionaries] = {}

    def dictionaries(
        self, settings: Settings, errors: list[SettingsError]
    ) -> dict[SessionKey, Dictionary]:
        """One for each session; what is wrong goes into *errors*.

        A session whose dialect is the same as before gets the same object as before.
        """
        texts: dict[Path, bytes] = {}
        found: dict[SessionKey, Dictionary] = {}
        for session in settings.sessions.values():
            dialect = settings.dictionaries / f"{session.dialect}.toml"
            try:
                if dialect not in texts:
                    texts[dialect] = _read(dialect)
                loaded = self._loaded.setdefault(texts[dialect], Dictionaries())
                found[session.key] = _dictionary(loaded, dialect, session)
            except DictionaryError as error:
                errors.append(session.error("dialect", str(error)))
        return found


def _read(dialect: Path) -> bytes:
    try:
        return dialect.read_bytes()
    except OSError as error:
        raise DictionaryError(f"{dialect}: cannot be read: {error.strerror}") from None


def _dictionary(loaded: Dictionaries, dialect: Path, session: SessionSettings) -> Dictionary:
    switches = Switches(
        validate_fields_out_of_order=session.validate_fields_out_of_order,
        validate_fields_have_values=session.validate_fields_have_values,
        validate_user_defined_fields=session.validate_user_defined_fields,
        allow_unknown_msg_fields=session.allow_unknown_msg_fields,
    )
    version = session.default_appl_ver_id or None
    return loaded.get(session.begin_string, version, dialect, switches)
