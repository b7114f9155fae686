"""What `replay` and `diff` have in common: files to read, configurations to judge by, words for what has no verdict."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from tqdm import tqdm

from gateway.cli.errors import UserError, from_config
from gateway.cli.verdicts import one_line
from gateway.config.findings import ConfigErrors, Wrong
from gateway.config.load import load
from gateway.config.vocabulary import transactions
from gateway.core.policy import Mode
from gateway.recordings.counting import Period, Unjudged
from gateway.recordings.exchanges import Bad, Exchange
from gateway.recordings.judging import Bench
from gateway.recordings.reading import NothingToRead, files_in, read_files

FILES_HELP = "recordings (.jsonl, .jsonl.gz), HAR files of a browser (.har), or folders of them"


class Sums(Protocol):
    """What exchanges are counted in."""

    unjudged: Unjudged

    @property
    def exchanges(self) -> int: ...

    def add(self, exchange: Exchange) -> None: ...


def describe_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help=FILES_HELP)
    parser.add_argument(
        "--transaction", metavar="WORD", action="append", help="only these, such as search, retrieve, studies.store"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def bench(file: Path) -> Bench:
    try:
        return Bench(load(file, os.environ))
    except ConfigErrors as errors:
        raise from_config(errors) from None


def wanted(words: Iterable[str] | None) -> Callable[[str], bool]:
    """Which transactions were asked for."""
    if not words:
        return lambda _: True
    try:
        ids = frozenset().union(*map(transactions, words))
    except Wrong as wrong:
        raise UserError(f"--transaction: {wrong}") from None
    return lambda transaction: transaction in ids


def count(places: Sequence[Path], sums: Sums) -> None:
    """Every exchange of these files into the sums, with a bar where somebody watches."""
    try:
        files = files_in(places)
        total = sum(file.stat().st_size for file in files)
        # `disable=None`: no bar where standard error is no terminal.
        with tqdm(total=total, unit="B", unit_scale=True, disable=None, leave=False, file=sys.stderr) as bar:
            for found in read_files(files, bar.update):
                sums.unjudged.add_bad(found) if isinstance(found, Bad) else sums.add(found)
    except NothingToRead as nothing:
        raise UserError(str(nothing)) from None
    except OSError as error:
        raise UserError(f"{error.filename}: cannot be read: {error.strerror}") from None
    if not sums.exchanges and not sums.unjudged.unreadable and not sums.unjudged.outside:
        raise UserError(f"{' '.join(map(str, places))}: nothing is recorded there, or nothing that was asked for")


def tell_unjudged(unjudged: Unjudged) -> None:
    """What has no verdict, each with its reason."""
    _tell("cannot be told", unjudged.untold.most_common())
    _tell("not for this gateway", unjudged.outside.most_common())
    for bad in unjudged.bad:
        print(one_line(str(bad)), file=sys.stderr)
    if more := unjudged.unreadable - len(unjudged.bad):
        print(f"and {more} more that cannot be read", file=sys.stderr)


def _tell(what: str, whys: Sequence[tuple[str, int]]) -> None:
    if whys:
        print(f"\n{what}:")
    for why, number in whys:
        print(one_line(f"{number:>9}  {why}"))


def plain_unjudged(unjudged: Unjudged) -> dict[str, object]:
    return {
        "untold": [{"why": why, "count": number} for why, number in unjudged.untold.most_common()],
        "outside": [{"why": why, "count": number} for why, number in unjudged.outside.most_common()],
        "unreadable": unjudged.unreadable,
        "unreadable_at": [str(bad) for bad in unjudged.bad],
    }


def told_period(period: Period) -> str:
    return f", {period.first} to {period.last}" if period.first else ""


def in_earnest_note(*benches: Bench) -> str:
    """A policy that observes is asked what it would do, and that has to be said."""
    observes = any(bench.policy.mode is Mode.OBSERVE for bench in benches)
    return "mode: observe - what follows is what enforce would do\n" if observes else ""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of their own width, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [_row(cells, widths) for cells in (heads, *rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    return one_line("  ".join([first[0].rjust(first[1]), *(cell.ljust(width) for cell, width in rest)]).rstrip())
