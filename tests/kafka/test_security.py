"""Getting into a Kafka with TLS, logins and ACLs; and what is said where it does not let us in."""

import asyncio
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from patternwatch.contracts.errors import BrokerElsewhereError, BrokerRefusedError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import ALERTS
from patternwatch.kafka.clients import admin_client, connect
from patternwatch.kafka.delivery import GiveUpAfter, WaitForBroker
from patternwatch.kafka.preflight import check_kafka
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.topic_reader import TopicReader
from patternwatch.kafka.topics import ensure_topics, find_cluster
from tests.secure_kafka import (
    CREATE,
    DESCRIBE,
    DESCRIBE_CONFIGS,
    READ,
    TOPIC,
    WRITE,
    SecureKafka,
    authority,
    grant,
    revoke,
    secure_kafka,
    token,
    until_lacking,
)

ALL = (READ, WRITE, CREATE, DESCRIBE, DESCRIBE_CONFIGS)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    with secure_kafka(tmp_path_factory.mktemp("secure")) as broker:
        yield broker


@pytest.fixture
def prefix() -> str:
    return f"t{uuid.uuid4().hex[:8]}."


async def to_and_fro(settings: KafkaSettings) -> None:
    """Topics are made, a record is sent in both ways, and read."""
    await ensure_topics(settings)
    for policy in (WaitForBroker(), GiveUpAfter(10, (ALERTS,))):
        publisher = KafkaPublisher(settings, "test", policy)
        await publisher.send(ALERTS, b"k", b"v")
        await publisher.close()
    reader = await TopicReader.connect(settings, "test", (ALERTS,))
    await reader.seek({})
    async with asyncio.timeout(60):
        read: list[Any] = []
        while len(read) < 2:
            read += await reader.read()
    await reader.close()


def ways_in(secure: SecureKafka, folder: Path) -> dict[str, dict[str, Any]]:
    (folder / "password").write_text("our-secret\n")
    (folder / "token").write_text(token("us", 60) + "\n")
    no_login = {"mechanism": None, "username": None, "password": None}
    return {
        "plain": {"mechanism": "PLAIN"},
        "scram-256 by a file": {
            "mechanism": "SCRAM-SHA-256",
            "password": None,
            "password_file": folder / "password",
        },
        "scram-512": {"mechanism": "SCRAM-SHA-512"},
        "token": no_login | {"mechanism": "OAUTHBEARER", "token_file": folder / "token"},
        "certificate": no_login | {"protocol": "SSL", "client_certificate_file": secure.folder / "us.pem"},
        "without TLS": {"protocol": "SASL_PLAINTEXT", "mechanism": "PLAIN", "ca_file": None},
    }


@pytest.mark.parametrize(
    "way", ["plain", "scram-256 by a file", "scram-512", "token", "certificate", "without TLS"]
)
async def test_every_way_in_sends_and_reads(
    secure: SecureKafka, prefix: str, tmp_path: Path, way: str
) -> None:
    await grant(secure, TOPIC, prefix, *ALL)
    await to_and_fro(secure.settings(prefix, **ways_in(secure, tmp_path)[way]))


def wrong_ways(secure: SecureKafka, folder: Path) -> dict[str, tuple[KafkaSettings, str, str]]:
    """What is set, what is found, and what is advised."""
    authority(folder, "stranger")
    (folder / "over").write_text(token("us", -60))
    no_login = {"mechanism": None, "username": None, "password": None}
    with_token = no_login | {"mechanism": "OAUTHBEARER"}
    addressed = {"bootstrap": f"127.0.0.1:{secure.login}"}

    def ours(**changes: Any) -> KafkaSettings:
        return secure.settings("x.", **changes)

    login, tls = ours().bootstrap, ours(**ways_in(secure, folder)["certificate"])
    return {
        "password": (ours(password="wrong"), "does not accept this login", "PASSWORD"),
        "plain password": (
            ours(mechanism="PLAIN", password="wrong"),
            "does not accept this login",
            "PASSWORD",
        ),
        "authority": (ours(ca_file=folder / "stranger.pem"), "does not trust", "CA_FILE"),
        "no authority": (ours(ca_file=None), "does not trust", "CA_FILE"),
        "host name": (ours().model_copy(update=addressed), "another name", "advertised.listeners"),
        "expired token": (
            ours(**with_token, token_file=folder / "over"),
            " s ago and has not been renewed",
            "TOKEN_FILE",
        ),
        "no token": (ours(**with_token, token_file=folder / "none"), "cannot be read", "TOKEN_FILE"),
        "no file": (ours(password=None, password_file=folder / "no"), "No such file", "PASSWORD_FILE"),
        "no TLS": (KafkaSettings(bootstrap=login), "speaks TLS", "PROTOCOL to SSL"),
        "no login": (
            ours(protocol="SSL", **no_login).model_copy(update={"bootstrap": login}),
            "wants a login (it offers",
            "PROTOCOL to SASL_SSL",
        ),
        "no login, no TLS": (
            KafkaSettings(bootstrap=f"127.0.0.1:{secure.bare}"),
            "wants a login (it offers PLAIN)",
            "PROTOCOL to SASL_PLAINTEXT",
        ),
        "TLS to a plain listener": (
            ours().model_copy(update={"bootstrap": f"127.0.0.1:{secure.bare}"}),
            "speaks no TLS",
            "PROTOCOL to SASL_PLAINTEXT",
        ),
        "login where none is wanted": (
            ours(protocol="SASL_PLAINTEXT", ca_file=None, mechanism="PLAIN").model_copy(
                update={"bootstrap": secure.broker.bootstrap}
            ),
            "wants no login",
            "PROTOCOL to PLAINTEXT",
        ),
        "mechanism": (
            ours(protocol="SASL_PLAINTEXT", ca_file=None),
            "does not offer SCRAM-SHA-512, but PLAIN",
            "MECHANISM",
        ),
        "no certificate": (
            tls.model_copy(
                update={"security": tls.security.model_copy(update={"client_certificate_file": None})}
            ),
            "broke TLS off",
            "CLIENT_CERTIFICATE_FILE",
        ),
    }


