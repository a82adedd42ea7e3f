"""Files that come with the gateway: dialects and sample settings, of a wheel or of a checkout.

They stand at the top of the repository, and setup.py puts them into the wheel. They are read and
copied, and never written to: an update of the package replaces them.
"""

from pathlib import Path

import fixgw

_PACKAGE = Path(fixgw.__file__).resolve().parent
_WHEEL = _PACKAGE / "supplied"

ROOT = _WHEEL if _WHEEL.is_dir() else _PACKAGE.parent
"""The directory that has both."""

DICTIONARIES = ROOT / "dictionaries"
SESSIONS = ROOT / "sessions"
