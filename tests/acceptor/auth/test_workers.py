"""The threads that hash go behind the one that trades."""

import os

from fixgw.acceptor.auth.workers import NICENESS, password_workers


def test_they_are_nice_and_the_caller_is_not() -> None:
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    with password_workers() as workers:
        theirs = workers.submit(os.getpriority, os.PRIO_PROCESS, 0).result()

    assert max(NICENESS, mine) == theirs
    assert mine == os.getpriority(os.PRIO_PROCESS, 0)
