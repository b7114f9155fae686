"""A statement and what was counted, as values for JSON: all of it, where the printed page sums up."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

from gateway.conformance.observed import Observed
from gateway.conformance.scoreboard import Operation, Scoreboard
from gateway.conformance.statement import SECTION, Statement

_MOMENTS = frozenset({"since", "until", "first", "last"})


def statement_json(said: Statement, counted: Observed | None = None) -> dict[str, object]:
    told: dict[str, object] = {"section": SECTION, **_object(said)}
    return {**told, "observed": _object(counted)} if counted else told


def scoreboard_json(board: Scoreboard) -> dict[str, object]:
    operations = [{**_object(one), **_totals(one), "in_table": one.in_table} for one in board.operations]
    return {**_object(board), **_totals(board), "operations": operations}


def _totals(counted: Operation | Scoreboard) -> dict[str, int]:
    return {"answers": counted.answers, "in_set": counted.in_set}


def _object(value: object) -> dict[str, object]:
    assert is_dataclass(value)
    return {field.name: _plain(getattr(value, field.name), field.name) for field in fields(value)}


def _plain(value: object, name: str = "") -> object:
    if is_dataclass(value):
        return _object(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and name in _MOMENTS:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value
