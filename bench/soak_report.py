"""The soak's report, for people."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bench.soak_books import Books, Evidence, growth
from bench.soak_processes import ArchiveProcess, GatewayUnderTest


def report(
    books: Books,
    found: Evidence,
    gateway: GatewayUnderTest,
    archive: ArchiveProcess,
    seconds: float,
    seed: int,
    wrong: Sequence[str],
) -> str:
    """Everything that was counted, and what does not add up."""
    lines = [
        f"A soak of {seconds:.0f} s with seed {seed}.",
        f"The archive died {archive.deaths - 1} times; the configuration was reloaded {gateway.reloads - 1} times.",
        "",
        *_answers(books),
        "",
        *_balance(books, found),
        "",
        *(["What does not add up:", *(f"  {line}" for line in wrong)] if wrong else ["The books balance."]),
    ]
    return "\n".join(lines)


def _answers(books: Books) -> Iterator[str]:
    by_kind: dict[str, Counter[int]] = {}
    for (kind, status), times in sorted(books.answers.items()):
        by_kind.setdefault(kind, Counter())[status] += times
    yield "answers by kind of client"
    for kind, statuses in by_kind.items():
        told = "  ".join(f"{status}: {times}" for status, times in sorted(statuses.items()))
        yield f"  {kind:<18} {statuses.total():>7}   {told}   visibly cut: {books.cut[kind]}"


def _balance(books: Books, found: Evidence) -> Iterator[str]:
    happened = Counter(what for what, _ in found.ledger.elements())
    rows = {
        "answers that clients had": books.answered,
        "requests of clients that left": books.unsure,
        "exchanges by /metrics": found.counted,
        "lines of the access log": found.logged,
        "contents whole and right": books.whole,
        "contents visibly cut": books.cut.total(),
        "stores acknowledged": len(books.acknowledged),
        "  of these in the archive": sum(("stored", number) in found.ledger for number in books.acknowledged),
        "stores in the archive": happened["stored"],
        "  for one request twice": sum(times > 1 for (what, _), times in found.ledger.items() if what == "stored"),
        "stores said to have failed": len(books.denied),
        "  of these in the archive ": sum(("stored", number) in found.ledger for number in books.denied),
        "deletions acknowledged": len(books.deleted),
        "deletions in the archive": happened["deleted"],
        "under way at the end": found.in_flight,
        "errors of the gateway": len(found.errors),
        "lines that name a patient": found.canaries,
        "exit code": found.exit_code,
    }
    yield from (f"{name:<32} {value:>8}" for name, value in rows.items())
    yield f"{'file descriptors, start and end':<32} {found.descriptors[0]:>8} {found.descriptors[1]:>8}"
    yield f"{'threads, start and end':<32} {found.threads[0]:>8} {found.threads[1]:>8}"
    if found.memory:
        first, most, last = found.memory[0], max(found.memory), found.memory[-1]
        yield f"{'MiB: first, most, last, growth':<32} {first:>8.1f} {most:>8.1f} {last:>8.1f} {growth(found.memory):>+8.1f}"
