"""How files come to hold something else: by editors, by hand, and by the kubelet that keeps a ConfigMap up to date."""

import itertools
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

Writer = Callable[[Path, str], None]
_NUMBERS = itertools.count()


def in_place(file: Path, text: str) -> None:
    """As `cp` does, `tee`, `>`, and editors that keep the file that is there."""
    file.write_text(text)


def renamed(file: Path, text: str) -> None:
    """As `sed -i` does: written beside, and then given the name."""
    beside = file.with_name("sedXyZ")
    beside.write_text(text)
    beside.replace(file)


def backed_up(file: Path, text: str) -> None:
    """As vim does: the old file goes out of the way, and for a moment there is none."""
    kept = file.with_name(f"{file.name}~")
    file.rename(kept)
    file.write_text(text)
    kept.unlink()


def another_folder(file: Path, text: str) -> None:
    """As a release does that is put in place as a whole: the folder is a link."""
    release = file.parent.with_name(f"release-{next(_NUMBERS)}")
    release.mkdir()
    (release / file.name).write_text(text)
    link = file.parent.with_name("link")
    link.symlink_to(release.name)
    if not file.parent.is_symlink():
        file.parent.rename(file.parent.with_name("release-before"))
    link.rename(file.parent)


def kubelet(file: Path, text: str) -> None:
    """A volume of a ConfigMap with one file."""
    kubelet_volume(file.parent, {file.name: text})


def kubelet_volume(volume: Path, files: Mapping[str, str]) -> None:
    """Of a ConfigMap or a Secret: what is mounted are links into `..data`, which is a link to the folder of the present
    version. That one is made whole, and the link swapped for another in one step (kubernetes, atomic_writer.go)."""
    data, swap = volume / "..data", volume / "..data_tmp"
    version = volume / f"..2026_11_22_{next(_NUMBERS)}"
    version.mkdir(parents=True)
    for name, text in files.items():
        (version / name).write_text(text)
    before = volume / data.readlink() if data.is_symlink() else None
    swap.symlink_to(version.name)
    swap.rename(data)
    if before is not None:
        shutil.rmtree(before)
    for name in files if before is None else ():
        (volume / name).unlink(missing_ok=True)
        (volume / name).symlink_to(Path("..data") / name)


WRITERS: tuple[Writer, ...] = (in_place, renamed, backed_up, another_folder, kubelet)
