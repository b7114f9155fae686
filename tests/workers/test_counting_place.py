"""Where the workers' counts are kept."""

import tempfile
from pathlib import Path

import pytest

from gateway.config.load import quick_start
from gateway.ports import CannotStart
from gateway.workers import summing, supervisor


def test_without_a_place_to_write_nothing_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A read-only file system without /dev/shm: one sentence, and no traceback."""
    nowhere = str(tmp_path / "nowhere")
    monkeypatch.setattr(summing, "_IN_MEMORY", nowhere)
    monkeypatch.setattr(tempfile, "tempdir", nowhere)
    with pytest.raises(CannotStart, match=r"^server\.workers: .*/dev/shm"):
        supervisor.serve(quick_start("http://127.0.0.1:1"), None, 2)
