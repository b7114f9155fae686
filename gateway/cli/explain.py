"""`explain`: what becomes of one exchange, and why: by a policy that is not in use yet, or in a running gateway."""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.cli.errors import UserError
from gateway.cli.explained import rendered
from gateway.cli.given import Told, of_case_file, of_flags, of_json_case
from gateway.cli.recent import recent
from gateway.core.explain import from_json, to_json

EPILOG = """\
Without CONFIG, the policy is that of `serve --upstream`: every pack, all else by default.

exit codes:
  0  explained; where a case says what it expects, that holds
  1  a case does not come out as it expects, or the configuration has mistakes
  2  no exchange was given, or it could not be read or asked for

examples:
  pacs-gateway explain --path /studies --status 200 --header 'Content-Type: text/html' --body '<html>Login'
      what the gateway makes of such an answer
  curl -s http://pacs:8042/dicom-web/studies | pacs-gateway explain --path /dicom-web/studies --status 200 --body-file -
      the content of a real answer
  pacs-gateway explain gateway.yaml --method POST --path /studies --failure connection_refused
      by your own rules, when the archive is not there
  pacs-gateway explain gateway.yaml --case cases.yaml --name 'the login page'
      a case of a file
  pacs-gateway explain --id 0b0e7c1e-6f0e-4a39-9d0c-0d4a6f5b1f7e
      an exchange of the running gateway, by the id in its log or in the report that the client got
"""

# The ways to give an exchange, with what says that it is meant.
_WAYS: Mapping[str, tuple[str, ...]] = {
    "--id": ("id",),
    "--case": ("case",),
    "--json-case": ("json_case",),
    "options": (
        "method", "path", "route", "request_header", "request_body", "request_body_file", "status", "reason", "header",
        "body", "body_file", "failure",
    ),
}  # fmt: skip
_NOTHING = (
    "no exchange given. Say what was asked and what the archive answered, such as --path /studies --status 404, "
    "or give --case FILE, --json-case FILE or --id ID"
)


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Explain one exchange: which transaction it is, what came of asking each rule, how the code came about, which\n"
        "header fields were changed by which clause, and what becomes of the content."
    )
    parser.epilog = EPILOG
    parser.add_argument("config", metavar="CONFIG", type=Path, nargs="?", help="the configuration (YAML)")
    _describe_exchange(parser)
    others = parser.add_argument_group("or one that is written down, or took place")
    others.add_argument(
        "--json-case", metavar="FILE", help="a case as a JSON object, with the keys of a YAML case; - is stdin"
    )
    others.add_argument("--case", metavar="FILE", type=Path, help="a file of cases: all of them")
    others.add_argument("--name", metavar="NAME", help="only the case of this name")
    others.add_argument("--id", metavar="ID", help="one of the last exchanges of a running gateway")
    others.add_argument("--admin", metavar="ADDRESS", help="its admin port, HOST:PORT or URL (default 127.0.0.1:9090)")
    shown = parser.add_argument_group("what is shown")
    shown.add_argument("--all", action="store_true", help="list also the rules that have no part in it")
    shown.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.set_defaults(run=run)


def _describe_exchange(parser: argparse.ArgumentParser) -> None:
    asked = parser.add_argument_group("an exchange: what the client asked")
    asked.add_argument("--method", help="the method (default GET)")
    asked.add_argument("--path", help="path and query, as the client sends them")
    asked.add_argument("--route", help="the route, where the path does not tell")
    asked.add_argument(
        "--request-header", metavar="'NAME: VALUE'", action="append", help="a header field; repeat for more"
    )
    asked.add_argument("--request-body", metavar="TEXT", help="the content")
    asked.add_argument("--request-body-file", metavar="FILE", help="the content, from a file; - is stdin")
    said = parser.add_argument_group("and what the archive did")
    said.add_argument("--status", metavar="CODE", help="the code it answered with")
    said.add_argument("--reason", metavar="TEXT", help="its reason phrase")
    said.add_argument("--header", metavar="'NAME: VALUE'", action="append", help="a header field; repeat for more")
    said.add_argument("--body", metavar="TEXT", help="the content")
    said.add_argument("--body-file", metavar="FILE", help="the content, from a file; - is stdin")
    said.add_argument("--failure", metavar="KIND", help="or how it failed, such as connection_refused")


def run(options: argparse.Namespace) -> int:
    told = list(_READ[_way(options)](options))
    if options.json:
        shown = [_as_json(one) for one in told]
        print(json.dumps(shown if options.case and options.name is None else shown[0], indent=1, ensure_ascii=False))
    else:
        print("\n\n".join(_as_text(one, options) for one in told))
    return 1 if any(one.differences for one in told) else 0


def _way(options: argparse.Namespace) -> str:
    """The one way in which the exchange is given."""
    given = {way: [name for name in names if getattr(options, name) is not None] for way, names in _WAYS.items()}
    ways = [way for way, names in given.items() if names]
    if not ways:
        raise UserError(_NOTHING)
    if len(ways) > 1:
        flags = ["--" + given[way][0].replace("_", "-") for way in ways]
        raise UserError(f"{' and '.join(flags)} do not go together: each gives an exchange; leave one out")
    _refuse_idle(options, ways[0])
    return ways[0]


def _refuse_idle(options: argparse.Namespace, way: str) -> None:
    """What would say nothing beside this way is a misunderstanding."""
    if options.name is not None and way != "--case":
        raise UserError("--name: says which case of a file; give --case FILE with it")
    if options.admin is not None and way != "--id":
        raise UserError("--admin: says whom to ask about an exchange that took place; give --id ID with it")
    if options.config is not None and way == "--id":
        raise UserError(f"{options.config}: says nothing beside --id; the running gateway explains by its own policy")


def _recent(options: argparse.Namespace) -> Iterator[Told]:
    found = recent(options.admin or "127.0.0.1:9090", options.id)
    explanation = found["explanation"]
    yield Told(from_json(explanation) if explanation else None, logged=found)


_READ: Mapping[str, Callable[[argparse.Namespace], Iterator[Told]]] = {
    "--id": _recent,
    "--case": of_case_file,
    "--json-case": of_json_case,
    "options": of_flags,
}


def _as_json(told: Told) -> Mapping[str, Any]:
    if told.logged is not None:
        return told.logged
    explanation = to_json(told.explanation) if told.explanation else None
    return {"name": told.name, "expected": told.expected, "differences": told.differences, "explanation": explanation}


def _as_text(told: Told, options: argparse.Namespace) -> str:
    width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
    return rendered(told, max(50, min(width, 120)), everything=options.all)
