"""The page in a real browser; skipped where chromium or playwright is not installed."""

import shutil

import pytest

from tests.leaderboard.test_page import EVIL, build
from tests.shared import needs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    needs("playwright"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(tmp_path_factory.mktemp("board"))


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser, site):
    opened = browser.new_page(viewport={"width": 1200, "height": 800})
    opened.complaints = []
    opened.on("console", lambda message: opened.complaints.append(message.text))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.on("dialog", lambda dialog: opened.complaints.append("a script ran"))
    opened.on("request", lambda r: r.url.startswith("http") and opened.complaints.append(r.url))
    opened.goto(site.as_uri())
    yield opened
    assert opened.complaints == []
    opened.close()


def names(page):
    return page.locator("tbody tr.entry th").evaluate_all(
        "all => all.map(th => th.firstChild.textContent)"
    )


def test_it_opens_on_our_benchmark_sorted_by_its_headline(page):
    assert page.locator("#benchmark").input_value() == "mevis"
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("J&F")
    values = page.locator("tbody tr td:nth-of-type(5)").evaluate_all(
        "all => all.map(td => td.firstChild.textContent)"
    )
    shown = [float(text) for text in values if text[:1].isdigit()]
    assert shown == sorted(shown, reverse=True)


def test_text_of_others_is_text(page):
    visible = EVIL.replace("\u2028", " ")
    assert visible in names(page)
    assert page.locator("tbody img").count() == 0
    assert page.locator(f"text={'sees whole tracks'}").count() >= 1


def test_sorting_by_keyboard_keeps_the_focus(page):
    button = page.get_by_role("button", name="model")
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("model")
    assert page.evaluate("document.activeElement.textContent") == "model"
    first = names(page)
    page.keyboard.press("Enter")
    assert names(page) == first[::-1]


def test_filters_narrow_and_the_address_remembers_them(page, site):
    page.fill("#model", "sa2va-8b")
    page.uncheck("#published")
    assert names(page) == ["Sa2VA-8B"]
    page.goto("about:blank")
    page.go_back()
    assert names(page) == ["Sa2VA-8B"]
    assert page.locator("#published").is_checked() is False


def test_intervals_can_be_hidden_and_parts_be_shown(page):
    assert page.locator(".bar").count() > 0
    page.uncheck("#intervals")
    assert page.locator(".bar").count() == 0
    page.select_option("#part", "turn")
    assert "valid_u, turn 1" in page.locator("#scores").inner_text()


def test_nothing_found_is_said(page):
    page.fill("#model", "no such model")
    assert page.locator("#scores").inner_text() == "Nothing fits these filters."
    assert page.locator("#count").inner_text() == "0 lines, 0 models"


def test_best_and_second_are_marked_only_among_comparable_numbers(page):
    page.uncheck("#published")
    # the evil model's J bears a mark, so that the other's J has nobody to be compared with
    assert page.locator("tbody td:nth-of-type(3) > b").count() == 0
    assert page.locator("tbody td:nth-of-type(4) > b").count() == 1
    assert page.locator("tbody td:nth-of-type(4) > u").count() == 1


def test_the_grand_table_and_every_benchmark_open(page):
    options = page.locator("#benchmark option").evaluate_all("all => all.map(o => o.value)")
    assert "all benchmarks" in options
    for option in options:
        page.select_option("#benchmark", option)
        assert page.locator("tbody tr").count() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_light_and_dark(browser, site, scheme):
    page = browser.new_page(viewport={"width": 360, "height": 700}, color_scheme=scheme)
    page.goto(site.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ink, ground = (
        page.evaluate(f"getComputedStyle(document.body).{name}").strip("rgb()").split(",")
        for name in ("color", "backgroundColor")
    )
    contrast = [abs(int(a) - int(b)) for a, b in zip(ink, ground, strict=True)]
    assert min(contrast) > 150
    page.close()
