"""docs/getting-started.md, word for word: each command in the order of the page, by a newcomer without an archive.

What differs from a reader's terminal: ports are free ones, the virtual environment is the one that this test runs in, and
`probe` is allowed to hurry. The viewer of the last step is opened by tests/pacs/test_ohif.py, with the page's own text.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.documents.markdown import ROOT, Page
from tests.support.ports import free_port
from tests.support.servers import get, until

PAGE = Page("docs/getting-started.md", (ROOT / "docs/getting-started.md").read_text("utf-8"))
STEPS = [line for block in PAGE.blocks if block.language == "sh" for line in block.text.splitlines()]
STAYING = ("make run", "pacs-gateway demo", "pacs-gateway serve")


class Newcomer:
    """A folder, an environment, and programs that stay up in terminals of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {port: str(free_port()) for port in ("8080", "9090", "8081", "9091")}
        self.environ = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "100"}
        self.archive = "http://your-pacs:8042"
        self.running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def output(self, step: str) -> str:
        return (self.folder / f"{STEPS.index(step)}.out").read_text("utf-8", "replace")

    def types(self, step: str) -> str:
        """One line of the page; what it printed. What stays up is left alone until the next such program starts."""
        if step.startswith(STAYING):
            self.starts(step)
            return ""
        done = subprocess.run(["bash", "-c", self.here(step)], capture_output=True, text=True, timeout=60, cwd=self.folder,
                              env=self.environ)  # fmt: skip
        assert done.returncode == (1 if " probe " in step else 0), f"{step}: {done.stdout}{done.stderr}"
        return done.stdout

    def here(self, step: str) -> str:
        """The line as it must be on this machine."""
        line = step.replace("http://your-pacs:8042", self.archive)
        for port, free in self.ports.items():
            line = re.sub(rf"\b{port}\b", free, line)
        return line + (" --rate 1000" if " probe " in step else "")

    def starts(self, step: str) -> None:
        line = self.here(step)
        if step == "make run":
            line = f"make -s -C {ROOT} run VENV={self.folder}/.venv PORT={self.ports['8080']} ADMIN_PORT={self.ports['9090']}"
        if step.startswith("pacs-gateway serve --upstream"):
            line += f" --port {self.ports['8080']} --admin-port {self.ports['9090']}"
        with (self.folder / f"{STEPS.index(step)}.out").open("wb") as out:
            self.running.append(
                (step, subprocess.Popen(["bash", "-c", line], stdout=out, stderr=out, cwd=self.folder,
                                        env=self.environ, start_new_session=True))
            )  # fmt: skip

    def presses_ctrl_c(self) -> None:
        """In the terminal of what was started last."""
        _, process = self.running.pop()
        os.killpg(process.pid, signal.SIGINT)
        process.wait(20)

    def leaves(self) -> None:
        while self.running:
            self.presses_ctrl_c()


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    """The page's `.venv` is there already, and newer than what it is made from."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/bin").symlink_to(Path(sys.executable).parent)
    (tmp_path / ".venv/.run").touch()
    found = Newcomer(tmp_path)
    found.environ["PATH"] = f"{tmp_path}/.venv/bin:{found.environ['PATH']}"
    yield found
    found.leaves()


def test_a_newcomer_gets_there(newcomer: Newcomer) -> None:
    steps = iter(STEPS)

    def step(begins: str) -> str:
        """The next line of the page, which must be this one."""
        line = next(steps)
        assert line.startswith(begins), line
        return line

    # 1. See the problem.
    tour = step("make run")
    newcomer.types(tour)
    until(lambda: "stops: the gateway changed" in newcomer.output(tour), "the tour ends", 60)
    newcomer.presses_ctrl_c()
    newcomer.types(step("export PATH="))
    assert "first steps" in newcomer.types(step("pacs-gateway --help"))

    # 2. Put it in front of an archive: the one of the demonstration.
    demo = step("pacs-gateway demo --no-tour --port 8081")
    newcomer.types(demo)
    until(lambda: "the legacy PACS itself" in newcomer.output(demo), "the legacy PACS is up", 30)
    newcomer.archive = re.findall(r"(http://\S+:\d+)/ +the legacy PACS itself", newcomer.output(demo))[0]
    newcomer.types(step("pacs-gateway serve --upstream"))
    ready(newcomer)
    assert newcomer.types(step("curl -i http://your-pacs")).startswith("HTTP/1.1 500 ")
    repaired = newcomer.types(step("curl -i http://127.0.0.1:8080"))
    assert_is_what_the_page_shows(repaired)
    assert b"404" in get(int(newcomer.ports["9090"]), "/")[1]
    newcomer.presses_ctrl_c()

    # 3. Ask the archive.
    assert "the gateway repairs" in newcomer.types(step("pacs-gateway probe"))
    assert "valid." in newcomer.types(step("pacs-gateway check"))
    assert "0 fail" in newcomer.types(step("pacs-gateway test"))

    # 4. Look first. (A test of other ports has to say so in the file.)
    file = newcomer.folder / "gateway.yaml"
    with file.open("a") as text:
        text.write("server: {port: %s}\nadmin: {port: %s}\n" % (newcomer.ports["8080"], newcomer.ports["9090"]))  # noqa: UP031
    serve = step("pacs-gateway serve --config")
    newcomer.types(serve)
    ready(newcomer)
    assert newcomer.types(step("curl -i http://127.0.0.1:8080")).startswith("HTTP/1.1 500 ")
    assert '"client_would_get": "404"' in newcomer.types(step("curl http://127.0.0.1:9090/-/would-rewrite"))

    # 5. Switch it on.
    newcomer.types(step("sed -i"))
    until(lambda: "mode: observe -> enforce" in newcomer.output(serve), "the file is in force", 30)
    assert_is_what_the_page_shows(newcomer.types(step("curl -i http://127.0.0.1:8080")))

    # 6. Put a viewer in front.
    newcomer.types(step("echo "))
    assert yaml.safe_load(file.read_text())["cors"] == {"origins": ["http://viewer-host:3000"]}
    until(lambda: newcomer.output(serve).count("now ") > 1, "the origin is in force", 30)
    assert next(steps, None) is None


def ready(newcomer: Newcomer) -> None:
    def answers() -> bool:
        try:
            return get(int(newcomer.ports["9090"]), "/-/ready")[0] == 200
        except OSError:
            return False

    until(answers, "the gateway is ready", 30)


def assert_is_what_the_page_shows(reply: str) -> None:
    (shown,) = (block.text for block in PAGE.blocks if block.language == "text")
    assert [line for line in shown.splitlines() if line not in reply.splitlines()] == []


def test_the_page_can_be_read_at_one_sitting() -> None:
    assert len(PAGE.text.splitlines()) <= 180
