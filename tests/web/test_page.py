"""The page in a real browser, over real Kafka, worker and API: what an operator does at night."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.web.a11y_checks import colours_drawn, cut_off, too_faint, wider_than_screen, without_name
from tests.web.conftest import Site

LAPTOP = ViewportSize(width=1366, height=768)
PHONE = ViewportSize(width=390, height=844)
REPORT_URL = re.compile(r"/t/shop/reports/[^/?]+")

# Collects every text that the progress bar shows, however short it stands there.
RECORD_PROGRESS = """
() => {
  window.progressSeen = [];
  new MutationObserver(() => {
    const text = document.querySelector('[role=progressbar]')?.getAttribute('aria-valuetext');
    if (text && window.progressSeen.at(-1) !== text) window.progressSeen.push(text);
  }).observe(document.body, {subtree: true, childList: true, attributes: true});
}
"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A laptop's window; the test fails where the page complained on the console."""
    context = browser.new_context(viewport=LAPTOP, color_scheme="dark")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def report_url(browser: Browser, site: Site) -> str:
    """The address of a report that one click on Analyze made."""
    page = browser.new_page()
    page.goto(f"{site.url}/t/{site.tenant}/alerts")
    page.get_by_role("button", name=f"Analyze {site.alert}").click()
    page.wait_for_url(REPORT_URL, timeout=60_000)
    url = page.url
    page.close()
    return url


def test_one_click_turns_an_alert_into_a_report_with_its_chart(page: Page, site: Site) -> None:
    page.goto(site.url)
    expect(page).to_have_url(re.compile("/t/shop/alerts$"))
    row = page.get_by_role("listitem").filter(has_text=site.alert)
    expect(row).to_contain_text("firing")

    page.evaluate(RECORD_PROGRESS)
    row.get_by_role("button", name=f"Analyze {site.alert}").click()
    page.wait_for_url(REPORT_URL, timeout=60_000)
    seen = page.evaluate("window.progressSeen")
    assert any(text.startswith(("accepted", "planned", "analysing")) for text in seen), seen

    entities = page.get_by_role("group", name="Where").get_by_role("button")
    expect(entities.first).to_be_visible()
    first_three = entities.all_inner_texts()[:3]
    assert any(cause in text for cause in site.causes for text in first_three), first_three
    expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    expect(page.get_by_role("img", name=re.compile("Chart of"))).to_be_visible()
    assert colours_drawn(page, ".u-wrap canvas") > 5


def test_the_address_holds_what_is_chosen_and_the_keys_move_it(page: Page, report_url: str) -> None:
    page.goto(report_url)
    rows = page.get_by_role("list", name="Series, strongest first").get_by_role("button")
    expect(rows.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile(r"\?series=3$"))
    chosen = rows.nth(2)
    expect(chosen).to_be_focused()
    name = page.get_by_role("region", name=re.compile("^Series 3:"))
    expect(name).to_be_visible()

    everything = rows.count()
    page.get_by_role("group", name="Shapes").get_by_role("button").first.click()
    expect(page).to_have_url(re.compile("pattern="))
    expect(rows).not_to_have_count(everything)
    some = rows.count()
    assert some > 0
    page.reload()
    expect(rows).to_have_count(some)
    page.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(everything)


def test_pointing_at_the_chart_tells_the_value(page: Page, report_url: str) -> None:
    page.goto(report_url)
    chart = page.get_by_role("img", name=re.compile("Chart of"))
    expect(page.locator("figcaption")).to_contain_text("baseline")
    chart.hover()
    expect(page.locator("figcaption")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))


def test_a_selector_that_cannot_be_read_is_answered_in_words(browser: Browser, site: Site) -> None:
    page = browser.new_page()
    page.goto(f"{site.url}/t/{site.tenant}/alerts")
    page.get_by_label("Series selector").fill("{cluster=")
    page.get_by_role("button", name="Analyze", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("selector")
    page.close()


def test_a_selector_becomes_a_report_too(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/t/{site.tenant}/alerts")
    page.get_by_label("Series selector").fill('{service="orders"}')
    page.get_by_label("Series selector").press("Enter")
    page.wait_for_url(REPORT_URL, timeout=60_000)
    expect(page.get_by_text('{service="orders"}').first).to_be_visible()


def test_a_report_is_deleted_only_after_a_second_thought(page: Page, site: Site, report_url: str) -> None:
    page.goto(report_url)
    page.get_by_role("button", name="Analyze again").click()
    page.wait_for_url(lambda url: not url.startswith(report_url), timeout=60_000)
    again = page.url.rpartition("/")[2]
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Reports").click()
    row = page.get_by_role("listitem").filter(has=page.locator(f'a[href$="{again}"]'))
    row.get_by_role("button", name=re.compile("^Delete")).click()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row).to_be_visible()
    row.get_by_role("button", name=re.compile("^Delete")).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_every_page_is_named_readable_and_fits(
    browser: Browser, site: Site, report_url: str, scheme: str, size: ViewportSize
) -> None:
    context = browser.new_context(viewport=size, color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    for url in (f"{site.url}/t/{site.tenant}/alerts", f"{site.url}/t/{site.tenant}/reports", report_url):
        page.goto(url)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert without_name(page) == []
        assert too_faint(page) == []
        assert cut_off(page) == []
        assert wider_than_screen(page) <= 0
    context.close()
