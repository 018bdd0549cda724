"""A source whose address is an argument of a command."""

from urllib.parse import urlsplit

from patternwatch.cli.serve import read_settings
from patternwatch.contracts.settings import ProcessSettings, SourceSettings

_SECRETS: dict[str, object] = {
    "username": "",
    "password": None,
    "password_file": None,
    "bearer_token": None,
    "bearer_token_file": None,
    "authorization_command": (),
    "headers": {},
    "header_files": {},
    "client_certificate_file": None,
    "client_key_file": None,
}


def source_at(url: str) -> SourceSettings:
    """The PATTERNWATCH_SOURCE__* settings with this address.

    Credentials go along only to the server that they were set for: the scheme, host and port of
    PATTERNWATCH_SOURCE__URL. Raises InputError where the settings are not right.
    """
    settings = read_settings(ProcessSettings).source
    is_theirs = urlsplit(url)[:2] == urlsplit(settings.url)[:2]
    return settings.model_copy(update={"url": url} if is_theirs else {"url": url, **_SECRETS})
