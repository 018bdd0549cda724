"""How we identify ourselves to the source, and which certificates we trust there."""

import base64
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import httpx
from pydantic import SecretStr

from patternwatch.contracts.errors import InputError
from patternwatch.contracts.settings import SourceSettings
from patternwatch.contracts.source_settings import is_header_value
from patternwatch.cortex.authorization_command import AuthorizationCommand

Headers: TypeAlias = Mapping[str, str]


class Credentials(httpx.Auth):
    """Sets the headers of the settings anew for every request, since a mounted secret may be rotated.

    headers  gives names and values; raises InputError where a secret's file cannot be read
    command  gives the value of `Authorization`, None where it is among the headers or there is none
    """

    def __init__(self, headers: Callable[[], Headers], command: AuthorizationCommand | None = None) -> None:
        self._headers = headers
        self._command = command

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The same request with its headers; once more with a fresh token where the first is not taken."""
        request.headers.update(self._headers())
        if self._command is None:
            yield request
            return
        value = await self._command.value()
        request.headers["Authorization"] = value
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            fresh = await self._command.value(instead_of=value)
            if fresh != value:
                request.headers["Authorization"] = fresh
                yield request


def credentials(settings: SourceSettings) -> Credentials | None:
    """What goes along with every request, or None; raises InputError where a secret's file cannot be read."""

    def headers() -> Headers:
        found = {name: value.get_secret_value() for name, value in settings.headers.items()}
        found |= {name: _header(name, file) for name, file in settings.header_files.items()}
        if settings.username:
            pair = f"{settings.username}:{_read(settings.password, settings.password_file)}".encode()
            found["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        elif settings.bearer_token is not None or settings.bearer_token_file is not None:
            found["Authorization"] = f"Bearer {_read(settings.bearer_token, settings.bearer_token_file)}"
        return found

    words, refresh_s = settings.authorization_command, settings.authorization_refresh_s
    if not headers() and not words:  # a missing file is told at the start, not at the first incident
        return None
    return Credentials(headers, AuthorizationCommand(words, refresh_s) if words else None)


def trusted(settings: SourceSettings) -> ssl.SSLContext:
    """What servers are verified by, and our own certificate.

    Raises InputError where `ca_file` or `client_certificate_file` hold no certificates, or a key is wrong.
    """
    context = httpx.create_ssl_context()
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(cafile=settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise InputError(
                f"source.ca_file {settings.ca_file} cannot be read as certificates ({error})",
                "Give a file with PEM certificates",
            ) from error
    certificate, key = settings.client_certificate_file, settings.client_key_file
    if certificate is not None:
        try:
            # Without a password of ours the library would ask for one on the terminal.
            context.load_cert_chain(certificate, key, password=lambda: b"")
        except (OSError, ssl.SSLError) as error:
            raise InputError(
                f"source.client_certificate_file {certificate} cannot be used with its key ({error})",
                "Give PEM files that belong together, the key not encrypted",
            ) from error
    return context


def _header(name: str, file: Path) -> str:
    value = _read(None, file)
    if not is_header_value(value):
        raise InputError(
            f"The file {file} holds no value for the header {name}: it is empty or has several lines",
            "Write the value into it, and nothing else",
        )
    return value


def _read(secret: SecretStr | None, file: Path | None) -> str:
    if file is None:
        return secret.get_secret_value() if secret is not None else ""
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The secret in {file} cannot be read ({error})",
            "Correct source.password_file, bearer_token_file or header_files, or the file's rights",
        ) from error
