"""Settings of the metrics source: where the series come from, credentials and limits."""

import re
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from patternwatch.contracts.addresses import SourceAddress, check_proxy
from patternwatch.contracts.settings_base import Settings

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OWN_HEADERS = frozenset({"x-scope-orgid", "content-type", "content-encoding", "content-length"})
"""Set for each request, the first one from the tenant."""


class SourceSettings(Settings):
    """Where the series come from: `http(s)://...` (Cortex, Prometheus) or `bundle:///FILE` (a recording).

    `replay_end_ms` moves a recording so that it ends at that instant.

    >>> SourceSettings(url="http://mimir:8080/prometheus", password="secret")
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for SourceSettings
      Value error, username and password (or password_file) belong together...
    """

    url: SourceAddress = "http://127.0.0.1:9090"
    """`http(s)://...` in front of /api/v1, or `bundle:///FILE`; credentials do not belong into it."""
    username: str = ""
    """For basic authentication."""
    password: SecretStr | None = None
    """For basic authentication."""
    password_file: Path | None = None
    """Instead of the password: a file that holds it, read again for every request."""
    bearer_token: SecretStr | None = None
    """For `Authorization: Bearer ...`."""
    bearer_token_file: Path | None = None
    """Instead of the token: a file that holds it, read again for every request."""
    authorization_command: tuple[str, ...] = ()
    """Words of a command that prints the value of `Authorization`, or a bare token; a list."""
    authorization_refresh_s: float = Field(default=300.0, gt=0)
    """After so long, and after a 401, the command is run again."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """Further headers of every request, such as an API key: name -> value."""
    header_files: dict[str, Path] = Field(default_factory=dict)
    """The same by files that hold the values, read again for every request: name -> file."""
    ca_file: Path | None = None
    """Certificates (PEM) of one's own authority, trusted besides the system's."""
    client_certificate_file: Path | None = None
    """Our own certificate (PEM) for mutual TLS, with its chain; read at the start."""
    client_key_file: Path | None = None
    """Its key (PEM, not encrypted), where it does not stand in the same file."""
    proxy_url: SecretStr | None = None
    """`http://[USER:PASSWORD@]HOST:PORT` of a proxy for all requests; none is taken from the environment."""
    timeout_s: float = Field(default=20.0, gt=0)
    """The longest wait for one whole answer."""
    concurrency: int = Field(default=2, ge=1)
    """Requests in flight per worker."""
    tries: int = Field(default=3, ge=1)
    """How often one request is sent where the source is away or busy (429, 503)."""
    retry_s: float = Field(default=10.0, ge=0)
    """The longest wait for a source that is away or busy, on top of timeout_s; Retry-After counts."""
    max_samples: int = Field(default=50_000_000, ge=1)
    """Of one part of a request: an answer with more is asked for again in halves."""
    max_response_bytes: int = Field(default=512 * 1024 * 1024, ge=1024)
    """A larger answer is broken off and asked for again in halves."""
    replay_end_ms: int | None = None
    """Recordings only: the instant at which the recording ends."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        basic = self.password is not None or self.password_file is not None
        bearer = self.bearer_token is not None or self.bearer_token_file is not None
        if basic and bearer:
            raise ValueError("give either a password or a bearer token, not both")
        if basic != bool(self.username):
            raise ValueError("username and password (or password_file) belong together")
        if self.password is not None and self.password_file is not None:
            raise ValueError("give either password or password_file, not both")
        if self.bearer_token is not None and self.bearer_token_file is not None:
            raise ValueError("give either bearer_token or bearer_token_file, not both")
        named = {name.lower() for name in (*self.headers, *self.header_files)}
        if (basic or bearer) + bool(self.authorization_command) + ("authorization" in named) > 1:
            raise ValueError(
                "give one of password, bearer token, authorization_command, header Authorization"
            )
        if self.client_key_file is not None and self.client_certificate_file is None:
            raise ValueError("client_key_file needs client_certificate_file")
        return self

    @model_validator(mode="after")
    def _sound_headers(self) -> Self:
        names = [name.lower() for name in (*self.headers, *self.header_files)]
        for name in names:
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a header")
            if name in _OWN_HEADERS:
                raise ValueError(
                    f"the header {name} is set for each request; X-Scope-OrgID is the tenant's id"
                )
            if names.count(name) > 1:
                raise ValueError(f"the header {name} is given twice")
        for name, value in self.headers.items():
            if not is_header_value(value.get_secret_value()):
                raise ValueError(f"the value of the header {name} is empty or holds control characters")
        return self

    @field_validator("bearer_token")
    @classmethod
    def _is_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not is_header_value(token.get_secret_value()):
            raise ValueError("it is empty or holds what no header may hold: give the token alone, one line")
        return token

    @field_validator("proxy_url")
    @classmethod
    def _is_proxy(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            check_proxy(url.get_secret_value())
        return url


def is_header_value(value: str) -> bool:
    """Whether a header may have this value: something visible, and nothing that would end the line.

    >>> is_header_value("Bearer abc"), is_header_value(""), is_header_value("a" + chr(10) + "b")
    (True, False, False)
    """
    return bool(value.strip()) and value.isascii() and value.isprintable()
