"""Pieces of Markdown, of sentences and of JSON."""

import json
import re
from collections.abc import Iterable

_LINE = 118


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def capital(words: str) -> str:
    """With a capital, also behind the bracket of a link; what is a code stays as it is."""
    return re.sub(r"^\[?[a-z]", lambda match: match[0].upper(), words)


def listed(words: Iterable[object], last: str = "or") -> str:
    """`a`, `b` or `c`."""
    quoted = [f"`{word}`" for word in words]
    return f" {last} ".join(part for part in (", ".join(quoted[:-1]), quoted[-1]) if part)


def code(value: object) -> str:
    """A value as it is written in YAML."""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def json_text(value: object, indent: str = "") -> str:
    """JSON in which what fits into a line stands in one."""
    short = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(short) <= _LINE or not isinstance(value, dict | list):
        return short
    deeper = indent + "  "
    if isinstance(value, list):
        parts = [json_text(item, deeper) for item in value]
    else:
        parts = [f"{json.dumps(key)}: {json_text(item, deeper)}" for key, item in value.items()]
    left, right = ("[", "]") if isinstance(value, list) else ("{", "}")
    return f"{left}\n" + ",\n".join(deeper + part for part in parts) + f"\n{indent}{right}"
