"""Credentials and certificates: what goes along with a request, and whom we trust."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from patternwatch.contracts.errors import (
    InputError,
    SourceError,
    SourceRefusedError,
    SourceUnavailableError,
)
from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.authorization_command import AuthorizationCommand
from patternwatch.cortex.factory import open_source
from patternwatch.cortex.prometheus import PrometheusSource
from tests.fakes.clock import FakeClock
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
    with pytest.raises(ValidationError, match="holds credentials") as caught:
        settings(url="http://me:s3cret@host")
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


async def test_further_headers_go_along_from_settings_and_from_files(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("old\n")
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        file.write_text("new\n")
        return httpx.Response(200, json={"data": {"result": []}})

    made = settings(headers={"X-Api-Key": "k3y"}, header_files={"X-Token": file}, bearer_token="b")
    source = PrometheusSource(made, httpx.MockTransport(answer))
    for _ in range(2):
        await source.count("t", UP, WINDOW)
    await source.close()
    assert {h["X-Api-Key"] for h in seen} == {"k3y"}
    assert [h["X-Token"] for h in seen] == ["old", *["new"] * (len(seen) - 1)], "a new one counts at once"
    assert {h["Authorization"] for h in seen} == {"Bearer b"}
    assert {h["X-Scope-OrgID"] for h in seen} == {"t"}
    assert "k3y" not in repr(made) + made.model_dump_json()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"headers": {"X-Scope-OrgID": "a"}}, "the tenant's id"),
        ({"headers": {"a b": "c"}}, "no name of a header"),
        ({"headers": {"A": "b\nEvil: c"}}, "control characters"),
        ({"headers": {"A": ""}}, "empty"),
        ({"headers": {"A": "b"}, "header_files": {"a": "/x"}}, "given twice"),
        ({"headers": {"Authorization": "x"}, "bearer_token": "y"}, "give one of"),
        ({"authorization_command": ["x"], "bearer_token": "y"}, "give one of"),
        ({"client_key_file": "/x"}, "client_certificate_file"),
        ({"proxy_url": "proxy:3128"}, "http://"),
    ],
)
def test_headers_and_proxies_that_cannot_be_meant_are_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        settings(**wrong)


async def test_a_header_file_that_holds_no_value_is_told_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("one\nother-s3cret\n")
    with pytest.raises(InputError, match="key holds no value for the header X-Key") as caught:
        open_source(settings(header_files={"X-Key": file}))
    assert "s3cret" not in str(caught.value)


def script(folder: Path, text: str) -> list[str]:
    file = folder / "token.sh"
    file.write_text(f"#!/bin/sh\n{text}\n")
    return ["/bin/sh", str(file)]


async def test_a_command_gives_the_authorization_and_is_run_again_when_it_is_old(tmp_path: Path) -> None:
    counted = tmp_path / "runs"
    words = script(tmp_path, f"echo run >> {counted}; echo token-$(wc -l < {counted})")
    clock = FakeClock()
    command = AuthorizationCommand(words, 300, clock)
    assert [await command.value(), await command.value()] == ["Bearer token-1"] * 2
    clock.now += 300
    assert await command.value() == "Bearer token-2"
    assert await command.value(instead_of="Bearer token-2") == "Bearer token-3"
    assert await command.value(instead_of="Bearer token-2") == "Bearer token-3", (
        "somebody renewed it meanwhile"
    )
    two_words = AuthorizationCommand(script(tmp_path, "echo GoogleLogin auth=x"), 300)
    assert await two_words.value() == "GoogleLogin auth=x"


async def test_a_token_that_is_not_taken_any_more_is_renewed_once(tmp_path: Path) -> None:
    counted = tmp_path / "runs"
    words = script(tmp_path, f"echo run >> {counted}; echo token-$(wc -l < {counted})")
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        taken = seen[-1] != "Bearer token-1"
        return httpx.Response(200 if taken else 401, json={"data": {"result": []}})

    source = PrometheusSource(settings(authorization_command=words), httpx.MockTransport(answer))
    assert await source.count("t", UP, WINDOW) == {}
    await source.close()
    assert seen == ["Bearer token-1"] + ["Bearer token-2"] * (len(seen) - 1)


@pytest.mark.parametrize(
    ("text", "why", "deadline_s"),
    [
        ("echo s3cret; exit 3", "exit code 3", 60),
        ("true", "printed no value", 60),
        ("echo s3cret; echo more", "several lines", 60),
        ("echo s3cret; sleep 20", "took longer", 0.3),
    ],
)
async def test_a_command_that_fails_is_told_without_what_it_printed(
    tmp_path: Path, text: str, why: str, deadline_s: float
) -> None:
    command = AuthorizationCommand(script(tmp_path, text), 300, deadline_s=deadline_s)
    with pytest.raises(SourceUnavailableError, match=why) as caught:
        await command.value()
    assert "s3cret" not in str(caught.value)
    assert caught.value.remedy


async def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match=r"nowhere.*cannot be run"):
        await AuthorizationCommand([str(tmp_path / "nowhere")], 300).value()


async def test_our_own_certificate_lets_us_in(tls: tuple[str, Path], tmp_path: Path) -> None:
    authority = tls[1]
    key, certificate = authority.with_name("key.pem"), authority
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificate)
    body = b'{"data": {"result": []}}'
    with answering_server(lambda _method, _path: body, "application/json", context) as address:
        url = f"https://{address}"
        ours = {"client_certificate_file": certificate, "client_key_file": key}
        source = PrometheusSource(settings(url=url, ca_file=authority, **ours))
        assert await source.count("t", UP, WINDOW) == {}
        await source.close()
        without = PrometheusSource(settings(url=url, ca_file=authority, tries=1))
        with pytest.raises(SourceError):
            await without.count("t", UP, WINDOW)
        await without.close()


def test_a_key_that_does_not_belong_to_the_certificate_is_told_at_the_start(
    tls: tuple[str, Path], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no key")
    with pytest.raises(InputError, match="client_certificate_file"):
        open_source(settings(client_certificate_file=tls[1], client_key_file=wrong))


async def test_requests_go_through_the_proxy_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(_method: str, path: str) -> bytes:
        asked.append(path)
        return b'{"data": {"result": []}}'

    with answering_server(answer, "application/json") as proxy:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        source = PrometheusSource(settings(url="http://cortex.invalid", proxy_url=f"http://{proxy}"))
        assert await source.count("t", UP, WINDOW) == {}
        await source.close()
    assert {url.partition("?")[0] for url in asked} == {
        "http://cortex.invalid/api/v1/query",
        "http://cortex.invalid/api/v1/label/__name__/values",
    }


async def test_a_proxy_that_is_away_is_told_without_its_password() -> None:
    source = PrometheusSource(
        settings(url="http://cortex.invalid", proxy_url="http://me:s3cret@127.0.0.1:1", tries=1)
    )
    with pytest.raises(SourceUnavailableError) as caught:
        await source.count("t", UP, WINDOW)
    assert "s3cret" not in str(caught.value)
    await source.close()
