"""Password(554) against an argon2id hash, and NewPassword(925) that replaces it.

Slow on purpose: for a thread, never for the loop. Without a hash to check against it works on one
of its own (`Decoy`), so that it takes the same time.
"""

import re
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from fixgw.acceptor.auth.result import AuthResult

MEMORY_KIB = 19_456
PASSES = 2
LANES = 1
"""argon2id as OWASP's password storage cheat sheet recommends first. RFC 9106's 64 MiB in four
lanes would let everybody who sends a Logon take 64 MiB and all cores for a moment."""

hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
"""For new hashes. A hash with other parameters carries them, and is checked with them."""

NEW_PASSWORD_BYTES_MIN = 12
NEW_PASSWORD_BYTES_MAX = 128
"""The longest NewPassword(925). NIST SP 800-63B: length counts, composition rules do not."""


COST = re.compile(r"\$m=([0-9]+),t=([0-9]+),p=([0-9]+)$")
"""The parameters of a hash, in front of its salt."""


class Decoy:
    """The hash that is checked if there is no hash: as expensive as the most expensive configured
    one.

    A cheaper one would reveal by its time which sessions exist, and so would a more expensive one.
    """

    def __init__(self) -> None:
        self._memory_kib, self._passes, self._lanes = MEMORY_KIB, PASSES, LANES
        self._hash = ""

    def expect(self, password_hashes: Iterable[str]) -> bool:
        """Be as expensive as any of these; return True if `made` must be called because it was
        cheaper."""
        for front in {each.rpartition("$")[0].rpartition("$")[0] for each in password_hashes}:
            cost = COST.search(front)
            if cost is not None:
                memory_kib, passes, lanes = map(int, cost.groups())
                if memory_kib * passes > self._memory_kib * self._passes:
                    self._memory_kib, self._passes, self._lanes = memory_kib, passes, lanes
                    self._hash = ""
        return not self._hash

    def made(self) -> str:
        """Return the hash. The first call is slow, as `check` is."""
        if not self._hash:
            self._hash = PasswordHasher(
                time_cost=self._passes, memory_cost=self._memory_kib, parallelism=self._lanes
            ).hash("decoy")
        return self._hash


def check(password_hash: str | None, password: bytes, decoy: Decoy) -> AuthResult:
    """Return a Verdict on *password* against *password_hash*. With None the check takes as long,
    and fails."""
    try:
        hasher.verify(password_hash or decoy.made(), password)
    except VerifyMismatchError:
        return AuthResult.WRONG_PASSWORD
    except (VerificationError, InvalidHashError):
        return AuthResult.UNUSABLE_HASH
    return AuthResult.ACCEPTED if password_hash else AuthResult.WRONG_PASSWORD


def hashed(password: str | bytes) -> str:
    """Return the PasswordHash of *password*; text is hashed as UTF-8."""
    return hasher.hash(password)


def objection(new: bytes, old: bytes) -> str:
    """Return the reason why *new* cannot replace *old*, or "". The text is for the client, who gave
    both."""
    if not NEW_PASSWORD_BYTES_MIN <= len(new) <= NEW_PASSWORD_BYTES_MAX:
        bounds = f"{NEW_PASSWORD_BYTES_MIN} to {NEW_PASSWORD_BYTES_MAX}"
        return f"NewPassword(925) must have {bounds} characters; the password is unchanged"
    if new == old:
        return "NewPassword(925) is the same as Password(554); the password is unchanged"
    return ""
