"""Where the servers and exporters are, and which Debian package brings each."""

from __future__ import annotations

import shutil
from pathlib import Path

from testbed.errors import MissingProgramError

PACKAGES = {
    "initdb": "postgresql",
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "nginx": "nginx",
    "prometheus": "prometheus",
    "prometheus-node-exporter": "prometheus-node-exporter",
    "prometheus-postgres-exporter": "prometheus-postgres-exporter",
    "prometheus-redis-exporter": "prometheus-redis-exporter",
    "prometheus-nginx-exporter": "prometheus-nginx-exporter",
    "setpriv": "util-linux",
}
"""Program name to Debian package."""

KUBE_PACKAGES = {"node": "nodejs", "openssl": "openssl"}
"""What the Kubernetes testbed needs besides."""

EXTRA_FOLDERS = ("/usr/sbin", "/sbin")


def find_program(name: str) -> str:
    """Path of a program, looked up on PATH, the sbin folders and PostgreSQL's versioned folders.

    Raises:
        MissingProgramError: It is nowhere; the message names the Debian package that brings it.
    """
    found = shutil.which(name)
    if found:
        return found
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in (*versions, *map(Path, EXTRA_FOLDERS)):
        if (folder / name).exists():
            return str(folder / name)
    package = (PACKAGES | KUBE_PACKAGES).get(name, name)
    raise MissingProgramError(f"{name} is not installed; on Debian: apt-get install {package}")


def missing_programs() -> list[str]:
    """Names of the programs that the stack needs and that this machine lacks."""
    absent = []
    for name in PACKAGES:
        try:
            find_program(name)
        except MissingProgramError:
            absent.append(name)
    return absent
