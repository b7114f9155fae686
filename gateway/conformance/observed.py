"""The statement beside what was counted: what was declared and never seen, and what was seen and not declared."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.conformance.counters import Counters
from gateway.conformance.statement import Statement
from gateway.telemetry.labels import NONE


@dataclass(frozen=True, slots=True)
class Observed:
    """`seen` counts the answers that clients got, by code; `undeclared` those with a code of which the statement does not
    say that it can leave. `since` is in Unix seconds. `is_of_another`: another configuration was in force when they were
    counted."""

    seen: Mapping[str, int]
    undeclared: Mapping[str, int]
    never_seen: tuple[int, ...]
    since: float | None
    is_of_another: bool


def observed(said: Statement, counted: Counters) -> Observed:
    seen: Counter[str] = Counter()
    for answered, count in counted.answered.items():
        if answered.sent != NONE:  # the client had left
            seen[answered.sent] += count
    declared = {str(code) for code in said.declared}
    return Observed(
        seen=dict(sorted(seen.items())),
        undeclared={code: count for code, count in sorted(seen.items()) if code not in declared},
        never_seen=tuple(row.code for row in said.rows if not row.not_sent and str(row.code) not in seen),
        since=counted.since,
        is_of_another=bool(counted.digest) and counted.digest != said.digest,
    )


def often(undeclared: Mapping[str, int]) -> str:
    """`502 (once), 299 (7 times)`, the most frequent first; empty where there is none."""
    codes = sorted(undeclared.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{code} ({'once' if count == 1 else f'{count} times'})" for code, count in codes)
