"""A source whose address is an argument of a command."""

from urllib.parse import urlsplit

import structlog
from pydantic import ValidationError

from patternwatch.cli.serve import read_settings
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.problems import first_problem
from patternwatch.contracts.settings import ProcessSettings, SourceSettings

log = structlog.get_logger()

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
    PATTERNWATCH_SOURCE__URL, or this one where no address is set. What is kept back is said.
    Raises InputError where the settings are not right, or the address is none.
    """
    try:
        SourceSettings(url=url)
    except ValidationError as error:
        raise InputError(
            f"The address of the source is not right: {first_problem(error)}", "Give another one"
        ) from error
    settings = read_settings(ProcessSettings).source
    is_set = "url" in settings.model_fields_set
    if not is_set or urlsplit(url)[:2] == urlsplit(settings.url)[:2]:
        return settings.model_copy(update={"url": url})
    kept = sorted(name for name, none in _SECRETS.items() if getattr(settings, name) != none)
    if kept:
        log.warning("source.credentials_kept", settings=kept, they_are_for=settings.url, asked=url)
    return settings.model_copy(update={"url": url, **_SECRETS})
