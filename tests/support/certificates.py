"""Certificates for tests, made by the openssl command: an authority, and what it signs."""

import subprocess
from pathlib import Path
from typing import NamedTuple

VALID_DAYS = 30
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

CA_CONFIG = """\
[ca]
default_ca = one
[one]
database = {directory}/index.txt
new_certs_dir = {directory}
serial = {directory}/serial
default_md = sha256
policy = any
[any]
commonName = supplied
"""


class Pair(NamedTuple):
    """A certificate and its key, PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; whoever trusts `certificate` trusts them."""

    def __init__(self, directory: Path, name: str = "authority") -> None:
        self.directory = directory / name
        self.directory.mkdir(parents=True)
        self.certificate = self.directory / "ca.crt"
        self._key = self.directory / "ca.key"
        _openssl(
            "req", "-x509", *NEW_KEY, "-subj", f"/CN={name}", "-days", str(VALID_DAYS),
            "-keyout", str(self._key), "-out", str(self.certificate),
        )

    def issue(self, name: str, *alternatives: str) -> Pair:
        """A certificate for *name*; *alternatives* as `DNS:client.test`."""
        pair = self._pair(name)
        more = ["-addext", f"subjectAltName={','.join(alternatives)}"] if alternatives else []
        _openssl(
            "req", "-x509", *NEW_KEY, "-subj", f"/CN={name}", "-days", str(VALID_DAYS),
            "-CA", str(self.certificate), "-CAkey", str(self._key),
            "-addext", "basicConstraints=critical,CA:FALSE", *more,
            "-keyout", str(pair.key), "-out", str(pair.certificate),
        )
        pair.key.chmod(0o600)
        return pair

    def issue_for(self, name: str, start: str, end: str) -> Pair:
        """The same, good from *start* to *end*, as `20200101000000Z`."""
        pair = self._pair(name)
        config, request = self.directory / "ca.cnf", self.directory / "request"
        config.write_text(CA_CONFIG.format(directory=self.directory))
        (self.directory / "index.txt").write_text("")
        (self.directory / "serial").write_text("01\n")
        _openssl(
            "req", "-new", *NEW_KEY, "-subj", f"/CN={name}",
            "-keyout", str(pair.key), "-out", str(request),
        )
        _openssl(
            "ca", "-batch", "-config", str(config), "-in", str(request), "-notext",
            "-cert", str(self.certificate), "-keyfile", str(self._key),
            "-startdate", start, "-enddate", end, "-out", str(pair.certificate),
        )
        pair.key.chmod(0o600)
        return pair

    def _pair(self, name: str) -> Pair:
        return Pair(self.directory / f"{name}.crt", self.directory / f"{name}.key")


def protected(key: Path, passphrase: str) -> Path:
    """*key* again, behind a passphrase."""
    out = key.with_suffix(".protected")
    _openssl("pkey", "-aes256", "-passout", f"pass:{passphrase}", "-in", str(key), "-out", str(out))
    out.chmod(0o600)
    return out


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
