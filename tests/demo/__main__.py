"""`python -m tests.demo`: watch it work. `python -m tests.demo --serve`: use it yourself."""

import argparse
import signal
import sys
from types import FrameType

from tests.demo import play, serve

INTERRUPTED = 130


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument(
        "--serve", action="store_true", help="sandboxes and gateway for your own FIX client"
    )
    arguments = parser.parse_args()
    # So that what was started is ended, whoever ends us.
    signal.signal(signal.SIGTERM, _leave)
    try:
        return serve.main() if arguments.serve else play.main()
    except KeyboardInterrupt:
        return INTERRUPTED


def _leave(number: int, frame: FrameType | None) -> None:
    # make passes on what its whole group was sent: the second one must not end the tidying up.
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
