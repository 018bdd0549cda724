"""Settings of Kafka that cannot be meant are refused, with what to set."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from patternwatch.contracts.problems import first_problem
from patternwatch.contracts.settings import KafkaSecuritySettings, KafkaSettings, ProcessSettings

LOGIN = {"protocol": "SASL_SSL", "mechanism": "PLAIN", "username": "us", "password": "hidden"}
FILE = Path("/run/secrets/file")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            LOGIN | {"protocol": "PLAINTEXT"},
            "mechanism is set, but kafka.security.protocol is PLAINTEXT: set it to SASL",
        ),
        ({"username": "us"}, "username is set, but kafka.security.protocol is PLAINTEXT"),
        ({"token_file": FILE}, "token_file is set, but kafka.security.protocol is PLAINTEXT"),
        ({"protocol": "SASL_SSL"}, "needs kafka.security.mechanism: PLAIN, SCRAM"),
        (LOGIN | {"username": ""}, "mechanism PLAIN needs kafka.security.username"),
        (LOGIN | {"password": None}, "needs kafka.security.password or password_file"),
        (LOGIN | {"password_file": FILE}, "either kafka.security.password or password_file"),
        (LOGIN | {"token_file": FILE}, "token_file is for OAUTHBEARER"),
        ({"protocol": "SASL_SSL", "mechanism": "OAUTHBEARER"}, "needs kafka.security.token_file"),
        (LOGIN | {"mechanism": "OAUTHBEARER", "token_file": FILE}, "username is not for OAUTHBEARER"),
        ({"ca_file": FILE}, "ca_file is set, but kafka.security.protocol is PLAINTEXT: set it to SSL"),
        (LOGIN | {"protocol": "SASL_PLAINTEXT", "ca_file": FILE}, "set it to SASL_SSL"),
        ({"client_certificate_file": FILE}, "client_certificate_file is set"),
        ({"protocol": "SSL", "client_key_file": FILE}, "client_key_file needs"),
        ({"check_hostname": False}, "check_hostname needs TLS"),
        (LOGIN | {"mechanism": "GSSAPI"}, "PLAIN"),
    ],
)
def test_what_cannot_be_meant_says_what_to_set(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as error:
        KafkaSecuritySettings(**given)
    assert said in first_problem(error.value)
    assert "hidden" not in first_problem(error.value)


def test_they_are_read_from_the_environment_and_secrets_are_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in LOGIN.items():
        monkeypatch.setenv(f"PATTERNWATCH_KAFKA__SECURITY__{name.upper()}", value)
    settings = ProcessSettings()
    assert settings.kafka.security.password is not None
    assert settings.kafka.security.password.get_secret_value() == "hidden"
    assert "hidden" not in repr(settings)


def test_no_copies_is_no_number_of_copies() -> None:
    with pytest.raises(ValidationError, match="-1 for the brokers"):
        KafkaSettings(replication=0)
    assert KafkaSettings().replication == -1
