"""Watching: whatever becomes of the file, what it holds at last is in force, and nothing of what it held on the way.

The test says when the watch looks, so that it can write between two looks.
"""

import asyncio
import io
import json
import os
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.config.load import load_text, quick_start
from gateway.server import GatewayProcess, watching
from gateway.watching import REST, Rest, Sight, Watch, sight
from tests.support.certificates import Authority
from tests.support.logs import captured_logs
from tests.support.running import SHORT, running
from tests.support.writers import WRITERS, Writer, in_place, kubelet

A, B, C = ((1,),), ((2,),), ((3,),)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ([A] * 9, [2]),
        ([A] * 3 + [B] * 9, [2, 5]),
        ([A] * 3 + [B] * 2 + [C] * 3, [2, 7]),
        ([A] * 3 + [B] * 2 + [A] * 9, [2]),
        ([A, B] * 9, []),
        ([A] * 3 + [B, C] * 4 + [C] * 9, [2, 12]),
        ([A] * 3 + [B] * 3 + [A] * 3, [2, 5, 8]),
    ],
    ids=["what is there", "new", "in two steps", "and back", "never at rest", "many times", "there and back again"],
)
def test_what_is_new_is_told_once_it_has_come_to_rest(seen: list[Sight], told: list[int]) -> None:
    assert REST == 3
    rest = Rest()
    assert [look for look, one in enumerate(seen) if rest.after(one)] == told


@pytest.mark.parametrize("write", WRITERS)
def test_every_way_to_write_can_be_seen(write: Writer, tmp_path: Path) -> None:
    """Also where the number of bytes stays."""
    file = tmp_path / "folder" / "gateway.yaml"
    file.parent.mkdir()
    file.write_text("0")
    seen = [sight([file])]
    for number in "123":
        write(file, number)
        seen.append(sight([file]))
        assert file.read_text() == number
    assert len(set(seen)) == len(seen)


