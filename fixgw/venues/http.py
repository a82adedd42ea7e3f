"""REST over aiohttp: one request in, one `Result` out, always within its deadline.

It never sends a request a second time, whatever its method: no retries, and no redirects, which
would carry a signed order to another host. It knows no venue and reads no body.
"""

import time
from collections.abc import Mapping, Sequence

import aiohttp
import structlog
from msgspec import Struct
from yarl import URL

from fixgw import __version__
from fixgw.venues.outcome import NO_HEADERS, Answer, NoAnswer, NotSent, Result

MAX_BODY_BYTES = 16 * 1024 * 1024
"""An answer longer than this is not read; the outcome is then unknown."""


KEEP_ALIVE_SECONDS = 15.0
"""The time for which an unused connection is kept. A request on one that the server closes just
then has an unknown outcome, so it is less than servers and load balancers usually allow."""


TOLD_AGAIN_SECONDS = 60.0
"""The time between two log lines that a venue is not reached, for the same reason."""

log = structlog.get_logger()


class Unanswered(aiohttp.ClientError):
    """The connection ended before the answer; the text is aiohttp's."""


async def send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """A middleware of aiohttp's: *request* leaves through *handler*, once.

    aiohttp repeats what HTTP calls idempotent (GET, HEAD, OPTIONS, TRACE, PUT, DELETE) by itself
    when a connection that was kept alive ends without an answer (RFC 9112, 9.3.1), which it takes
    from these two errors. The venue may have acted on the first: a second DELETE of all orders
    cancels what was placed between the two. So they end here, as another error.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        # Nothing has left; aiohttp does not repeat it either.
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        raise Unanswered(_why(error)) from error


class Request(Struct, frozen=True):
    """One request, signed, to be sent as it stands."""

    method: str
    url: str
    """With the query, escaped; it is not touched any more."""
    headers: dict[str, str]
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url})"


class HttpClient:
    """The connections of one adapter; *headers* names the response headers to keep."""

    def __init__(
        self, *, connect_seconds: float, answer_seconds: float, headers: Sequence[str] = ()
    ) -> None:
        self._headers = tuple(name.lower() for name in headers)
        self._told, self._told_at = "", 0.0
        self._timeout = aiohttp.ClientTimeout(
            # All of connecting: the name, TCP and TLS.
            connect=connect_seconds,
            sock_read=answer_seconds,
            total=connect_seconds + answer_seconds,
        )
        # Workers bound the number of requests; a second bound here would only
        # let the time spent waiting for a connection count as an answer's.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS),
            headers={"User-Agent": f"fixgw/{__version__}"},
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(send_once,),
        )

    async def send(self, request: Request) -> Result:
        """Send *request* once and say what became of it; never raises for the world's faults."""
        try:
            return await self._exchange(request)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            # aiohttp raises these while it makes the connection, TLS included,
            # before it writes the first byte of a request.
            not_sent = NotSent(f"no connection: {_why(error)}")
            self._tell(not_sent.text)
            return not_sent
        except Unanswered as error:
            return NoAnswer(f"no answer: {error}")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return NoAnswer(f"no answer: {_why(error)}")

    def _tell(self, reason: str) -> None:
        """Log the reason the venue is not reached; the client of the order does not receive it."""
        now = time.monotonic()
        if reason != self._told or now - self._told_at >= TOLD_AGAIN_SECONDS:
            self._told, self._told_at = reason, now
            log.warning("venue_not_reached", reason=reason)

    async def _exchange(self, request: Request) -> Result:
        async with self._session.request(
            request.method,
            URL(request.url, encoded=True),
            data=request.body or None,
            headers=request.headers,
            allow_redirects=False,
            timeout=self._timeout,
        ) as response:
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    return NoAnswer(f"HTTP {response.status}, more than {MAX_BODY_BYTES} bytes")
            return Answer(response.status, bytes(body), self._kept(response.headers))

    def _kept(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        # aiohttp finds a header by its name in any case.
        kept = {name: headers[name] for name in self._headers if name in headers}
        return kept or NO_HEADERS

    async def close(self) -> None:
        await self._session.close()


def _why(error: BaseException) -> str:
    return f"{type(error).__name__} {error}".strip()
