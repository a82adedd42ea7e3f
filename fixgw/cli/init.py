"""`fixgw init`: creates a folder of settings to start from, out of the supplied samples.

It writes only new files, and never overwrites: an existing file may be somebody's.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import click

from fixgw.model.errors import GatewayError
from fixgw.runtime.supplied import SESSIONS

SAMPLES = {
    "demo": "a sandbox of Apifiny, and a session for each FIX version",
    "demo-venues": "four sandboxes, and sessions that trade at all of them",
    "example": "no sandbox: gateway.toml and one client's .cfg with every key explained",
}
"""Each sample and its description."""

EXAMPLE = ("gateway.toml", "example.cfg")
"""They stand beside the folders of the other samples."""

SHARED = "apifiny-sandbox.toml"
"""demo-venues has this venue of demo's."""

NOT_COPIED = "var"
"""Files that a gateway running in the sample itself has left there."""

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
"""Modes of secret files, and of folders that will hold some."""


@click.command(epilog="\b\n" + "\n".join(f"{name}: {what}" for name, what in SAMPLES.items()))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--sample", type=click.Choice(list(SAMPLES)), default="demo", show_default=True,
    help="What to write.",
)
def command(folder: Path, sample: str) -> None:
    """Write a FOLDER of settings to start from.

    FOLDER must not exist yet, or be empty. All its secrets are made up and open nothing.
    """
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise GatewayError(f"{folder} is not empty: nothing is written; name another folder")
        written = _write(sample, folder)
    except OSError as error:
        raise GatewayError(f"cannot write {folder}: {error.strerror}") from None
    for file in written:
        click.echo(str(file))
    _say_what_is_next(folder, sample)


def _write(sample: str, folder: Path) -> list[Path]:
    """Copy the sample; return the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for source, name in _files(sample):
        target = folder / name
        is_secret = target.parent != folder
        target.parent.mkdir(exist_ok=True, mode=PRIVATE_FOLDER)
        # A file created there a moment ago is not ours either.
        with source.open("rb") as read, target.open("xb") as write:
            if is_secret:
                target.chmod(PRIVATE_FILE)
            shutil.copyfileobj(read, write)
        written.append(target)
    return written


def _files(sample: str) -> Iterator[tuple[Path, Path]]:
    """Yield each file of *sample*, and its name in the folder."""
    if sample == "example":
        yield from ((SESSIONS / each, Path(each)) for each in EXAMPLE)
        return
    root = SESSIONS / sample
    if sample == "demo-venues":
        yield SESSIONS / "demo" / SHARED, Path(SHARED)
    for file in sorted(root.rglob("*")):
        name = file.relative_to(root)
        if file.is_file() and name.parts[0] != NOT_COPIED:
            yield file, name


def _say_what_is_next(folder: Path, sample: str) -> None:
    if sample == "example":
        click.echo(f"\nChange them, then: fixgw check --sessions {folder}")
    else:
        click.echo(f"\nWhat to do with it: {folder / 'README.md'}. It begins with: cd {folder}")
