"""Help: it names every command, and each command explains itself with examples."""

import argparse
import os
import subprocess
import sys

import pytest

from gateway import __version__
from gateway.cli.main import parser
from tests.cli.command import Ended, called, started

COMMANDS = (
    "serve", "check", "test", "explain", "replay", "diff", "probe", "conformance", "schema", "demo", "healthcheck", "version",
)  # fmt: skip


def commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


def test_the_commands_of_this_release() -> None:
    assert sorted(commands()) == sorted(COMMANDS)


def test_the_help_names_every_command() -> None:
    listed = [line.split()[0] for line in parser().format_help().splitlines() if line.startswith("    ")]
    assert [word for word in listed if word in COMMANDS] == list(COMMANDS)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "version"])
def test_each_command_explains_itself(name: str) -> None:
    text = commands()[name].format_help()
    assert f"usage: pacs-gateway {name}" in text
    assert "example" in text or "exit codes" in text
    assert max(map(len, text.splitlines())) <= 126


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_says_what_it_is_for(name: str) -> None:
    assert [action.dest for action in commands()[name]._actions if not action.help] == []


def test_the_help_goes_to_standard_output_and_is_no_mistake() -> None:
    ended = started("--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("usage: pacs-gateway")


@pytest.mark.parametrize("arguments", [("version",), ("--version",)])
def test_the_version(arguments: tuple[str, ...]) -> None:
    assert started(*arguments) == Ended(0, f"pacs-gateway {__version__}\n", "")


def test_the_version_in_process(capsys: pytest.CaptureFixture[str]) -> None:
    assert called(capsys, "version").code == 0


@pytest.mark.parametrize("arguments", [(), ("serv",), ("check",), ("check", "a", "b"), ("serve", "--port", "http")])
def test_a_command_line_that_is_none_ends_in_2_without_a_traceback(arguments: tuple[str, ...]) -> None:
    ended = started(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines()[-1].startswith("pacs-gateway")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("arguments", [("version",), ("schema",), ("conformance",)])
def test_a_full_disk_behind_standard_output_is_told_in_one_line(arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *arguments], stdout=full, stderr=subprocess.PIPE, text=True
        )
    line = "pacs-gateway: the output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, line)


@pytest.mark.parametrize("arguments", [("version",), ("schema",)])
def test_a_reader_who_has_seen_enough_is_no_mistake(arguments: tuple[str, ...]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with open(theirs, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *arguments], stdout=pipe, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_policy_is_tried_without_further_cases(capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing is said to be missing, and nothing else."""
    with pytest.raises(SystemExit):
        called(capsys, "test")
    assert capsys.readouterr().err.endswith("the following arguments are required: CONFIG\n")
