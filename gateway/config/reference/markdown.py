"""The reference as Markdown: pages of hand-written text, in whose gaps stands what the tables say."""

import re
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files

from gateway.config.case_files import FILE
from gateway.config.case_reader import CASE
from gateway.config.kinds import REQUIRED, Key, Table
from gateway.config.overlay import OVERLAY
from gateway.config.reference import catalogue
from gateway.config.reference.examples import EXAMPLES, sections
from gateway.config.reference.json_schema import default_of
from gateway.config.reference.spelling import Spelling
from gateway.config.reference.structure import Found, table_in
from gateway.config.reference.text import capital, code, table
from gateway.config.reference.words import Words
from gateway.config.schema import SECTIONS

_HEAD = ("key", "what it may hold", "default", "meaning")
# The pages that say more about a section.
_GUIDES = {
    "mode": "observing.md",
    "documented": "conformance.md",
    "upstreams": "protection.md",
    "audit": "audit.md",
    "recording": "recordings.md",
    "tracing": "tracing.md",
    "maintenance": "protection.md",
    "cors": "protection.md",
    "shared_state": "protection.md",
}
# Tables that are explained on another page, and how a row names them.
_ELSEWHERE = ((CASE, "a [case](cases.md)"), (OVERLAY, "sections of a [configuration](configuration.md#the-sections)"))
_GAP = re.compile(r"\{\{([a-z]+)\}\}")
_NOTE = "<!-- Made by `pacs-gateway schema --of {of} --format markdown`: its tables say what the gateway reads. -->"


def markdown(of: str) -> str:
    """The page about files of this sort."""
    template = files(__package__).joinpath(f"{of}.md").read_text("utf-8")
    page = _GAP.sub(lambda gap: _GAPS[of][gap[1]](), template)
    # Values are explained on one page for all.
    return f"{_NOTE.format(of=of)}\n\n" + (
        page if of == "configuration" else page.replace("(#value-", "(configuration.md#value-")
    )


def _configuration() -> str:
    examples = sections("configuration")
    return _joined(part for name, key in SECTIONS.keys.items() for part in _section(name, key, examples.get(name, "")))


def _section(name: str, key: Key, example: str) -> Iterator[str]:
    yield f'<a id="{name}"></a>\n\n## `{name}`'
    yield key.about + (f" [{_GUIDES[name]}]({_GUIDES[name]}) has more about it." if name in _GUIDES else "")
    found = table_in(key.kind)
    if found is None:
        yield f"{capital(_linked(name, key).of(key.kind))}. {_otherwise(key)}".rstrip()
    yield f"```yaml\n{example}\n```"
    if found is not None:
        yield from _tables(name, found)


def _otherwise(key: Key) -> str:
    if key.default is REQUIRED:
        return "It must be there."
    return f"By default {_default(key)}." if _default(key) else ""


def _tables(path: str, found: Found) -> Iterator[str]:
    """The table of this path, then those below it, each under a heading of its own."""
    here = path + found.steps
    if found.steps:
        yield f"The keys of `{here}`:"
    yield _rows(here, found.table)
    for name, key in found.table.keys.items():
        below = table_in(key.kind)
        if below is not None and not _elsewhere(key):
            inner = f"{here}.{name}".lstrip(".")
            yield f'<a id="{_anchor(inner)}"></a>\n\n### `{inner}`'
            yield key.about
            yield from _tables(inner, below)


def _rows(path: str, of: Table) -> str:
    return table(_HEAD, (_row(f"{path}.{name}".lstrip("."), name, key) for name, key in of.keys.items()))


def _row(path: str, name: str, key: Key) -> tuple[str, ...]:
    # A key with a table below has its anchor there.
    anchor = "" if table_in(key.kind) and not _elsewhere(key) else f'<a id="{_anchor(path)}"></a>'
    default = "required" if key.default is REQUIRED else _default(key)
    return anchor + code(name), _linked(path, key).of(key.kind), default, key.about


def _linked(path: str, key: Key) -> Words:
    """Words with links to what explains them."""
    return Words(_link, _elsewhere(key) or f"[keys below](#{_anchor(path)})")


def _elsewhere(key: Key) -> str:
    found = table_in(key.kind)
    return next((words for table, words in _ELSEWHERE if found and found.table is table), "")


def _link(spelling: Spelling) -> str:
    return f"[{spelling.phrase}](#value-{spelling.name})" if spelling.name else spelling.phrase


def _anchor(path: str) -> str:
    """The path without what the operator chooses: `upstreams.limits.queue`."""
    return re.sub(r"\.<[a-z]+>|\[\]", "", path)


def _default(key: Key) -> str:
    default = default_of(key).get("default")
    return "" if default in (None, "", [], {}) else code(default)


def _joined(parts: Iterator[str]) -> str:
    return "\n\n".join(parts)


def _contents() -> str:
    rows = ((f"[`{name}`](#{name})", key.about) for name, key in SECTIONS.keys.items())
    return table(("section", "what it is about"), rows)


_GAPS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "configuration": {
        "contents": _contents,
        "keys": _configuration,
        "spellings": catalogue.spellings,
        "transactions": catalogue.transactions,
        "failures": catalogue.failures,
        "packs": catalogue.packs,
    },
    "cases": {
        "keys": lambda: _joined(_tables("", Found("", FILE))),
        "example": EXAMPLES["cases"].rstrip,
    },
}
