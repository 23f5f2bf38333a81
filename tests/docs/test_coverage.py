"""What is tested of the review: the page is made of statements and claims that exist, and says of each gap why."""

from __future__ import annotations

from benchmarks.coverage_of_review import PAGE, page, sections
from runners.commands.options import load_registry


def test_claims_name_statements_that_exist():
    known = {statement for statements in sections().values() for statement in statements}
    named = {it for claim in load_registry(()).falsifiable.values() for it in claim.review}
    assert named <= known


def test_a_statement_without_a_claim_says_why():
    named = {it for claim in load_registry(()).falsifiable.values() for it in claim.review}
    statements = [it for section in sections().values() for it in section.items()]
    assert len({name for name, _ in statements}) == len(statements)
    assert [name for name, told in statements if name not in named and not told.get("left")] == []


def test_the_page_is_what_its_script_writes():
    """If this fails: `python benchmarks/coverage_of_review.py > docs/coverage.md`."""
    assert PAGE.read_text() == page()
