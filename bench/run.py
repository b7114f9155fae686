"""The gateway beside its peers: what each request costs, and how the costs compare.

    make bench SECONDS=4 PEERS=all

All proxies run on one core, one of them loaded at a time; archive and load have the others. They take turns, round after
round, and each cost is compared with that of the same round: a machine that is slow for a while is slow for all.
"""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.contents import Content, contents
from bench.machine import machine
from bench.measure import Sample, measure, warm
from bench.origin import origin
from bench.peers import Peer, Running, chosen, launch
from bench.processes import DidNotStart, cores, on_cores
from bench.results import costs, latencies, participants, ratios
from bench.sampling import Altered
from bench.tables import markdown
from bench.wrk import LoadFailed


def run(peers: tuple[Peer, ...], held: tuple[Content, ...], seconds: int, rounds: int, *, logs: bool) -> dict[str, Any]:
    """The whole result, in plain values."""
    core, others = cores()
    with on_cores(others), ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        archive = stack.enter_context(origin(held, folder, others))
        present = [peer for peer in peers if peer.program]
        running = [started(peer, folder, archive, core, stack, logs=logs) for peer in present]
        samples = [sample for content in held for sample in rounds_of(running, content, seconds, rounds, others)]
    return {
        "machine": machine(),
        "seconds": seconds,
        "rounds": rounds,
        "peer_logs": logs,
        "proxies": [about(peer) for peer in peers],
        "samples": [sample.plain() for sample in samples],
    }


def started(peer: Peer, folder: Path, archive: int, core: frozenset[int], stack: ExitStack, *, logs: bool) -> Running:
    one = launch(peer, folder, archive, core, logs=logs)
    stack.enter_context(one.process).listening(one.port)
    return one


def rounds_of(
    running: list[Running], content: Content, seconds: int, rounds: int, where: frozenset[int]
) -> list[Sample]:
    """A B C, A B C, A B C: after each has been warmed and its answers compared."""
    for one in running:
        told(f"{content.name}: warming {one.peer.name}")
        warm(one, content, max(1, seconds // 2), where)
    samples = []
    for turn in range(rounds):
        for one in running:
            sample = measure(one, content, turn, seconds, where)
            told(f"{content.name}, round {turn + 1}: {one.peer.name} {sample.cpu * 1e6:.0f} us")
            samples.append(sample)
    return samples


def about(peer: Peer) -> dict[str, str]:
    """A peer that is not installed is named with the rest: absent, and not forgotten."""
    return {"name": peer.name, "version": peer.release() if peer.program else "absent", "does": peer.does}


def told(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.run", description="Compare the gateway with its peers.")
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="the median of which counts")
    parser.add_argument("--peers", default="all", help="all, or names with commas")
    parser.add_argument("--contents", default="", help="only contents whose name begins with one of these, with commas")
    parser.add_argument("--peer-logs", action="store_true", help="let every peer write an access log that can")
    parser.add_argument("--json", type=Path, help="where to write the result for bench.report")
    options = parser.parse_args()
    held = tuple(content for content in contents() if content.name.startswith(tuple(options.contents.split(","))))
    try:
        result = run(chosen(options.peers), held, options.seconds, options.rounds, logs=options.peer_logs)
    except (Altered, DidNotStart, LoadFailed) as error:
        raise SystemExit(f"no result: {type(error).__name__}: {error}") from None
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1))
    print(*map(markdown, (ratios(result), costs(result), latencies(result), participants(result))), sep="\n")


if __name__ == "__main__":
    main()
