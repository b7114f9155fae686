"""Several processes on one port, for archives that are quicker than one core.

    supervisor --- signals, the admin port, reloads; keeps every socket; sees no request
      |    \\
      |     nursery --- forks, and does nothing else
      |        |
      +---- workers 0, 1, ... --- each the whole gateway for its share of the clients, with an event loop of its own

Each worker has a listening socket of its own on the common port (SO_REUSEPORT), and the supervisor has them all. So when a
worker dies, those who wait to be accepted go on waiting, for its successor.

How workers are started. A fresh interpreter would take half a second of a core for each to load what all have in common. A
fork takes a millisecond, but only of a process without a running loop, threads and open connections is a copy sound: it
would hold the connections of operators open, and unregister them from a poll that it shares. So the supervisor forks once,
when everything is loaded and nothing runs yet; that copy, the nursery, does nothing but fork workers, the first and all that
replace them.

Supervisor and worker talk over a socket pair (`channel`). It is also how a worker learns that its supervisor is no more: it
lets its exchanges end and leaves. Signals are the supervisor's alone: the others ignore them, because a terminal, or an
init system that ends a group, sends them to every process.
"""
