"""Real archives and a real gateway process, started once for the whole folder."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from dicomweb_client import DICOMwebClient

from tests.image.containers import ContainedGateway
from tests.pacs.archives import Orthanc, TinyPacs, tiny_pacs_programs
from tests.pacs.gateway_process import Gateway
from tests.pacs.samples import UIDS, ct, odd_objects, part10
from tests.pacs.wire import store
from tests.support.servers import Server


@pytest.hookimpl(tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.pacs)


def _started(stack: ExitStack, server: Server) -> None:
    stack.callback(server.stop)
    server.start()


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """Orthanc with three CTs of one study and the odd objects."""
    server = Orthanc(tmp_path_factory.mktemp("orthanc"))
    with ExitStack() as stack:
        _started(stack, server)
        files = [part10(ct(f"{UIDS}.1", number)) for number in (1, 2, 3)]
        for batch in (files, [file for _, file in odd_objects()]):
            store(server.base, *batch)
        yield server


@pytest.fixture(scope="session")
def gateway(
    orthanc: Orthanc, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Gateway]:
    """The gateway in front of Orthanc: a process, or a container."""
    folder, image = tmp_path_factory.mktemp("gateway"), pytestconfig.getoption("image")
    server = ContainedGateway(folder, orthanc.base, image) if image else Gateway(folder, orthanc.base)
    with ExitStack() as stack:
        _started(stack, server)
        yield server
        assert server.stop() == 0


@pytest.fixture(scope="session")
def tiny_pacs(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[TinyPacs]:
    programs = tiny_pacs_programs(Path(pytestconfig.cache.mkdir("tiny_pacs")))
    server = TinyPacs(tmp_path_factory.mktemp("tiny_pacs"), programs)
    with ExitStack() as stack:
        _started(stack, server)
        yield server


@pytest.fixture
def start() -> Iterator[Callable[[Server], None]]:
    """Starts a server for one test alone. It is not asked to leave: Orthanc takes seconds to do so."""
    with ExitStack() as stack:

        def started(server: Server) -> None:
            stack.callback(server.kill)
            server.start()

        yield started


@pytest.fixture(scope="session")
def client_of() -> Iterator[Callable[[Server, str], DICOMwebClient]]:
    """A DICOMwebClient for a server: no proxy of the environment, no repetition behind our back."""
    with ExitStack() as stack:

        def client(server: Server, root: str = "/dicom-web") -> DICOMwebClient:
            session = stack.enter_context(requests.Session())
            session.trust_env = False
            made = DICOMwebClient(server.base + root, session=session)
            made.set_http_retry_params(retry=False)
            return made

        yield client
