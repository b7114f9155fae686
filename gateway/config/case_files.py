"""Files of cases: what `pacs-gateway test` runs, and what our own tests are.

A file is a list of cases, or a mapping with `about` (a sentence for people), `policy` (what the cases suppose of the
configuration) and `cases`. In a folder every .yaml and .yml file is one, below it too, in alphabetical order.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gateway.config import scalars
from gateway.config.case_reader import CASE, read_case
from gateway.config.cases import Case
from gateway.config.compound import Either
from gateway.config.files import read_text
from gateway.config.findings import ConfigErrors, Finding, Place, Report, Wrong
from gateway.config.kinds import By, Key, ListOf, One, Table
from gateway.config.overlay import OVERLAY, REPLACEABLE, read_overlay
from gateway.config.parse import parse
from gateway.config.source import Items, Node, Pairs, place_of

_SUFFIXES = (".yaml", ".yml")
_BEGINS = "a file of cases begins with cases:"


@dataclass(frozen=True, slots=True)
class Written:
    """A case and where it is written."""

    case: Case
    place: Place


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One file. `policy` holds sections that stand in place of the configuration's."""

    name: str
    cases: tuple[Written, ...]
    policy: Pairs | None = None
    about: str = ""


def read_case_files(paths: Iterable[Path], environ: Mapping[str, str]) -> tuple[CaseFile, ...]:
    """The cases of these files and folders. Raises `ConfigErrors` with every mistake of all of them."""
    files: list[CaseFile] = []
    findings: list[Finding] = []
    unreadable = False
    for path in _files(paths):
        try:
            files.append(read_text_of_cases(read_text(path), str(path), environ))
        except ConfigErrors as errors:
            findings.extend(errors.findings)
            unreadable |= errors.unreadable
    if findings:
        raise ConfigErrors(findings, unreadable=unreadable)
    return tuple(files)


def read_text_of_cases(text: str, file: str, environ: Mapping[str, str]) -> CaseFile:
    """One file by its text; `file` is its name in messages."""
    report = Report()
    root = parse(text, file, environ, report, begins=_BEGINS)
    values = report.attempt(root.place, partial(_read, root, report))
    report.stop_if_any()
    assert values is not None
    return values


def _read(root: Node, report: Report) -> CaseFile:
    if isinstance(root, Items):
        return CaseFile(root.place.file, _cases(root, report))
    values = FILE.read(root, report)
    return CaseFile(root.place.file, values["cases"] or (), values["policy"], values["about"])


def _cases(node: Node, report: Report) -> tuple[Written, ...]:
    written: tuple[Written, ...] = _CASES.read(node, report)
    first: dict[str, Written] = {}
    for entry in written:
        earlier = first.setdefault(entry.case.name, entry)
        if earlier is not entry:
            report.add(entry.place.below("name"), f"is already the name of the case in line {earlier.place.line}")
    return written


def _case(node: Node, report: Report) -> Written | None:
    case = read_case(node, report)
    if case is not None and not case.name:
        raise Wrong(f"is missing. {_NAME.about}", place_of(node, "name"))
    return Written(case, node.place) if case else None


# An example belongs to its rule; a case in a file is found again by its name.
_NAME = Key(One(scalars.text), "A name for people.")
_CASES = ListOf(By(_case, Table({**CASE.keys, "name": _NAME})))
FILE = Table(
    {
        "about": Key(One(scalars.text), "What these cases have in common.", ""),
        "policy": Key(
            By(read_overlay, OVERLAY),
            f"Sections in place of those of the configuration, for these cases: {', '.join(REPLACEABLE)}.",
            None,
        ),
        "cases": Key(By(_cases, _CASES), "The cases."),
    }
)
CASES = Either(_CASES, FILE)  # how such a file is written


def _files(paths: Iterable[Path]) -> list[Path]:
    """Every file once, in the order in which they are given."""
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _below(path) if path.is_dir() else [path]:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _below(folder: Path) -> list[Path]:
    if not os.access(folder, os.R_OK | os.X_OK):
        raise ConfigErrors([Finding.at(Place(str(folder)), "may not be read by this user")], unreadable=True)
    files = sorted(file for file in folder.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    if not files:
        raise ConfigErrors([Finding.at(Place(str(folder)), "no .yaml file is in this folder")], unreadable=True)
    return files
