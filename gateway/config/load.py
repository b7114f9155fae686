"""Loading a configuration: from a file, from a text, or from nothing but the address of an archive.

Either settings come out, or `ConfigErrors` with every mistake of the file, sorted by place. Nothing is half loaded.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from gateway.config.coherence import check, documented_of, written
from gateway.config.compile import compiling
from gateway.config.contents import Content
from gateway.config.expiry import shown_certificates
from gateway.config.files import read_text
from gateway.config.findings import ConfigErrors, Finding, Place, Report, Wrong
from gateway.config.overlay import overlaid
from gateway.config.packs import parsing_pack
from gateway.config.parse import parsing
from gateway.config.rules import Read, Scope, reading_rules, refuse_cut_waits, refuse_twins
from gateway.config.scalars import origin
from gateway.config.schema import SECTIONS
from gateway.config.settings import Settings
from gateway.config.source import Node, Pairs, from_plain
from gateway.config.steps import Steps, finished
from gateway.config.switches import switches
from gateway.config.when import Names
from gateway.core.policy import Documented

QUICK_START = "--upstream"


def load(path: str | Path, environ: Mapping[str, str]) -> Settings:
    """The settings that a file describes. Raises `ConfigErrors`, never anything else."""
    return load_text(read_text(Path(path)), str(path), environ)


def load_text(text: str, file: str, environ: Mapping[str, str], overlay: Pairs | None = None) -> Settings:
    """The same from a text; `file` is its name in messages, and what relative names are relative to. The sections of
    `overlay` stand in place of its own."""
    return finished(loading_text(text, file, environ, overlay))


def loading_text(text: str, file: str, environ: Mapping[str, str], overlay: Pairs | None = None) -> Steps[Settings]:
    """The same in steps, none longer than it takes to read a rule."""
    report = Report(contents={"": Content.read(Path(file), text.encode(errors="surrogatepass"))})
    try:
        root = yield from parsing(text, file, environ, report)
        return (yield from _settings(overlaid(root, overlay), report, source=file))
    except ConfigErrors as errors:
        errors.contents = report.contents
        raise


def quick_start(
    upstream_url: str,
    *,
    host: str | None = None,
    port: int | None = None,
    admin_port: int | None = None,
    **sections: object,
) -> Settings:
    """Settings without a file: one archive, every pack, all else by default. `sections` are written as in a file.

    People paste the address of a DICOMweb service. Its path is passed over, since the path of a request is forwarded
    as it came: clients go on asking for the path that they know.
    """
    try:
        url = str(origin(upstream_url, with_path=True))
    except Wrong as wrong:
        raise ConfigErrors([Finding.at(Place(QUICK_START), str(wrong))]) from None
    data: dict[str, object] = {"version": 1, "upstreams": {"pacs": {"url": url}}, "packs": "all", **sections}
    data.setdefault("server", {k: v for k, v in (("host", host), ("port", port)) if v is not None})
    data.setdefault("admin", {} if admin_port is None else {"port": admin_port})
    return finished(_settings(from_plain(data, Place(QUICK_START)), Report(), source=""))


def _settings(root: Node, report: Report, source: str) -> Steps[Settings]:
    values = report.attempt(root.place, partial(SECTIONS.read, root, report))
    if values is not None:
        yield
        check(root, values, report)
        yield
        rules = yield from _rules(root, values, report)
        report.stop_if_any()
        settings = yield from compiling(values, rules, source)
        found = switches(root, settings.policy.mode, rules)
        certificates = shown_certificates(settings)
        return replace(settings, contents=report.contents, switches=found, certificates=certificates)
    raise ConfigErrors(report.findings)


def _rules(root: Node, values: Mapping[str, Any], report: Report) -> Steps[tuple[Read, ...]]:
    """The rules in the order in which they decide: the file's, then those of each pack."""
    faulty = any(finding.path.startswith("documented") for finding in report.findings)
    names = Names(written(root, "routes"), written(root, "upstreams"))
    own = yield from reading_rules(values["rules"], Scope(names, None if faulty else documented_of(values)), report)
    shipped: list[Read] = []
    for name in values["packs"]:
        shipped += yield from _reading_pack(name, report)
    refuse_twins((*shipped, *own), report)
    refuse_cut_waits(own, values["retry_after"]["max"], report)
    return (*own, *shipped)


def pack_rules(name: str, report: Report) -> tuple[Read, ...]:
    """The rules of one pack. They may send any code of the smallest set, so they fit every configuration."""
    return finished(_reading_pack(name, report))


def _reading_pack(name: str, report: Report) -> Steps[tuple[Read, ...]]:
    """Read once in a process: a pack ships with the release and depends on no configuration."""
    if name not in _packs:
        found = Report()
        tree = yield from parsing_pack(name, found)
        rules = yield from reading_rules(tree.get("rules"), Scope(Names(), Documented(), pack=name), found)
        _packs[name] = rules, found
    rules, found = _packs[name]
    report.take(found)
    return rules


_packs: dict[str, tuple[tuple[Read, ...], Report]] = {}
