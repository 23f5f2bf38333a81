"""A timeline of a run: which worker computed what, and how busy the cores were between first block and last.

    python benchmarks/timeline.py STORE [--cores 2] [--since SECONDS] [--svg timeline.svg]

Everything is in the records: each says when it began, how long it computed, on which host and in which process.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from runners.records.store import Store

PAUSE, LONGEST = 1.0, 5
ROW, LEFT, WIDTH = 22, 150, 1000
COLOURS = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#777777"]


@dataclass(frozen=True)
class Span:
    """One block's time."""

    worker: str
    experiment: str
    label: str
    start: float
    end: float


def spans(store: Store, since: float) -> list[Span]:
    """All blocks that began after `since` (seconds since the epoch), in the order in which they began."""
    found = []
    for folder in store.files.ls(f"{store.root}/records", detail=False):
        for record in store.records(folder.rstrip("/").rsplit("/", 1)[-1]):
            spec, made = record.specification, record.provenance
            condition = ", ".join(f"{axis}={value}" for axis, value in spec["condition"].items())
            label = f"{spec['experiment']}({condition})[{spec['repeats'][0]}:{spec['repeats'][1]}]"
            worker = f"{made['host']}:{made['pid']}"
            found.append(Span(worker, spec["experiment"], label, made["started"], made["started"] + made["seconds"]))
    return sorted((span for span in found if span.start >= since), key=lambda span: span.start)


def busy(blocks: list[Span], cores: int) -> float:
    """Share of the cores' time that was computed in, between the first block's start and the last one's end."""
    first, last = blocks[0].start, max(span.end for span in blocks)
    return sum(span.end - span.start for span in blocks) / (cores * (last - first))


def idle(blocks: list[Span], cores: int) -> list[tuple[float, float, int]]:
    """The stretches in which cores were idle: start, seconds, idle cores."""
    times = sorted({time for span in blocks for time in (span.start, span.end)})
    stretches = [
        (left, right - left, cores - sum(span.start <= left and span.end >= right for span in blocks))
        for left, right in pairwise(times)
    ]
    return [stretch for stretch in stretches if stretch[2] > 0]


def handing_over(lost: list[tuple[float, float, int]]) -> float:
    """Core-seconds of pauses shorter than PAUSE: a block has ended, and the next one has not begun.

    Longer ones are workers that start, and cores for which nothing is left.
    """
    found, last, pause, cost = 0.0, -1.0, 0.0, 0.0
    for start, seconds, cores in [*lost, (float("inf"), 0.0, 0)]:
        if start > last + 1e-9:
            found, pause, cost = found + (cost if pause < PAUSE else 0.0), 0.0, 0.0
        last, pause, cost = start + seconds, pause + seconds, cost + seconds * cores
    return found


def svg(blocks: list[Span], cores: int) -> str:
    """One row a worker, one bar a block; its name is in its title."""
    first, last = blocks[0].start, max(span.end for span in blocks)
    workers = list(dict.fromkeys(span.worker for span in blocks))
    names = list(dict.fromkeys(span.experiment for span in blocks))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    scale = WIDTH / max(last - first, 1e-9)
    height = ROW * (len(workers) + len(names) + 3)
    size = f'width="{LEFT + WIDTH + 20}" height="{height}"'
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">']
    title = (
        f"{len(blocks)} blocks in {last - first:.0f} s, {cores} cores busy {100 * busy(blocks, cores):.0f}% of the time"
    )
    drawn.append(f'<text x="{LEFT}" y="15">{title}</text>')
    for row, worker in enumerate(workers, start=1):
        drawn.append(f'<text x="0" y="{ROW * row + 15}">{escape(worker)}</text>')
    for span in blocks:
        x, y = LEFT + (span.start - first) * scale, ROW * (workers.index(span.worker) + 1)
        width = max((span.end - span.start) * scale, 0.5)
        place = f'x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 4}"'
        told = f"{escape(span.label)}: {span.end - span.start:.1f} s"
        drawn.append(f'<rect {place} fill="{colours[span.experiment]}" stroke="white"><title>{told}</title></rect>')
    for row, name in enumerate(names, start=len(workers) + 2):
        drawn.append(f'<rect x="{LEFT}" y="{ROW * row}" width="12" height="12" fill="{colours[name]}"/>')
        drawn.append(f'<text x="{LEFT + 18}" y="{ROW * row + 11}">{escape(name)}</text>')
    return "\n".join([*drawn, "</svg>\n"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--since", type=float, default=0.0, help="only blocks that began in the last so many seconds")
    parser.add_argument("--svg", help="draw it into this file")
    arguments = parser.parse_args()
    blocks = spans(Store(arguments.store), time.time() - arguments.since if arguments.since else 0.0)
    if not blocks:
        parser.error("no block in this store began then")
    first, last = blocks[0].start, max(span.end for span in blocks)
    workers = {span.worker for span in blocks}
    print(f"{len(blocks)} blocks by {len(workers)} workers in {last - first:.1f} s")
    print(f"{arguments.cores} cores computed {100 * busy(blocks, arguments.cores):.1f}% of that time")
    lost, whole = idle(blocks, arguments.cores), arguments.cores * (last - first)
    print(f"{100 * handing_over(lost) / whole:.1f}% went into handing over from block to block (the scheduler's share)")
    for start, seconds, cores in sorted(lost, key=lambda it: -it[1] * it[2])[:LONGEST]:
        print(f"  {cores} idle for {seconds:.2f} s at {start - first:.1f} s")
    if arguments.svg:
        with open(arguments.svg, "w") as file:
            file.write(svg(blocks, arguments.cores))


if __name__ == "__main__":
    main()
