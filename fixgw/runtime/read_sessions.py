"""Makes SessionSettings of the sections of a settings file, and finds what is wrong with them."""

from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any

from fixgw.model.errors import SettingsError
from fixgw.model.ids import SessionKey
from fixgw.runtime.cfg import Entry, Section, Sections
from fixgw.runtime.errors import unknown_key
from fixgw.runtime.refused_keys import refusal
from fixgw.runtime.session_keys import BY_NAME, KEYS, REQUIRED, Key
from fixgw.runtime.session_settings import SessionSettings

MIDNIGHT = time(0, 0, 0)


def read_sessions(
    file: Path, sections: Sections, errors: list[SettingsError]
) -> list[SessionSettings]:
    """The sessions of *file*; what is wrong goes into *errors*, and that session is left out."""
    for section in (sections.default, *sections.sessions):
        errors.extend(_key_errors(file, section))
    if not sections.sessions:
        errors.append(SettingsError(file, None, "no [SESSION] in it: add one, or delete the file"))
    made = (_Reader(file, *each, errors).session() for each in sections.merged())
    return [session for session in made if session is not None]


def _key_errors(file: Path, section: Section) -> list[SettingsError]:
    """What is wrong with the names of the keys in *section*."""
    errors = []
    for name, entry in section.entries.items():
        if name in BY_NAME:
            continue
        try:
            text = refusal(entry.key, entry.value)
        except KeyError:
            text = unknown_key(entry.key, [key.name for key in KEYS])
        if text is not None:
            errors.append(SettingsError(file, entry.line, f"{entry.key}: {text}"))
    return errors


class _Reader:
    """Makes one session of its entries, and finds what is wrong with them."""

    def __init__(
        self,
        file: Path,
        section: Section,
        entries: Mapping[str, Entry],
        errors: list[SettingsError],
    ) -> None:
        self.file = file
        self.section = section
        self.entries = entries
        self.errors = errors
        self.values: dict[str, Any] = {}
        """By the key's name; a key that is wrong is not in it."""

    def session(self) -> SessionSettings | None:
        """The session, or None where something is wrong with it."""
        before = len(self.errors)
        for name, entry in self.entries.items():
            if name in BY_NAME:
                self._convert(BY_NAME[name], entry)
        for name in REQUIRED:
            if name.lower() not in self.entries:
                self._refuse(name, "missing; a session needs it")
        self._check_version()
        self._check_schedule()
        self._check_password()
        return None if len(self.errors) > before else self._made()

    def _convert(self, key: Key, entry: Entry) -> None:
        try:
            self.values[key.name] = key.convert(entry.value)
        except ValueError as error:
            shown = "" if key.secret else f"={entry.value}"
            self.errors.append(SettingsError(self.file, entry.line, f"{key.name}{shown}: {error}"))

    def _has(self, *names: str) -> list[str]:
        """Those of *names* that are written, rightly or not."""
        return [name for name in names if name.lower() in self.entries]

    def _refuse(self, name: str, text: str) -> None:
        entry = self.entries.get(name.lower())
        line = entry.line if entry else self.section.line
        self.errors.append(SettingsError(self.file, line, f"{name}: {text}"))

    def _check_version(self) -> None:
        if self.values.get("BeginString") == "FIXT.1.1":
            if not self._has("DefaultApplVerID"):
                self._refuse("DefaultApplVerID", "missing; FIXT.1.1 needs it: 7, 8 or 9")
        else:
            # As in QuickFIX, it means nothing below FIXT: one [DEFAULT] may serve both.
            self.values.pop("DefaultApplVerID", None)

    def _check_schedule(self) -> None:
        if self.values.get("NonStopSession"):
            # QuickFIX takes midnight to midnight along with it, and old files have that.
            times = [each for each in ("StartTime", "EndTime") if self._is_set(each)]
            for name in (*times, *self._has("StartDay", "EndDay")):
                self._refuse(name, "a NonStopSession has no schedule; leave one of them out")
            return
        for name in ("StartTime", "EndTime"):
            if not self._has(name):
                self._refuse(name, "missing; give a schedule in UTC, or NonStopSession=Y")
        match self._has("StartDay", "EndDay"):
            case ["StartDay"]:
                self._refuse("StartDay", "without EndDay; a weekly session needs both")
            case ["EndDay"]:
                self._refuse("EndDay", "without StartDay; a weekly session needs both")
            case [_, _]:
                self._check_week()

    def _is_set(self, name: str) -> bool:
        return bool(self._has(name)) and self.values.get(name) != MIDNIGHT

    def _check_week(self) -> None:
        start_day, start = self.values.get("StartDay"), self.values.get("StartTime")
        end_day, end = self.values.get("EndDay"), self.values.get("EndTime")
        # QuickFIX makes a whole week of Monday 08:00 to Monday 17:00. Whoever writes it
        # may mean nine hours, so we ask.
        if start is None or end is None or start_day is None or start_day != end_day:
            return
        if start < end:
            self._refuse(
                "EndDay",
                "the same day as StartDay, with a later EndTime: for a session of a week give "
                "both the same time, for one day of the week there is no way yet",
            )

    def _check_password(self) -> None:
        match self._has("Username", "PasswordHash"):
            case ["Username"]:
                self._refuse("Username", "without PasswordHash: run `fixgw hash-password`")
            case ["PasswordHash"]:
                self._refuse("PasswordHash", "without Username(553) to go with it")
            case [_, _] if self.values.get("Username") == "":
                self._refuse("Username", "expected a name")

    def _made(self) -> SessionSettings:
        values = {BY_NAME[name.lower()].field: value for name, value in self.values.items()}
        values.pop("", None)
        if values.get("non_stop_session"):
            values["start_time"] = values["end_time"] = None
        begin, sender, target = (
            values[each] for each in ("begin_string", "sender_comp_id", "target_comp_id")
        )
        lines = {
            BY_NAME[name].field: entry.line
            for name, entry in self.entries.items()
            if name in BY_NAME and BY_NAME[name].field
        }
        return SessionSettings(
            key=SessionKey(f"{begin}:{sender}->{target}"),
            file=self.file,
            line=self.section.line,
            lines=lines,
            **values,
        )
