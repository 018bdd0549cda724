"""A source named on the command line: with the settings' credentials, but only for their own server."""

import pytest
from pydantic import SecretStr

from patternwatch.cli.sources import source_at
from patternwatch.contracts.errors import InputError


def test_credentials_go_to_the_server_that_they_were_set_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATTERNWATCH_SOURCE__URL", "https://cortex:443/prometheus")
    monkeypatch.setenv("PATTERNWATCH_SOURCE__BEARER_TOKEN", "s3cret")
    monkeypatch.setenv("PATTERNWATCH_SOURCE__TRIES", "5")
    monkeypatch.setenv("PATTERNWATCH_SOURCE__HEADERS", '{"X-Api-Key": "k3y"}')
    monkeypatch.setenv("PATTERNWATCH_SOURCE__CLIENT_CERTIFICATE_FILE", "/etc/tls/us.pem")
    assert source_at("https://cortex:443/other").bearer_token == SecretStr("s3cret")
    for elsewhere in ("http://cortex:443/prometheus", "https://cortex/prometheus", "https://evil:443"):
        found = source_at(elsewhere)
        assert (found.url, found.bearer_token, found.tries) == (elsewhere, None, 5)
        assert (found.headers, found.client_certificate_file) == ({}, None)
    told = capsys.readouterr().out
    assert told.count("source.credentials_kept") == 3
    assert "['bearer_token', 'client_certificate_file', 'headers']" in told
    assert "s3cret" not in told


def test_credentials_without_an_address_are_for_the_one_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PATTERNWATCH_SOURCE__URL", raising=False)
    monkeypatch.setenv("PATTERNWATCH_SOURCE__BEARER_TOKEN", "s3cret")
    assert source_at("https://cortex/prometheus").bearer_token == SecretStr("s3cret")
    assert not capsys.readouterr().out


@pytest.mark.parametrize("address", ["http://h:99999", "http://me:s3cret@h", "nonsense"])
def test_what_is_no_address_is_said_before_anything_is_called(address: str) -> None:
    with pytest.raises(InputError, match="The address of the source is not right: url: ") as caught:
        source_at(address)
    assert "s3cret" not in str(caught.value)
