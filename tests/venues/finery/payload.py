"""The samples of the vendor's documents and clients, whole; `http_instruments` has its rows from
several of them."""

from pathlib import Path

PAYLOADS = Path(__file__).parent / "payloads"


def payload(name: str) -> bytes:
    """The bytes of one sample, without the end of its last line."""
    return (PAYLOADS / name).read_bytes().rstrip(b"\n")
