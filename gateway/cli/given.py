"""Exchanges as they are given on the command line: by options, as a case in JSON, or in a file of cases."""

import argparse
import json
import os
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from gateway.cli.errors import UserError, from_config
from gateway.clock import http_date
from gateway.config.case_files import read_case_files
from gateway.config.case_reader import read_case
from gateway.config.cases import MOMENT, Case, run_case
from gateway.config.explained import explained
from gateway.config.files import read_text
from gateway.config.findings import ConfigErrors, Place, Report, instead
from gateway.config.lint import placed
from gateway.config.load import load_text
from gateway.config.settings import Settings, route_for
from gateway.config.source import from_plain
from gateway.config.trials import Trial, cases_of
from gateway.core.explain import Explanation
from gateway.core.reply import Moment

# What `serve --upstream` begins with.
_QUICK_START = "version: 1\nupstreams: {pacs: {url: 'http://pacs'}}\npacks: all\n"
_UNEXPECTED = {"status": 200}  # in the place of what a case would expect; never held against it
_OPTION_OF = {
    "request.method": "--method",
    "request.path": "--path",
    "request.headers": "--request-header",
    "upstream.status": "--status",
    "upstream.headers": "--header",
    "upstream.failure": "--failure",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One exchange, explained; `differences` from what its case expects, None where it expects nothing. Of one that took
    place, `logged` is all that the running gateway has told."""

    explanation: Explanation | None
    name: str = ""
    expected: int | None = None
    differences: tuple[str, ...] = ()
    logged: Mapping[str, Any] | None = None


def of_flags(options: argparse.Namespace) -> Iterator[Told]:
    """The exchange that the options describe."""
    if options.path is None:
        raise UserError("--path is missing: what did the client ask for, such as --path /studies?limit=1")
    if (options.status is None) == (options.failure is None):
        both = options.status is not None
        raise UserError(
            "--status and --failure: give one of them; the archive has answered, or it has failed"
            if both
            else "--status or --failure is missing: what did the archive do, such as --status 404"
        )
    case, settings = _case(_written(options), "the command line"), _settings(options.config)
    yield _told(case, settings)


def _written(options: argparse.Namespace) -> dict[str, Any]:
    """The options as a case says the same."""
    request = {"method": options.method, "path": options.path, "route": options.route}
    request |= {"headers": _headers("--request-header", options.request_header)}
    request |= _content("request-body", options.request_body, options.request_body_file)
    upstream = {"status": options.status, "reason": options.reason, "failure": options.failure}
    upstream |= {"headers": _headers("--header", options.header)}
    upstream |= _content("body", options.body, options.body_file)
    return {"request": _given(request), "upstream": _given(upstream), "expect": _UNEXPECTED}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _headers(option: str, lines: list[str] | None) -> dict[str, list[str]] | None:
    if lines is None:
        return None
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or not value.replace("\t", " ").isprintable():
            raise UserError(f"{option} {line!r}: is not a header field; write 'Name: value'")
        headers.setdefault(name.strip(), []).append(value.strip())
    return headers


def _content(option: str, text: str | None, file: str | None) -> dict[str, str | None]:
    if text is not None and file is not None:
        raise UserError(f"--{option} and --{option}-file say the same thing; give one of them")
    content = _read(file) if file is not None else text.encode() if text is not None else None
    return {"body_base64": None if content is None else b64encode(content).decode()}


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror or error}") from None


def _case(data: object, file: str) -> Case:
    """A case by its plain values. Mistakes are told by the options that made them, where options did."""
    report = Report()
    case = read_case(from_plain(data, Place(file)), report)
    if case is None:
        lines = [f"{_place(finding.path, file)}: {finding.message}" for finding in report.findings]
        raise UserError("\n  ".join(lines))
    return case


def _place(path: str, file: str) -> str:
    by_option = next((option for key, option in _OPTION_OF.items() if path.startswith(key)), path)
    return by_option if file == "the command line" else f"{file}: {path}" if path else file


def of_json_case(options: argparse.Namespace) -> Iterator[Told]:
    """One case as a JSON object."""
    name = "stdin" if options.json_case == "-" else options.json_case
    content = _read(options.json_case)
    try:
        data = _object(content, name)
        case = _case({"expect": _UNEXPECTED, **data}, name)
    except RecursionError:
        raise UserError(f"{name}: is nested deeper than any case is") from None
    yield _told(case, _settings(options.config), expects="expect" in data)


def _object(content: bytes, name: str) -> dict[str, Any]:
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise UserError(f"{name}: is not JSON: {error}") from None
    except ValueError as error:
        what = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else "a number in it is too long"
        raise UserError(f"{name}: is not JSON: {what}") from None
    if not isinstance(data, dict):
        raise UserError(f'{name}: is not a case; it is an object such as {{"request": ..., "upstream": ...}}')
    return data


def _told(case: Case, settings: Settings, *, expects: bool = False) -> Told:
    request = placed(case.request, settings.routes)
    is_covered = request.route == case.request.route or route_for(request.path, settings.routes) is not None
    notes = (
        []
        if is_covered
        else [f"No route covers this path: it would not reach an archive. The route is {request.route} here."]
    )
    if case.request.route and request.route != case.request.route:
        known = instead(case.request.route, [route.id for route in settings.routes])
        raise UserError(f"--route {case.request.route}: is no route of this configuration; {known}")
    case = replace(case, request=request)
    return _explained(case, Trial(case.name, Place(""), case, settings.policy), *notes, expects=expects)


def _explained(case: Case, trial: Trial, *notes: str, expects: bool) -> Told:
    if not expects:
        return Told(explained(case, trial.policy, *notes, moment=_now()), case.name)
    told = explained(case, trial.policy, *notes)
    differences = () if case.needs_sockets else tuple(run_case(case, trial.policy))
    return Told(told, case.name, case.expect.status, differences)


def _now() -> Moment:
    """Without chance: who asks twice wants to see what has changed."""
    now = time.time()
    return Moment(now, http_date(now), 0.0, MOMENT.exchange_id)


def of_case_file(options: argparse.Namespace) -> Iterator[Told]:
    """The cases of a file, each on the policy that it supposes; or the one of a name."""
    try:
        text, name = _text(options.config)
        files = read_case_files([options.case], os.environ)
        settings, settings_with = load_text(text, name, os.environ), partial(load_text, text, name, os.environ)
        found = [trial for file in files for trial in cases_of(file, settings, settings_with)]
    except ConfigErrors as errors:
        raise from_config(errors) from None
    wanted = [trial for trial in found if options.name in (None, trial.name)]
    if not wanted:
        known = instead(options.name, [trial.name for trial in found])
        raise UserError(f"--name: no case of {options.case} is called {options.name!r}; {known}")
    for trial in wanted:
        yield _explained(trial.case, trial, expects=True)


def _text(config: Path | None) -> tuple[str, str]:
    return (read_text(config), str(config)) if config else (_QUICK_START, "--upstream")


def _settings(config: Path | None) -> Settings:
    try:
        text, name = _text(config)
        return load_text(text, name, os.environ)
    except ConfigErrors as errors:
        raise from_config(errors) from None
