"""The gap found in a client's messages, and the part of it that has been requested.

With MaxMessagesInResendRequest (QuickFIX/J: ResendRequestChunkSize) it is requested in portions,
the next one when the previous one has arrived.
"""


class Gap:
    """The numbers that our last ResendRequests(35=2) cover."""

    __slots__ = ("begin", "end", "_portion", "_asked_through")

    def __init__(self, portion: int) -> None:
        """*portion*: maximum number of messages requested at a time; 0: all."""
        self.begin = 0
        self.end = 0
        """Inclusive; 0: there is no gap."""
        self._portion = portion
        self._asked_through = 0
        """The end of a portion after which there is more to request; 0: there is none."""

    def __bool__(self) -> bool:
        return self.end > 0

    def ask(self, begin: int, end: int, *, closed: bool) -> str:
        """Return the body of the ResendRequest for *begin* to *end*, or for its first portion.

        *closed*: EndSeqNo(16) names the end; otherwise it is 0, which means all there are.
        """
        self.begin, self.end = begin, end
        self._asked_through = 0
        last = end if closed else 0
        if self._portion and end - begin >= self._portion:
            last = self._asked_through = begin + self._portion - 1
        return f"7={begin}\x0116={last}\x01"

    def told(self, begin: int, end: int) -> None:
        """Note a gap that the client already knows of, from NextExpectedMsgSeqNum(789) of our
        Logon."""
        self.begin, self.end, self._asked_through = begin, end, 0

    def reached(self, next_target: int) -> None:
        """Note that *next_target* is expected now."""
        if next_target > self.end:
            self.close()

    def portion_due(self, next_target: int) -> bool:
        """Return True if the next portion is to be requested."""
        return 0 < self._asked_through < next_target <= self.end

    def close(self) -> None:
        """Note that the gap is closed."""
        self.begin = self.end = self._asked_through = 0
