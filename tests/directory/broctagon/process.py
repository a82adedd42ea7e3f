"""The Broctagon sandbox as a process of its own, and its operator, for end-to-end tests."""

import json
import urllib.request
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.secrets import CRM_KEY
from tests.support.stack import TRADER, Process, free_port, wait_until

HTTP_SECONDS = 30.0
LOGIN = 1001

SANDBOX = f"""
api_key = "{CRM_KEY}"
connections = ["real-1"]
[[accounts]]
login = {LOGIN}
connection_id = "real-1"
balance = 1000
[settings]
"""

TABLE = """
[directories.crm]
adapter = "broctagon"
url = "http://127.0.0.1:{port}"
key = {{ file = "{key}" }}
connection_id = "real-1"
refresh_seconds = {seconds}
lookup_seconds = {seconds}
request_timeout_seconds = 1.0
attempts = 2
backoff_min_seconds = 0.05
min_free_margin = {{ USD = 250.50 }}
{more}
[directories.crm.accounts]
{account} = {{ login = {login} }}
"""


class CrmProcess:
    """A CRM with the one account of the demo."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        secrets = directory / "secrets"
        secrets.mkdir(parents=True)
        self._key = secrets / "key"
        self._key.write_text(CRM_KEY)
        self._key.chmod(0o600)
        config = secrets / "sandbox.toml"
        config.write_text(SANDBOX)
        arguments = ["sandbox", "broctagon", "--config", str(config), "--port", str(self.port)]
        self.process = Process(
            "crm", arguments, "broctagon sandbox ready on", directory / "crm.log"
        )

    def table(self, more: str = "", *, seconds: int = 1) -> str:
        """The gateway's settings for it; it is asked every so many *seconds* and no sooner."""
        return TABLE.format(
            port=self.port, key=self._key, more=more, account=TRADER, login=LOGIN,
            seconds=seconds,
        )

    def set(self, **fields: Any) -> None:
        """Change the account, and wait until the gateway knows."""
        self.change(**fields)
        self.refreshed()

    def change(self, **fields: Any) -> None:
        """Change the account: the broker's back office."""
        row = {"login": LOGIN, "connection_id": "real-1", "balance": "1000", **fields}
        self._call("accounts", "PUT", row)

    def remove(self) -> None:
        """Delete the account, and wait until the gateway knows."""
        self._call("accounts", "DELETE", {"login": LOGIN, "connection_id": "real-1"})
        self.refreshed()

    def refreshed(self) -> None:
        """Wait until the gateway has read a list that was asked for after now: the one after
        that is asked for only then."""
        seen = len(self.requests())
        wait_until(lambda: len(self.requests()) >= seen + 2, "the gateway reads the list")

    def requests(self) -> list[Any]:
        """What it was asked, oldest first."""
        return list(self._call("requests")["requests"])

    def arm(self, fault: str, times: int = 1) -> None:
        """Let the next questions go wrong."""
        body = {"call": "mt4_accounts", "fault": fault, "times": times, "delay_ms": 0}
        self._call("faults", "POST", body)

    def behave(self) -> None:
        """Disarm all faults."""
        self._call("faults", "DELETE")

    def _call(self, what: str, method: str = "GET", body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.port}/sandbox/{what}"
        request = urllib.request.Request(url, data, method=method)
        with urllib.request.urlopen(request, timeout=HTTP_SECONDS) as reply:
            return json.loads(reply.read(), parse_float=Decimal)
