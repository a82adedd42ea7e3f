"""The threads that hash passwords: few, and at a lower priority than everything else."""

import os
from concurrent.futures import ThreadPoolExecutor

PASSWORD_CHECKS_AT_ONCE = max(1, min(2, len(os.sched_getaffinity(0)) - 1))
"""Each takes a core for about 20 ms, and `password.MEMORY_KIB`; more Logons are queued. One core is
left for trading if there are several."""

NICENESS = 10
"""Of 19. The thread that handles orders has normal niceness, and goes first."""


def password_workers() -> ThreadPoolExecutor:
    """Return an executor for `password.check` and `password.hashed`."""
    return ThreadPoolExecutor(
        PASSWORD_CHECKS_AT_ONCE, thread_name_prefix="password", initializer=_step_back
    )


def _step_back() -> None:
    # Linux: 0 is the calling thread, and the threads that libargon2 starts inherit it.
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, mine))
