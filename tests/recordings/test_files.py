"""Files that never hold more than they may, whoever writes them and whatever the disk does."""

import os
import resource
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.recordings.files import FILES, CannotRecord, Files, Share, require_writable

LINE = b"x" * 99 + b"\n"


def written(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(folder.iterdir())]


def bytes_in(folder: Path) -> int:
    return sum(map(len, written(folder)))


def test_never_more_bytes_than_allowed(tmp_path: Path) -> None:
    files = Files(Share(tmp_path, 8000))
    for number in range(1000):
        files.append(LINE * (number % 7 + 1))
        assert bytes_in(tmp_path) <= 8000
    assert bytes_in(tmp_path) > 6000
    assert len(written(tmp_path)) <= 2 * FILES + 1


def test_the_oldest_go_first(tmp_path: Path) -> None:
    files = Files(Share(tmp_path, 800))
    for number in range(100):
        files.append(b"%03d\n" % number * 10)
    lines = b"".join(written(tmp_path)).split()
    assert lines == sorted(lines)
    assert lines[-1] == b"099"


def test_a_batch_that_is_larger_than_a_file_has_room_made_for_it(tmp_path: Path) -> None:
    files = Files(Share(tmp_path, 8000))
    for _ in range(20):
        files.append(LINE * 9)
    files.append(LINE * 40)
    assert bytes_in(tmp_path) <= 8000
    assert written(tmp_path)[-1] == LINE * 40


def test_they_are_for_the_user_of_the_gateway_alone(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "recordings"
    require_writable(folder)
    Files(Share(folder, 8000)).append(LINE)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_who_comes_back_goes_on_with_the_last_file(tmp_path: Path) -> None:
    for _ in range(3):
        files = Files(Share(tmp_path, 8000))
        files.append(LINE)
        files.close()
    assert written(tmp_path) == [LINE * 3]


def test_half_a_line_of_one_that_was_killed_is_taken_away(tmp_path: Path) -> None:
    Files(Share(tmp_path, 80_000)).append(LINE)
    (file,) = tmp_path.iterdir()
    with file.open("ab") as more:
        more.write(b'{"version":1,"ti')
    Files(Share(tmp_path, 80_000)).append(LINE)
    assert written(tmp_path) == [LINE * 2]


def test_each_process_has_files_of_its_own(tmp_path: Path) -> None:
    both = [Files(Share(tmp_path, 4000, place, 2)) for place in range(2)]
    for number in range(200):
        both[number % 2].append(LINE)
    assert bytes_in(tmp_path) <= 8000
    assert {file.name.split("-")[1] for file in tmp_path.iterdir()} == {"0", "1"}


def test_files_of_processes_that_are_no_more_go_first(tmp_path: Path) -> None:
    for place in range(4):
        Files(Share(tmp_path, 2000, place, 4)).append(LINE * 2)
    alone = Files(Share(tmp_path, 2000))
    for _ in range(60):
        alone.append(LINE)
    assert bytes_in(tmp_path) <= 2000
    assert {file.name.split("-")[1] for file in tmp_path.iterdir()} == {"0"}


def test_files_of_others_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "exchanges-saved.jsonl").write_bytes(LINE * 100)
    (tmp_path / "notes.txt").write_bytes(b"mine")
    files = Files(Share(tmp_path, 800))
    for _ in range(100):
        files.append(LINE)
    assert (tmp_path / "exchanges-saved.jsonl").read_bytes() == LINE * 100
    assert (tmp_path / "notes.txt").read_bytes() == b"mine"


def test_a_folder_that_is_removed_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    files = Files(Share(folder, 8000))
    files.append(LINE)
    shutil.rmtree(folder)
    files.append(LINE)
    assert written(folder) == [LINE]


def test_a_file_in_the_place_of_the_folder_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(CannotRecord) as caught:
        require_writable(tmp_path / "taken")
    assert str(caught.value) == f"recording.directory: recordings cannot be written to {tmp_path}/taken: File exists"


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """What the system takes of a line that goes beyond this is its beginning, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_in_the_middle_of_a_line_spoils_none(tmp_path: Path) -> None:
    files = Files(Share(tmp_path, 8000))
    files.append(LINE)
    with no_file_larger_than(150), pytest.raises(OSError, match="too large"):
        files.append(LINE)
    assert written(tmp_path) == [LINE]
    files.append(LINE)
    assert written(tmp_path) == [LINE * 2]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Who may write into the folder must not have the gateway write elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"")
    folder = tmp_path / "recordings"
    folder.mkdir()
    os.symlink(elsewhere, folder / "exchanges-0-000001.jsonl")
    with pytest.raises(OSError, match="symbolic"):
        Files(Share(folder, 8000)).append(LINE)
    assert elsewhere.read_bytes() == b""
