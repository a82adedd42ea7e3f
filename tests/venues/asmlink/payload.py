"""The payloads in `payloads/`: the samples of the vendor's document, whole."""

from pathlib import Path

PAYLOADS = Path(__file__).parent / "payloads"


def payload(name: str) -> bytes:
    """The bytes of one sample."""
    return (PAYLOADS / f"{name}.json").read_bytes()
