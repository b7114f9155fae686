"""Where a command writes to: the file that its options name, or standard output."""

import sys
from pathlib import Path

from gateway.cli.errors import UserError


def write(text: str, file: Path | None) -> None:
    """Into the file, or to standard output where none is named. Raises `UserError`."""
    if file is None:
        sys.stdout.write(text)
    else:
        write_file(file, text.encode())


def write_file(file: Path, content: bytes, *, replace: bool = True) -> None:
    """Without `replace`, only where there is none yet. Raises `UserError`."""
    try:
        with open(file, "wb" if replace else "xb") as opened:
            opened.write(content)
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None
