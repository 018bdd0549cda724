from pathlib import Path

import httpx
import pytest

from patternwatch.api.context import AppContext


@pytest.fixture
def page(context: AppContext) -> Path:
    """A built page."""
    folder = context.settings.web_dir
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<html>the page</html>")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "index-a1b2c3.js").write_text("let x;" * 500)
    (folder.parent / "secret.txt").write_text("inner life")
    return folder


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("path", ["/", "/reports/r1", "/t/a/alerts?status=firing", "/reports/a.b"])
async def test_a_path_of_the_page_is_answered_with_its_index(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.text) == (200, "<html>the page</html>")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.usefixtures("page")
async def test_assets_are_kept_for_ever_and_other_files_are_asked_for_again(
    client: httpx.AsyncClient,
) -> None:
    asset = await client.get("/assets/index-a1b2c3.js")
    assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert asset.headers["Content-Encoding"] == "gzip"
    assert (await client.get("/icon.svg")).headers["Cache-Control"] == "no-cache"
    assert (await client.get("/assets/index-gone.js")).status_code == 404


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api", "/health", "/metrics/x", "/api/v1/tenants/a/x"])
async def test_what_is_not_the_pages_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"])
async def test_nothing_outside_of_the_folder_is_served(client: httpx.AsyncClient, path: str) -> None:
    assert "inner life" not in (await client.get(path)).text


@pytest.mark.usefixtures("page")
async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/", "/assets/index-a1b2c3.js", "/api/v1/tenants", "/api/v1/nothing", "/health/live"):
        headers = (await client.get(path)).headers
        assert "script-src" not in headers["Content-Security-Policy"]
        assert headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


async def test_without_a_built_page_the_root_says_how_to_build_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200
    assert "make web" in answer.text
    assert "make web" in (await client.get("/reports/r1")).json()["detail"]
    assert (await client.get("/api/v1/openapi.json")).json()["openapi"].startswith("3.")


async def test_a_method_that_a_route_does_not_know_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.put("/api/v1/tenants")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"
    both = await client.put("/api/v1/tenants/a/examples")
    assert both.headers["Allow"] == "DELETE, GET, POST"
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/", "/api/v1/alerts", "/webhook"])
async def test_who_posts_to_an_address_that_is_nobodys_hears_where_alerts_go(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.post(path, json={"alerts": []})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:patternwatch:problem:not-found")
    assert "/api/v1/tenants/{tenant}/webhooks/alertmanager" in answer.json()["remedy"]
