"""The table of exporters is read row by row: what makes a metric, and which labels name what it tells of."""

import re

from patternwatch.analysis.identity.exporter_rows import EXPORTERS, _rows
from patternwatch.analysis.identity.exporter_table import ExporterTable
from patternwatch.analysis.identity.exporters import Exporter

TABLE = r"""
mesh | ^mesh_(?!x=y) | example.org, Metrics
    pod=@pod
    service=a,b node=@host
plain | plain_ | the same
    target=t
"""


def test_a_row_tells_what_its_series_are_about_in_the_order_of_the_labels() -> None:
    labels = (("pod", "@pod"), ("service", "a"), ("service", "b"), ("node", "@host"))
    for own in (False, True):
        assert list(_rows(TABLE, own)) == [
            Exporter("mesh", "^mesh_(?!x=y)", labels, "example.org, Metrics", own),
            Exporter("plain", "plain_", (("target", "t"),), "the same", own),
        ]
    assert list(_rows(TABLE)) == list(_rows(TABLE, own=False))


def test_every_row_has_a_pattern_labels_and_a_source() -> None:
    assert len(EXPORTERS) > 40
    for row in EXPORTERS:
        re.compile(row.metrics)
        assert row.name
        assert row.told
        assert row.source
        assert all(kind and label for kind, label in row.told)


def test_the_settings_come_before_the_table() -> None:
    table = ExporterTable({"container_": ("box", "crate"), "^own_": ("thing",)})
    found = table.exporter_of("container_cpu")
    assert found == Exporter("settings", "container_", (("target", "box"), ("target", "crate")), "settings")
    assert table.exporter_of("shop:own_size:sum") == Exporter(
        "settings", "^own_", (("target", "thing"),), "settings"
    )
    assert table.exporter_of("shop:own_size") == table.exporter_of("own_size") is not None
    cadvisor = ExporterTable().exporter_of("container_cpu")
    assert cadvisor is not None
    assert cadvisor.name == "cAdvisor"
    assert ExporterTable().exporter_of("http_requests_total") is None
