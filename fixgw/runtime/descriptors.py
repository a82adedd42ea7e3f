"""The number of files and sockets that this process may open: as many as it is allowed.

Most systems start a process with a soft limit of 1,024, for the sake of programs that use
select(2); the gateway does not. Idle connections must not leave the journal without a descriptor.
"""

import resource

import structlog

log = structlog.get_logger()


def raise_limit() -> None:
    """Raise the soft RLIMIT_NOFILE of this process to the hard one, and log the result."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError) as error:
        # A hard limit above what the kernel gives anybody (fs.nr_open).
        log.warning("descriptor_limit_not_raised", limit=soft, reason=str(error))
    else:
        log.info("descriptor_limit_raised", limit=hard, before=soft)
