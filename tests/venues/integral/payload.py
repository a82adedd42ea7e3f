"""The vendor's samples, as its pages print them; README.md beside them says where from."""

from pathlib import Path

DIRECTORY = Path(__file__).parent / "payloads"


def payload(name: str) -> bytes:
    """One of them."""
    return (DIRECTORY / f"{name}.json").read_bytes()
