"""Builds fixgw: the wheel carries, beside the code, the dialects and the sample settings.

They stand at the top of the repository, where people look for them, and there only. Only what the
patterns name is taken: what somebody keeps beside it, a journal or a secret, is in no wheel.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SUPPLIED = "fixgw/supplied"
"""Where `fixgw.runtime.supplied` finds them when it is installed."""

PATTERNS = (
    "dictionaries/*.toml",
    "dictionaries/README.md",
    "sessions/gateway.toml",
    "sessions/example.cfg",
    "sessions/demo*/README.md",
    "sessions/demo*/*.toml",
    "sessions/demo*/*.cfg",
    "sessions/demo*/secrets/*",
)


def supplied() -> list[str]:
    """What the patterns name."""
    return [str(file) for pattern in PATTERNS for file in sorted(Path().glob(pattern))]


class BuildWithSupplied(build_py):
    """Copies the code, and what is supplied with it."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for file in supplied():
                target = Path(self.build_lib, SUPPLIED, file)
                self.mkpath(str(target.parent))
                self.copy_file(file, str(target))

    def get_source_files(self) -> list[str]:
        """What a source distribution needs for it."""
        return [*super().get_source_files(), *supplied()]


setup(cmdclass={"build_py": BuildWithSupplied})
