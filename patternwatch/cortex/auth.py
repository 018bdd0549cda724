"""How we identify ourselves to the source, and which certificates we trust there."""

import base64
import ssl
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
from pydantic import SecretStr

from patternwatch.contracts.errors import InputError
from patternwatch.contracts.settings import SourceSettings


class Credentials(httpx.Auth):
    """Sets `Authorization` anew for every request, since a mounted secret may be rotated.

    header  gives the header's value; raises InputError where a secret's file cannot be read
    """

    def __init__(self, header: Callable[[], str]) -> None:
        self._header = header

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The same request, with its header."""
        request.headers["Authorization"] = self._header()
        yield request


def credentials(settings: SourceSettings) -> Credentials | None:
    """Basic or bearer credentials, or None; raises InputError where a secret's file cannot be read."""
    if settings.username:
        secret, file = settings.password, settings.password_file

        def header() -> str:
            pair = f"{settings.username}:{_read(secret, file)}".encode()
            return "Basic " + base64.b64encode(pair).decode()
    elif settings.bearer_token is not None or settings.bearer_token_file is not None:
        secret, file = settings.bearer_token, settings.bearer_token_file

        def header() -> str:
            return f"Bearer {_read(secret, file)}"
    else:
        return None
    header()  # a missing file is told at the start, not at the first incident
    return Credentials(header)


def trusted(settings: SourceSettings) -> ssl.SSLContext:
    """What servers are verified by; raises InputError where `ca_file` holds no certificates."""
    context = httpx.create_ssl_context()
    if settings.ca_file is None:
        return context
    try:
        context.load_verify_locations(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            f"source.ca_file {settings.ca_file} cannot be read as certificates ({error})",
            "Give a file with PEM certificates",
        ) from error
    return context


def _read(secret: SecretStr | None, file: Path | None) -> str:
    if file is None:
        return secret.get_secret_value() if secret is not None else ""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The secret in {file} cannot be read ({error})",
            "Correct source.password_file or source.bearer_token_file, or the file's rights",
        ) from error
