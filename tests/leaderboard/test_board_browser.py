"""The board in a real Chromium: it sorts, filters and keeps its state, fits a phone, and can be read by everybody."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from leaderboard.board import build
from runners.reporting.history import in_short

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = (1280, 390)
SERIOUS = {"serious", "critical"}
KINDS = (
    "index.html", "history.html", "verdicts.html", "disputes.html", "data.html", "theories/edge-of-stability.html",
    "experiments/full-batch-descent.html", "source/predictions.edge_of_stability.theory.html",
    "claims/eos-gd-two-over-eta.html", "claims/sharpness-diverging.html", "claims/ntk-change-inverse-width.html",
    "claims/flat-minima-generalise.html",
)  # fmt: skip
SHOWN = "[...document.querySelectorAll('table[data-name=claims] tr[data-f]')].filter(r => !r.hidden).map(r => r.id)"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def site(report, tmp_path_factory) -> Path:
    """A board with an earlier run in which one law had another verdict."""
    out = tmp_path_factory.mktemp("site")
    run = in_short(report)
    other = {"eos-heavy-ball": run.claims["eos-heavy-ball"].model_copy(update={"verdict": "supported"})}
    before = run.model_copy(update={"created": "2026-11-01T00:00:00Z", "claims": run.claims | other})
    build(report, out, history=[before])
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with playwright.sync_playwright() as machine:
        chromium = machine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, site):
    """Opens pages of the site; at the end nothing may have gone wrong in them, or been asked of another place."""
    contexts, wrong = [], []

    def opened(address: str = "index.html", *, width: int = 1280, **settings):
        context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: wrong.append(asked.url) if not _own(asked.url, site) else None)
        page.goto(site.as_uri() + "/" + address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong


def _own(address: str, site: Path) -> bool:
    return address.startswith(("data:", site.as_uri() + "/"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_and_can_be_read(visit, site, width, scheme):
    page = visit(width=width, color_scheme=scheme)
    for path in sorted(site.rglob("*.html")):
        page.goto(path.as_uri())
        name = path.relative_to(site).as_posix()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        sizes = page.evaluate(
            "[...document.querySelectorAll('svg text')].map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes, default=11) >= 11, name
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        bright = sum(map(int, re.findall(r"\d+", paper)[:3])) > 3 * 128
        assert bright == (scheme == "light"), name


@pytest.mark.parametrize("address", ["index.html", "theories/edge-of-stability.html"])
@pytest.mark.parametrize("width", [1280, 1100, 850])
def test_a_verdict_keeps_clear_of_the_numbers_beside_it(visit, address, width):
    """The longest word of these tables in every row, between numbers of usual length: eight pixels on either side."""
    page = visit(address, width=width)
    page.evaluate(
        """for (const row of document.querySelectorAll('table.board tr[data-f]')) {
             row.cells[4].textContent = '0.00652';
             row.cells[5].querySelector('.v').textContent = 'inconclusive';
             row.cells[6].textContent = '7.22'; }"""
    )
    gaps = page.evaluate(
        """[...document.querySelectorAll('table.board tr[data-f]')].map(row => {
             const box = node => { const text = document.createRange(); text.selectNodeContents(node);
                                   return text.getBoundingClientRect(); };
             const word = row.cells[5].querySelector('.v').getBoundingClientRect();
             return Math.min(word.left - box(row.cells[4]).right, box(row.cells[6]).left - word.right); })"""
    )
    assert gaps
    assert min(gaps) >= 8


def test_sorting_by_numbers_and_back(visit):
    page = visit()
    own_order = page.evaluate(SHOWN)
    head = page.locator("table[data-name=claims] thead th", has_text="Bits")
    button = head.get_by_role("button")
    button.click()
    bits = "[...document.querySelectorAll('table[data-name=claims] tr[data-f]')].map(r => r.cells[6].textContent)"
    falling = [text for text in page.evaluate(bits) if text != "–"]
    numbers = [float(text.replace("−", "-")) for text in falling]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) > 2
    assert page.evaluate(bits)[len(numbers) :] == ["–"] * (len(own_order) - len(numbers))  # no number: last
    assert head.get_attribute("aria-sort") == "descending"
    button.click()
    assert head.get_attribute("aria-sort") == "ascending"
    rising = [float(t.replace("−", "-")) for t in page.evaluate(bits) if t != "–"]
    assert rising == sorted(rising)
    button.click()
    assert page.evaluate(SHOWN) == own_order
    assert head.get_attribute("aria-sort") == "none"


def test_numbers_are_sorted_as_numbers_not_as_text(visit):
    page = visit("index.html#sort=claims:4:up")  # agrees to within
    cells = "[...document.querySelectorAll('table[data-name=claims] tr[data-f]')].map(r => r.cells[4].textContent)"
    found = page.evaluate(cells)
    values = [float(text.strip("%").replace("∞", "inf")) for text in found if text != "–"]
    assert values == sorted(values)
    assert values[-1] == float("inf")


def test_filters_combine_and_live_in_the_address(visit, report):
    page = visit()
    page.get_by_label("verdict", exact=True).select_option("supported")
    page.get_by_label("strand", exact=True).select_option("limits")
    assert page.evaluate(SHOWN) == ["ntk-change-inverse-width"]
    total = sum(claim.kind in ("law", "bound") for claim in report.claims)
    assert page.get_by_role("status").inner_text() == f"1 of {total} claims shown"
    assert "verdict=supported" in page.url
    assert "strand=limits" in page.url
    again = visit("index.html" + page.url[page.url.index("#") :])
    assert again.evaluate(SHOWN) == ["ntk-change-inverse-width"]
    assert again.get_by_label("verdict", exact=True).input_value() == "supported"
    again.get_by_role("button", name="Clear").click()
    assert len(again.evaluate(SHOWN)) == total
    assert "#" not in again.url


@pytest.mark.parametrize(
    ("label", "value", "expected"),
    [
        ("held by", "folklore", ["sgd-variance-langevin"]),
        ("theory", "neural-tangent-kernel", ["ntk-change-inverse-width"]),
        ("verdict", "refuted", ["sgd-variance-langevin"]),
    ],
)
def test_each_filter_finds_what_it_names(visit, label, value, expected):
    page = visit()
    page.get_by_label(label, exact=True).select_option(value)
    assert page.evaluate(SHOWN) == expected


def test_words_are_searched_and_contests_follow_their_claims(visit):
    page = visit()
    contests = page.locator("table[data-name=contests] tr[data-f]")
    assert contests.first.is_visible()
    page.get_by_label("text", exact=True).fill("Langevin")
    assert page.evaluate(SHOWN) == ["sgd-variance-langevin"]
    assert not contests.first.is_visible()
    assert "text=Langevin" in unquote(page.url)


def test_back_and_a_changed_address_are_followed(visit):
    page = visit()
    page.evaluate("location.hash = '#verdict=refuted'")
    page.wait_for_function(SHOWN + ".length === 1")
    page.evaluate("location.hash = '#eos-heavy-ball'")  # a claim's permalink is no filter
    page.wait_for_function(SHOWN + ".length > 1")
    assert page.locator("#eos-heavy-ball").is_visible()


def test_the_keyboard_is_enough(visit):
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    button = page.locator("table[data-name=claims] thead").get_by_role("button", name="Verdict")
    for _ in range(200):
        page.keyboard.press("Tab")
        if button.evaluate("e => e === document.activeElement"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"  # the focus is seen
    page.keyboard.press("Enter")
    assert page.locator("table[data-name=claims] th", has_text="Verdict").get_attribute("aria-sort") == "descending"
    page.keyboard.press("Space")
    assert page.locator("table[data-name=claims] th", has_text="Verdict").get_attribute("aria-sort") == "ascending"


def test_without_script_everything_is_there(visit, report):
    page = visit(java_script_enabled=False)
    laws = [claim.id for claim in report.claims if claim.kind in ("law", "bound")]
    for name in laws:
        assert page.locator(f"#{name}").is_visible()
    assert not page.locator("form.filters").is_visible()


def test_a_flip_is_marked(visit):
    assert "flipped" in visit().locator("#eos-heavy-ball").inner_text()
    assert visit("history.html").get_by_text("flipped").count() >= 1


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_serious_stands_in_the_way_of_anybody(visit, site, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed").Axe()
    page = visit(width=width)
    for name in KINDS:
        page.goto(f"{site.as_uri()}/{name}")
        found = axe.run(page, options={"preload": False}).response["violations"]
        serious = [
            f"{v['id']}: {node['html'][:160]}" for v in found if v["impact"] in SERIOUS for node in v["nodes"][:3]
        ]
        assert not serious, f"{name} at {width}: " + "; ".join(serious)
