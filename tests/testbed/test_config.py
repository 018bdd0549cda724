"""The generated configuration files."""

import json
from pathlib import Path

from testbed.config.monitoring import Target, postgres_queries, prometheus_config
from testbed.config.servers import nginx_conf, postgres_conf, redis_conf
from testbed.layout import RELAYED, port_names, scrape_targets
from testbed.ports import free_ports
from testbed.shop.settings import SHOP_SERVICES, ShopSettings


def test_every_scrape_target_carries_cluster_instance_and_service() -> None:
    ports = {name: 1000 + place for place, name in enumerate(port_names())}
    config = json.loads(prometheus_config("shop-x", scrape_targets(ports)))
    services = set()
    for job in config["scrape_configs"]:
        (static,) = job["static_configs"]
        assert static["labels"].keys() == {"cluster", "instance", "service"}
        assert static["labels"]["cluster"] == "shop-x"
        services.add(static["labels"]["service"])
    assert services >= {*SHOP_SERVICES, "postgres", "redis", "nginx", "node", "network", "load"}
    assert config["global"]["scrape_interval"] == "2s"


def test_a_pinned_stack_keeps_only_its_own_cpu_of_the_node_exporter() -> None:
    targets = [Target("node", "node", 1), Target("redis", "redis", 2)]
    node, redis = json.loads(prometheus_config("c", targets, core=1))["scrape_configs"]
    assert node["metric_relabel_configs"] == [{"source_labels": ["cpu"], "regex": "|1", "action": "keep"}]
    assert "metric_relabel_configs" not in redis


def test_only_the_supervisor_may_set_the_service_itself() -> None:
    ports = dict.fromkeys(port_names(), 1)
    assert [t.job for t in scrape_targets(ports) if t.keeps_service] == ["supervisor"]


def test_every_exporter_query_says_what_each_column_is() -> None:
    queries = json.loads(postgres_queries())
    assert len(queries) > 1
    for name, query in queries.items():
        usages = [column["usage"] for metric in query["metrics"] for column in metric.values()]
        assert set(usages) <= {"LABEL", "GAUGE", "COUNTER"}, name
        for metric in query["metrics"]:
            (column,) = metric
            assert column in query["query"], f"{name} does not select {column}"


def test_servers_listen_on_the_given_ports_in_the_given_folder() -> None:
    folder = Path("/somewhere")
    assert "port = 5001" in postgres_conf(5001, folder)
    assert "maxmemory-policy allkeys-lru" in redis_conf(5002, folder)
    text = nginx_conf(5003, 5004, 5005, folder)
    assert "listen 127.0.0.1:5003;" in text
    assert "server 127.0.0.1:5005 max_fails=0;" in text
    assert text.count("{") == text.count("}")


def test_ports_are_free_and_different() -> None:
    ports = free_ports(port_names())
    assert len(set(ports.values())) == len(port_names())
    assert {f"{name}-link" for name in RELAYED} <= ports.keys()


def test_shop_settings_survive_their_file(tmp_path: Path) -> None:
    settings = ShopSettings({"cart": 1}, {"cart": "http://localhost:1"}, "postgresql://", "redis://")
    settings.save(tmp_path / "shop.json")
    assert ShopSettings.load(tmp_path / "shop.json") == settings
