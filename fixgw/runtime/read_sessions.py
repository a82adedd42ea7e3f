"""Turns the sections of a settings file into SessionSettings, and finds their errors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fixgw.model.errors import SettingsError
from fixgw.model.ids import SessionKey
from fixgw.runtime.cfg import Entry, Section, Sections
from fixgw.runtime.client_templates import ANY, expanded, is_template
from fixgw.runtime.errors import unknown_key
from fixgw.runtime.other_keys import IGNORED, refusal
from fixgw.runtime.session_keys import BY_NAME, KEYS, REQUIRED, Key
from fixgw.runtime.session_logon import check_logon
from fixgw.runtime.session_settings import HEART_BEAT_TIMEOUT, TEST_REQUEST_DELAY, SessionSettings
from fixgw.runtime.session_times import check_times


def read_sessions(
    file: Path, sections: Sections, errors: list[SettingsError], notes: list[str]
) -> list[SessionSettings]:
    """Return the sessions of *file*; leave out one with an error, and add the error to *errors*.

    Ignored keys go into *notes*.
    """
    for section in (sections.default, *sections.sessions):
        _judge_keys(file, section, errors, notes)
    if not sections.sessions:
        errors.append(SettingsError(file, None, "no [SESSION] in it: add one, or delete the file"))
    names = [key.name for key in KEYS]
    made = (
        _Reader(file, section, entries, errors).session()
        for section, merged in sections.merged()
        for entries in expanded(file, section, merged, names, errors)
    )
    return [session for session in made if session is not None]


def _judge_keys(
    file: Path, section: Section, errors: list[SettingsError], notes: list[str]
) -> None:
    """Check the names of the keys in *section*."""
    for name, entry in section.entries.items():
        if name in BY_NAME:
            continue
        if name in IGNORED:
            notes.append(f"{file}:{entry.line}: {entry.key}: ignored: {IGNORED[name]}")
            continue
        try:
            text = refusal(entry.key, entry.value)
        except KeyError:
            text = unknown_key(entry.key, [key.name for key in KEYS])
        if text is not None:
            errors.append(SettingsError(file, entry.line, f"{entry.key}: {text}"))


class _Reader:
    """Turns the entries of one session into its settings, and finds their errors."""

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
        """By the key's name, without keys that have an error."""

    def session(self) -> SessionSettings | None:
        """Return the session, or None if it has an error."""
        before = len(self.errors)
        for name, entry in self.entries.items():
            if name in BY_NAME:
                self._convert(BY_NAME[name], entry)
        for name in REQUIRED:
            if name.lower() not in self.entries:
                self._refuse(name, "missing; a session needs it")
        self._check_twice("SendNextExpectedMsgSeqNum", "EnableNextExpectedMsgSeqNum")
        self._check_twice("MaxMessagesInResendRequest", "ResendRequestChunkSize")
        if "TimestampPrecision" in self.values:
            self.values.pop("MillisecondsInTimeStamp", None)  # overridden, as in QuickFIX
        self._check_silence()
        self._check_version()
        check_times(self.values, self._has, self._refuse)
        check_logon(self.values, self._has, self._refuse, self.file.parent)
        return None if len(self.errors) > before else self._made()

    def _convert(self, key: Key, entry: Entry) -> None:
        try:
            self.values[key.name] = key.convert(entry.value)
        except ValueError as error:
            shown = "" if key.secret else f"={entry.value}"
            text = f"{key.name}{shown}: {error}"
            self.errors.append(SettingsError(entry.file or self.file, entry.line, text))

    def _has(self, *names: str) -> list[str]:
        """Return those of *names* that are written, valid or not."""
        return [name for name in names if name.lower() in self.entries]

    def _refuse(self, name: str, text: str) -> None:
        entry = self.entries.get(name.lower())
        line = entry.line if entry else self.section.line
        file = entry and entry.file or self.file
        self.errors.append(SettingsError(file, line, f"{name}: {text}"))

    def _check_twice(self, name: str, other: str) -> None:
        """Check that two names of one thing do not contradict each other."""
        if {name, other} <= self.values.keys() and self.values[name] != self.values[other]:
            line = self.entries[name.lower()].line
            self._refuse(other, f"{name} says otherwise on line {line}; leave one out")

    def _check_silence(self) -> None:
        """Check that a silent client gets a TestRequest before it is given up."""
        names = "TestRequestDelayMultiplier", "HeartBeatTimeoutMultiplier"
        ask = self.values.get(names[0], TEST_REQUEST_DELAY)
        give_up = self.values.get(names[1], HEART_BEAT_TIMEOUT)
        if ask >= give_up:
            text = f"{names[0]} is {ask} and {names[1]} {give_up}: the first must be the smaller"
            self._refuse(self._has(*names)[-1], text)

    def _check_version(self) -> None:
        if self.values.get("BeginString") == "FIXT.1.1":
            if not self._has("DefaultApplVerID"):
                self._refuse("DefaultApplVerID", "missing; FIXT.1.1 needs it: 7, 8 or 9")
        else:
            # As in QuickFIX, it means nothing below FIXT: one [DEFAULT] may serve both.
            self.values.pop("DefaultApplVerID", None)

    def _made(self) -> SessionSettings:
        values = {BY_NAME[name.lower()].field: value for name, value in self.values.items()}
        values.pop("", None)
        if values.get("non_stop_session"):
            values["start_time"] = values["end_time"] = None
        lines = {
            BY_NAME[name].field: entry.line
            for name, entry in self.entries.items()
            if name in BY_NAME and BY_NAME[name].field
        }
        files = {
            BY_NAME[name].field: entry.file
            for name, entry in self.entries.items()
            if entry.file is not None
        }
        template = is_template(self.entries)
        return SessionSettings(
            key=_key(values),
            template=_key({**values, "target_comp_id": ANY}) if template else None,
            file=self.file,
            line=self.section.line,
            lines=lines,
            files=files,
            **values,
        )


def _key(values: Mapping[str, str]) -> SessionKey:
    sender, target = (
        _party(*(values.get(f"{side}_{part}_id", "") for part in ("comp", "sub", "location")))
        for side in ("sender", "target")
    )
    return SessionKey(f"{values['begin_string']}:{sender}->{target}")


def _party(comp_id: str, sub_id: str, location_id: str) -> str:
    """Return one side of a SessionID. A lone LocationID follows two slashes: it is no SubID."""
    party = f"{comp_id}/{sub_id}" if sub_id or location_id else comp_id
    return f"{party}/{location_id}" if location_id else party
