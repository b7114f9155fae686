"""The package as somebody gets it who has no checkout: everything that is in the tree is in the wheel, and it works alone."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

from gateway import __version__

PROJECT = Path(__file__).parents[2]
LEFT_OUT = {"__pycache__"}


def run(*command: str | Path, cwd: Path) -> str:
    """What it printed. Nothing of this checkout is on its path."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PACS_GATEWAY_", "PYTHON"))}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From a copy: a folder `build` in the tree would lend it files that there are no more."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("gateway", "pyproject.toml", "README.md", "LICENSE"):
        run("cp", "-R", PROJECT / name, source, cwd=PROJECT)
    run(
        *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"),
        *("--wheel-dir", folder, source),
        cwd=folder,
    )
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with the wheel alone; what it depends on is lent by this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", wheel, cwd=folder)
    # Behind its own packages, and without this one's .pth files, which would lead back into the checkout.
    lent = f"import sys; sys.path.append({sysconfig.get_path('purelib')!r})\n"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    (site / "lent.pth").write_text(lent)
    return folder / "bin"


def metadata(wheel: Path) -> dict[str, list[str]]:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        message = HeaderParser().parsestr(archive.read(name).decode())
    return {key: message.get_all(key, []) for key in message}


def test_every_file_of_the_tree_is_in_the_wheel(wheel: Path) -> None:
    tree = {
        str(file.relative_to(PROJECT))
        for file in (PROJECT / "gateway").rglob("*")
        if file.is_file() and not LEFT_OUT.intersection(file.parts)
    }
    with zipfile.ZipFile(wheel) as archive:
        there = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert "gateway/py.typed" in tree
    assert there == tree


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    told = metadata(wheel)
    assert told["Version"] == [__version__]
    assert told["License-Expression"] == ["Apache-2.0"]
    assert told["License-File"] == ["LICENSE"]
    assert told["Requires-Python"] == [">=3.11"]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert set(told["Provides-Extra"]) == set(project["optional-dependencies"])
    assert wheel.name == f"pacs_gateway-{__version__}-py3-none-any.whl"


def test_it_runs_where_no_checkout_is(installed: Path, tmp_path: Path) -> None:
    place = run(installed / "python", "-c", "import gateway; print(gateway.__file__)", cwd=tmp_path)
    assert Path(place.strip()).is_relative_to(installed.parent)
    program = installed / "pacs-gateway"
    assert run(program, "version", cwd=tmp_path) == f"pacs-gateway {__version__}\n"
    (tmp_path / "gateway.yaml").write_text((PROJECT / "config" / "minimal.yaml").read_text())
    assert "gateway.yaml" in run(program, "check", "gateway.yaml", cwd=tmp_path)
    for what in ("configuration", "cases"):
        assert run(program, "schema", "--of", what, "--format", "markdown", cwd=tmp_path).startswith("<!-- Made by")


def test_its_demo_finishes(installed: Path, tmp_path: Path) -> None:
    told = run(installed / "pacs-gateway", "demo", "--once", cwd=tmp_path)
    assert "the gateway changed" in told
