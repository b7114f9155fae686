"""`replay`: what a policy would have made of recorded exchanges."""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.cli.recorded import (
    bench,
    count,
    describe_common,
    in_earnest_note,
    plain_unjudged,
    table,
    tell_unjudged,
    told_period,
    wanted,
)
from gateway.recordings.counting import Replay, Way

EPILOG = """\
A recording is what `recording` in the configuration makes the gateway write; docs/recordings.md tells what is in it. A HAR
file is what the developer tools of a browser save of a page's requests ("Save all as HAR with content").

The columns: what was asked, what the archive said (a status, or how it failed), what the client would get, and who decides
that; - where the answer of the archive stands. Rules are asked as if mode were enforce. What a recording cannot tell, since
it holds no text, is counted with the reason and never guessed.

exit codes:
  0  everything could be read, and nothing of --fail-on came about
  1  findings: a line cannot be read, or something of --fail-on came about
  2  a file could not be read, or there is nothing in it

--fail-on, once for each:
  changed       the client would get another answer than the archive gave
  undocumented  the archive sent a code that is not documented
  untold        an exchange that cannot be told
  differs       another verdict than the one that was recorded

examples:
  pacs-gateway replay gateway.yaml /var/lib/pacs-gateway/recordings
  pacs-gateway replay gateway.yaml viewer.har --only-changed
  pacs-gateway replay gateway.yaml recordings/ --transaction search --fail-on differs --json
"""

_FAILS: Mapping[str, Callable[[Replay], int]] = {
    "changed": lambda sums: sums.changed,
    "undocumented": lambda sums: sums.undocumented,
    "untold": lambda sums: sums.unjudged.untold.total(),
    "differs": lambda sums: sums.differs,
}


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Judge recorded exchanges again, or those of a browser's HAR file, by the policy of a configuration."
    )
    parser.epilog = EPILOG
    parser.add_argument("config", metavar="CONFIG", type=Path, help="the configuration (YAML)")
    describe_common(parser)
    parser.add_argument("--only-changed", action="store_true", help="leave out what passes as it came")
    parser.add_argument(
        "--fail-on", metavar="WHAT", action="append", choices=tuple(_FAILS), default=[], help="exit 1 if it came about"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    sums = Replay(bench(options.config), wanted(options.transaction))
    count(options.files, sums)
    rows = [(way, number) for way, number in sums.ways.most_common() if way.is_changed or not options.only_changed]
    _print_json(sums, rows) if options.json else _print(sums, rows)
    failed = any(_FAILS[what](sums) for what in options.fail_on)
    return 1 if failed or sums.unjudged.unreadable else 0


def _print(sums: Replay, rows: list[tuple[Way, int]]) -> None:
    print(in_earnest_note(sums.bench), end="")
    if rows:
        print(table(("count", "transaction", "archive", "client", "rule"), [_cells(way, n) for way, n in rows]))
    tell_unjudged(sums.unjudged)
    print(
        f"\n{sums.exchanges} exchanges{told_period(sums.period)}: {sums.changed} changed, "
        f"{sums.ways.total() - sums.changed} unchanged, {sums.unjudged.untold.total()} cannot be told; "
        f"{sums.differs} otherwise than recorded"
    )


def _cells(way: Way, number: int) -> tuple[str, ...]:
    return str(number), way.transaction, way.received, str(way.status), way.rule


def _print_json(sums: Replay, rows: list[tuple[Way, int]]) -> None:
    print(
        json.dumps(
            {
                "config": sums.bench.digest,
                "from": sums.period.first,
                "to": sums.period.last,
                "exchanges": sums.exchanges,
                "changed": sums.changed,
                "unchanged": sums.ways.total() - sums.changed,
                "differs": sums.differs,
                "undocumented": sums.undocumented,
                "rows": [{**way._asdict(), "count": number} for way, number in rows],
                **plain_unjudged(sums.unjudged),
            },
            indent=2,
        )
    )
