"""What changed from one configuration to another, in the operator's words and paths: one line for each difference.

Compared is what `/-/config` shows, so that a default that was written out is no difference, and no secret is told. Examples
decide nothing and are left out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import chain
from typing import Any

from gateway.config.settings import Settings
from gateway.config.steps import Steps, finished

_LONGEST = 80  # characters of a value
_MOST_PARTS = 8  # of a rule, to be told one by one
_NAMED = ("upstreams",)  # mappings of things by the operator's names: one that comes is told by its name alone
_OWN_FILE = ""  # the configuration itself: what changed in it is what everything else here tells


def changes(before: Settings, after: Settings) -> tuple[str, ...]:
    """A line for each difference; none where both mean the same."""
    return finished(changing(before, after))


def changing(before: Settings, after: Settings) -> Steps[tuple[str, ...]]:
    """The same in steps."""
    told: list[str] = []
    for line in chain(_of_mappings(before.effective, after.effective, ""), _behind_names(before, after)):
        told.append(line)
        yield
    return tuple(told)


def bounded(lines: Sequence[str], most: int, rest: str = "and {} more") -> tuple[str, ...]:
    """The first of them, and a line that counts the others."""
    return tuple(lines) if len(lines) <= most else (*lines[:most], rest.format(len(lines) - most))


def _behind_names(before: Settings, after: Settings) -> Iterator[str]:
    """What a file holds is no value of the configuration, nor is a password that nobody is shown."""
    for key in before.contents.keys() & after.contents.keys() - {_OWN_FILE}:
        old, new = before.contents[key], after.contents[key]
        if old.path == new.path and old.digest != new.digest:
            yield f"{key}: {new.path} has new content"
    old_url, new_url = (settings.shared_state and settings.shared_state.url for settings in (before, after))
    if old_url != new_url and before.effective.get("shared_state") == after.effective.get("shared_state"):
        yield "shared_state.url: what is not shown of it changed"


def _of(old: object, new: object, path: str) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _of_mappings(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, path)
    else:
        yield f"{path}: {_from_to(_text(old), _text(new))}"


def _of_mappings(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[str]:
    if path in _NAMED:
        yield from _come_and_gone(list(old), list(new), path)
    for key in {**old, **new}:
        if path not in _NAMED or (key in old and key in new):
            yield from _of(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))


def _of_lists(old: list[Any], new: list[Any], path: str) -> Iterator[str]:
    """Of things with an `id` that too, and of all others what they are."""
    by_name, by_name_now = ({_name(item): item for item in items} for items in (old, new))
    if len(by_name) < len(old) or len(by_name_now) < len(new):
        yield f"{path}: {_from_to(_text(old), _text(new))}"  # where things occur twice, none can be told by its name
        return
    yield from _come_and_gone(list(by_name), list(by_name_now), path)
    for name, item in by_name.items():
        if name in by_name_now and (parts := list(_of(item, by_name_now[name], ""))):
            yield f"{path}: ~ {_short(name)} ({'; '.join(bounded(parts, _MOST_PARTS))})"
    yield from _order([name for name in by_name if name in by_name_now], [n for n in by_name_now if n in by_name], path)


def _name(item: object) -> str:
    return str(item["id"]) if isinstance(item, Mapping) and "id" in item else _text(item)


def _come_and_gone(old: Sequence[str], new: Sequence[str], path: str) -> Iterator[str]:
    known, wanted = set(old), set(new)
    yield from (f"{path}: - {_short(name)}" for name in old if name not in wanted)
    yield from (f"{path}: + {_short(name)}" for name in new if name not in known)


def _order(old: Sequence[str], new: Sequence[str], path: str) -> Iterator[str]:
    """What was moved, each before what it now stands; of a list whose order says nothing as well, since it is not known."""
    if old == new:
        return
    stayed = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    in_place = {index for block in stayed for index in range(block.b, block.b + block.size)}
    for index in range(len(new)):
        if index not in in_place:
            where = f"before {_short(new[index + 1])}" if index + 1 < len(new) else "last"
            yield f"{path}: order: {_short(new[index])} {where}"


def _text(value: object) -> str:
    """On one line, as it could stand in a file."""
    if value is None:
        return "(not set)"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_text(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text if text.isprintable() and text.strip() == text != "" else json.dumps(text)


def _from_to(old: str, new: str) -> str:
    """Of long texts that begin alike, what follows."""
    same = next((index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    if max(len(old), len(new)) > _LONGEST and same > _LONGEST // 2:
        skipped = same - _LONGEST // 4
        old, new = f"...{old[skipped:]}", f"...{new[skipped:]}"
    return f"{_short(old)} -> {_short(new)}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
