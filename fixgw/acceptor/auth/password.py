"""Password(554) against an argon2id hash, and NewPassword(925) in its place.

Slow on purpose: for a thread, never for the loop. With no hash to check
against it works on one of its own (`Decoy`), so that it takes the same time.
"""

import re
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from fixgw.acceptor.auth.verdict import Verdict

MEMORY_KIB = 19_456
PASSES = 2
LANES = 1
"""argon2id as OWASP's password storage cheat sheet recommends first. RFC 9106's 64 MiB in four
lanes would let everybody who sends a Logon take 64 MiB and all cores for a moment."""

hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
"""For new hashes; one made with other parameters carries them, and is checked with them."""

NEW_PASSWORD_BYTES_MIN = 12
NEW_PASSWORD_BYTES_MAX = 128
"""What NewPassword(925) may be. NIST SP 800-63B: length counts, composition rules do not."""


COST = re.compile(r"\$m=([0-9]+),t=([0-9]+),p=([0-9]+)$")
"""The end of what a hash has in front of its salt."""


class Decoy:
    """What is worked on where there is no hash: as dear as the dearest of the configured ones.

    A cheaper one would tell by its time which sessions there are; a dearer one, too.
    """

    def __init__(self) -> None:
        self._memory_kib, self._passes, self._lanes = MEMORY_KIB, PASSES, LANES
        self._hash = ""

    def expect(self, password_hashes: Iterable[str]) -> bool:
        """Be as dear as any of these; whether `made` is to be called, as it was cheaper."""
        for front in {each.rpartition("$")[0].rpartition("$")[0] for each in password_hashes}:
            cost = COST.search(front)
            if cost is not None:
                memory_kib, passes, lanes = map(int, cost.groups())
                if memory_kib * passes > self._memory_kib * self._passes:
                    self._memory_kib, self._passes, self._lanes = memory_kib, passes, lanes
                    self._hash = ""
        return not self._hash

    def made(self) -> str:
        """The hash. The first call is slow, as `check` is."""
        if not self._hash:
            self._hash = PasswordHasher(
                time_cost=self._passes, memory_cost=self._memory_kib, parallelism=self._lanes
            ).hash("decoy")
        return self._hash


def check(password_hash: str | None, password: bytes, decoy: Decoy) -> Verdict:
    """Whether *password* is the one of *password_hash*; None: it takes as long, and is not."""
    try:
        hasher.verify(password_hash or decoy.made(), password)
    except VerifyMismatchError:
        return Verdict.WRONG_PASSWORD
    except (VerificationError, InvalidHashError):
        return Verdict.UNUSABLE_HASH
    return Verdict.ACCEPTED if password_hash else Verdict.WRONG_PASSWORD


def hashed(password: str | bytes) -> str:
    """What PasswordHash holds for *password*; text is hashed as UTF-8."""
    return hasher.hash(password)


def objection(new: bytes, old: bytes) -> str:
    """Why *new* cannot take the place of *old*; "" if it can. For the client, who gave both."""
    if not NEW_PASSWORD_BYTES_MIN <= len(new) <= NEW_PASSWORD_BYTES_MAX:
        bounds = f"{NEW_PASSWORD_BYTES_MIN} to {NEW_PASSWORD_BYTES_MAX}"
        return f"NewPassword(925) must have {bounds} characters; the password is unchanged"
    if new == old:
        return "NewPassword(925) is the same as Password(554); the password is unchanged"
    return ""
