"""The dictionaries of the sessions: each loaded once, and again when its dialect has changed.

Loading one takes 0.1 to 1 s; sessions that agree in version, dialect and switches share it.
"""

from pathlib import Path

from fixgw.fix.dictionary import Dictionaries, Dictionary, OwnFiles, Switches
from fixgw.fix.errors import DictionaryError
from fixgw.fix.own_dictionary import BYTES_MAX, OwnDictionaryError
from fixgw.model.errors import SettingsError
from fixgw.model.ids import SessionKey
from fixgw.runtime.settings import SessionSettings, Settings


class DictionaryCache:
    """Every dictionary ever loaded, by the texts of its dialect and of a client's own."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[bytes, ...], Dictionaries] = {}

    def dictionaries(
        self, settings: Settings, errors: list[SettingsError]
    ) -> dict[SessionKey, Dictionary]:
        """Return one for each session; errors go into *errors*.

        A session whose dialect is unchanged gets the same object as before.
        """
        texts: dict[Path, bytes] = {}
        found: dict[SessionKey, Dictionary] = {}
        for session in settings.sessions.values():
            dialect = settings.dictionaries / f"{session.dialect}.toml"
            own = OwnFiles(*session.dictionary_files())
            try:
                files = [dialect, *filter(None, own)]
                for file in files:
                    if file not in texts:
                        texts[file] = _read(file) if file is dialect else _read_own(file)
                key = tuple(texts[file] for file in files)
                loaded = self._loaded.setdefault(key, Dictionaries())
                found[session.key] = _dictionary(loaded, dialect, session, own)
            except OwnDictionaryError as error:
                errors.append(_error_of(session, error))
            except DictionaryError as error:
                errors.append(session.error("dialect", str(error)))
        return found


def _read(dialect: Path) -> bytes:
    try:
        return dialect.read_bytes()
    except OSError as error:
        raise DictionaryError(f"{dialect}: cannot be read: {error.strerror}") from None


def _read_own(file: Path) -> bytes:
    """Return the text, to detect a change; its reader reports errors in it."""
    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError:
        return b""


def _error_of(session: SessionSettings, error: OwnDictionaryError) -> SettingsError:
    """Return the error, at the key that names the file."""
    names = {
        "data_dictionary": "DataDictionary",
        "transport_data_dictionary": "TransportDataDictionary",
        "app_data_dictionary": "AppDataDictionary",
    }
    for field, name in names.items():
        given = getattr(session, field)
        if given and str(error).startswith(str(session.file.parent / given)):
            return session.error(field, f"{name}: {error}")
    return session.error("data_dictionary", str(error))


def _dictionary(
    loaded: Dictionaries, dialect: Path, session: SessionSettings, own: OwnFiles
) -> Dictionary:
    switches = Switches(
        validate_fields_out_of_order=session.validate_fields_out_of_order,
        validate_fields_have_values=session.validate_fields_have_values,
        validate_user_defined_fields=session.validate_user_defined_fields,
        allow_unknown_msg_fields=session.allow_unknown_msg_fields,
    )
    version = session.default_appl_ver_id or None
    return loaded.get(session.begin_string, version, dialect, switches, own)
