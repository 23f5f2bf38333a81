"""The board in a real Chromium: it sorts, filters and keeps its state, fits a phone, and can be read by everybody."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from benchmarks.board_building import PUBLISHED, many_claims
from leaderboard.board import build
from leaderboard.marks import VERDICTS
from runners.reporting.history import in_short
from runners.reporting.published import read_report

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = (1280, 390)
SERIOUS = {"serious", "critical"}
KINDS = (
    "index.html", "theories.html", "contests.html", "glossary.html", "phenomena.html",
    "phenomena/edge-of-stability.html", "figures.html", "surprises.html", "rely.html", "history.html",
    "verdicts.html", "disputes.html", "data.html", "theories/edge-of-stability.html",
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
def test_a_verdict_keeps_clear_of_what_stands_beside_it(visit, address, width):
    """The longest word of these tables in every row, beside the longest word for a reach: eight pixels apart."""
    page = visit(address, width=width)
    page.evaluate(
        """for (const row of document.querySelectorAll('table.board tr[data-f]')) {
             row.cells[3].innerHTML = '<a class="reach narrow">narrow</a>';
             row.cells[4].querySelector('.v').textContent = 'inconclusive'; }"""
    )
    gaps = page.evaluate(
        """[...document.querySelectorAll('table.board tr[data-f]')].map(row => {
             const box = node => { const text = document.createRange(); text.selectNodeContents(node);
                                   return text.getBoundingClientRect(); };
             const word = row.cells[4].querySelector('.v').getBoundingClientRect();
             return Math.min(word.left - box(row.cells[3]).right, innerWidth - word.right); })"""
    )
    assert gaps
    assert min(gaps) >= 8


@pytest.mark.parametrize(("address", "heads"), [("index.html", 4), ("theories.html", 3)])
def test_every_sortable_head_changes_the_order(visit, address, heads):
    """Both ways: what a screen reader is told has happened."""
    page = visit(address)
    texts = "table => [...table.querySelectorAll('tr[data-f]')].map(row => row.textContent)"
    tried = 0
    for table in page.locator("table.sortable").all():
        own = table.evaluate(texts)
        for head in table.locator("thead th[aria-sort]").all():
            orders = []
            for _ in range(2):
                head.get_by_role("button").click()
                orders.append(table.evaluate(texts))
                assert sorted(orders[-1]) == sorted(own)
            assert orders[0] != orders[1], head.inner_text()
            assert head.get_attribute("aria-sort") in ("ascending", "descending")
            head.get_by_role("button").click()
            assert table.evaluate(texts) == own
            tried += 1
    assert tried >= heads


def test_verdicts_are_sorted_in_their_own_order(visit):
    page = visit("index.html#sort=claims:4:up")
    words = page.evaluate(
        "[...document.querySelectorAll('table[data-name=claims] tr[data-f] .v')].map(e => e.textContent)"
    )
    assert words == sorted(words, key=VERDICTS.index)


def test_numbers_are_sorted_as_numbers_not_as_text(visit):
    page = visit("index.html#sort=claims:2:up")  # off by at most
    cells = "[...document.querySelectorAll('table[data-name=claims] tr[data-f]')].map(r => r.cells[2].textContent)"
    found = page.evaluate(cells)
    plain = [text for text in found if text != "–" and "slack" not in text]
    values = [float(text.strip("%").replace("∞", "inf")) for text in plain]
    assert values == sorted(values)
    assert values[-1] == float("inf")
    assert found[-1] in ("–", *[text for text in found if "slack" in text])  # no number: last


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("2014 Saxe", "dln-sigmoid"),
        ("McClelland", "dln-sigmoid"),
        ("edge of stability", "eos-gd-two-over-eta"),
        ("STABILITY edge", "eos-heavy-ball"),
        ("EoS", "eos-heavy-ball"),
        ("ntk width", "ntk-change-inverse-width"),
        ("neural collapse", "collapse-mean-cosine"),
    ],
)
def test_names_theories_abbreviations_and_authors_are_found(visit, words, expected):
    page = visit()
    page.get_by_label("text", exact=True).fill(words)
    assert expected in page.evaluate(SHOWN)
    page.get_by_label("text", exact=True).fill(words + " nowhere")  # all words, not any
    assert page.evaluate(SHOWN) == []


def test_a_link_to_a_row_ends_below_the_bar(visit):
    page = visit("index.html#rademacher-bound", width=1280)
    page.wait_for_function("scrollY > 0")
    bar = page.locator("form.filters").bounding_box()
    head = page.locator("table[data-name=claims] thead th").first.bounding_box()
    row = page.locator("#rademacher-bound").bounding_box()
    assert row["y"] >= max(bar["y"] + bar["height"], head["y"] + head["height"]) - 1
    assert row["y"] < 900


def test_a_link_within_the_page_keeps_the_filters(visit):
    page = visit("index.html#verdict=refuted")
    page.locator(".toc a[href='#claims']").click()
    assert page.evaluate(SHOWN) == ["sgd-variance-langevin"]
    assert "verdict=refuted" in page.url


def test_what_a_filter_leaves_is_in_sight(visit):
    page = visit()
    page.evaluate("document.body.style.paddingBottom = '3000px'; scrollTo(0, 1e6)")
    page.get_by_label("verdict", exact=True).select_option("refuted")
    row = page.locator("#sgd-variance-langevin").bounding_box()
    assert 0 <= row["y"] < 900


def test_the_first_screen_comes_to_the_claims(browser, tmp_path):
    """Of 200 claims: picture, overview, first claim within 1,400 pixels, all within 12,000; rows of two lines."""
    build(many_claims(read_report(PUBLISHED / "standard.json"), 200), tmp_path)
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto((tmp_path / "index.html").as_uri())
    assert page.locator(".hero figure svg").first.bounding_box()["y"] < 400
    assert page.locator("table[data-name=claims] tr[data-f]").first.bounding_box()["y"] < 1400
    assert page.evaluate("document.body.scrollHeight") < 12_000
    heights = page.evaluate(
        "[...document.querySelectorAll('table[data-name=claims] tr[data-f]')].map(r => r.offsetHeight)"
    )
    assert 36 <= sorted(heights)[len(heights) // 2] <= 56


def test_folded_theorems_open_where_a_filter_finds_one(visit):
    page = visit()
    theorem = page.locator("table[data-name=theorems] tr[data-f]").first
    name = theorem.get_attribute("id")
    assert not theorem.is_visible()
    page.get_by_label("text", exact=True).fill(name)
    assert page.locator(f"tr[id='{name}']").is_visible()


def test_few_stops_of_the_keyboard_come_before_the_first_claim(visit):
    page = visit()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('tr[data-f]') !== null"):
            return
    raise AssertionError("forty stops, and no claim")


@pytest.mark.parametrize("address", ["index.html", "claims/eos-gd-two-over-eta.html"])
def test_heads_of_columns_do_not_overprint_on_a_phone(visit, address):
    page = visit(address, width=390)
    boxes = page.evaluate(
        """[...document.querySelectorAll('thead th')].filter(e => getComputedStyle(e).clipPath === 'none').map(e => {
             const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"""
    )
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart = one[2] <= other[0] + 1 or other[2] <= one[0] + 1 or one[3] <= other[1] + 1 or other[3] <= one[1] + 1
            assert apart, (one, other)


def test_on_paper_there_is_nothing_to_click_and_no_row_is_cut(visit):
    page = visit()
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator("form.filters").is_visible()
    assert not page.locator("header.top").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('tr[data-f]')).breakInside") == "avoid"
    sheets = page.pdf(format="A4").count(b"/Type /Page\n")
    assert sheets <= 4


def test_a_page_asks_for_its_script_and_style_only(browser, site):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.as_uri() + "/index.html")
    page.close()
    assert len([address for address in asked if not address.startswith("data:")]) == 3


def test_filters_combine_and_live_in_the_address(visit, report):
    page = visit()
    page.get_by_label("verdict", exact=True).select_option("supported")
    page.get_by_label("area", exact=True).select_option("limits")
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
        ("stated by", "folklore", ["sgd-variance-langevin"]),
        ("theory", "neural-tangent-kernel", ["ntk-change-inverse-width"]),
        ("verdict", "refuted", ["sgd-variance-langevin"]),
    ],
)
def test_each_filter_finds_what_it_names(visit, label, value, expected):
    page = visit()
    page.get_by_label(label, exact=True).select_option(value)
    assert page.evaluate(SHOWN) == expected


def test_words_are_searched(visit):
    page = visit()
    page.get_by_label("text", exact=True).fill("Langevin")
    assert page.evaluate(SHOWN) == ["sgd-variance-langevin"]
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
    assert page.locator("table[data-name=claims] th", has_text="Verdict").get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Space")
    assert page.locator("table[data-name=claims] th", has_text="Verdict").get_attribute("aria-sort") == "descending"


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
