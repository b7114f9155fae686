"""Curves that should be flat: what a request costs as connections, rules and large answers become many, and how long a
client waits for a first byte, for a start and for a reload.

    python -m bench.scaling [--only connections,rules] [--json FILE]
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.machine import machine
from bench.moments import first_bytes, reloads, starts
from bench.processes import DidNotStart, cores, on_cores
from bench.sampling import Altered
from bench.stage import Stage
from bench.streams import Cut, streams
from bench.tables import Table, markdown
from bench.wider import by_connections, by_rules
from bench.workers import by_workers
from bench.wrk import LoadFailed

EXPERIMENTS: dict[str, Callable[[Stage], Table]] = {
    "connections": by_connections,
    "rules": by_rules,
    "streams": streams,
    "first-bytes": first_bytes,
    "starts": starts,
    "reloads": reloads,
    "workers": by_workers,
}


def run(names: list[str], options: argparse.Namespace) -> list[Table]:
    """Each experiment with an archive of its own."""
    core, others = cores()
    found = []
    for name in names:
        with on_cores(others), ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            stage = Stage(stack, folder, core, others, options.seconds, options.streams, options.mebibytes)
            found.append(EXPERIMENTS[name](stage))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.scaling", description="Curves that should be flat.")
    parser.add_argument("--only", default=",".join(EXPERIMENTS), help="some of: %(default)s")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--streams", type=int, default=64, help="large answers at a time")
    parser.add_argument("--mebibytes", type=int, default=1024, help="of each large answer")
    parser.add_argument("--json", type=Path, help="where to write the result for bench.report")
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := set(names) - set(EXPERIMENTS):
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(EXPERIMENTS)}")
    try:
        found = run(names, options)
    except (Altered, Cut, DidNotStart, LoadFailed) as error:
        raise SystemExit(f"no result: {type(error).__name__}: {error}") from None
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        tables = [table.plain() for table in found]
        options.json.write_text(json.dumps({"machine": machine(), "tables": tables}, indent=1))
    print(*map(markdown, found), sep="\n")


if __name__ == "__main__":
    main()
