"""One listener of a broker, asked what it speaks: TLS or not, with a login or without."""

import asyncio
import ssl
from typing import Any

from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaError, UnsupportedSaslMechanismError, for_code
from aiokafka.protocol.admin import SaslHandShakeRequest
from aiokafka.protocol.metadata import MetadataRequest

AWAY = (KafkaError, OSError, TimeoutError)
"""What a visit that fails raises."""
NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING", "RECORD_LAYER_FAILURE"})
"""OpenSSL's words for an answer that is no TLS, or for none."""

_STEP_S = 3.0
"""For one connection: what does not answer by then is away, which is no refusal."""


class Listener:
    """A broker's address, and how to get in there: keyword arguments of aiokafka's connections."""

    def __init__(self, host: str, port: int, options: dict[str, Any]) -> None:
        self._host = host
        self._port = port
        self._options = options

    def __str__(self) -> str:
        return f"{self._host}:{self._port}"

    async def visit(self) -> list[tuple[str, int]]:
        """Log in and ask where the brokers are: a listener that wants a login breaks off only there.

        Raises one of `AWAY`.
        """
        conn = await self._connect(**self._options)
        try:
            answer = await conn.send(MetadataRequest([]))
        finally:
            conn.close()
        return [(broker[1], broker[2]) for broker in answer.brokers]

    async def why_closed(self) -> str:
        """Why nobody takes a connection here; empty where somebody does."""
        try:
            async with asyncio.timeout(_STEP_S):
                _, writer = await asyncio.open_connection(self._host, self._port)
        except TimeoutError:
            return f"no answer within {_STEP_S:g} s"
        except OSError as error:
            return error.strerror or str(error)
        writer.close()
        return ""

    async def mechanisms(self) -> list[str] | None:
        """What it offers to log in by; None where it wants no login, or does not say."""
        protocol = self._options["security_protocol"].removeprefix("SASL_")
        try:
            conn = await self._connect(
                security_protocol=protocol, ssl_context=self._options.get("ssl_context")
            )
            try:
                answer = await conn.send(SaslHandShakeRequest("PLAIN"))
            finally:
                conn.close()
        except AWAY:
            return None
        known = answer.error_code == 0 or for_code(answer.error_code) is UnsupportedSaslMechanismError
        return list(answer.enabled_mechanisms) if known else None

    async def speaks_plainly(self) -> bool:
        """Whether it answers without TLS."""
        try:
            (await self._connect(security_protocol="PLAINTEXT")).close()
        except AWAY:
            return False
        return True

    async def speaks_tls(self) -> bool:
        """Whether it answers a TLS handshake by TLS, be it a refusal."""
        anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
        try:
            async with asyncio.timeout(_STEP_S):
                _, writer = await asyncio.open_connection(self._host, self._port, ssl=anyone)
        except ssl.SSLError as error:
            return error.reason not in NO_TLS
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    async def _connect(self, **options: Any) -> AIOKafkaConnection:
        return await create_conn(
            self._host,
            self._port,
            client_id="patternwatch-diagnosis",
            request_timeout_ms=int(_STEP_S * 1000),
            **options,
        )
