"""Who comes back when it was told to is served then: the simulation of the bench, held to its goal."""

import pytest

from bench.returns import CLIENTS, GOAL, SCENES, Scene, played


@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
def test_who_honours_retry_after_is_served_on_its_next_try(scene: Scene) -> None:
    hospital = played(scene)
    assert hospital.returns > CLIENTS / 2, "enough were turned away to tell"
    assert hospital.share >= GOAL
