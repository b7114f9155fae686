"""The soak: hours of an archive's bad days in minutes, with the books of everybody compared at the end.

A gateway and an archive, each a process; clients of many kinds; an archive that resets, stalls, lies about lengths, talks out
of turn, is killed and comes back; a configuration that is reloaded all the while. Afterwards every store acknowledged
is in the archive once, every content that looks whole is whole and is the one that was asked for, the counts of clients,
metrics and access log agree, and the gateway holds nothing that it did not hold before.

    make soak MINUTES=10 SEED=1
"""

import argparse
import asyncio
import itertools
import logging
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.soak_books import Books, imbalances
from bench.soak_clients import KINDS, Visitor, visit
from bench.soak_processes import ArchiveProcess, GatewayUnderTest
from bench.soak_report import report


async def load(gateway: GatewayUnderTest, books: Books, seed: int, over: asyncio.Event) -> None:
    """All clients, until it is over."""
    numbers = itertools.count(1_000_000)
    async with asyncio.TaskGroup() as group:
        for act, many in KINDS.items():
            for one in range(many):
                name = act.__name__
                visitor = Visitor(name, gateway.port, f"{seed} {name} {one}", books, numbers)
                group.create_task(visit(act, visitor, over))


async def disturb_archive(archive: ArchiveProcess, chance: random.Random, over: asyncio.Event) -> None:
    """Kill it and start it again."""
    while not await passed(over, chance.uniform(8, 20)):
        await archive.kill()
        await passed(over, chance.uniform(0.1, 1.0))
        await archive.start()


async def disturb_gateway(gateway: GatewayUnderTest, chance: random.Random, over: asyncio.Event) -> None:
    """Reload, in both ways, good configurations and a broken one."""
    for turn in itertools.count():
        if await passed(over, chance.uniform(1, 4)):
            break
        gateway.write_configuration(turn)
        if chance.random() < 0.5:
            gateway.signal(signal.SIGHUP)
        else:
            await gateway.ask("POST", "/-/reload")
    gateway.write_configuration(0)


async def passed(over: asyncio.Event, seconds: float) -> bool:
    """Whether it is over, told then or after so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await over.wait()
    except TimeoutError:
        return False
    return True


async def soak(seconds: float, seed: int, folder: Path) -> int:
    books, over, chance = Books(), asyncio.Event(), random.Random(seed)  # noqa: S311 - a dice, not a secret
    archive = ArchiveProcess(folder, seed)
    gateway = GatewayUnderTest(folder, archive.port)
    await archive.start()
    await gateway.start()
    try:
        began = time.monotonic()
        asyncio.get_running_loop().call_later(seconds, over.set)
        async with asyncio.TaskGroup() as group:
            group.create_task(load(gateway, books, seed, over))
            group.create_task(disturb_archive(archive, chance, over))
            group.create_task(disturb_gateway(gateway, chance, over))
            group.create_task(gateway.watch(over))
        elapsed = time.monotonic() - began
        found = await gateway.testify(archive.ledger())
    finally:
        await gateway.kill()
        await archive.kill()
    wrong = list(imbalances(books, found, most_growth=8.0))
    print(report(books, found, gateway, archive, elapsed, seed, wrong))
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for what the processes write, to look into afterwards")
    options = parser.parse_args()
    logging.getLogger("asyncio").setLevel(
        logging.ERROR
    )  # it warns of clients that write to connections which were reset
    with tempfile.TemporaryDirectory() as folder:
        place = options.keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        return asyncio.run(soak(options.minutes * 60, options.seed, place))


if __name__ == "__main__":
    sys.exit(main())
