"""More browsers than the system lets a program serve, unless it asks for more."""

import asyncio
import sys
from pathlib import Path

import httpx
import pytest

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.topics import ensure_topics
from tests.api.test_replicas import processes

SOFT = 40


async def test_an_api_serves_more_connections_than_its_soft_limit_of_open_files(
    kafka_settings: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those beyond it were closed at once, and nothing said why."""
    await ensure_topics(kafka_settings)
    limited = tmp_path / "python"
    limited.write_text(f'#!/bin/sh\nulimit -Sn {SOFT}\nexec {sys.executable} "$@"\n')
    limited.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(limited))
    url = f"sqlite+aiosqlite:///{tmp_path}/read_model.db"
    with processes(tmp_path, url, kafka_settings, 1) as (api,):
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(base_url=api.url, timeout=60, limits=limits) as client:
            asked = [client.stream("GET", "/api/v1/tenants/a/events") for _ in range(3 * SOFT)]
            opened = await asyncio.gather(*(one.__aenter__() for one in asked), return_exceptions=True)
            assert {getattr(one, "status_code", type(one)) for one in opened} == {200}
            await asyncio.gather(*(one.__aexit__(None, None, None) for one in asked))
