"""The configurations of a run: the files of `configurations/`, with ports and folders filled in."""

import grp
import os
import pwd
from pathlib import Path

_TEMPLATES = Path(__file__).parent / "configurations"


def configured(name: str, folder: Path, **words: object) -> Path:
    """A file in `folder`, made from the template of that name: each @WORD@ replaced.."""
    text = (_TEMPLATES / name).read_text()
    known = {"FOLDER": folder, "USER": _user(), "GROUP": _group(), **words}
    for word, value in known.items():
        text = text.replace(f"@{word}@", str(value))
    file = folder / name
    file.write_text(text)
    return file


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def _group() -> str:
    return grp.getgrgid(os.getgid()).gr_name
