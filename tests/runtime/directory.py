"""A good sessions directory, of which a test spoils one thing."""

from pathlib import Path

from fixgw.runtime.settings import Settings, SettingsErrors, read

GATEWAY = """\
[venues.acme]
adapter = "acme"
"""

CLIENT = """\
[SESSION]
BeginString=FIX.4.4
SenderCompID=FIXGW
TargetCompID=CLIENT
NonStopSession=Y
Venues=acme
Accounts=A1
"""


class Directory:
    """Beside it stands dictionaries/ with the default dialect."""

    def __init__(self, root: Path) -> None:
        self.path = root / "sessions"
        self.path.mkdir()
        (root / "dictionaries").mkdir()
        (root / "dictionaries" / "fixgw.toml").touch()
        self.write("gateway.toml", GATEWAY)
        self.write("client.cfg", CLIENT)

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")

    def client(self, **changes: str | None) -> None:
        """Write client.cfg with some keys changed, added (at the end) or, with None, left out."""
        lines = dict(line.split("=") for line in CLIENT.splitlines()[1:])
        lines |= changes  # type: ignore[arg-type]
        text = "".join(f"{key}={value}\n" for key, value in lines.items() if value is not None)
        self.write("client.cfg", "[SESSION]\n" + text)

    def settings(self) -> Settings:
        return read(self.path)

    def errors(self) -> list[str]:
        """What is wrong with it, a line for each, paths from the directory; [] is all well."""
        try:
            read(self.path)
        except SettingsErrors as error:
            return [str(each).replace(f"{self.path}/", "") for each in error.errors]
        return []
