"""What can be known of the image without building it. That it works, `deploy/image/trial.sh` shows."""

import re
import shlex
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gateway import __version__

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"
LOCK, TOOLS = ROOT / "deploy/image/requirements.txt", ROOT / "deploy/image/build.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LEFT_OUT = {"test"}  # the extra that is not for the field
PIN = re.compile(r"^([\w.-]+==[^\s;]+(?: ; [^\\\n]+)?) \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.MULTILINE)


def pins(file: Path) -> dict[str, Requirement]:
    """What pip would install here, of what is written there."""
    found = map(Requirement, PIN.findall(file.read_text()))
    return {canonicalize_name(one.name): one for one in found if one.marker is None or one.marker.evaluate()}


def wanted() -> list[Requirement]:
    """What the gateway needs, with all that can be switched on."""
    extras = PROJECT["project"]["optional-dependencies"]
    lines = PROJECT["project"]["dependencies"] + [line for key in extras.keys() - LEFT_OUT for line in extras[key]]
    return [Requirement(line) for line in lines]


def with_theirs(first: list[Requirement]) -> list[Requirement]:
    """Those and what they need in turn, as the packages installed here say it themselves."""
    todo, seen, everything = list(first), set[tuple[str, str]](), []
    while todo:
        one = todo.pop()
        everything.append(one)
        for extra in one.extras or {""}:
            if (one.name, extra) not in seen:
                seen.add((one.name, extra))
                needs = map(Requirement, requires(one.name) or ())
                todo += [it for it in needs if it.marker is None or it.marker.evaluate({"extra": extra})]
    return everything


def test_what_is_locked_is_what_is_needed() -> None:
    """`make lock` writes it anew after a change of dependencies."""
    locked, needed = pins(LOCK), with_theirs(wanted())
    assert locked.keys() == {canonicalize_name(one.name) for one in needed}, "make lock"
    for one in needed:
        [pinned] = locked[canonicalize_name(one.name)].specifier
        assert one.specifier.contains(pinned.version), f"{one}, and locked is {pinned.version}: make lock"


def test_what_makes_the_wheel_is_locked_too() -> None:
    locked = pins(TOOLS)
    for one in map(Requirement, PROJECT["build-system"]["requires"]):
        [pinned] = locked[canonicalize_name(one.name)].specifier
        assert one.specifier.contains(pinned.version)


@pytest.mark.parametrize("file", [LOCK, TOOLS], ids=lambda file: file.name)
def test_every_line_of_a_lock_has_its_hash_and_none_its_origin(file: Path) -> None:
    text = file.read_text()
    rest = PIN.sub("", text)
    assert [line for line in rest.splitlines() if not line.lstrip().startswith("#")] == []
    assert "://" not in text


def test_the_linter_has_nothing_to_say() -> None:
    linter = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run([linter, "--no-color", DOCKERFILE], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_label_tells_the_version() -> None:
    assert f"\nARG VERSION={__version__}\n" in DOCKERFILE.read_text()


def test_what_is_copied_is_let_through() -> None:
    """Each file that is copied is let through by .dockerignore, which hides everything else."""
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [
        source
        for line in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE.read_text(), re.MULTILINE)
        for source in shlex.split(line)[:-1]
    ]
    assert copied
    for source in copied:
        assert (ROOT / source).exists()
        assert any(Path(source).match(pattern) for pattern in let_in), source


def test_the_python_of_the_image_is_one_that_the_tests_run_on() -> None:
    [version] = re.findall(r"^ARG PYTHON=(.+)$", DOCKERFILE.read_text(), re.MULTILINE)
    classifiers = PROJECT["project"]["classifiers"]
    assert f"Programming Language :: Python :: {version}" in classifiers
    assert sys.version_info[:2] >= tuple(map(int, version.split(".")))
