"""A real Kafka with TLS, logins and ACLs, and an authority of its own: `with secure_kafka(folder) as broker`.

Who comes over the plain listener may do everything; `us` (by PLAIN, SCRAM, OAUTHBEARER, or a certificate)
what is granted.
"""

import asyncio
import base64
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int8, Int16, Int32, Schema, String

from patternwatch.contracts.roles import Role
from patternwatch.contracts.settings import KafkaSecuritySettings, KafkaSettings
from patternwatch.contracts.topics import ALERTS, Topic
from patternwatch.kafka.clients import admin_client
from patternwatch.kafka.dev.commands import DevKafka
from patternwatch.kafka.rights import missing_rights
from patternwatch.kafka.topics import ensure_topics
from tests.support import free_port, require_program

USER, PASSWORD = "us", "our-secret"
_SASL = "org.apache.kafka.common.security"
_PROPERTIES = """\
listeners=PLAINTEXT://127.0.0.1:{{port}},TLS://127.0.0.1:{tls},LOGIN://127.0.0.1:{login},\
BARE://127.0.0.1:{bare},ASTRAY://127.0.0.1:{astray},CONTROLLER://127.0.0.1:{{controller}}
advertised.listeners=PLAINTEXT://127.0.0.1:{{port}},TLS://localhost:{tls},LOGIN://localhost:{login},\
BARE://127.0.0.1:{bare},ASTRAY://127.0.0.1:{nobody}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,TLS:SSL,LOGIN:SASL_SSL,BARE:SASL_PLAINTEXT,\
ASTRAY:PLAINTEXT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
ssl.principal.mapping.rules=RULE:^.*CN=([a-zA-Z0-9-]+).*$/$1/,DEFAULT
listener.name.tls.ssl.client.auth=required
listener.name.login.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
listener.name.bare.sasl.enabled.mechanisms=PLAIN
listener.name.login.plain.sasl.jaas.config={sasl}.plain.PlainLoginModule required user_us="our-secret";
listener.name.bare.plain.sasl.jaas.config={sasl}.plain.PlainLoginModule required user_us="our-secret";
listener.name.login.scram-sha-256.sasl.jaas.config={sasl}.scram.ScramLoginModule required;
listener.name.login.scram-sha-512.sasl.jaas.config={sasl}.scram.ScramLoginModule required;
listener.name.login.oauthbearer.sasl.jaas.config={sasl}.oauthbearer.OAuthBearerLoginModule required \
unsecuredLoginStringClaim_sub="broker";
"""


@dataclass(frozen=True, slots=True)
class SecureKafka:
    """Where it listens: `tls` wants a certificate, `login` TLS and a login, `bare` a login only.

    `astray` sends its clients on to `nobody`.
    """

    folder: Path
    broker: DevKafka
    tls: int
    login: int
    bare: int
    astray: int
    nobody: int

    def settings(self, prefix: str, **security: Any) -> KafkaSettings:
        """Settings of the user `us` over SCRAM; `security` changes them."""
        ours: dict[str, Any] = {
            "protocol": "SASL_SSL",
            "mechanism": "SCRAM-SHA-512",
            "username": USER,
            "password": PASSWORD,
            "ca_file": self.folder / "ca.pem",
        }
        chosen = {name: value for name, value in (ours | security).items() if value is not None}
        port = {"SSL": self.tls, "SASL_PLAINTEXT": self.bare}.get(chosen["protocol"], self.login)
        return KafkaSettings(
            bootstrap=f"localhost:{port}",
            security=KafkaSecuritySettings(**chosen),
            topic_prefix=prefix,
            partitions=2,
            connect_timeout_s=10,
        )

    def plain(self, prefix: str) -> KafkaSettings:
        """Settings of whoever may do everything."""
        bootstrap = self.broker.bootstrap
        return KafkaSettings(bootstrap=bootstrap, topic_prefix=prefix, partitions=2, connect_timeout_s=10)


@contextmanager
def secure_kafka(folder: Path) -> Iterator[SecureKafka]:
    """The broker, until the block ends."""
    for program in ("java", "mvn", "openssl"):
        require_program(program)
    authority(folder, "ca")
    signed(folder, "broker", "localhost")
    signed(folder, "us", "us")
    names = ("tls", "login", "bare", "astray", "nobody")
    ports = {name: free_port() for name in names}
    properties = _PROPERTIES.format(**ports, folder=folder, sasl=_SASL)
    scram = [f"SCRAM-SHA-{n}=[name={USER},password={PASSWORD}]" for n in (256, 512)]
    options = [option for user in scram for option in ("--add-scram", user)]
    with DevKafka(
        folder / "kafka", free_port(), properties=properties, format_options=tuple(options)
    ) as broker:
        yield SecureKafka(folder, broker, **ports)


def authority(folder: Path, name: str) -> None:
    """A certificate authority of our own: NAME.pem and NAME.key."""
    folder.mkdir(parents=True, exist_ok=True)
    _openssl(
        folder,
        f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem",
    )


