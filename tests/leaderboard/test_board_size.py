"""A board of 200 claims with 20 runs of history: small pages, quickly built."""

from __future__ import annotations

from benchmarks.board_building import measure


def test_a_large_board_is_small_and_quick():
    found = measure(200, 20)
    assert found["front_page_kilobytes"] < 200
    assert found["largest_claim_page_kilobytes"] < 400
    assert found["seconds_from_nothing"] < 90
    assert found["seconds_after_a_change"] < 15
    # One claim's text changed: its page, its theory's and its experiment's at most, besides the data.
    assert 0 < found["files_rewritten"] <= 6
