"""The credentials presented in a Logon, and the connection they came from.

Nothing here was validated, and nothing may be shown: the text form is a mask.
"""

from collections.abc import Mapping

from fixgw.runtime.secrets import MASK


class PresentedCredentials:
    """The credentials as the bytes that were on the wire."""

    __slots__ = (
        "username", "password", "new_password", "raw_data", "address", "certificate_names"
    )

    def __init__(
        self,
        fields: Mapping[int, str] | None = None,
        address: str = "",
        certificate_names: tuple[str, ...] = (),
    ) -> None:
        """Take *fields*: tag to value of the Logon, bytes read as latin-1."""
        fields = fields or {}
        self.username = _bytes(fields, 553)
        self.password = _bytes(fields, 554)
        self.new_password = _bytes(fields, 925)
        """Empty: the password stays."""
        raw_data = _bytes(fields, 96)
        # A value with a SOH in it ends early here, and has another length than it says.
        self.raw_data = raw_data if fields.get(95) == str(len(raw_data)) else b""
        self.address = address
        self.certificate_names = certificate_names

    def __repr__(self) -> str:
        return f"Offer({MASK})"


def _bytes(fields: Mapping[int, str], tag: int) -> bytes:
    return fields.get(tag, "").encode("latin-1", "replace")
