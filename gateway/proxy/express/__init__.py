"""The short way of a request: from the client's bytes to the archive's and back, without a task, a parser or a wait between.

    client -> Station -> Express -> archive -> Express -> client
                 |                     |
                 v                     v        wherever anything is not as usual
              exchange              exchange

For a request in the words of an earlier one (`acquaintance`), when nothing holds it back and a connection is at hand
(`station`); and for an answer that is like one that was judged (`core/likeness`), whose head needs only to be trimmed
(`usual`). As soon as anything is otherwise, what is under way is handed to the usual way (`exchange`) as it stands
(`begun`), and no byte is lost or sent twice. So nothing is decided here: whoever wants to know what the gateway does reads
the usual way.
"""

from gateway.proxy.express.acquaintance import get_acquainted
from gateway.proxy.express.begun import Begun
from gateway.proxy.express.express import Express
from gateway.proxy.express.station import Station

__all__ = ["Begun", "Express", "Station", "get_acquainted"]
