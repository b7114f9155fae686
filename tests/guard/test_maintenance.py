"""Maintenance windows: when an archive is not asked, and until when."""

from gateway.guard.maintenance import Window, remaining, upcoming

WINDOWS = (Window(100, 200, "pacs"), Window(190, 250, "pacs"), Window(250, 260), Window(400, 500, "vna"))


def test_outside_of_a_window_nothing_is_held_back() -> None:
    assert remaining(WINDOWS, "pacs", 99.0) == 0
    assert remaining(WINDOWS, "pacs", 260.0) == 0
    assert remaining(WINDOWS, "vna", 150.0) == 0


def test_windows_that_follow_one_another_are_one_wait() -> None:
    assert remaining(WINDOWS, "pacs", 150.0) == 110.0


def test_a_window_without_an_upstream_is_for_all() -> None:
    assert remaining(WINDOWS, "vna", 255.0) == 5.0


def test_the_next_window_is_known_before_it_begins() -> None:
    assert upcoming(WINDOWS, "vna", 300.0) == Window(400, 500, "vna")
    assert upcoming(WINDOWS, "vna", 450.0) == Window(400, 500, "vna")
    assert upcoming(WINDOWS, "pacs", 300.0) is None
