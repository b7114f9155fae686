"""`schema`: the reference of what the gateway reads, for editors as JSON Schema and for people as Markdown."""

import argparse
from pathlib import Path

from gateway.cli.output import write

EPILOG = """\
A YAML file tells an editor by its first line which schema it has:

  # yaml-language-server: $schema=gateway.schema.json

Editors with a YAML language server (Visual Studio Code with the YAML extension, Neovim, Emacs and others) then offer keys and
values while you type, and underline mistakes. What only several keys together can tell, `pacs-gateway check` finds.

exit codes:
  0  written
  2  the file could not be written

examples:
  pacs-gateway schema > gateway.schema.json            beside gateway.yaml
  pacs-gateway schema --of cases > cases.schema.json   for files of cases, which `pacs-gateway test` runs
  pacs-gateway schema --format markdown                every key with what it may hold, its default and its meaning
"""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = "Write the JSON Schema (draft 2020-12) of a configuration, or a page about all its keys."
    parser.epilog = EPILOG
    parser.add_argument(
        "--of", choices=("configuration", "cases"), default="configuration", help="what it describes (configuration)"
    )
    parser.add_argument("--format", choices=("json", "markdown"), default="json", help="json or markdown (json)")
    parser.add_argument("--output", metavar="FILE", type=Path, help="write it there instead of to standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from gateway.config.reference.render import render  # the options need none of it

    write(render(options.of, options.format), options.output)
    return 0
