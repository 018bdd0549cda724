"""Addresses in settings: what can be none is said when a process starts, not when it first calls."""

import pytest
from pydantic import ValidationError

from patternwatch.contracts.access_settings import OidcSettings
from patternwatch.contracts.alarm_settings import AlarmSettings
from patternwatch.contracts.settings import AnalysisSettings, KafkaSettings, ProcessSettings, SourceSettings


@pytest.mark.parametrize("given", ["kafka", "10.0.0.1:9092", "a:1,b:65535", "[fd00::1]:9092", "kafka_1.z:9"])
def test_brokers_are_hosts_with_or_without_ports(given: str) -> None:
    assert KafkaSettings(bootstrap=given).bootstrap == given


@pytest.mark.parametrize(
    "given", ["", "kafka:", "kafka:0", "kafka:65536", "a:1,,b:1", "http://a:1", "a b:1", "::1", "us:pw@a:1"]
)
def test_what_is_no_broker_is_named(given: str) -> None:
    with pytest.raises(ValidationError, match="is no address of a broker"):
        KafkaSettings(bootstrap=given)


@pytest.mark.parametrize("given", ["http://h", "https://h:443/p", "http://[::1]:9090/", "bundle:///a b"])
def test_a_source_has_a_host_or_is_a_file(given: str) -> None:
    assert SourceSettings(url=given).url == given


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "no source of series"),
        ("prometheus:9090", "no source of series"),
        ("ftp://h", "no source of series"),
        ("bundle://h/file", "no source of series"),
        ("http://", "names no host"),
        ("http:///prometheus", "names no host"),
        ("http://h:99999", "names no host"),
        ("http://h:", "names no host"),
        ("http://a b/", "names no host"),
        ("http://[::1", "is no address"),
        ("http://reader@h", "holds credentials"),
        ("http://h/?extra_label=a", "goes on after its path"),
        ("http://h/#query", "goes on after its path"),
    ],
)
def test_what_is_no_source_is_named(given: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SourceSettings(url=given)


@pytest.mark.parametrize("given", ["am:9093", "http://", "http://u:p@h", "http://h:0"])
def test_so_are_the_addresses_of_others(given: str) -> None:
    for settings, name in ((AlarmSettings, "alertmanager_url"), (AlarmSettings, "page_url")):
        with pytest.raises(ValidationError, match=name):
            settings(**{name: given})
    with pytest.raises(ValidationError, match="jwks_url"):
        OidcSettings(jwks_url=given)


@pytest.mark.parametrize("given", ["proxy:3128", "http://", "http://u:SECRET@h:99999", "http://[SECRET"])
def test_a_proxy_is_refused_without_repeating_it(given: str) -> None:
    with pytest.raises(ValidationError, match="proxy_url must begin") as caught:
        SourceSettings.model_validate({"proxy_url": given})
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "a\nb", "\N{FOX FACE}"])
def test_a_token_that_no_header_may_hold_is_refused(token: str) -> None:
    with pytest.raises(ValidationError, match="what no header may hold"):
        SourceSettings.model_validate({"bearer_token": token})
    if token:
        with pytest.raises(ValidationError, match="no value of a header"):
            AlarmSettings(authorization=token)


@pytest.mark.parametrize("prefix", ["a b", "a/b", "\N{FOX FACE}", "x" * 201])
def test_a_prefix_that_no_topic_may_have_is_refused(prefix: str) -> None:
    with pytest.raises(ValidationError, match="topic_prefix"):
        KafkaSettings(topic_prefix=prefix)


def test_numbers_that_would_overflow_are_refused() -> None:
    for seconds in (float("inf"), 1e12):
        with pytest.raises(ValidationError, match="deadline_s"):
            AnalysisSettings(deadline_s=seconds)
    with pytest.raises(ValidationError, match=r"max_series\n.* too large"):
        AnalysisSettings(max_series=10**20)
    with pytest.raises(ValidationError, match="step_ms"):
        AnalysisSettings(step_ms=10**9)
    with pytest.raises(ValidationError, match="partitions"):
        KafkaSettings(partitions=2**31)


def test_a_process_serves_somebody() -> None:
    with pytest.raises(ValidationError, match="tenants"):
        ProcessSettings(tenants=())


@pytest.mark.parametrize(
    "given",
    [
        f"{start}us:SECRET@{end}"
        for start, end in (("ftp://", "h"), ("http://", "h"), ("http://", "[::1"), ("", "h:1"))
    ],
)
def test_a_password_in_an_address_is_not_repeated(given: str) -> None:
    for settings, name in (
        (SourceSettings, "url"), (AlarmSettings, "page_url"), (KafkaSettings, "bootstrap"),
    ):  # fmt: skip
        with pytest.raises(ValidationError) as caught:
            settings.model_validate({name: given})
        assert "SECRET" not in str(caught.value)
