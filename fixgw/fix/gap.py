"""The gap that was found in what a client sent, and what has been asked for of it.

With MaxMessagesInResendRequest (QuickFIX/J: ResendRequestChunkSize) it is
asked for in portions, the next when the one before has come.
"""


class Gap:
    """The numbers that our last ResendRequests(35=2) cover."""

    __slots__ = ("begin", "end", "_portion", "_asked_through")

    def __init__(self, portion: int) -> None:
        """*portion*: so many numbers at most are asked for at a time; 0: all."""
        self.begin = 0
        self.end = 0
        """Inclusive; 0: there is no gap."""
        self._portion = portion
        self._asked_through = 0
        """The end of a portion behind which there is more to ask for; 0: there is not."""

    def __bool__(self) -> bool:
        return self.end > 0

    def ask(self, begin: int, end: int, *, closed: bool) -> str:
        """The body of the ResendRequest for *begin* to *end*, or for the first portion of it.

        *closed*: EndSeqNo(16) names the end; else 0, which is all there is.
        """
        self.begin, self.end = begin, end
        self._asked_through = 0
        last = end if closed else 0
        if self._portion and end - begin >= self._portion:
            last = self._asked_through = begin + self._portion - 1
        return f"7={begin}\x0116={last}\x01"

    def told(self, begin: int, end: int) -> None:
        """The client knows of the gap by itself, from NextExpectedMsgSeqNum(789) of our Logon."""
        self.begin, self.end, self._asked_through = begin, end, 0

    def reached(self, next_target: int) -> None:
        """*next_target* is expected now."""
        if next_target > self.end:
            self.close()

    def portion_due(self, next_target: int) -> bool:
        """Whether the next portion is to be asked for."""
        return 0 < self._asked_through < next_target <= self.end

    def close(self) -> None:
        """There is none any more."""
        self.begin = self.end = self._asked_through = 0
