"""`test`: run the examples of every rule and files of cases against a policy, without a network."""

import argparse
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from gateway.cli.errors import from_config
from gateway.cli.junit import junit
from gateway.cli.output import write_file
from gateway.cli.verdicts import one_line, summary, told, told_unneeded
from gateway.config.case_files import read_case_files
from gateway.config.files import read_text
from gateway.config.findings import ConfigErrors, Finding
from gateway.config.load import load_text
from gateway.config.settings import Settings
from gateway.config.source import Pairs
from gateway.config.trials import State, Unneeded, Verdict, trials, unneeded, verdict

EPILOG = """\
A case says what a client asks, what the archive says, and what must become of it:

  - name: the portal's login page is not a result
    why: The session of the portal ran out.
    request: {path: /studies, headers: {Accept: application/dicom+json}}
    upstream: {status: 200, headers: {Content-Type: text/html}, body: <form action="/login">}
    expect: {status: 401, rule: portal-login, body: problem, headers: {WWW-Authenticate: ~ ^Bearer}}

A file of cases is a list of them, or a mapping with `cases`, `about` and `policy`; `policy` holds sections that stand in
place of the configuration's while these cases play: mode, documented, packs, retry_after, inspect, quirks. Cases are
judged in the mode enforce where their file does not say otherwise.

  request:   method (GET), path, headers, body or body_base64, route
  upstream:  status, reason, headers, body or body_base64; or failure, such as connection_refused;
             raw, raw_base64, cut and after are about bytes on a wire: such cases are counted, and not run here
  expect:    status, or a list with the best one first; rule (- where the answer of the archive stands), headers
             (the value, or ~ and a regular expression), headers_absent, body (keep, empty, problem, empty_list), content

exit codes:
  0  every case holds
  1  findings: a case fails, the configuration or a file of cases has mistakes, or, with --strict, a rule is not needed
  2  a file could not be read

examples:
  pacs-gateway test gateway.yaml                       the examples of its rules and of its packs
  pacs-gateway test gateway.yaml cases/ --verbose      and a folder of cases, each with who decided it
  pacs-gateway test gateway.yaml cases/ --strict --junit report.xml
"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run the examples of every rule and files of cases against the policy of a configuration,\n"
        "without a network, and report the rules that no case needs."
    )
    parser.epilog = EPILOG
    parser.add_argument("config", metavar="CONFIG", type=Path, help="the configuration (YAML)")
    parser.add_argument(
        "cases", metavar="CASES", type=Path, nargs="*", default=[], help="files of cases, or folders of them"
    )
    parser.add_argument("--strict", action="store_true", help="a rule that no case needs is a finding: exit 1")
    parser.add_argument("--packs", action="store_true", help="also report the rules of packs that no case needs")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write the results as JUnit XML")
    parser.add_argument("--verbose", action="store_true", help="list every case with the rule that decided it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    try:
        text = read_text(options.config)
        settings = load_text(text, str(options.config), os.environ)
        files = read_case_files(options.cases, os.environ)
        tried = trials(settings, files, partial(_supposing, text, str(options.config)))
    except ConfigErrors as errors:
        raise from_config(errors) from None
    verdicts = [verdict(trial) for trial in tried]
    rules = [rule for rule in settings.policy.rules if options.packs or not rule.pack]
    idle = list(unneeded(rules, verdicts))
    _print(verdicts, idle, options.verbose)
    print(summary(verdicts, idle, len(rules)))
    if options.junit:
        write_file(options.junit, junit(verdicts, rules, idle, strict=options.strict))
    failed = any(found.state is State.FAILS for found in verdicts)
    return 1 if failed or (options.strict and idle) else 0


def _supposing(text: str, file: str, policy: Pairs) -> Settings:
    """The configuration with what a file of cases supposes."""
    try:
        return load_text(text, file, os.environ, policy)
    except ConfigErrors as errors:
        whose = f"with the policy of {policy.place.file}"
        found = [Finding(e.file, e.line, e.column, e.path, f"{e.message} ({whose})") for e in errors.findings]
        raise ConfigErrors(found, unreadable=errors.unreadable) from None


def _print(verdicts: Sequence[Verdict], idle: Sequence[Unneeded], verbose: bool) -> None:
    for found in verdicts:
        if verbose or found.state in (State.FAILS, State.NEEDS_SOCKETS):
            print(one_line(f"{found.trial.place}: {found.trial.name}: {told(found)}"))
    for rule in idle:
        print(one_line(f"{rule.rule.where}: {rule.rule.id}: {told_unneeded(rule)}"))
