"""What every `[directories.NAME]` of gateway.toml may say, whatever its adapter.

Holds values and the rules between them. docs/venues/broctagon.md explains them at length.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]

REFRESHES_BELIEVED = 2
"""How many `refresh_seconds` an answer counts without `last_known_minutes`: so one that is lost
refuses nobody, and a directory that is down refuses everybody."""


class DirectoryConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a directory is asked about, how often, and what must hold."""

    venues: tuple[str, ...] = ()
    """[venues.NAME] whose orders it is asked about; none: all."""

    sessions: tuple[str, ...] = ()
    """Sessions whose orders it is asked about, as `fixgw sessions` writes them; none: all."""

    except_accounts: tuple[str, ...] = ()
    """Values of Account(1) that it is not asked about."""

    refresh_seconds: Positive = 30
    """From one question to the next. What changes meanwhile counts only then."""

    lookup_seconds: Positive = 5
    """The least between two, where an order or a Logon wants to know it sooner."""

    last_known_minutes: NotNegative = 0
    """How long the last answer counts while the directory is down; 0: for two refresh_seconds,
    then orders are refused."""

    min_free_margin: Decimal | dict[str, Decimal] | None = None
    """What an account must have free, in its own currency: for all alike, or as
    `{ USD = 100, EUR = 90 }`; by default it is not looked at."""

    refuse_logon: bool = True
    """Whether a session none of whose accounts may trade is refused at Logon."""

    def __post_init__(self) -> None:
        least = self.min_free_margin
        for amount in least.values() if isinstance(least, dict) else (least,):
            if amount is not None and not (amount.is_finite() and amount >= 0):
                raise ValueError("min_free_margin must be a number that is not below 0")
        if self.last_known_minutes and self.believed_seconds < self._always_believed:
            raise ValueError(
                "last_known_minutes is less than two refresh_seconds, for which an answer always "
                "counts: give more, or 0"
            )

    @property
    def _always_believed(self) -> int:
        return REFRESHES_BELIEVED * self.refresh_seconds

    @property
    def believed_seconds(self) -> int:
        """How old an answer may be for an order to be taken."""
        return self.last_known_minutes * 60 or self._always_believed
