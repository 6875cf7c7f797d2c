"""The load, in a process of its own: sockets, epoll and requests that were written out before.

    send("closed", port, requests, connections=16, seconds=2)    each connection asks again when it has its answer
    send("burst", port, requests)                                 all at once, each on a connection of its own
    send("paced", port, requests, rate=40)                        so many a second, whether they are answered or not

It parses no more of an answer than its status and length, so that one core is enough for it and some to spare.
"""

import pickle
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.support import ROOT

HOST = "127.0.0.1"
GIVE_UP = 15.0  # seconds until what has no answer counts as none


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one request: when it left (time.monotonic), seconds to its answer, status (0: none came)."""

    at: float
    seconds: float
    status: int


@dataclass(frozen=True, slots=True)
class Heard:
    sent: list[Sent]
    seconds: float  # from the first request to the last answer
    cpu: float  # seconds that the generator itself used meanwhile

    @property
    def answered(self) -> list[Sent]:
        return [one for one in self.sent if one.status == 200]

    @property
    def per_second(self) -> float:
        return len(self.answered) / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class _Line:
    """One connection, and the request that is under way on it."""

    socket: socket.socket
    at: float = 0.0
    out: bytes = b""
    heard: bytes = b""


def send(mode: str, port: int, requests: list[bytes], **options: float) -> Heard:
    """Run the load in a child process and wait for its end."""
    job = pickle.dumps((mode, port, requests, options))
    command = [sys.executable, "-m", "tests.bench.load"]
    done = subprocess.run(command, input=job, stdout=subprocess.PIPE, cwd=ROOT, check=True, timeout=600)
    heard: Heard = pickle.loads(done.stdout)  # noqa: S301  our own child
    return heard


def ask_once(port: int, request: bytes) -> int:
    """The status of one answer; raises OSError where nobody listens."""
    line = _Line(_connected(port))
    with line.socket:
        line.socket.sendall(request)
        while (status := _read(line)) is None:
            pass
    return status


def closed(port: int, requests: list[bytes], *, connections: float, seconds: float) -> Iterator[Sent]:
    """Until the requests or the seconds are used up."""
    todo = iter(requests)
    stop = time.monotonic() + seconds
    selector = selectors.DefaultSelector()

    def next_on(line: _Line) -> None:
        request = next(todo, None) if time.monotonic() < stop else None
        if request is None:
            selector.unregister(line.socket)
            line.socket.close()
            return
        line.at, line.heard = time.monotonic(), b""
        line.socket.sendall(request)

    for _ in range(int(connections)):
        line = _Line(_connected(port))
        selector.register(line.socket, selectors.EVENT_READ, line)
        next_on(line)
    while selector.get_map():
        ready = selector.select(GIVE_UP)
        if not ready:
            yield from (Sent(key.data.at, GIVE_UP, 0) for key in selector.get_map().values())
            return
        for key, _ in ready:
            line = key.data
            status = _read(line)
            if status is None:
                continue
            yield Sent(line.at, time.monotonic() - line.at, status)
            if status == 0:
                selector.unregister(line.socket)
                line.socket.close()
                line = _Line(_connected(port))
                selector.register(line.socket, selectors.EVENT_READ, line)
            next_on(line)


def burst(port: int, requests: list[bytes]) -> Iterator[Sent]:
    """All connections are opened at once, and each request leaves as soon as its connection stands."""
    selector = selectors.DefaultSelector()
    start = time.monotonic()
    for request in requests:
        line = _Line(socket.socket(), at=start, out=request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        line.socket.setblocking(False)
        line.socket.connect_ex((HOST, port))
        selector.register(line.socket, selectors.EVENT_WRITE, line)
    while selector.get_map():
        left = start + GIVE_UP - time.monotonic()
        ready = selector.select(left) if left > 0 else []
        if not ready:
            yield from (Sent(start, GIVE_UP, 0) for _ in selector.get_map())
            return
        for key, mask in ready:
            line = key.data
            status = _go_on(line, mask, selector)
            if status is not None:
                yield Sent(start, time.monotonic() - start, status)
                selector.unregister(line.socket)
                line.socket.close()


def paced(port: int, requests: list[bytes], *, rate: float) -> Iterator[Sent]:
    """At fixed moments; the time of an answer counts from its moment, so that a late start hides nothing."""
    selector = selectors.DefaultSelector()
    start, todo = time.monotonic(), list(reversed(requests))
    idle: list[socket.socket] = []
    while todo or selector.get_map():
        due = start + (len(requests) - len(todo)) / rate
        while todo and time.monotonic() >= due:
            line = _Line(idle.pop() if idle else _connected(port), at=due)
            line.socket.sendall(todo.pop())
            selector.register(line.socket, selectors.EVENT_READ, line)
            due = start + (len(requests) - len(todo)) / rate
        wait = due - time.monotonic() if todo else GIVE_UP
        ready = selector.select(max(wait, 0))
        if not ready and not todo:
            yield from (Sent(key.data.at, GIVE_UP, 0) for key in selector.get_map().values())
            return
        for key, _ in ready:
            line = key.data
            status = _read(line)
            if status is not None:
                selector.unregister(line.socket)
                line.socket.close()  # a connection that rests may be closed by the server at any moment
                yield Sent(line.at, time.monotonic() - line.at, status)


def _connected(port: int) -> socket.socket:
    line = socket.create_connection((HOST, port), timeout=GIVE_UP)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def _go_on(line: _Line, mask: int, selector: selectors.BaseSelector) -> int | None:
    try:
        if mask & selectors.EVENT_WRITE:
            line.out = line.out[line.socket.send(line.out) :]
            if not line.out:
                selector.modify(line.socket, selectors.EVENT_READ, line)
            return None
    except OSError:
        return 0
    return _read(line)


def _read(line: _Line) -> int | None:
    """The status, once all of the answer is there; 0 where the connection broke."""
    try:
        piece = line.socket.recv(65536)
    except OSError:
        return 0
    if not piece:
        return 0
    line.heard += piece
    head, found, body = line.heard.partition(b"\r\n\r\n")
    if not found:
        return None
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    return int(head[9:12]) if len(body) >= length else None


def _run() -> None:
    mode, port, requests, options = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  from our own parent
    modes: dict[str, Callable[..., Iterator[Sent]]] = {"closed": closed, "burst": burst, "paced": paced}
    before, start = time.process_time(), time.monotonic()
    sent = list(modes[mode](port, requests, **options))
    end = max((one.at + one.seconds for one in sent if one.status), default=start)
    heard = Heard(sent, end - start, time.process_time() - before)
    sys.stdout.buffer.write(pickle.dumps(heard))


if __name__ == "__main__":
    from tests.bench import load  # so that what is pickled is found under its own name

    load._run()
