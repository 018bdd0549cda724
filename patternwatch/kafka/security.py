"""How every client gets in: the settings of `kafka.security` as what aiokafka takes."""

import base64
import json
import ssl
import time
from pathlib import Path
from typing import Any

from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import AuthenticationFailedError

from patternwatch.contracts.errors import BrokerRefusedError
from patternwatch.contracts.settings import KafkaSecuritySettings, KafkaSettings

_VARIABLE = "PATTERNWATCH_KAFKA__SECURITY__"


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """Where the brokers are and how to get in, as keyword arguments of any aiokafka client.

    Files are read on each call, so that a renewed password or certificate counts from the next client on.
    Raises BrokerRefusedError for a file that cannot be used.

    >>> client_options(KafkaSettings())
    {'bootstrap_servers': '127.0.0.1:9092', 'security_protocol': 'PLAINTEXT'}
    """
    security = settings.security
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap,
        "security_protocol": security.protocol,
    }
    if security.is_tls:
        options["ssl_context"] = tls_context(security)
    if security.token_file is not None:
        options["sasl_mechanism"] = security.mechanism
        options["sasl_oauth_token_provider"] = TokenFile(security.token_file)
    elif security.is_sasl:
        options["sasl_mechanism"] = security.mechanism
        options["sasl_plain_username"] = security.username
        options["sasl_plain_password"] = _password(security)
    return options


def tls_context(security: KafkaSecuritySettings) -> ssl.SSLContext:
    """Whom we trust, and who we are; raises BrokerRefusedError for a file that cannot be used."""
    context = ssl.create_default_context()
    context.check_hostname = security.check_hostname
    if security.ca_file is not None:
        try:
            context.load_verify_locations(security.ca_file)
        except OSError as error:  # an SSLError is one too
            raise _unusable("ca_file", security.ca_file, error, "certificates in PEM form") from error
    if security.client_certificate_file is not None:
        try:
            context.load_cert_chain(security.client_certificate_file, security.client_key_file, password="")
        except OSError as error:
            files = security.client_key_file or security.client_certificate_file
            meant = "a certificate and its own key in PEM form, not encrypted"
            raise _unusable("client_certificate_file", files, error, meant) from error
    return context


class TokenFile(AbstractTokenProvider):  # type: ignore[misc]
    """An OAUTHBEARER token that somebody else keeps fresh in a file: read for every connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """The token as it is now; raises AuthenticationFailedError where none is usable."""
        try:
            token = self._path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise AuthenticationFailedError(f"the token file {self._path} cannot be read: {error}") from error
        if not token:
            raise AuthenticationFailedError(f"the token file {self._path} is empty")
        over_s = time.time() - (expiry_of(token) or float("inf"))
        if over_s > 0:
            raise AuthenticationFailedError(
                f"the token in {self._path} expired {over_s:.0f} s ago and has not been renewed"
            )
        return token


class PasswordFile(str):
    """A SCRAM password that somebody else changes in a file: read again for every connection.

    aiokafka takes passwords as strings only, and encodes this one whenever a connection logs in. As a string
    it is the password as it was at first: PLAIN joins it with the name, and knows no other.
    """

    path: Path

    def __new__(cls, path: Path) -> "PasswordFile":
        """Read it; raises OSError, UnicodeDecodeError or ValueError where it cannot be used."""
        password = super().__new__(cls, _password_in(path))
        password.path = path
        return password

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The password as it is now; as it was where the file cannot be read at this moment."""
        try:
            return _password_in(self.path).encode(encoding, errors)
        except (OSError, ValueError):
            return super().encode(encoding, errors)


def _password_in(path: Path) -> str:
    password = path.read_text().rstrip("\r\n")
    if not password:
        raise ValueError("it is empty")
    return password


def expiry_of(token: str) -> float | None:
    """When a token is over, in s since 1970, as far as it says so itself (JWT, RFC 7519, claim `exp`).

    >>> expiry_of("eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDAwMDB9.")
    1700000000.0
    >>> expiry_of("opaque") is None
    True
    """
    try:
        claims = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return float(said["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def _password(security: KafkaSecuritySettings) -> str:
    if security.password is not None:
        return security.password.get_secret_value()
    assert security.password_file is not None, "the settings have one of both"
    try:
        return PasswordFile(security.password_file)
    except (OSError, ValueError) as error:  # a UnicodeDecodeError is one too
        raise _unusable("password_file", security.password_file, error, "the password") from error


def _unusable(setting: str, path: Path, error: Exception, meant: str) -> BrokerRefusedError:
    reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return BrokerRefusedError(
        f"The file {path} of kafka.security.{setting} cannot be used: {reason}",
        f"Set {_VARIABLE}{setting.upper()} to a file that this process may read and that holds {meant}",
    )
