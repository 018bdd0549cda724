"""Certificates of the bank's gateway: an authority of our own, and an end to the second."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from testbed.errors import StartError
from testbed.programs import find_program

NAME = "bank-gateway.shop"
FAR_S = 90 * 24 * 3600.0
SETTINGS = f"""
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = server
unique_subject = no
[any]
commonName = supplied
[server]
subjectAltName = DNS:{NAME}
basicConstraints = CA:FALSE
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[req]
distinguished_name = named
[named]
"""


def stamp(seconds: float) -> str:
    """A time as openssl wants it.

    >>> stamp(0)
    '19700101000000Z'
    """
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(seconds))


def make_certificates(folder: Path) -> None:
    """An authority, and a certificate of the gateway that is good for long; raises StartError."""
    (folder / "openssl.cnf").write_text(SETTINGS)
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    authority = ("-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=testbed authority")
    _openssl(folder, "req", "-x509", *key, *authority, "-extensions", "authority", "-config", "openssl.cnf")
    asked = ("-keyout", "bank.key", "-out", "bank.csr", "-subj", f"/CN={NAME}", "-config", "openssl.cnf")
    _openssl(folder, "req", *key, *asked)
    issue(folder, time.time() + FAR_S)


def issue(folder: Path, ends: float) -> None:
    """Issue the gateway's certificate anew, good until ``ends`` (seconds since 1970)."""
    made = folder / "bank.new"
    dates = ("-startdate", stamp(time.time() - 3600), "-enddate", stamp(ends))
    authority = ("-config", "openssl.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-batch", "-notext")
    _openssl(folder, "ca", *authority, *dates, "-in", "bank.csr", "-out", str(made))
    made.replace(folder / "bank.pem")


def _openssl(folder: Path, *argv: str) -> None:
    command = [find_program("openssl"), *argv]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StartError(f"openssl {argv[0]} failed: {done.stderr.strip()}")
