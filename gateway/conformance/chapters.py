"""The conformance statement as a document: Tables N.7-88 and N.7-89, and what was counted, where that is known."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

from gateway.conformance.document import Banner, Block, Cell, Document, Facts, Grid, Paragraph
from gateway.conformance.observed import Observed, often
from gateway.conformance.source import Source
from gateway.conformance.statement import SECTION, CodeRow, Statement
from gateway.core.failures import MEANINGS, FailureKind
from gateway.core.policy import Mode
from gateway.core.verdicts import VERDICTS

_MANY = 3  # rules of a pack in one row, from which on they are summed up
_SETS = {"dicom": "the 26 codes of Table N.7-88", "dcs": "42 codes of a cloud service's API, which hold Table N.7-88"}

_ORIGIN_SERVER = (
    "The gateway as an origin server: which status codes it sends, and when. Rules are asked first, the first that matches "
    "decides; then what the answer means; then whether its code is documented. What rules of packs look for in an answer is "
    "in the JSON form of this statement."
)
_USER_AGENT = (
    "The gateway as a user agent: what it does with the status codes of each archive, where no rule decides. A code that an "
    "answer is read as, and that is not documented, is sent as the table above says."
)


def document(said: Statement, counted: Observed | None = None) -> Document:
    return Document(f"DICOM conformance statement, {SECTION}: HTTP status codes", tuple(_blocks(said, counted)))


def _blocks(said: Statement, counted: Observed | None) -> Iterator[Block]:
    if said.mode is Mode.OBSERVE:
        yield Banner(
            "MODE: OBSERVE. NOTHING OF THIS IS IN FORCE.",
            "The archive's answers pass as they came; below is what the mode enforce would send. "
            "Only where the archive gives no usable answer, one of these codes is sent all the same.",
        )
    yield Facts(_facts(said))
    if counted:
        yield from _counted(counted)
    yield Paragraph(_ORIGIN_SERVER)
    heads = ("Code", "Name", "Condition", "Sent so far") if counted else ("Code", "Name", "Condition")
    rows = (_code_row(row, counted) for row in said.rows)
    yield Grid("Table N.7-88. HTTP standard status codes", heads, tuple(rows))
    if said.beyond:
        others = tuple(_code_row(row, counted) for row in said.beyond)
        yield Grid("Beyond the table: no answer, but the end of HTTP on its connection", heads, others)
    yield Paragraph(_USER_AGENT)
    for agent in said.agents:
        cells = tuple((row.code, row.name, row.behaviour, row.text) for row in agent.rows)
        yield Grid(
            f"Table N.7-89. User agent behaviour: {agent.upstream}", ("Code", "Name", "Behaviour", "Means"), cells
        )
    yield Grid("The names in brackets: how an answer is read", ("Name", "Meaning"), tuple(_readings()))


def _readings() -> Iterator[tuple[Cell, ...]]:
    for label, row in VERDICTS.items():
        if row.leads:
            yield label, row.sentence


def _facts(said: Statement) -> tuple[tuple[str, str], ...]:
    added = [str(row.code) for row in said.rows if row.added]
    strict = "; strict: only the codes of each transaction's own table" if said.strict else ""
    return (
        ("Product", f"pacs-gateway {said.version}"),
        ("Mode", said.mode.value),
        ("Documented set", f"{said.documented}, {_SETS[said.documented]}{strict}"),
        ("Added rows", ", ".join(added) or "none"),
        ("Edition of the standard", said.edition),
        ("Configuration", said.digest or "none"),
    )


def _counted(counted: Observed) -> Iterator[Block]:
    if counted.undeclared:
        yield Banner("CODES WERE SENT THAT ARE NOT DECLARED.", f"{often(counted.undeclared)}.")
    if counted.is_of_another:
        yield Paragraph("The counts are of a gateway that runs another configuration than this statement is about.")
    never = ", ".join(map(str, counted.never_seen)) or "none"
    since = f" since {utc(counted.since)}" if counted.since else ""
    yield Facts((("Counted", f"{sum(counted.seen.values())} answers{since}"), ("Declared and not sent so far", never)))


def utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _code_row(row: CodeRow, counted: Observed | None) -> tuple[Cell, ...]:
    cells: tuple[Cell, ...] = (str(row.code), row.name, tuple(_conditions(row)))
    return (*cells, counted.seen.get(str(row.code), 0)) if counted else cells


def _conditions(row: CodeRow) -> Iterator[str]:
    if row.added:
        yield f"Added row. {row.added}"
    if row.not_sent:
        yield f"Not sent. {row.not_sent}"
    for kind, sources in groupby(row.sources, key=lambda source: source.kind):
        yield from _PARTS.get(kind, _each)(list(sources))
    yield from row.carries


def _each(sources: list[Source]) -> Iterator[str]:
    for source in sources:
        yield source.text


def _rules(sources: list[Source]) -> Iterator[str]:
    """The operator's own with their conditions. Those of packs with their reason, since what they look for in a content is
    nothing to read aloud; where a pack has many, their ids."""
    for pack, group in groupby(sources, key=lambda source: source.pack):
        rules = list(group)
        if pack and len(rules) >= _MANY:
            yield f"{len(rules)} rules of the pack {pack}: {', '.join(rule.label for rule in rules)}."
        else:
            yield from map(_rule, rules)


def _rule(source: Source) -> str:
    whose = f"Rule {source.label} of the pack {source.pack}" if source.pack else f"Rule {source.label}"
    observing = ", which only observes" if not source.is_in_force else ""
    when = f" When {', and '.join(source.conditions)}." if source.conditions and not source.pack else ""
    return f"{whose}{observing}: {source.text}{when}"


def _failures(sources: list[Source]) -> Iterator[str]:
    """One line for each of those at fault."""
    for _origin, group in groupby(sources, key=_origin_of):
        yield " ".join(source.text for source in group)


def _origin_of(source: Source) -> str:
    known = {kind.value for kind in FailureKind}
    return MEANINGS[FailureKind(source.label)].origin.value if source.label in known else "upstream"


_PARTS = {"rule": _rules, "observing": _rules, "failure": _failures}
