"""`diff`: what two policies make of the same recorded exchanges."""

import argparse
import json
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
from gateway.recordings.counting import Diff, Difference

EPILOG = """\
Both policies judge every exchange. A row is a way in which they differ: what was asked, what the archive said, the status and
the rule of the old policy, those of the new one. Rules are asked as if mode were enforce. What a recording cannot tell, since
it holds no text, is counted with the reason and never guessed.

exit codes:
  0  no difference
  1  differences, or a line that cannot be read; with --strict, also what cannot be told
  2  a file could not be read, or there is nothing in it

examples:
  pacs-gateway diff gateway.yaml gateway.new.yaml /var/lib/pacs-gateway/recordings
  git show main:gateway.yaml > old.yaml; pacs-gateway diff old.yaml gateway.yaml recordings/ --strict
"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compare what two configurations make of recorded exchanges, or of those in a browser's HAR file."
    )
    parser.epilog = EPILOG
    parser.add_argument("old", metavar="OLD", type=Path, help="a configuration (YAML)")
    parser.add_argument("new", metavar="NEW", type=Path, help="the one to compare with it")
    describe_common(parser)
    parser.add_argument("--strict", action="store_true", help="exit 1 also where something cannot be told")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    sums = Diff(bench(options.old), bench(options.new), wanted(options.transaction))
    count(options.files, sums)
    _print_json(sums) if options.json else _print(sums)
    unsure = options.strict and sums.unjudged.untold
    return 1 if sums.different or sums.unjudged.unreadable or unsure else 0


def _print(sums: Diff) -> None:
    print(in_earnest_note(sums.old, sums.new), end="")
    rows = [_cells(row, number) for row, number in sums.differences.most_common()]
    if rows:
        print(table(("count", "transaction", "archive", "old", "new"), rows))
    tell_unjudged(sums.unjudged)
    print(
        f"\n{sums.exchanges} exchanges{told_period(sums.period)}: {sums.different} different, {sums.same} the same, "
        f"{sums.unjudged.untold.total()} cannot be told"
    )


def _cells(row: Difference, number: int) -> tuple[str, ...]:
    old, new = f"{row.old_status} {row.old_rule}", f"{row.new_status} {row.new_rule}"
    if row.is_of_content:
        old, new = f"{old}, content: {row.old_body}", f"{new}, content: {row.new_body}"
    return str(number), row.transaction, row.received, old, new


def _print_json(sums: Diff) -> None:
    print(
        json.dumps(
            {
                "old": sums.old.digest,
                "new": sums.new.digest,
                "from": sums.period.first,
                "to": sums.period.last,
                "exchanges": sums.exchanges,
                "different": sums.different,
                "same": sums.same,
                "rows": [{**row._asdict(), "count": number} for row, number in sums.differences.most_common()],
                **plain_unjudged(sums.unjudged),
            },
            indent=2,
        )
    )
