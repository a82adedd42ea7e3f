"""The content of every `[directories.NAME]` of gateway.toml, whatever its adapter.

Holds values and the rules between them. docs/venues/broctagon.md explains them at length.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]

REFRESHES_BELIEVED = 2
"""The validity of an answer without `last_known_minutes`, in `refresh_seconds`: one lost answer
refuses nobody, and a directory that is down refuses everybody."""


class DirectoryConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The orders that a directory decides, the look-ups, and the conditions."""

    venues: tuple[str, ...] = ()
    """[venues.NAME] whose orders this directory decides; none: all."""

    sessions: tuple[str, ...] = ()
    """Sessions whose orders this directory decides, as `fixgw sessions` writes them; none: all."""

    except_accounts: tuple[str, ...] = ()
    """Values of Account(1) that it does not decide."""

    refresh_seconds: Positive = 30
    """From one look-up to the next. A change in between counts only then."""

    lookup_seconds: Positive = 5
    """The shortest time between two look-ups, if an order or a Logon needs one sooner."""

    last_known_minutes: NotNegative = 0
    """Validity of the last answer while the directory is down; 0: for two refresh_seconds, then
    orders are refused."""

    min_free_margin: Decimal | dict[str, Decimal] | None = None
    """The free margin that an account must have, in its own currency: one number for all, or `{ USD
    = 100, EUR = 90 }`; by default it is not checked."""

    refuse_logon: bool = True
    """True: a session is refused at Logon if none of its accounts may trade."""

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
        """The age up to which an answer counts for an order."""
        return self.last_known_minutes * 60 or self._always_believed
