"""The examples of the reference: a configuration with every key in it, and a file of cases. Both are good ones."""

from collections.abc import Mapping
from importlib.resources import files

from gateway.config.findings import Report
from gateway.config.parse import parse
from gateway.config.source import Pairs


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


EXAMPLES: Mapping[str, str] = {of: _text(f"{of}.yaml") for of in ("configuration", "cases")}


def sections(of: str) -> Mapping[str, str]:
    """The lines of each key of the first level, without what stands above it."""
    text = EXAMPLES[of]
    root = parse(text, f"{of}.yaml", {}, Report())
    assert isinstance(root, Pairs)
    lines = text.splitlines()
    starts = [pair.place.line - 1 for pair in root.pairs]
    ends = [*starts[1:], len(lines)]
    return {
        pair.key: "\n".join(lines[start:end]).rstrip()
        for pair, start, end in zip(root.pairs, starts, ends, strict=True)
    }
