"""The fake source answers the product's own client, says that it is a fake, and fails when it is told to."""

import urllib.request

import numpy as np
import pytest

from benchmarks.faults.source import (
    AT_MS,
    CASES,
    END_MS,
    STEP_MS,
    broken_service,
    cluster_of,
    fake_source,
    labels_of,
)
from patternwatch.contracts.errors import SourceUnavailableError
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.prometheus import PrometheusSource

WINDOW = Window.ending(END_MS, AT_MS, STEP_MS)


@pytest.mark.parametrize("case", range(CASES))
async def test_each_case_is_read_whole_and_its_service_breaks_with_the_current_part(case: int) -> None:
    cluster = cluster_of(case, "000012")
    selector = parse_selector(f'{{cluster="{cluster}"}}')
    with fake_source() as fake:
        source = PrometheusSource(SourceSettings(url=fake.url))
        try:
            counts = await source.count("lab", selector, WINDOW)
            part = await source.fetch(
                "lab", parse_selector(f'{{__name__="cpu_usage",cluster="{cluster}"}}'), WINDOW
            )
            batch = await source.fetch("lab", selector, WINDOW)
        finally:
            await source.close()
    assert sum(counts.values()) == len(batch) == len(labels_of(case))
    assert len(part) == counts["cpu_usage"]
    assert {labels["cluster"] for labels in batch.labels} == {cluster}
    assert not np.isnan(batch.values).any()
    rise = batch.values[:, WINDOW.split_row + 2 :].min(axis=1) > batch.values[:, : WINDOW.split_row].max(
        axis=1
    )
    assert {batch.labels[n]["service"] for n in np.flatnonzero(rise)} == {broken_service(case)}


async def test_it_fails_when_it_is_told_to() -> None:
    with fake_source() as fake:
        source = PrometheusSource(SourceSettings(url=fake.url, tries=1, retry_s=0))
        try:
            for mode in ("503", "429"):
                fake.mode = mode
                with pytest.raises(SourceUnavailableError):
                    await source.fetch("lab", parse_selector('{cluster="k1-000001"}'), WINDOW)
        finally:
            await source.close()
        assert fake.refused >= 2


def test_it_says_that_it_is_a_fake() -> None:
    with fake_source() as fake, urllib.request.urlopen(f"{fake.url}/api/v1/metadata") as answer:
        assert answer.headers["Server"].strip() == "patternwatch-fake-source"
