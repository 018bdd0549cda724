"""Settings of Kafka: where it is, how to get in, how our topics are made there."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from patternwatch.contracts.addresses import Brokers
from patternwatch.contracts.settings_base import Settings

_PREFIX = "kafka.security."
_LOGIN = ("username", "password", "password_file", "token_file")
_PASSWORD_MECHANISMS = frozenset({"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})


class KafkaSecuritySettings(Settings):
    """How to get in: the same for every client of ours, under the names that Kafka's clients give them.

    >>> KafkaSecuritySettings(protocol="SASL_SSL", mechanism="SCRAM-SHA-512", username="us", password="x").is_tls
    True
    >>> KafkaSecuritySettings(protocol="SASL_SSL", mechanism="PLAIN", username="us")
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for KafkaSecuritySettings
      Value error, kafka.security.mechanism PLAIN needs kafka.security.password or password_file...
    """  # noqa: E501 - one line of a doctest

    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """Kafka's `security.protocol`: whether the brokers' listener speaks TLS (SSL), and whether it wants a
    login (SASL)."""
    mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = ""
    """Kafka's `sasl.mechanism`; needed by the protocols with SASL."""
    username: str = ""
    """For PLAIN and SCRAM."""
    password: SecretStr | None = None
    """For PLAIN and SCRAM."""
    password_file: Path | None = None
    """Instead of the password: a file that holds it, read again for every connection by SCRAM, by PLAIN for
    every client."""
    token_file: Path | None = None
    """For OAUTHBEARER: a file that holds the token, read again for every connection; who writes it renews it
    before it expires."""
    ca_file: Path | None = None
    """Certificates (PEM) of one's own authority, trusted besides the system's."""
    client_certificate_file: Path | None = None
    """Our own certificate (PEM) for mutual TLS, with its chain; read whenever a client is made."""
    client_key_file: Path | None = None
    """Its key (PEM, not encrypted), where it does not stand in the same file."""
    check_hostname: bool = True
    """Whether a broker's certificate must be for the name by which it is reached; `false` only where brokers
    are reached by addresses that no certificate can name."""

    @property
    def is_tls(self) -> bool:
        """Whether the listener speaks TLS."""
        return self.protocol.endswith("SSL")

    @property
    def is_sasl(self) -> bool:
        """Whether the listener wants a login."""
        return self.protocol.startswith("SASL")

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        given = [name for name in _LOGIN if getattr(self, name)]
        if not self.is_sasl:
            if self.mechanism or given:
                name = "mechanism" if self.mechanism else given[0]
                raise ValueError(
                    f"{_PREFIX}{name} is set, but {_PREFIX}protocol is {self.protocol}: "
                    "set it to SASL_SSL (or SASL_PLAINTEXT)"
                )
            return self
        if not self.mechanism:
            raise ValueError(
                f"{_PREFIX}protocol {self.protocol} needs {_PREFIX}mechanism: "
                "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER"
            )
        if self.mechanism in _PASSWORD_MECHANISMS:
            self._check_password()
        else:
            self._check_token(given)
        return self

    def _check_password(self) -> None:
        if not self.username:
            raise ValueError(f"{_PREFIX}mechanism {self.mechanism} needs {_PREFIX}username")
        if self.password is None and self.password_file is None:
            raise ValueError(f"{_PREFIX}mechanism {self.mechanism} needs {_PREFIX}password or password_file")
        if self.password is not None and self.password_file is not None:
            raise ValueError(f"give either {_PREFIX}password or password_file, not both")
        if self.token_file is not None:
            raise ValueError(f"{_PREFIX}token_file is for OAUTHBEARER, and the mechanism is {self.mechanism}")

    def _check_token(self, given: list[str]) -> None:
        if self.token_file is None:
            raise ValueError(f"{_PREFIX}mechanism OAUTHBEARER needs {_PREFIX}token_file")
        if given != ["token_file"]:
            raise ValueError(f"{_PREFIX}{given[0]} is not for OAUTHBEARER: the token says who it is")

    @model_validator(mode="after")
    def _certificates_are_used(self) -> Self:
        for name in ("ca_file", "client_certificate_file", "client_key_file"):
            if getattr(self, name) is not None and not self.is_tls:
                raise ValueError(
                    f"{_PREFIX}{name} is set, but {_PREFIX}protocol is {self.protocol}: set it to "
                    + ("SASL_SSL" if self.is_sasl else "SSL (or SASL_SSL)")
                )
        if not self.check_hostname and not self.is_tls:
            raise ValueError(f"{_PREFIX}check_hostname needs TLS, but {_PREFIX}protocol is {self.protocol}")
        if self.client_key_file is not None and self.client_certificate_file is None:
            raise ValueError(f"{_PREFIX}client_key_file needs {_PREFIX}client_certificate_file")
        return self


class KafkaSettings(Settings):
    """Where Kafka is and how our topics are made there.

    >>> KafkaSettings(bootstrap="kafka-1:9092,kafka-2:9092", replication=3).topic_prefix
    'patternwatch.'
    """

    bootstrap: Brokers = "127.0.0.1:9092"
    """Addresses of brokers, with commas between."""
    security: KafkaSecuritySettings = KafkaSecuritySettings()
    topic_prefix: str = Field(default="patternwatch.", pattern=r"^[a-zA-Z0-9._-]{0,200}$")
    """Goes in front of the name of every topic."""
    partitions: int = Field(default=8, ge=1, le=100_000)
    """Of every topic that is made: the most workers that can share the load."""
    replication: int = Field(default=-1, ge=-1, le=32_767)
    """Copies of every topic that is made; -1 leaves it to the brokers (`default.replication.factor`)."""
    connect_timeout_s: float = Field(default=30.0, gt=0)
    """How long a starting process waits for the broker before it gives up with an error."""

    @model_validator(mode="after")
    def _some_copies(self) -> Self:
        if self.replication == 0:
            raise ValueError("kafka.replication is 0: give a number of copies, or -1 for the brokers' own")
        return self
