"""The events of one order in about a hundred bytes: MessagePack, compressed with a dictionary that
is trained on other orders.

A packed order names its dictionary by number; 0 is none. A dictionary never changes and is never
deleted, or what was packed with it could not be read. Not for two threads at a time.
"""

from collections.abc import Callable, Sequence

import msgspec
import zstandard

from fixgw.journal.tick import JournalEvent, decode_events, encode

LEVEL = 3
"""Of compression: higher ones take twice the time for 2 % less."""

DICTIONARY_BYTES = 32 * 1024

NO_DICTIONARY = 0

ORDER_BYTES_MAX = 1 << 28
"""Maximum length of one order's MessagePack, some half a million events: a length above this is
damage."""

Packed = tuple[int, bytes]
"""The number of the dictionary, and the compressed events."""

_FORMAT = zstandard.FORMAT_ZSTD1_MAGICLESS
# Every order would begin with the same 4 bytes; a checksum of what is in it is worth as many.
_PARAMETERS = zstandard.ZstdCompressionParameters.from_level(
    LEVEL, format=_FORMAT, write_checksum=True, write_content_size=True, write_dict_id=False
)


class UnreadableOrder(Exception):
    """A packed order is damaged, or its dictionary is."""


class EventPacker:
    """Packs with the latest dictionary, and unpacks with any."""

    def __init__(self, dictionary: Callable[[int], bytes], latest: int = NO_DICTIONARY) -> None:
        """*dictionary* returns the bytes of a dictionary by its number; it is asked once for each.

        It raises KeyError if there is none.
        """
        self._dictionary = dictionary
        self._decompressors: dict[int, zstandard.ZstdDecompressor] = {
            NO_DICTIONARY: zstandard.ZstdDecompressor(format=_FORMAT)
        }
        self.use(latest)

    def use(self, number: int) -> None:
        """Pack with dictionary *number* from here on."""
        self.latest = number
        if number == NO_DICTIONARY:
            self._compressor = zstandard.ZstdCompressor(compression_params=_PARAMETERS)
        else:
            self._compressor = zstandard.ZstdCompressor(
                dict_data=zstandard.ZstdCompressionDict(self._dictionary(number)),
                compression_params=_PARAMETERS,
            )

    def pack(self, events: Sequence[JournalEvent]) -> Packed:
        """Return the packed form of one order's *events*."""
        return self.latest, self._compressor.compress(encode(events))

    def unpack(self, number: int, body: bytes) -> list[JournalEvent]:
        """Return the events of a packed order; raise UnreadableOrder."""
        try:
            events: list[JournalEvent] = decode_events(self.decompress(number, body))
        except msgspec.MsgspecError as error:
            raise UnreadableOrder(str(error)) from None
        return events

    def decompress(self, number: int, body: bytes) -> bytes:
        """Return the MessagePack of a packed order; raise UnreadableOrder."""
        try:
            decompressor = self._decompressors.get(number)
            if decompressor is None:
                decompressor = self._decompressors[number] = zstandard.ZstdDecompressor(
                    dict_data=zstandard.ZstdCompressionDict(self._dictionary(number)),
                    format=_FORMAT,
                )
            frame = zstandard.get_frame_parameters(body, format=_FORMAT)
            if frame.content_size > ORDER_BYTES_MAX:
                raise UnreadableOrder("its length is damaged")
            return decompressor.decompress(body)
        except KeyError:
            raise UnreadableOrder(f"there is no dictionary {number}") from None
        except zstandard.ZstdError as error:
            raise UnreadableOrder(str(error)) from None


def train(samples: Sequence[bytes]) -> bytes:
    """Return a dictionary for what is like *samples*, the MessagePack of some thousand orders."""
    try:
        return zstandard.train_dictionary(DICTIONARY_BYTES, list(samples), level=LEVEL).as_bytes()
    except zstandard.ZstdError:  # too few, or too much alike: then some of them serve as well
        return b"".join(samples)[-DICTIONARY_BYTES:]
