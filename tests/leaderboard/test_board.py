from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from leaderboard.board import build
from leaderboard.marks import (
    COUNTEREXAMPLE,
    OUTCOMES,
    PLAIN_SYMBOLS,
    SHAPES,
    SYMBOLS,
    VERDICTS,
    badge,
    symbol_styles,
)
from leaderboard.summaries import level_text
from leaderboard.templating import clipped, links, sentence, short_cite, slug
from runners.reporting.published import read_report
from runners.reporting.report_model import Source
from tests.made_up import changed
from tests.made_up import claim as made_up

LAW = "eos-gd-two-over-eta"
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Tags of a page, and whether each is closed in the order it was opened."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} repeats an attribute"
        self.tags.append((tag, dict(attrs)))
        if tag == "td":
            self._end_cell()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"{tag} closes nothing"
        if tag == "tr":
            self._end_cell()
        assert self.open.pop() == tag

    def _end_cell(self):
        """Of a cell HTML lets the end tag be left out before another one, and where its row ends."""
        if self.open[-1:] == ["td"]:
            self.open.pop()


@pytest.fixture(scope="module")
def site(report, tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    return out, build(report, out)


def drawings(text: str) -> list[str]:
    """Outermost svg elements of a page; some hold others."""
    found, depth, start = [], 0, 0
    for tag in re.finditer(r"<svg\b|</svg>", text):
        if tag.group() == "</svg>":
            depth -= 1
            if depth == 0:
                found.append(text[start : tag.end()])
        else:
            start = tag.start() if depth == 0 else start
            depth += 1
    return found


def pages(site):
    return [path for path in site[1] if path.suffix == ".html"]


def test_every_claim_has_a_page_that_the_index_links(report, site):
    out, paths = site
    hrefs = {attrs.get("href") for _, attrs in Page((out / "index.html").read_text()).tags}
    for claim in report.claims:
        assert out / "claims" / f"{claim.id}.html" in paths
        assert f"claims/{claim.id}.html" in hrefs
    assert all(path.is_file() for path in paths)
    assert {path.name for path in paths} >= {"index.html", "verdicts.html", "style.css", "claims.json", "claims.csv"}


def test_pages_are_well_formed(site):
    for path in pages(site):
        text = path.read_text()
        tags = [tag for tag, _ in Page(text).tags]
        assert tags.count("h1") == 1
        assert tags.count("main") == 1
        for fragment in (*drawings(text), *re.findall(r"<math.*?</math>", text, flags=re.DOTALL)):
            ElementTree.fromstring(fragment)


def test_links_inside_the_site_lead_somewhere(site):
    for path in pages(site):
        for _, attrs in Page(path.read_text()).tags:
            href = attrs.get("href") or attrs.get("src") or ""
            if href and not href.startswith(("http", "data:", "#")):
                assert (path.parent / href.split("#")[0]).is_file(), f"{path.name} links to {href}"


def test_nothing_is_requested_from_elsewhere(site):
    for path in pages(site):
        for tag, attrs in Page(path.read_text()).tags:
            assert tag not in ("iframe", "object", "embed", "base")
            assert "style" not in attrs
            assert not any(name.startswith("on") for name in attrs)
            assert tag != "script" or set(attrs) == {"src", "defer"}  # never inline
            for address in (attrs.get("src"), attrs.get("href") if tag == "link" else None):
                assert address is None or not re.match(r"[a-z]+:(?!image/svg)|//", address)
    style = (site[0] / "style.css").read_text()
    assert "@import" not in style
    assert all(address.startswith("data:image/svg+xml,") for address in re.findall(r'url\("?([^")]*)', style))


def test_hostile_text_is_shown_not_obeyed(site):
    out, _ = site
    for name in ("index.html", "claims/hostile.html"):
        text = (out / name).read_text()
        assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;" in text
        assert "{{ 7*7 }}" in text
        hrefs = [attrs["href"] for tag, attrs in Page(text).tags if tag == "a"]
        assert not any("javascript" in href or "<" in href for href in hrefs)


def test_same_report_gives_the_same_bytes(report, site, tmp_path):
    again = build(report.model_copy(deep=True), tmp_path)
    for first, second in zip(site[1], again, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_the_report_is_published_unchanged(report, site):
    assert read_report(site[0] / "claims.json") == report


def test_claim_page_says_verdict_reason_and_provenance(report, site):
    text = (site[0] / "claims" / "eos-gd-two-over-eta.html").read_text()
    words = " ".join(re.sub(r"<[^>]*>", " ", text).split())
    for part in (
        "8 of 8 conditions agree",
        "With a prediction 5% lower or 6% higher the whole interval would lie outside the region.",
        "Here the relation must fail it did",
        "A constant Hessian cannot sharpen.",
        "tollens run eos-gd-two-over-eta --tier standard",
        "jax 0.10.2",
        report.commit,
        report.lock,
        "3f9ab2c4d1e0",
    ):
        assert part in words
    assert 'href="https://arxiv.org/abs/2103.00065"' in text


def test_rivals_are_ranked_as_the_report_says(site):
    text = (site[0] / "claims" / "eos-gd-two-over-eta.html").read_text()
    rivals = text[text.index("Rivals on the same trials") :]
    assert rivals.index("this claim") < rivals.index("one over eta")
    assert "Closer than one over eta in 62 of 64, equal in 1." in rivals


def test_a_postdiction_is_marked(report, tmp_path):
    build(changed(report, LAW, status="postdiction", bar="unsealed"), tmp_path)
    assert "postdiction" in (tmp_path / "index.html").read_text()
    assert "<b>postdiction</b>" in (tmp_path / "claims" / f"{LAW}.html").read_text()


@pytest.mark.parametrize("name", ["../evil", "Upper", "a b", "", "x/y"])
def test_an_id_that_cannot_name_a_page_is_refused(report, tmp_path, name):
    with pytest.raises(ValueError, match="cannot name a page"):
        build(changed(report, LAW, id=name), tmp_path)


def test_an_empty_report_still_has_a_board(report, tmp_path):
    build(report.model_copy(update={"claims": (), "counts": {}}), tmp_path)
    Page((tmp_path / "index.html").read_text())


def test_every_verdict_has_word_symbol_and_colour():
    assert set(SYMBOLS) == set(VERDICTS)
    assert len({SYMBOLS[verdict] for verdict in VERDICTS}) == len(VERDICTS)
    style = symbol_styles()
    for verdict in VERDICTS:
        kind = verdict.replace(" ", "-")
        assert badge(verdict) == f'<b class="v {kind}">{verdict}</b>'
        assert f".v.{kind}::before" in style


def test_only_web_addresses_become_links():
    assert links(Source(cite="", url="javascript:alert(1)")) == []
    assert links(Source(cite="", doi="10.1000/a b")) == [("doi:10.1000/a b", "https://doi.org/10.1000/a%20b")]


def test_sentences():
    assert sentence("oscillation about the edge") == "Oscillation about the edge."
    assert sentence("Known since 1990.") == "Known since 1990."


def test_long_text_is_clipped_at_a_word():
    assert clipped("tanh networks, digits", 40) == "tanh networks, digits"
    assert clipped("tanh networks, digits and photographs", 20) == "tanh networks…"


def test_works_of_three_authors_are_cited_short():
    assert short_cite("Cohen, Kaur, Li, Kolter and Talwalkar 2021") == "Cohen et al. 2021"
    assert short_cite("Chizat, Oyallon and Bach 2019; Lee et al. 2020") == "Chizat et al. 2019; Lee et al. 2020"
    assert short_cite("Barrett and Dherin 2021") == "Barrett and Dherin 2021"


def test_file_names_of_theories():
    assert slug("edge-of-stability") == "edge-of-stability"
    assert slug("<b>Bold</b> theory") == "b-bold-b-theory"


def test_theories_and_experiments_have_pages(site):
    out, paths = site
    theory = (out / "theories" / "edge-of-stability.html").read_text()
    assert "../claims/eos-heavy-ball.html" in theory
    experiment = (out / "experiments" / "full-batch-descent.html").read_text()
    assert "../claims/eos-gd-two-over-eta.html" in experiment
    assert out / "badges" / "theory-edge-of-stability.svg" in paths


def test_sources_are_pages_and_claims_link_to_the_function(site):
    out, _ = site
    text = (out / "claims" / "eos-gd-two-over-eta.html").read_text()
    address, line = re.search(
        r'href="\.\./(source/predictions\.edge_of_stability\.theory\.html)#L(\d+)"', text
    ).groups()
    page = (out / address).read_text()
    assert re.search(rf'id="L{line}"[^>]*>def stability_threshold', page)


def test_only_changed_files_are_written_again(report, tmp_path):
    first = {path: path.stat().st_mtime_ns for path in build(report, tmp_path)}
    again = {path.relative_to(tmp_path).as_posix() for path in build(changed(report, LAW, about="More."), tmp_path)
             if path.stat().st_mtime_ns != first[path]}  # fmt: skip
    assert again == {f"claims/{LAW}.html", f"claims/{LAW}.json", "claims.json"}


def test_tables_keep_their_roles_where_they_are_laid_out_as_cards(site):
    roles = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell"}
    for path in pages(site):
        for tag, attrs in Page(path.read_text()).tags if path.name != "index.html" else ():
            expected = {"col": "columnheader", "row": "rowheader"}.get(attrs.get("scope")) if tag == "th" else None
            assert attrs.get("role") == (expected or roles.get(tag)) or tag not in (*roles, "th"), path.name


def test_a_view_without_script_shows_everything(site):
    text = (site[0] / "index.html").read_text()
    assert '<form class="filters" aria-label="Filter the tables" hidden></form>' in text
    assert len(re.findall("<tr[^>]* hidden", text)) == 0


def test_one_claim_is_followed_step_by_step(site):
    words = " ".join(re.sub(r"<[^>]*>", " ", (site[0] / "verdicts.html").read_text()).split())
    # Were the median at an edge, all 8 trials would lie inside with a chance of at most 1/256.
    assert "= 0.0039, below the 0.017 that each of 3 looks may spend" in words


def test_the_front_page_counts_and_says_how_many_may_be_wrong(report, site):
    words = " ".join(re.sub(r"<[^>]*>", " ", (site[0] / "index.html").read_text()).split())
    assert "Blind injections caught 1 of 1" in words
    decided = sum(report.counts.get(word, 0) for word in ("supported", "refuted", "partly"))
    assert f"Of {decided} decided verdicts at most {0.05 * decided:.2g} are expected to be wrong" in words
    assert "0 partly" not in words  # one is there
    assert "on x86-64 with 2 cores, jax 0.10.2" in words


def test_a_page_may_load_nothing_but_its_own_script_and_style(site):
    for path in pages(site):
        metas = [attrs for tag, attrs in Page(path.read_text()).tags if tag == "meta"]
        (policy,) = [m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert {m["property"] for m in metas if "property" in m} >= {"og:title", "og:description"}


def test_addresses_that_are_known_lead_to_the_picture_and_to_the_commit(report, site, tmp_path):
    build(report, tmp_path, site="https://example.org/board", code="https://example.org/code/")
    text = (tmp_path / "claims" / f"{LAW}.html").read_text()
    assert '<meta property="og:image" content="https://example.org/board/overview.svg">' in text
    assert f'href="https://example.org/code/commit/{report.commit}"' in text
    assert "/commit/" not in (site[0] / "claims" / f"{LAW}.html").read_text()
    with pytest.raises(ValueError, match="code: 'javascript:alert"):
        build(report, tmp_path, code="javascript:alert(1)")


def test_only_what_agrees_agrees_to_within(report, site):
    for claim in report.falsifiable:
        text = (site[0] / "claims" / f"{claim.id}.html").read_text()
        assert ("<dt>Agrees to within</dt>" in text) == (claim.verdict == "supported"), claim.id
        assert ("<dt>Off by at most</dt>" in text) == (claim.verdict != "supported"), claim.id


def test_intervals_say_their_confidence(report, site):
    # an error of 0.05 over three looks: 1 - 0.05 / 3
    assert "Each limit of an interval holds with 98.3% confidence" in (site[0] / "claims" / f"{LAW}.html").read_text()
    assert level_text(made_up("law", "supported", replication="none")).startswith("Intervals are the declared")


def test_an_experiment_shows_its_settings(site):
    text = (site[0] / "experiments" / "full-batch-descent.html").read_text()
    rows = dict(re.findall(r'<th scope="row" role="rowheader">(.*?)</th><td[^>]*>(.*?)</td>', text))
    assert rows["learning rate"].startswith("0.02, 0.05, 0.1, 0.2, 0.25, 0.3")
    assert rows["data"].startswith("digits, mnist1d")


def test_one_mark_has_one_meaning():
    conditions = [SHAPES[word] for word in ("agrees", "disagrees", "undecided", "shown")]
    assert len(set(conditions)) == 4
    assert [OUTCOMES[word] for word in ("holds", "fails", "split", "aside")] == conditions
    assert COUNTEREXAMPLE not in {*SHAPES.values(), "truth"}
    assert len(set(PLAIN_SYMBOLS.values())) == len(PLAIN_SYMBOLS)
    assert not set(PLAIN_SYMBOLS.values()) & {"●", "■", "○", "+"}


def test_words_of_the_board_are_explained(site):
    tags = Page((site[0] / "glossary.html").read_text()).tags
    explained = {attrs.get("id") for tag, attrs in tags if tag == "dt"}
    assert explained >= {"claim", "trial", "condition", "region", "control", "reach", "bits", "seal", "epoch", "tier"}
    assert explained >= {"split", "headline", "twin", "evidence"}
    for path in pages(site):
        assert 'href="glossary.html"' in path.read_text().replace("../", ""), path.name


def test_every_claim_has_files_of_its_own(report, site):
    for claim in report.falsifiable:
        rows = list(csv.DictReader(io.StringIO((site[0] / "claims" / f"{claim.id}.csv").read_text())))
        controls = sum(len(control.conditions) for control in claim.controls)
        assert len(rows) == len(claim.everything) + controls
        assert json.loads((site[0] / "claims" / f"{claim.id}.json").read_text())["id"] == claim.id
    rows = list(csv.DictReader(io.StringIO((site[0] / "claims" / f"{LAW}.csv").read_text())))
    assert (rows[0]["role"], rows[0]["learning_rate"], rows[0]["predicted"]) == ("judged", "0.05", "40.0")
    assert rows[-1]["role"] == "control, must fail"
