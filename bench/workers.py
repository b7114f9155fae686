"""One worker and two: how many requests a second, where nobody but the gateway is at its limit.

A request that goes the short way costs the gateway little more than it costs the load and the archive, which need cores
too. So it is asked for what is dear to judge: metadata by keyword, as some archives write it, which is parsed to tell it
from an error.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from bench.contents import Content
from bench.measure import Sample, measure, warm
from bench.peers import Running, chosen, launch
from bench.stage import Stage
from bench.tables import Table, duration

WORKERS = (1, 2)
_ROUNDS = 5
_CONNECTIONS = 64


def dear_to_judge(instances: int = 400) -> Content:
    """Metadata with keywords in the place of tags."""
    media = "application/dicom+json"
    values = [
        {"Modality": "CT", "InstanceNumber": number, "SOPInstanceUID": f"2.25.{number}"} for number in range(instances)
    ]
    body = json.dumps([{name: {"vr": "LO", "Value": [value]} for name, value in one.items()} for one in values])
    return Content("metadata", "/dicom-web/studies/2.25.1001/metadata", media, media, body.encode(), _CONNECTIONS)


def by_workers(stage: Stage) -> Table:
    """They take turns on all cores of the machine, the load and the archive beside them."""
    content = dear_to_judge()
    everywhere = stage.core | stage.others
    archive = stage.archive((content,))
    rounds: list[list[Sample]] = [[] for _ in WORKERS]
    for turn in range(_ROUNDS):
        for place, workers in enumerate(WORKERS):
            with _gateway(stage, archive, everywhere, workers) as gateway:
                warm(gateway, content, 1, everywhere)
                rounds[place].append(measure(gateway, content, turn, stage.seconds, everywhere))
    first = rounds[0]
    rows = [
        (
            f"{workers}",
            f"{median(sample.rate for sample in samples):,.0f}",
            f"{median(one.rate / other.rate for one, other in zip(samples, first, strict=True)):.2f}",
            duration(median(sample.cpu for sample in samples)),
            f"{median(sample.busy for sample in samples):.2f}",
        )
        for workers, samples in zip(WORKERS, rounds, strict=True)
    ]
    columns = ("workers", "per second", "by one worker", "processor time of each", "cores busy")
    note = (
        f"On {os.cpu_count()} cores, with the load and the archive. The ratio is the median of those within each round."
    )
    return Table("Requests per second, by workers", columns, tuple(rows), note)


@contextmanager
def _gateway(stage: Stage, archive: int, where: frozenset[int], workers: int) -> Iterator[Running]:
    folder = stage.folder / f"workers-{workers}"
    folder.mkdir(exist_ok=True)
    running = launch(chosen("gateway")[0], folder, archive, where, workers=workers)
    with running.process as process:
        process.listening(running.port)
        yield running
