"""docs/security.md names what exists, and its table of limits is the schema's."""

import re
from collections.abc import Iterator
from pathlib import Path

from gateway.config.kinds import Key, Table
from gateway.config.load import quick_start
from gateway.config.schema import SECTIONS
from gateway.proxy.aiohttp_seam import MAX_INTERIM
from gateway.proxy.aiohttp_seam.archive_side import MAX_FIELD, MAX_FIELDS
from gateway.proxy.idle import KEEPALIVE
from gateway.runtime import server_options

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text()
# What bounds a client or an archive, by its place in a configuration.
LIMITS = ("server.limits", "upstreams.*.timeouts", "inspect", "server.drain", "audit.queue")


def keys(table: Table, path: str = "") -> Iterator[tuple[str, Key]]:
    """Every key that is no section."""
    for name, key in table.keys.items():
        below = getattr(key.kind, "kind", key.kind)
        below = getattr(below, "value", below)
        if isinstance(below, Table):
            yield from keys(below, f"{path}{name}." + ("" if below is key.kind else "*."))
        else:
            yield path + name, key


def limits() -> str:
    """The table: each with its default, as it would be written."""
    bounding = ((place, key) for place, key in keys(SECTIONS) if place.startswith(LIMITS) and key.default)
    return "".join(f"| `{place}` | {key.kind.show(key.default)} | {key.about} |\n" for place, key in bounding)


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:toml|md)|Dockerfile)`", PAGE))
    paths = {name for name in named if name.startswith(("gateway/", "tests/", "docs/")) or "/" not in name}
    assert len(paths) > 40
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_the_limits_are_those_of_the_schema() -> None:
    assert limits() in PAGE, f"the table should be:\n{limits()}"


def test_the_page_can_be_read_at_one_sitting() -> None:
    assert len(PAGE.splitlines()) <= 200


def test_the_fixed_limits_are_as_they_are_said() -> None:
    options = server_options(quick_start("http://pacs:8042"))
    said = (
        f"Fixed: {options['max_headers']} field lines in a request; {MAX_FIELDS} in an answer, of at most "
        f"{MAX_FIELD // 1024} KiB each; {MAX_INTERIM} interim answers; {KEEPALIVE:.0f} s in the pool"
    )
    assert said in " ".join(PAGE.split())
