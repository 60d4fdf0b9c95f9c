"""The report in a real browser; skipped where chromium or playwright is not installed."""

import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.report.made import EVIL, SAMPLES
from tests.shared import needs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    needs("playwright"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 1200, "height": 800})
    opened.complaints = []
    opened.on("console", lambda message: opened.complaints.append(message.text))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.on("request", lambda r: r.url.startswith("http") and opened.complaints.append(r.url))
    yield opened
    assert opened.complaints == []
    opened.close()


def open_at(page, report, route):
    page.goto(f"{report.index.as_uri()}{route}")
    page.wait_for_function("at => document.body.dataset.ready === at", arg=route)


def number_of(page, id):
    return page.evaluate(
        "id => report.load('gallery').then(all => all.find(card => card.id === id).n)", id
    )


def frame(page):
    return page.locator(".seek output").inner_text()


def painted(page):
    """A picture of the first canvas: pixels of a page from disk cannot be read by scripts."""
    return page.locator("canvas").first.screenshot()


def test_the_first_page_says_which_run_is_weaker_and_why(page, two):
    open_at(page, two, "#/")
    text = page.locator("main").inner_text()
    assert "static is weaker than oracle: mIoU is lower by" in text
    assert "Where static loses" in text
    assert "takes tracks" in text
    assert page.locator(".histogram").count() > 0
    assert page.locator("main i").count() > 0  # intervals
    assert "<i>mask</i>" in text  # a protocol card is text


def test_a_finding_leads_to_its_samples_and_filters_narrow(page, two):
    open_at(page, two, "#/")
    page.get_by_role("link", name="drifted track").first.click()
    page.wait_for_selector(".card")
    assert page.locator("select[name=kind]").input_value() == "drifted"
    shown = page.locator(".card").count()
    assert 0 < shown < SAMPLES
    page.select_option("select[name=kind]", "")
    page.fill("input[name=text]", "no such sample")
    assert page.locator("[role=status]").inner_text() == f"0 of {SAMPLES} samples"
    page.fill("input[name=text]", "VidSTG")
    assert page.locator(".card").count() > 0


def test_hostile_answers_are_text(page, two, runs):
    open_at(page, two, "#/")
    open_at(page, two, f"#/sample/{number_of(page, runs[2]['evil'])}")
    said = page.locator(".turn").last.inner_text()
    assert "<script>window.hurt = 1</script><img src=x" in said
    assert page.locator("mark.phrase").last.inner_text().startswith("a <b>dog</b>")
    page.locator("summary").nth(1).click()
    assert page.locator("pre").nth(1).inner_text() == EVIL
    assert page.locator("main img, main script, main b:text-is('dog')").count() == 0
    assert page.evaluate("window.hurt") is None
    open_at(page, two, f"#/sample/{number_of(page, runs[2]['failed'])}")
    assert "ValueError: <b>out of luck</b>" in page.locator("main").inner_text()


def test_a_walk_by_keyboard(page, two):
    open_at(page, two, "#/")
    page.keyboard.press("g")
    page.wait_for_selector(".card")
    page.keyboard.press("n")
    page.keyboard.press("n")
    assert page.evaluate("[...document.querySelectorAll('.card')].indexOf(document.activeElement)")
    page.keyboard.press("Enter")
    page.wait_for_selector(".seek output")
    page.wait_for_function("document.body.dataset.ready.startsWith('#/sample/')")
    before, pixels = frame(page), painted(page)
    page.keyboard.press("ArrowRight")
    assert frame(page) != before
    page.wait_for_timeout(200)
    assert painted(page) != pixels
    mode = page.locator(".looks select")
    page.keyboard.press("m")
    assert mode.input_value() == "predicted"
    here = page.locator("h1").inner_text()
    page.keyboard.press("n")
    page.wait_for_function("was => document.querySelector('h1').textContent !== was", arg=here)
    assert mode.input_value() == "predicted"  # the choice stays from sample to sample
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.wait_for_selector(".summary")


def test_plot_and_frame_are_linked(page, two, runs):
    open_at(page, two, "#/")
    open_at(page, two, f"#/sample/{number_of(page, runs[2]['refused'])}")
    plot = page.locator("svg.series").first
    box = plot.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 12, box["y"] + 40)
    last = page.locator(".seek input").get_attribute("max")
    assert page.locator(".seek input").input_value() == last
    start = page.locator(".cursor").first.get_attribute("x1")
    page.keyboard.press("ArrowLeft")
    assert page.locator(".cursor").first.get_attribute("x1") != start


def test_masks_are_decoded_as_pycocotools_does(page, two):
    import numpy as np

    from sama_bench.media import rle

    open_at(page, two, "#/")
    rng = np.random.default_rng(0)
    for height, width in ((1, 1), (7, 5), (64, 48), (200, 3)):
        mask = (rng.random((height, width)) < 0.5).astype(np.uint8)
        mask[:, : width // 2] = 1  # long runs, and differences below zero
        found = page.evaluate("m => [...report.masks.decode(m).data]", rle.encode(mask))
        assert found == mask.ravel().tolist()


def test_it_opens_from_a_web_server_too(browser, two):
    handler = partial(Quiet, directory=two.index.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        complaints = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"http://127.0.0.1:{server.server_port}/#/sample/1")
        page.wait_for_function("document.body.dataset.ready === '#/sample/1'")
        assert page.locator(".view canvas").count() == 2
        assert complaints == []
        page.close()
        server.shutdown()


def test_every_table_names_its_runs(page, two):
    open_at(page, two, "#/")
    heads = page.locator("main section thead").all_inner_texts()
    scores = [text for text in heads if text.startswith("Metric")]
    assert len(scores) >= 2
    assert all("oracle" in text and "static" in text for text in scores[:2])


def test_thousands_of_samples_open_without_freezing(page, two):
    open_at(page, two, "#/samples")
    drawn = page.evaluate(
        """async () => {
        const cards = await report.load("gallery");
        const size = cards.length;
        while (cards.length < 5000) cards.push({ ...cards[cards.length % size] });
        await report.gallery(document.getElementById("main"));
        return [document.querySelectorAll(".card").length,
                document.querySelector("[role=status]").textContent];
        }"""
    )
    assert drawn[1] == "5000 of 5000 samples"
    assert drawn[0] < 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("route", ["#/", "#/samples", "#/sample/20"])
def test_it_fits_a_phone_in_light_and_dark(browser, two, scheme, route):
    page = browser.new_page(viewport={"width": 360, "height": 700}, color_scheme=scheme)
    open_at(page, two, route)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ink, ground = (
        page.evaluate(f"getComputedStyle(document.body).{name}").strip("rgb()").split(",")
        for name in ("color", "backgroundColor")
    )
    contrast = [abs(int(a) - int(b)) for a, b in zip(ink, ground, strict=True)]
    assert min(contrast) > 150
    page.close()
