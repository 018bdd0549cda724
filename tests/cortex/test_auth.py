"""Credentials and certificates: what goes along with a request, and whom we trust."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from patternwatch.contracts.errors import InputError, SourceRefusedError
from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.factory import open_source
from patternwatch.cortex.prometheus import PrometheusSource
from tests.fakes.http import answering_server
from tests.support import require_program

UP = (Matcher(name="__name__", value="up"),)
WINDOW = Window(start_ms=10_000, split_ms=15_000, end_ms=19_000, step_ms=1000)


async def sent(settings: SourceSettings) -> list[str]:
    """The header Authorization of all requests of one count, each that differs once."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Authorization", ""))
        return httpx.Response(200, json={"data": {"result": []}})

    source = PrometheusSource(settings, httpx.MockTransport(answer))
    await source.count("t", UP, WINDOW)
    await source.close()
    return list(dict.fromkeys(seen))


def settings(**fields: Any) -> SourceSettings:
    return SourceSettings.model_validate({"url": "http://fake", **fields})


async def test_basic_and_bearer_credentials_go_along(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cr:et\n")
    basic = "Basic bWU6czNjcjpldA=="
    assert await sent(settings()) == [""]
    assert await sent(settings(username="me", password="s3cr:et")) == [basic]
    assert await sent(settings(username="me", password_file=file)) == [basic]
    assert await sent(settings(bearer_token="s3cr:et")) == ["Bearer s3cr:et"]
    assert await sent(settings(bearer_token_file=file)) == ["Bearer s3cr:et"]


async def test_a_rotated_token_is_used_from_the_next_request_on(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        file.write_text("new")
        return httpx.Response(200, json={"data": {"result": []}})

    source = PrometheusSource(settings(bearer_token_file=file), httpx.MockTransport(answer))
    await source.count("t", UP, WINDOW)
    await source.count("t", UP, WINDOW)
    await source.close()
    assert (seen[0], set(seen[1:])) == ("Bearer old", {"Bearer new"})


def test_a_secret_is_never_shown() -> None:
    made = settings(username="me", password="s3cret")
    assert "s3cret" not in repr(made)
    assert "s3cret" not in made.model_dump_json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "me"},
        {"password": "x"},
        {"username": "me", "password": "x", "password_file": "/y"},
        {"username": "me", "password": "x", "bearer_token": "y"},
        {"bearer_token": "x", "bearer_token_file": "/y"},
    ],
)
def test_two_ways_in_at_once_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


@pytest.mark.parametrize("field", ["bearer_token_file", "ca_file"])
def test_a_file_that_is_not_there_is_told_at_the_start(tmp_path: Path, field: str) -> None:
    with pytest.raises(InputError, match="nowhere"):
        open_source(settings(**{field: tmp_path / "nowhere"}))


def test_credentials_in_the_url_are_refused_without_repeating_them() -> None:
    with pytest.raises(InputError) as caught:
        open_source(settings(url="http://me:s3cret@host"))
    assert "s3cret" not in str(caught.value)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server with a certificate of its own making, and that certificate."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    command = [require_program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    body = b'{"data": {"result": []}}'
    with answering_server(lambda _method, _path: body, "application/json", context) as address:
        yield f"https://{address}", certificate


async def test_an_authority_of_ones_own_is_trusted_when_named(tls: tuple[str, Path]) -> None:
    url, certificate = tls
    source = PrometheusSource(settings(url=url, ca_file=certificate))
    assert await source.count("t", UP, WINDOW) == {}
    await source.close()


async def test_a_server_that_is_not_trusted_is_refused(tls: tuple[str, Path]) -> None:
    source = PrometheusSource(settings(url=tls[0]))
    with pytest.raises(SourceRefusedError, match="is not trusted") as caught:
        await source.count("t", UP, WINDOW)
    assert "source.ca_file" in caught.value.remedy
    await source.close()
