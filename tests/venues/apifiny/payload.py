"""The payloads in `payloads/`: samples of the vendor's manual, whole, and one of its C++ demo."""

from pathlib import Path

PAYLOADS = Path(__file__).parent / "payloads"


def payload(name: str) -> bytes:
    """The bytes of one sample."""
    return (PAYLOADS / f"{name}.json").read_bytes()
