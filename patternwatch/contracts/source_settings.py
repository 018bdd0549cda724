"""Settings of the metrics source: where the series come from, credentials and limits."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from patternwatch.contracts.settings_base import Settings


class SourceSettings(Settings):
    """Where the series come from: `http(s)://...` (Cortex, Prometheus) or `bundle:///FILE` (a recording).

    `replay_end_ms` moves a recording so that it ends at that instant.

    >>> SourceSettings(url="http://mimir:8080/prometheus", password="secret")
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for SourceSettings
      Value error, username and password (or password_file) belong together...
    """

    url: str = "http://127.0.0.1:9090"
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
    ca_file: Path | None = None
    """Certificates (PEM) of one's own authority, trusted besides the system's."""
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
        return self
