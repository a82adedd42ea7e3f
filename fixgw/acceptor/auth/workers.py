"""The threads that hash passwords: few, and behind everything else that wants the processor."""

import os
from concurrent.futures import ThreadPoolExecutor

PASSWORD_CHECKS_AT_ONCE = max(1, min(2, len(os.sched_getaffinity(0)) - 1))
"""Each takes a core for some 20 ms, and `password.MEMORY_KIB`; more Logons wait their turn. One
core is left for trading where there are several."""

NICENESS = 10
"""Of 19. Orders are handled on a thread of ordinary niceness, which goes first."""


def password_workers() -> ThreadPoolExecutor:
    """An executor for `password.check` and `password.hashed`."""
    return ThreadPoolExecutor(
        PASSWORD_CHECKS_AT_ONCE, thread_name_prefix="password", initializer=_step_back
    )


def _step_back() -> None:
    # Linux: 0 is the calling thread, and the threads that libargon2 starts inherit it.
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
