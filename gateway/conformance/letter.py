"""The scoreboard as a letter that an administrator can send to the vendor of an archive."""

from collections.abc import Iterator

from gateway.conformance.chapters import utc
from gateway.conformance.document import Block, Cell, Document, Grid, Heading, Paragraph
from gateway.conformance.scoreboard import CodeSeen, Operation, Scoreboard
from gateway.core.failures import MEANINGS, FailureKind

_NO_TABLE = "no table"
_TABLES = (
    "The table of a transaction lists the common outcomes. Other codes of the documented set are permitted (PS3.18 8.5), but "
    "tell a client less than the code that the table has for the case."
)


def letter(board: Scoreboard) -> Document:
    return Document("How the archive's answers keep to DICOM PS3.18", tuple(_blocks(board)))


def _blocks(board: Scoreboard) -> Iterator[Block]:
    yield Paragraph(_how_counted(board))
    yield Heading("By transaction")
    yield Grid(
        "Answers of the archive with a documented status code",
        ("Transaction", "Section", "Answers", "In the documented set", "In the transaction's own table"),
        tuple(map(_operation, board.operations)),
        "No answer has been counted yet.",
    )
    yield Paragraph(_TABLES)
    yield Heading("Codes that do not belong there")
    yield Grid(
        "Codes outside the documented set, or outside the table of their transaction",
        ("Transaction", "Code", "Answers", "Documented", "First seen", "Last seen"),
        tuple(_odd_codes(board)),
    )
    yield Heading("What had to be changed for clients")
    yield Grid(
        "Rules by the number of answers",
        ("Rule", "Why", "Changed", "Would change", "Most often"),
        tuple((r.rule, r.why, r.changed, r.would_change, f"{r.received} to {r.sent}") for r in board.repairs),
        "Nothing had to be changed.",
    )
    yield Heading("No usable answer")
    yield Grid("Exchanges in which the archive gave none", ("What happened", "Exchanges"), tuple(_failures(board)))


def _how_counted(board: Scoreboard) -> str:
    since = f" since {utc(board.since)}" if board.since else ""
    until = f", the last answer at {utc(board.until)}" if board.until else ""
    inside = (
        f", {share(board.in_set, board.answers)} of them with a code of the documented set" if board.answers else ""
    )
    whose = f"{board.archives} archives, which are counted together," if board.archives > 1 else "the archive"
    answers = "answer" if board.answers == 1 else "answers"
    return (
        f"A gateway between {whose} and clients has counted {board.answers} {answers}{since}{until}{inside}. "
        "Each answer is counted once, by transaction (PS3.18), status code and the rule that changed it, if any; "
        f"the set is {board.documented}, the edition {board.edition}. No request, object or patient is part of the counting."
    )


def share(part: int, whole: int) -> str:
    """In percent; 100 and 0 only where it is exactly that."""
    if part in (0, whole):
        return "100%" if part == whole else "0%"
    return f"{min(max(100 * part / whole, 0.1), 99.9):.1f}%"


def _operation(operation: Operation) -> tuple[Cell, ...]:
    own = _NO_TABLE if operation.in_table is None else share(operation.in_table, operation.answers)
    within = share(operation.in_set, operation.answers)
    return operation.name, operation.section, operation.answers, within, own


def _odd_codes(board: Scoreboard) -> Iterator[tuple[Cell, ...]]:
    for operation in board.operations:
        for seen in operation.codes:
            if not seen.in_set or seen.in_table is False:
                yield operation.name, seen.code, seen.count, _standing(seen), _moment(seen.first), _moment(seen.last)


def _standing(seen: CodeSeen) -> str:
    return "yes, but not in the transaction's own table" if seen.in_set else "no"


def _moment(seconds: float | None) -> str:
    return utc(seconds) if seconds else "not known"


def _failures(board: Scoreboard) -> Iterator[tuple[Cell, ...]]:
    for kind, count in board.failures.items():
        yield MEANINGS[FailureKind(kind)].sentence, count