def test_a_file_that_is_not_there_is_a_sight_too(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    seen = [sight([file])]
    file.mkdir()
    seen.append(sight([file]))
    file.rmdir()
    seen.append(sight([file / "below"]))
    file.write_text("")
    seen += [sight([file]), sight([file / "below"])]
    assert seen.pop(2) == seen[0]
    assert len(set(seen)) == 4


class Looks:
    """A watch over the files of a gateway that looks when it is told to."""

    def __init__(self, gateway: GatewayProcess) -> None:
        self._gateway, self._loop = gateway, asyncio.get_running_loop()
        self._turns, self._waits = threading.Semaphore(0), asyncio.Event()
        self._reactions: list[asyncio.Event] = []
        self._is_over = False

    @asynccontextmanager
    async def begun(self) -> AsyncIterator["Looks"]:
        with Watch(self._paths, self._react, every=0.001):
            await self._waits.wait()
            yield self
            self._is_over = True
        self._turns.release()

    def _paths(self) -> tuple[Path, ...]:
        """In the thread of the watch."""
        if not self._is_over:
            self._loop.call_soon_threadsafe(self._waits.set)
        self._turns.acquire()
        return self._gateway.reloader.files()

    def _react(self) -> Coroutine[None, None, None]:
        self._reactions.append(asyncio.Event())
        return self._reloaded(self._reactions[-1])

    async def _reloaded(self, done: asyncio.Event) -> None:
        await self._gateway.reloader.reload_if_changed()
        done.set()

    async def look(self, times: int = 1) -> None:
        """And until all that follows from it is done."""
        for _ in range(times):
            self._waits.clear()
            self._turns.release()
            await self._waits.wait()
            for reaction in self._reactions:
                await reaction.wait()


WAIT = "retry_after: {{default: {}s}}\n"


class House:
    """A gateway whose file is watched, and what it says."""

    def __init__(self, gateway: GatewayProcess, looks: Looks, file: Path, log: io.StringIO) -> None:
        self.gateway, self.file, self.look = gateway, file, looks.look
        self._log, self._read = log, 0

    def text(self, seconds: object) -> str:
        return SHORT + WAIT.format(seconds)

    def write(self, seconds: object, write: Writer = in_place) -> None:
        write(self.file, self.text(seconds))

    @property
    def seconds(self) -> float:
        """What is in force."""
        return self.gateway.runtime.settings.policy.retry.default

    def said(self) -> list[str]:
        """Since it was asked last."""
        lines = self._log.getvalue().splitlines()
        news, self._read = lines[self._read :], len(lines)
        return [json.loads(line)["message"] for line in news]

    @property
    def is_well(self) -> bool:
        return b"\npacs_gateway_config_last_reload_successful 1.0\n" in self.gateway.runtime.metrics.render()


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setenv("UPSTREAM", "http://127.0.0.1:1")
    with captured_logs() as stream:
        async with (
            running(folder, "http://127.0.0.1:1", WAIT.format(10)) as gateway,
            Looks(gateway).begun() as looks,
        ):
            house = House(gateway, looks, folder / "gateway.yaml", stream)
            await house.look(REST)
            assert house.said() == []
            yield house


@pytest.mark.parametrize("write", WRITERS)
async def test_a_change_takes_effect_by_itself_however_it_was_made(write: Writer, house: House) -> None:
    for seconds in (20, 30, 40):
        house.write(seconds, write)
        await house.look(REST)
        assert house.seconds == seconds
        reloaded, change = house.said()
        assert reloaded.startswith(f"reloaded {house.file} (the file changed), now ")
        assert change == f"change: retry_after.default: {seconds - 10}s -> {seconds}s"


async def test_a_file_that_is_being_written_is_left_to_its_writer(house: House) -> None:
    """Its first half would be refused; its second may be long in coming."""
    text = house.text(20)
    for end in range(0, len(text), 40):
        house.file.write_text(text[:end])
        await house.look(REST - 1)
    house.file.write_text(text)
    await house.look(REST)
    assert (house.seconds, len(house.said()), house.is_well) == (20, 2, True)


async def test_half_a_file_is_refused_in_one_line_and_forgotten_once_it_is_whole(house: House) -> None:
    house.file.write_text(house.text(20)[:100])
    await house.look(9)
    (refused,) = house.said()
    assert refused.startswith(f"reload refused (the file changed), the old configuration stays in force: {house.file}:")
    assert (house.seconds, house.is_well) == (10, False)
    house.write(20)
    await house.look(REST)
    assert (house.seconds, house.is_well) == (20, True)


async def test_what_was_refused_is_not_tried_again_until_it_changes(house: House) -> None:
    for _ in range(3):
        house.write("many")
        await house.look(REST)
    assert len(house.said()) == 1
    house.write("more")
    await house.look(REST)
    assert len(house.said()) == 1


async def test_a_mistake_taken_back_is_well_again_though_nothing_changes(house: House) -> None:
    house.write("many")
    await house.look(REST)
    assert (len(house.said()), house.is_well) == (1, False)
    house.write(10)
    await house.look(REST)
    (reloaded,) = house.said()
    assert (reloaded.endswith(": no changes"), house.is_well) == (True, True)


async def test_a_file_that_has_gone_is_told_and_may_come_back(house: House) -> None:
    text = house.file.read_text()
    house.file.unlink()
    await house.look(9)
    (refused,) = house.said()
    assert refused.endswith(f"{house.file}: cannot be read: No such file or directory")
    assert (house.seconds, house.is_well) == (10, False)
    house.file.write_text(text)
    await house.look(REST)
    assert (len(house.said()), house.is_well) == (1, True)


async def test_nobody_waits_for_what_a_pipe_in_its_place_may_bring(house: House) -> None:
    text = house.file.read_text()
    house.file.unlink()
    os.mkfifo(house.file)
    await house.look(9)
    await house.gateway.reloader.reload("SIGHUP")
    by_itself, asked = house.said()
    assert by_itself.startswith("reload refused (the file changed), the old configuration stays in force: ")
    assert asked.endswith(
        f"{house.file}: cannot be read: it is no regular file, and nothing else is read while the gateway runs"
    )
    house.file.unlink()
    house.file.write_text(text)
    await house.look(REST)
    assert (len(house.said()), house.is_well) == (1, True)


@pytest.mark.parametrize("write", WRITERS)
async def test_the_same_text_once_more_is_no_news(write: Writer, house: House) -> None:
    before = house.gateway.runtime.generation
    house.write(10, write)
    await house.look(9)
    house.file.touch()
    os.utime(house.file, (0, 0))
    await house.look(9)
    assert house.said() == []
    assert house.gateway.runtime.generation is before


async def test_a_comment_is_read_and_changes_nothing(house: House) -> None:
    house.file.write_text("# to be done\n" + house.text(10))
    await house.look(REST)
    (reloaded,) = house.said()
    assert reloaded.endswith(": no changes")


async def test_of_many_writes_the_last_one_counts(house: House) -> None:
    for number in range(11, 41):
        house.write(number, WRITERS[number % 3])
        await house.look(number % 2)
    await house.look(REST)
    assert (house.seconds, len(house.said())) == (40, 2)


async def test_what_somebody_asked_for_meanwhile_is_not_read_again(house: House) -> None:
    """A good file and a bad one."""
    for seconds in (20, "many"):
        house.write(seconds)
        await house.gateway.reloader.reload("SIGHUP")
        assert "(SIGHUP)" in house.said()[0]
        await house.look(REST)
        assert house.said() == []


async def test_what_changed_while_the_gateway_started_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPSTREAM", "http://127.0.0.1:1")
    gateway = running(tmp_path, "http://127.0.0.1:1", WAIT.format(10))
    in_place(tmp_path / "gateway.yaml", SHORT + WAIT.format(20))
    async with gateway, Looks(gateway).begun() as looks:
        await looks.look(REST)
        assert gateway.runtime.settings.policy.retry.default == 20


async def test_a_file_that_the_configuration_names_is_watched_as_well(house: House) -> None:
    """An authority of an archive: a reload reads it again, and trusts it from then on."""
    authority = Authority(house.file.parent).file
    text = house.text(10).replace("idle: 1s}", f"idle: 1s}}, tls: {{ca_file: {authority.name}}}")
    house.file.write_text(text.replace("${UPSTREAM}", "https://pacs"))
    await house.look(REST)
    assert house.is_well, house.said()
    house.said()
    Authority(house.file.parent)  # another one of the same name
    await house.look(REST)
    reloaded, change, _restart = house.said()
    assert f"({authority} changed)" in reloaded
    assert change == f"change: upstreams.pacs.tls.ca_file: {authority} has new content"
    certificates = authority.read_bytes()
    authority.unlink()
    await house.look(9)
    assert (len(house.said()), house.is_well) == (1, False)
    authority.write_bytes(certificates)
    await house.look(REST)
    assert (house.said()[0].endswith(": no changes"), house.is_well) == (True, True)


async def test_a_file_that_comes_later_than_what_names_it_is_waited_for(house: House) -> None:
    """A ConfigMap and a Secret are two volumes, each with a time of its own."""
    key = house.file.with_name("log-key")
    house.file.write_text(SHORT + f"logging: {{identifiers: hash, identifier_key_file: {key.name}}}\n")
    await house.look(REST)
    assert house.is_well is False
    assert "names no file that can be read" in house.said()[0]
    kubelet(key, "a key of some length")
    await house.look(REST)
    reloaded, *_, note = house.said()
    assert (house.is_well, f"({key} changed)" in reloaded) == (True, True)
    assert note == "logging changed and takes effect at the next start"


async def test_who_leaves_reads_nothing_any_more(house: House) -> None:
    house.gateway.runtime.begin_to_leave()
    house.write(20)
    await house.look(REST)
    assert (house.seconds, house.said()) == (10, [])


@pytest.mark.parametrize(
    ("source", "is_watched"),
    [("gateway.yaml", True), ("link", True), ("pipe", False), (None, False)],
    ids=["a file", "a link", "what came through a pipe", "a quick start"],
)
async def test_only_what_can_be_read_again_is_watched(source: str | None, is_watched: bool, tmp_path: Path) -> None:
    """`--config <(envsubst < template)` is read once."""
    (tmp_path / "gateway.yaml").touch()
    (tmp_path / "link").symlink_to("gateway.yaml")
    os.mkfifo(tmp_path / "pipe")
    file = tmp_path / source if source else None
    text = "version: 1\nupstreams: {pacs: {url: 'http://pacs'}}\n"
    settings = load_text(text, str(file), {}) if file else quick_start("http://pacs")
    reloader = GatewayProcess(settings, file).reloader
    assert isinstance(watching(reloader), Watch) is is_watched
