"""Rules: `id`, `why`, `source`, `when`, `then`, `examples`, read from one list.

A rule is only a rule with all of its parts: one that is faulty anywhere is reported and left out. What only the whole
of a rule can tell is judged in `objections`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.config import scalars
from gateway.config.case_reader import CASE, read_case
from gateway.config.cases import Case, Example
from gateway.config.findings import Place, Report, Wrong
from gateway.config.kinds import By, Key, ListOf, One, Table, is_null
from gateway.config.objections import objections
from gateway.config.source import Items, Node, place_of
from gateway.config.steps import Steps
from gateway.config.then import THEN, read_then
from gateway.config.when import Names, Word, form_of_when, read_when, words
from gateway.core.normalise import BUILT_IN
from gateway.core.policy import Documented
from gateway.core.rule import Rule


@dataclass(frozen=True, slots=True)
class Read:
    """A rule with its examples, its node, and who saw what it repairs. The policy needs only the rule."""

    rule: Rule
    node: Node
    examples: tuple[Example, ...] = ()
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """What the rules of one file may refer to. `documented` is None where that section is itself faulty."""

    names: Names
    documented: Documented | None
    pack: str = ""


def reading_rules(node: Node | None, scope: Scope, report: Report) -> Steps[tuple[Read, ...]]:
    """The rules of one list, in its order; those that are faulty are reported and left out. A step is a rule."""
    if node is None or is_null(node):
        return ()
    if not isinstance(node, Items):
        report.add(node.place, "is not a list of rules")
        return ()
    read: list[Read] = []
    table = rule_table(scope.names)
    for item in node.nodes:
        rule = report.attempt(item.place, partial(_rule, table, item, scope, report))
        read += [rule] if rule else []
        yield
    return tuple(read)


def refuse_twins(rules: Iterable[Read], report: Report) -> None:
    """An id is a metric label and a name for people: two rules cannot share it."""
    first: dict[str, Read] = {}
    for read in rules:
        earlier = first.setdefault(read.rule.id, read)
        if earlier is not read:
            owner = f"in the pack {earlier.rule.pack}" if earlier.rule.pack else f"at {earlier.rule.where}"
            report.add(place_of(read.node, "id"), f"{read.rule.id} is already the id of the rule {owner}")


def refuse_cut_waits(rules: Iterable[Read], longest: float, report: Report) -> None:
    """What a rule says to clients is what they are told: `retry_after.max`, in seconds, would cut it without a word."""
    for read in rules:
        wait = read.rule.then.retry_after
        if isinstance(wait, float) and wait > longest:
            told = f"{scalars.show_duration(wait)} is more than retry_after.max ({scalars.show_duration(longest)})"
            report.add(place_of(read.node, "then", "retry_after"), f"{told}; raise that, or clients are told less")


def _rule(table: Table, node: Node, scope: Scope, report: Report) -> Read | None:
    before = report.faults
    values = table.read(node, report)
    if report.faults > before:
        return None
    where = f"{node.place.file}:{node.place.line}"
    rule = Rule(values["id"], values["why"], values["when"], values["then"], scope.pack, where)
    for keys, message in objections(rule, scope.documented):
        report.add(place_of(node, *keys), message)
    examples = tuple(Example(rule.id, case, place) for case, place in values["examples"])
    return Read(rule, node, examples, values["source"])


def rule_table(names: Names) -> Table:
    """The keys of a rule, where these names exist."""
    return Table(
        {
            "id": Key(One(rule_id), "A name for metrics, logs and people."),
            "why": Key(One(scalars.text), "A sentence for the colleague who finds this rule in three years."),
            "source": Key(ListOf(One(scalars.text), lone=True), "Where this was seen, or what demands it.", ()),
            "when": Key(By(partial(_when, words(names)), form_of_when()), "The conditions, all of which must hold."),
            "then": Key(By(read_then, THEN), "What is done where they hold."),
            "examples": Key(ListOf(By(_example, CASE)), "Exchanges that show the rule at work; `check` runs them.", ()),
        }
    )


def rule_id(written: str) -> str:
    if written in BUILT_IN:
        raise Wrong(f"{written} is the label of a built-in verdict; choose another id")
    return scalars.identifier(written)


def _when(known: Mapping[str, Word], node: Node, report: Report) -> Any:
    return read_when(node, report, known)


def _example(node: Node, report: Report) -> tuple[Case, Place] | None:
    case = read_case(node, report)
    return (case, node.place) if case else None
