"""Where the programs are that are not Python packages. Nothing here installs anything."""

import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NODE_MODULES = REPOSITORY / ".venv" / "node" / "node_modules"
"""Where `make tools` puts what jspurefix/package-lock.json lists."""


def tool(name: str) -> str:
    """The path of a program; without it these tests fail, as they prove nothing then."""
    found = shutil.which(name)
    assert found is not None, f"there is no {name} on this machine: `make tools` installs it"
    return found
