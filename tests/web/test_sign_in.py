"""Signing in to the page in a real browser, over an API that asks for a token."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.api.test_api_schema import api_in_a_thread
from tests.support import require_program, wait_until
from tests.web.a11y_checks import cut_off, wider_than_screen
from tests.web.conftest import PAGE


def test_a_token_opens_the_page_and_its_event_stream_and_is_read_by_no_script(tmp_path: Path) -> None:
    path = require_program("chromium")
    if not PAGE.is_file():
        pytest.fail("the page has not been built: run `make web`")
    with api_in_a_thread(tmp_path, web_dir=PAGE.parent) as api, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            page = chromium.new_page()
            page.goto(f"{api.url}/t/default/alerts")
            page.get_by_label("Token", exact=True).fill("hunter2")
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("alert")).to_contain_text("no token of")
            assert api.context.event_log.listeners == 0

            page.get_by_label("Token", exact=True).fill(api.token)
            page.get_by_role("button", name="Sign in").click()
            expect(page).to_have_url(re.compile("/t/default/alerts$"))
            expect(page.get_by_role("list", name="Alerts").get_by_role("listitem")).to_have_count(1)
            wait_until("the event stream", lambda: api.context.event_log.listeners == 1)
            page.reload()
            expect(page.get_by_role("button", name="Sign out")).to_be_visible()
            assert "pw_" not in page.evaluate(
                "document.cookie + JSON.stringify({...localStorage, ...sessionStorage})"
            )

            page.get_by_role("link", name="Reports", exact=True).click()
            page.get_by_role("button", name=re.compile("Delete the report")).click()
            page.get_by_role("button", name="Delete", exact=True).click()
            expect(page.get_by_text("No report yet")).to_be_visible()

            for width in (360, 320):  # a phone; a laptop's window at 400 % (WCAG 2.2, 1.4.10)
                page.set_viewport_size({"width": width, "height": 740})
                assert cut_off(page) == []
                assert wider_than_screen(page) <= 0
            page.get_by_role("button", name="Sign out").click()
            expect(page.get_by_label("Token", exact=True)).to_be_visible()
            wait_until("the end of the stream", lambda: api.context.event_log.listeners == 0)
        finally:
            chromium.close()