WRONG = [
    "password",
    "plain password",
    "authority",
    "no authority",
    "host name",
    "expired token",
    "no token",
    "no file",
    "no TLS",
    "no login",
    "no login, no TLS",
    "TLS to a plain listener",
    "login where none is wanted",
    "mechanism",
    "no certificate",
]


@pytest.mark.parametrize("way", WRONG)
async def test_who_is_not_let_in_is_told_at_once_why(secure: SecureKafka, tmp_path: Path, way: str) -> None:
    settings, found, advised = wrong_ways(secure, tmp_path)[way]
    settings = settings.model_copy(update={"connect_timeout_s": 600})
    async with asyncio.timeout(60):
        with pytest.raises(BrokerRefusedError) as error:
            await connect(settings, lambda: admin_client(settings))
    assert found in error.value.problem
    assert advised in error.value.remedy
    async with asyncio.timeout(60):
        with pytest.raises(BrokerRefusedError, match=re.escape(error.value.problem[:40])):
            await find_cluster(settings, (ALERTS,))
    assert "our-secret" not in str(error.value)
    assert "wrong" not in str(error.value)


async def test_without_rights_on_the_topics_it_says_which(secure: SecureKafka, prefix: str) -> None:
    settings = secure.settings(prefix)
    with pytest.raises(BrokerRefusedError, match=rf"{prefix}\S+, nor lets it create") as error:
        await ensure_topics(settings)
    assert "DESCRIBE" in error.value.remedy
    await ensure_topics(secure.plain(prefix))
    await grant(secure, TOPIC, prefix, DESCRIBE)
    await until_lacking(settings, ALERTS, "READ", "WRITE")
    await ensure_topics(settings)


async def test_who_loses_the_right_to_send_sends_again_when_it_is_back(
    secure: SecureKafka, prefix: str
) -> None:
    await grant(secure, TOPIC, prefix, *ALL)
    settings = secure.settings(prefix)
    await ensure_topics(settings)
    publisher = KafkaPublisher(settings, "test", WaitForBroker())
    first = await publisher.send(ALERTS, b"k", b"1")
    await revoke(secure, TOPIC, prefix, WRITE)
    await until_lacking(settings, ALERTS, "WRITE")
    sending = [asyncio.create_task(publisher.send(ALERTS, b"k", b"%d" % n)) for n in range(2, 5)]
    await asyncio.sleep(1)
    assert [task.exception() for task in sending if task.done()] == []
    await grant(secure, TOPIC, prefix, WRITE)
    async with asyncio.timeout(60):
        sent = await asyncio.gather(*sending)
    assert sorted(at.offset for at in sent) == [first.offset + n for n in (1, 2, 3)]
    assert (await publisher.send(ALERTS, b"k", b"5")).offset == first.offset + 4
    await publisher.close()


async def test_a_broker_that_sends_its_clients_on_to_nobody_is_told_as_one(secure: SecureKafka) -> None:
    """`advertised.listeners` is what every first Kafka in containers has wrong."""
    settings = KafkaSettings(bootstrap=f"127.0.0.1:{secure.astray}", connect_timeout_s=10)
    said = rf"127.0.0.1:{secure.astray} answers, and sends its clients on to 127.0.0.1:{secure.nobody}, where"
    with pytest.raises(BrokerElsewhereError, match=said) as error:
        await ensure_topics(settings)
    assert "advertised.listeners" in error.value.remedy
    (check,) = await check_kafka(settings)
    assert (check.verdict, check.finding) == ("fail", error.value.problem)
    with pytest.raises(BrokerElsewhereError, match=said):
        await find_cluster(settings, (ALERTS,))
