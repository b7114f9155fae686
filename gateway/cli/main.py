"""`pacs-gateway`: the commands and their help.

A user's mistake ends in one line on stderr and exit code 1 or 2, never in a traceback.
"""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from gateway import __version__
from gateway.cli.errors import UserError

DESCRIPTION = """\
A reverse proxy that stands in front of a PACS and answers DICOMweb and WADO requests with the documented
HTTP status codes, truthfully, with the header fields each code owes.
"""

EPILOG = """\
first steps:
  pacs-gateway demo                                     see it work on an embedded legacy PACS
  pacs-gateway serve --upstream http://pacs.local:8042  put it in front of your own, without a file
  pacs-gateway probe http://pacs.local:8042/dicom-web   ask it what it does wrong, and what can be done about that
  pacs-gateway check gateway.yaml                       find every mistake in a configuration
  pacs-gateway test gateway.yaml                        run the examples of its rules, and files of cases
  pacs-gateway explain gateway.yaml --path /studies --status 500
                                                        see what it makes of an answer, and why
  pacs-gateway serve --config gateway.yaml              run with it

`pacs-gateway COMMAND --help` explains a command with examples.
"""


# Each is a module of this package with `describe`, which gives its parser its text, its options and `run`.
COMMANDS = {
    "serve": "run the gateway",
    "check": "find every mistake in a configuration",
    "test": "run the examples of rules, and files of cases, against a policy",
    "explain": "say what becomes of one exchange, and why",
    "replay": "judge recorded exchanges by a policy",
    "diff": "compare what two policies make of recorded exchanges",
    "probe": "ask an archive what it does, and write down what repairs it",
    "conformance": "write the conformance statement, or how an archive keeps to the standard",
    "schema": "write what an editor needs to complete and check a configuration, or the page about all its keys",
    "demo": "see the gateway at work on an embedded legacy PACS",
    "healthcheck": "ask a running gateway whether it is ready",
}


def parser(arguments: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The command line; with `arguments`, without the options of all commands but theirs: a health check that is asked for
    every few seconds has no need of a server, nor has a list of the commands."""
    top = argparse.ArgumentParser(
        prog="pacs-gateway",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"pacs-gateway {__version__}")
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for name, meaning in COMMANDS.items():
        command = commands.add_parser(name, help=meaning, formatter_class=argparse.RawDescriptionHelpFormatter)
        if arguments is None or name in arguments:
            import_module(f"gateway.cli.{name}").describe(command)
    version = commands.add_parser("version", help="print the version", description="Print the version.")
    version.set_defaults(run=_version)
    return top


def _version(_options: argparse.Namespace) -> int:
    print(f"pacs-gateway {__version__}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal without the letters of a name gets its code points.
            stream.reconfigure(errors="backslashreplace")
    given = sys.argv[1:] if arguments is None else arguments
    try:
        options = parser(given).parse_args(given)
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except UserError as error:
        print(f"pacs-gateway: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `pacs-gateway check | head`: the reader has seen enough.
        _write_no_more()
        return 0
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _write_no_more()
        print(f"pacs-gateway: the output cannot be written: {error.strerror}", file=sys.stderr)
        return 2


# What stands behind standard output takes no more: `pacs-gateway schema > /full/disk`.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _write_no_more() -> None:
    """Python writes what is left as it ends, and would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
