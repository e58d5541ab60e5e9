"""The chart of docs/performance.md, drawn from what was measured.

python -m benchmarks.chart bench-out/results.json
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.measuring import ROOT
from benchmarks.results import ANALYZE, Results
from benchmarks.targets import FIVE_MILLION

TARGET = ROOT / "docs" / "images" / "performance.png"
_OURS, _OTHERS, _PEERS = "#0b5cad", "#9aa5b1", "#d6dbe1"
_PEER = (("maillog", "lnav"), ("maillog", "pflogsumm"), ("access log", "goaccess"))


def draw(results: Results) -> Figure:
    """Draw rates beside memory."""
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    rates, memory = figure.subplots(1, 2, width_ratios=(3, 2))
    _rates(rates, results)
    _memory(memory, results)
    return figure


def _rates(axes: Axes, results: Results) -> None:
    """One bar a program: rows a second at the largest size up to 5M at which it was measured."""
    found: list[tuple[str, float, str]] = []
    sizes = [s for s in results.sizes("summary") if s <= FIVE_MILLION]
    for program in dict.fromkeys(p for s in sizes for p in results.programs("summary", s)):
        size = max(s for s in sizes if results.of("summary", s, program))
        name = program.replace(ANALYZE, "mailflow analyze").replace("pandas", "pandas by hand")
        label = name if size == max(sizes) else f"{name} ({size / 1e6:g}M rows)"
        found.append((label, results.speed("summary", size, program) or 0.0, _OURS if program == ANALYZE else _OTHERS))
    for group, program in _PEER:
        peer = [s for s in results.sizes(group) if s <= FIVE_MILLION and results.of(group, s, program)]
        if peer and (speed := results.speed(group, max(peer), program)):
            found.append((f"{program} (own logs)", speed, _PEERS))
    found.sort(key=lambda bar: bar[1])
    bars = axes.barh([name for name, _, _ in found], [s for _, s, _ in found], color=[colour for _, _, colour in found])
    axes.bar_label(bars, labels=[f"{speed:,.0f}" for _, speed, _ in found], padding=3, fontsize=8)
    axes.set_xscale("log")
    axes.set_xlim(left=1000, right=axes.get_xlim()[1] * 4)
    axes.tick_params(axis="x", which="both", bottom=False, labelbottom=False)  # the bars have their figures
    axes.set_title("Rows (lines) a second, two cores, logarithmic", fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)


def _memory(axes: Axes, results: Results) -> None:
    """Peak memory by the number of rows."""
    for program, colour in ((ANALYZE, _OURS), ("copy all", _OTHERS), ("polars", "#c46210"), ("duckdb", "#6b7a8a")):
        sizes = [s for s in results.sizes("summary") if results.of("summary", s, program)]
        peaks = [median(r.peak_mb for r in results.of("summary", s, program)) for s in sizes]
        axes.plot(sizes, peaks, marker="o", color=colour, label=program.replace(ANALYZE, "mailflow analyze"))
    axes.axhline(600, color="#b3261e", linewidth=0.8, linestyle="--")
    axes.annotate(
        "limit 600 MB", (0.02, 600), xycoords=("axes fraction", "data"), va="bottom", fontsize=8, color="#b3261e"
    )
    axes.set_xscale("log")
    axes.set_xticks(sizes := results.sizes("summary"), [f"{size / 1e6:g}M" for size in sizes])
    axes.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    axes.set_ylim(bottom=0)
    axes.set_title("Peak memory (MB) by rows of the log", fontsize=10, loc="left")
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    draw(Results.load(Path(sys.argv[1]))).savefig(TARGET, dpi=110, metadata={"Software": None})