def signed(folder: Path, name: str, subject: str) -> None:
    """A key and a certificate for this host or user, signed by the authority `ca`, both in NAME.pem."""
    _openssl(folder, f"req -newkey rsa:2048 -nodes -subj /CN={subject} -keyout {name}.key -out {name}.csr")
    (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{subject}\n")
    sign = "-CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
    _openssl(folder, f"x509 -req -in {name}.csr {sign} -extfile {name}.ext -out {name}.crt")
    whole = (folder / f"{name}.key").read_text() + (folder / f"{name}.crt").read_text()
    (folder / f"{name}.pem").write_text(whole)


def token(user: str, lasts_s: float) -> str:
    """An unsigned token (JWT), which a broker for development takes."""
    now = time.time()
    claims = {"sub": user, "iat": now - 10, "exp": now + lasts_s}
    parts = ({"alg": "none"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."
    )


def _openssl(folder: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=folder, check=True, capture_output=True)


ANY, TOPIC, GROUP = 1, 2, 3
READ, WRITE, CREATE, DESCRIBE, DESCRIBE_CONFIGS = 3, 4, 5, 8, 10
_LITERAL, _PREFIXED, _ALLOW = 3, 4, 3
_ACL = (
    ("resource_type", Int8),
    ("resource_name", String("utf-8")),
    ("pattern_type", Int8),
    ("principal", String("utf-8")),
    ("host", String("utf-8")),
    ("operation", Int8),
    ("permission", Int8),
)


class _Created(Response):  # type: ignore[misc]
    API_KEY, API_VERSION = 30, 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32), ("results", Array(("code", Int16), ("message", String("utf-8"))))
    )


class _Create(RequestStruct):  # type: ignore[misc]
    API_KEY, API_VERSION, RESPONSE_TYPE = 30, 1, _Created
    SCHEMA = Schema(("acls", Array(*_ACL)))


class _Deleted(Response):  # type: ignore[misc]
    API_KEY, API_VERSION = 31, 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            Array(
                ("code", Int16),
                ("message", String("utf-8")),
                ("acls", Array(("code", Int16), ("message", String("utf-8")), *_ACL)),
            ),
        ),
    )


class _Delete(RequestStruct):  # type: ignore[misc]
    API_KEY, API_VERSION, RESPONSE_TYPE = 31, 1, _Deleted
    SCHEMA = Schema(("filters", Array(*_ACL)))


class _CreateAcls(Request[_Create]):  # type: ignore[misc]
    API_KEY = 30

    def __init__(self, acls: list[tuple[Any, ...]]) -> None:
        self.acls = acls

    def build(self, request_struct_class: type[_Create]) -> _Create:
        return request_struct_class(self.acls)


class _DeleteAcls(Request[_Delete]):  # type: ignore[misc]
    API_KEY = 31

    def __init__(self, acls: list[tuple[Any, ...]]) -> None:
        self.acls = acls

    def build(self, request_struct_class: type[_Delete]) -> _Delete:
        return request_struct_class(self.acls)


async def grant(broker: SecureKafka, kind: int, prefix: str, *operations: int) -> None:
    """Let `us` do this with every topic (or group) of this prefix."""
    await _change(broker, _CreateAcls, kind, prefix, operations)


async def revoke(broker: SecureKafka, kind: int, prefix: str, *operations: int) -> None:
    """Take such a right away again."""
    await _change(broker, _DeleteAcls, kind, prefix, operations)


async def until_lacking(settings: KafkaSettings, topic: Topic, *operations: str) -> None:
    """Wait until exactly these rights on a topic are missing: a change takes a moment to reach the broker."""
    role = Role("test", "", consumes=(topic,), produces=(topic,))
    admin = admin_client(settings)
    await admin.start()
    try:
        async with asyncio.timeout(60):
            while True:
                found = await missing_rights(admin, settings, (role,), "nobody")
                if {o for m in found if m.kind == "topic" for o in m.operations} == set(operations):
                    return
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def allowed(broker: SecureKafka, settings: KafkaSettings) -> None:
    """Topics that exist already, and the rights that docs/kafka.md lists; none to create."""
    prefix = settings.topic_prefix
    await ensure_topics(broker.plain(prefix))
    await grant(broker, TOPIC, prefix, READ, WRITE, DESCRIBE, DESCRIBE_CONFIGS)
    await grant(broker, GROUP, "g", READ, DESCRIBE)
    await until_lacking(settings, ALERTS)


async def _change(
    broker: SecureKafka, request: type[Any], kind: int, prefix: str, operations: tuple[int, ...]
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.broker.bootstrap)
    await admin.start()
    try:
        acls = [(kind, prefix, _PREFIXED, f"User:{USER}", "*", each, _ALLOW) for each in operations]
        answer = await admin._send_request(request(acls))
        assert {result[0] for result in answer.results} == {0}, answer
    finally:
        await admin.close()
