"""Where expresses depart."""

from collections.abc import Callable

from gateway.core.facts import classified_by
from gateway.guard.admission import Load
from gateway.guard.protection import Asking
from gateway.proxy.admission import Admission
from gateway.proxy.aiohttp_seam import DownstreamProtocol
from gateway.proxy.express.acquaintance import Acquaintance
from gateway.proxy.express.express import Express
from gateway.proxy.express.shared import Shared
from gateway.proxy.generation import Generation
from gateway.telemetry.telemetry import Telemetry


class Station:
    """Looks at each request of a connection that is acquainted."""

    def __init__(
        self, generation: Callable[[], Generation], load: Callable[[], Load], admission: Admission, telemetry: Telemetry
    ) -> None:
        self._generation, self._load, self.shared = generation, load, Shared(admission, telemetry)

    def departs(self, client: DownstreamProtocol, data: bytes) -> bool:
        """Whether an express takes this request: these bytes are one, in usual words, and it need not wait for anything."""
        known, generation = client.acquaintance, self._generation()
        if not isinstance(known, Acquaintance) or not known.usual or known.generation is not generation:
            return False
        target = known.target(data)
        route = generation.route(target) if target else None
        if target is None or route is None or len(target) > generation.settings.server.limits.target:
            return False
        classification = classified_by("GET", target, known.hints, route.service)
        usual = known.usual.get((route.id, classification.transaction.id))
        load = self._load()
        if usual is None or load.draining:
            return False
        pool = generation.pools[route.upstream]
        connection = pool.idle.take()
        if connection is None:
            return False
        leave = self.shared.admission.at_once(route.upstream, Asking(classification, known.came.peer.client), load)
        if leave is None:
            pool.idle.give_back(connection)
            return False
        Express(self.shared, client, known, usual, target, route, classification, pool, connection, leave).depart()
        return True
