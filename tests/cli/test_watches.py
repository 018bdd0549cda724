"""Watches from the command line, against what an API answers."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from patternwatch.cli import watches
from patternwatch.client import ApiClient
from patternwatch.contracts.watch_states import SuspectEntity, SuspectSeries, WatchState
from patternwatch.contracts.watches import Mute, make_watch
from tests.cli.test_commands import patternwatch

SHOP = '{cluster="shop"}'
_CART = SuspectEntity(
    entity="cart",
    score=4.25,
    since_ms=0,
    series=(SuspectSeries(labels={"__name__": "up"}, rises=False, score=3.0, words="up fell to 0"),),
)
STATE = WatchState(
    tenant="default",
    watch="shop",
    at_ms=60_000,
    condition="suspicious",
    series=12_345,
    entities=(_CART,),
    said=("redis was rolled out",),
)
SET_BODY = {
    "selector": "up",
    "each": "",
    "interval_s": 30.0,
    "false_reports_a_week": 1.0,
    "categories": ["error"],
    "changed_by": "ann",
}
MUTE_BODY = {"kind": "metric", "value": "up", "until_ms": None, "note": "flaps", "muted_by": "ann"}

MARK_BODY = {
    "entity": "cart",
    "metric": "up",
    "verdict": "noise",
    "report_id": "r1",
    "at_ms": 0,
    "marked_by": "ann",
}


class Api:
    """Answers like the API, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        watch = make_watch("default", "shop", SHOP, mutes=(Mute(kind="entity", value="batch"),))
        self.shop = {
            "watch": json.loads(watch.model_dump_json()),
            "origin": "data",
            "state": json.loads(STATE.model_dump_json()),
        }

    def answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        path = request.url.path.removeprefix("/api/v1/tenants/default")
        self.asked.append((request.method, path, body))
        if request.method == "DELETE":
            return httpx.Response(204)
        if path == "/watches":
            return httpx.Response(200, json={"watches": [self.shop]})
        return httpx.Response(200, json=self.shop)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    there = Api()
    transport = httpx.MockTransport(there.answer)
    monkeypatch.setattr(watches, "ApiClient", partial(ApiClient, transport=transport))
    monkeypatch.setenv("LOGNAME", "ann")
    return there


@pytest.mark.usefixtures("api")
def test_the_list_says_how_each_watch_does() -> None:
    done = patternwatch("watches", "list")
    assert done.exit_code == 0, done.output
    assert all(word in done.output for word in ("shop", "suspicious", "12,345", "cart 4.2"))


@pytest.mark.usefixtures("api")
def test_the_list_is_read_by_programs() -> None:
    [told] = json.loads(patternwatch("watches", "list", "--format", "json").output)
    assert (told["watch"]["name"], told["state"]["series"]) == ("shop", 12_345)


def test_what_show_writes_can_be_applied(api: Api, tmp_path: Path) -> None:
    shown = patternwatch("watches", "show", "shop")
    assert "up fell to 0" in shown.output
    assert "redis was rolled out" in shown.output
    file = tmp_path / "watches.yaml"
    file.write_text(shown.output)
    done = patternwatch("watches", "apply", str(file))
    assert done.exit_code == 0, done.output
    mutes = [{"kind": "entity", "value": "batch"}]
    body = {"selector": SHOP, "mutes": mutes, "changed_by": "ann"}
    assert api.asked[-1] == ("PUT", "/watches/shop", body)


def test_a_file_with_one_bad_watch_changes_nothing(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text("- {name: shop, selector: up}\n- {name: b, selector: up, interval_s: 0}\n")
    done = patternwatch("watches", "apply", str(file))
    assert (done.exit_code, "interval_s" in done.output) == (2, True)
    assert api.asked == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("shop: up", "no list of watches"),
        ("- {selector: up}", "no list of watches"),
        ("[", "cannot be read"),
        ("- {name: shop, selector: up, tenant: other}", "watches of other"),
    ],
)
def test_a_file_that_is_no_list_of_watches_says_so(api: Api, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "watches.yaml"
    file.write_text(text)
    done = patternwatch("watches", "apply", str(file))
    assert (done.exit_code, words in done.output, api.asked) == (2, True, [])


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        (("set", "eu", "up", "--every", "30s", "--category", "error"), ("PUT", "eu", SET_BODY)),
        (
            ("set", "eu", "up", "--every", "30s", "--category", "error", "--each", "cluster"),
            ("PUT", "eu", SET_BODY | {"each": "cluster"}),
        ),
        (("pause", "shop"), ("PATCH", "shop", {"paused": True, "changed_by": "ann"})),
        (("resume", "shop"), ("PATCH", "shop", {"paused": False, "changed_by": "ann"})),
        (("mute", "shop", "metric", "up", "--note", "flaps"), ("POST", "shop/mutes", MUTE_BODY)),
        (
            ("unmute", "shop", "entity", "batch"),
            ("POST", "shop/mutes/end", {"kind": "entity", "value": "batch"}),
        ),
        (
            ("mark", "shop", "noise", "cart", "--metric", "up", "--report", "r1"),
            ("POST", "shop/marks", MARK_BODY),
        ),
        (("end", "shop"), ("DELETE", "shop", None)),
    ],
)
def test_each_command_asks_the_api_for_it(
    api: Api, command: tuple[str, ...], asked: tuple[str, str, object]
) -> None:
    done = patternwatch("watches", *command)
    assert done.exit_code == 0, done.output
    method, path, body = asked
    assert api.asked[-1] == (method, f"/watches/{path}", body)


def test_there_is_no_other_verdict(api: Api) -> None:
    done = patternwatch("watches", "mark", "shop", "dull", "cart")
    assert (done.exit_code, "Say useful or noise" in done.output, api.asked) == (2, True, [])


def test_nothing_else_can_be_muted(api: Api) -> None:
    done = patternwatch("watches", "mute", "shop", "service", "cart")
    assert (done.exit_code, "an entity, a metric" in done.output, api.asked) == (2, True, [])
