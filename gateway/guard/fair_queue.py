"""A queue in which clients take turns, whatever each of them has asked for."""

from collections import OrderedDict, deque
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """Whoever waits belongs to a client."""

    @property
    def client(self) -> str: ...


W = TypeVar("W", bound=Waiting)


class FairQueue(Generic[W]):
    """First in, first out for each client; one of each client in turn."""

    def __init__(self) -> None:
        self._clients: OrderedDict[str, deque[W]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def push(self, item: W) -> None:
        self._clients.setdefault(item.client, deque()).append(item)
        self._length += 1

    def first(self) -> W:
        """Who is next. Only where somebody waits."""
        return next(iter(self._clients.values()))[0]

    def pop(self) -> W:
        """Take who is next; its client goes to the end."""
        item = self.first()
        self.remove(item)
        if item.client in self._clients:
            self._clients.move_to_end(item.client)
        return item

    def remove(self, item: W) -> None:
        places = self._clients[item.client]
        places.remove(item)
        self._length -= 1
        if not places:
            del self._clients[item.client]

    def held_by(self, client: str) -> int:
        return len(self._clients.get(client, ()))

    def last_of_largest(self) -> W:
        """The latest of the client that holds most places. Only where somebody waits."""
        return max(self._clients.values(), key=len)[-1]
