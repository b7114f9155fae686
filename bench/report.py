"""Writes docs/performance.md and its picture from what run, micro and scaling have found.

python -m bench.report --results build/bench --to docs
"""

import argparse
import json
from pathlib import Path
from typing import Any

from bench.plot import svg
from bench.processes import ROOT
from bench.results import OURS, Result, content_names, costs, latencies, middle, participants, ratios
from bench.tables import Table, duration, from_plain, markdown

_HEAD = """\
# What the gateway costs

Written by `make performance`; do not edit. Every figure was measured on the machine below and means little on another:
what carries over are the ratios, since all proxies took turns on one core of one machine in one run. `make bench` prints
them on yours. [bench/README.md](../bench/README.md) says how it is measured and what not to conclude.

![Processor time per request, the gateway beside its peers](performance.svg)
"""

_SIZING = """\
## What it means for sizing

The costs above are of a core that does nothing else. Plan for half of it, so that a burst does not become a queue:

{rows}

A gateway holds no content, so memory is {peak} MiB at its highest in this run, whatever the size of what passes
through it. The archive is nearly always slower than that: a search that takes it 50 ms is not felt to take one more for
the gateway. Where one core is not enough, `server.workers` takes more of them, and a second gateway beside the first takes
another machine.

These are the costs of requests that a client repeats on its connection, in the same words, and of answers like those before.
The first two requests of a connection, and answers that have to be judged or changed, cost some 0.3 ms each.
"""


def page(run: Result, micro: dict[str, Any], scaling: dict[str, Any]) -> str:
    """The whole text."""
    parts = [_HEAD, "## The machine\n", _machine(run["machine"]), "## Beside its peers\n"]
    parts += [markdown(table) for table in (ratios(run), costs(run), latencies(run), participants(run))]
    parts += [_sizing(run), "## Curves\n", *_tables(scaling), "## The steps of one request\n", *_tables(micro)]
    return "\n".join(parts)


def _tables(result: dict[str, Any]) -> list[str]:
    return [markdown(from_plain(table)) for table in result["tables"]]


def _machine(machine: dict[str, str]) -> str:
    return "".join(f"- {name}: {value}\n" for name, value in machine.items())


def _sizing(run: Result) -> str:
    """Half a core, in requests and in bytes."""
    rows = []
    for content in content_names(run):
        cost = middle(run, OURS, content, "cpu")
        rows.append((content, duration(cost), f"{0.5 / cost:,.0f}"))
    table = Table("Half a core carries", ("", "cost of one", "per second"), tuple(rows))
    peak = max(sample["peak"] for sample in run["samples"] if sample["proxy"] == OURS) / 1024**2
    return _SIZING.format(rows=markdown(table).rstrip(), peak=f"{peak:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.report", description="Write docs/performance.md.")
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "bench", help="run, micro and scaling.json")
    parser.add_argument("--to", type=Path, default=ROOT / "docs", help="the folder of the page")
    options = parser.parse_args()
    run, micro, scaling = (
        json.loads((options.results / f"{name}.json").read_text()) for name in ("run", "micro", "scaling")
    )
    (options.to / "performance.md").write_text(page(run, micro, scaling))
    (options.to / "performance.svg").write_text(svg(run))
    print(f"written: {options.to / 'performance.md'} and its picture")


if __name__ == "__main__":
    main()
