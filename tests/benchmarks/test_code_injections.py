"""Mistakes in the experiments' own code: each stands where the benchmark says, and changes what a claim says."""

from pathlib import Path

import pytest

from benchmarks import code_injections
from runners.registry.loader import load

ROOT = Path(__file__).resolve().parents[2]


INJECTIONS = code_injections.INJECTIONS
REGISTRY = load([ROOT / "registry.yaml"])


@pytest.mark.parametrize("injection", INJECTIONS, ids=lambda injection: injection.name)
def test_a_mistake_is_written_where_it_belongs_and_is_python(injection, tmp_path):
    root = code_injections.copy_of_the_project(str(tmp_path), injection.edits)
    for edit in injection.edits:
        text = (root / "predictions" / f"{edit.module}.py").read_text()
        assert edit.after in text
        compile(text, edit.module, "exec")
    assert set(injection.claims) <= set(REGISTRY.claims)


def test_an_edit_that_no_longer_fits_is_told(tmp_path):
    edit = code_injections.Edit("instruments/losses", "return 0.25 * jnp", "return jnp")
    with pytest.raises(SystemExit, match=r"losses\.py has 'return 0.25"):
        code_injections.copy_of_the_project(str(tmp_path), (edit,))


def test_twenty_claims_are_asked():
    assert len({claim for injection in INJECTIONS for claim in injection.claims}) >= 20


def test_a_row_tells_what_is_contradicted_from_what_is_undecided_where_it_agreed_without_the_mistake():
    def found(*statuses):
        return {"statuses": statuses, "medians": [1.5, None]}

    injection = code_injections.Injection("a mistake", (), ("a", "b", "c", "d", "e"))
    both, first = found("agrees", "agrees"), found("agrees", "undecided")
    sound = {"a": both, "b": both, "c": both, "d": found("undecided", "disagrees"), "e": first}
    mistaken = {
        "a": found("agrees", "disagrees"),
        "b": found("undecided", "agrees"),
        "c": both,
        "d": found("error", "error"),
    }
    row = code_injections.line(injection, sound, mistaken | {"e": found("agrees", "disagrees")})
    assert row == "| a mistake | a (1.5 and none) | b (1.5 and none) | c (1.5 and none), e (1.5) |"
