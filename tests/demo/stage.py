"""Four sandboxes and a gateway as processes, on a copy of sessions/demo-venues with free ports."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from fixgw.ops import asking
from fixgw.ops.answers import Status, VenueState
from fixgw.ops.requests import AskStatus
from tests.demo import venues
from tests.demo.venues import Sandbox
from tests.support.ports import free_port
from tests.support.stack import (
    DICTIONARIES,
    WHAT_RAN_THERE,
    Process,
    keep_secrets,
    wait_until,
)

GATEWAY_PORT, HOOK_PORT = 9878, 8741
"""In the settings of sessions/demo-venues, beside those of the sandboxes."""


def sandbox_process(kind: type[Sandbox], port: int, logs: Path) -> Process:
    """The sandbox of one venue, not started."""
    arguments = ["sandbox", kind.adapter, "--config", str(kind.settings), "--port", str(port)]
    log = logs / f"{kind.adapter}-sandbox.log"
    return Process(
        f"{kind.title} sandbox", arguments, f"{kind.adapter} sandbox ready on", log
    )


def gateway_process(sessions: Path, logs: Path) -> Process:
    """The gateway on *sessions*, not started."""
    arguments = ["run", "--sessions", str(sessions)]
    return Process("gateway", arguments, "fixgw is ready", logs / "gateway.log")


def start_together(processes: Iterable[Process]) -> None:
    """Start all, and wait until each is ready."""
    started = list(processes)
    for process in started:
        process.launch()
    for process in started:
        process.wait_ready()


class Stage:
    """All five processes, and what they write, in *directory*."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self.directory = directory
        self.sessions = directory / "sessions"
        self.journal = directory / "demo-venues-journal"
        self.port = free_port()
        ports = {kind.port: free_port() for kind in venues.KINDS}
        self._copy({**ports, HOOK_PORT: free_port(), GATEWAY_PORT: self.port})
        self.sandboxes = [kind(ports[kind.port]) for kind in venues.KINDS]
        self.processes = [
            sandbox_process(kind, ports[kind.port], directory) for kind in venues.KINDS
        ]
        self.gateway = gateway_process(self.sessions, directory)

    def _copy(self, ports: dict[int, int]) -> None:
        shutil.copytree(venues.SETTINGS, self.sessions, ignore=WHAT_RAN_THERE)
        keep_secrets(self.sessions)
        file = self.sessions / "gateway.toml"
        text = file.read_text().replace('"var/', f'"{self.directory}/')
        for port, free in ports.items():
            assert str(port) in text, f"{file} has no port {port}"
            text = text.replace(str(port), str(free))
        file.write_text(f'{text}\n[gateway]\ndictionaries = "{DICTIONARIES}"\n')
        # Half the reports to read: the parts before have shown Pending New and its like.
        for file in self.sessions.glob("*.cfg"):
            file.write_text(f"{file.read_text()}PendingReports=N\n")

    def __enter__(self) -> "Stage":
        try:
            start_together(self.processes)
            self.gateway.start()
            wait_until(self._open, "the gateway is connected to all venues")
            self.gateway.wait_for_line("webhook_registered")
        except BaseException:
            self.close()
            raise
        return self

    def venues(self) -> tuple[VenueState, ...]:
        """What `fixgw venues` shows."""
        return asking.ask(self.journal, AskStatus(), Status).venues

    def _open(self) -> bool:
        return all(
            state.loaded and all(each.up for each in state.health.connections)
            for state in self.venues()
        )

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what runs: the gateway first."""
        for process in (self.gateway, *self.processes):
            process.close()

    def secrets(self) -> list[Path]:
        """The files that hold what the gateway must not tell."""
        return list((self.sessions / "secrets").iterdir())

    def written(self) -> dict[str, bytes]:
        """All that the processes have written, by the files' names; not what they were given."""
        files = (file for file in self.directory.iterdir() if file.is_file())
        return {file.name: file.read_bytes() for file in files}

    def output(self) -> str:
        """What all of them have said, for a demo that failed."""
        texts = [
            f"--- {file.name}\n{file.read_text(errors='replace')}"
            for file in sorted(self.directory.glob("*.log"))
        ]
        return "\n".join(texts)
