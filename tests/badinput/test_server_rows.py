"""faults.md 4.2 where the server decides: rows as bytes on a socket of the real gunicorn, run as in docs/production.md.

Slow senders (F16) are not here: gunicorn waits for each in a thread, so the proxy before it has to collect requests.
"""

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.badinput.wire import Post, ciphertext_of, signed
from tests.journeys.city import City
from tests.support import wait_until
from tests.wecom.wire import message
from wecom.models import Callback


@pytest.fixture
def site(transactional_db: Any) -> Iterator[City]:
    """The web server alone: two processes of four threads."""
    made = City()
    try:
        made.start_web()
        wait_until(lambda: made.answers("/healthz"), seconds=40, what="the web server")
        yield made
    finally:
        made.stop()


LINE = b"POST /wecom/callback/?{query} HTTP/1.1"
VALID, LENGTH = b"{body}", b"Content-Length: {length}"  # filled in with a valid callback when the row is sent
LARGE = b"x" * 10_000_000


def raw(*headers: bytes, line: bytes = LINE, body: bytes = VALID, host: bytes = b"Host: 127.0.0.1") -> bytes:
    return b"\r\n".join([line, host, b"Connection: close", *headers, b"", body])


def to(address: bytes) -> bytes:
    return raw(LENGTH, line=b"POST " + address + b"?{query} HTTP/1.1")


ROWS: list[tuple[str, str, bytes, set[int]]] = [
    ("-", "a valid one", raw(LENGTH), {200}),
    ("P2", "10 MB", raw(b"Content-Length: 10000000", body=LARGE), {413}),
    ("P2", "10 MB, declared as 100 bytes", raw(b"Content-Length: 100", body=LARGE), {400}),
    ("P2", "declared as 70,000 bytes, and nothing comes", raw(b"Content-Length: 70000", body=b""), {413}),
    ("P2", "chunks", raw(b"Transfer-Encoding: chunked", body=b"4\r\n<xml\r\n0\r\n\r\n"), {400, 413}),
    (
        "P2",
        "10 MB in chunks",
        raw(b"Transfer-Encoding: chunked", body=b"989680\r\n" + LARGE + b"\r\n0\r\n\r\n"),
        {400, 413},
    ),
    ("P2", "chunks that are none", raw(b"Transfer-Encoding: chunked", body=b"zz\r\n"), {400}),
    ("P2", "neither length nor chunks", raw(), {400, 411}),
    ("P3", "length -1", raw(b"Content-Length: -1"), {400}),
    ("P3", "length 1e5", raw(b"Content-Length: 1e5"), {400}),
    ("P3", "length +10", raw(b"Content-Length: +10"), {400}),
    ("P3", "length of a thousand digits", raw(b"Content-Length: " + b"9" * 1000), {400, 413}),
    ("P3", "two lengths", raw(b"Content-Length: 10", b"Content-Length: 20"), {400}),
    ("P3", "two lengths in one", raw(b"Content-Length: 10, 20"), {400}),
    ("P3", "length and chunks", raw(b"Content-Length: 10", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), {400}),
    ("P4", "NUL in a header", raw(LENGTH, b"Content-Type: text/xml; charset=\x00"), {400}),
    ("P4", "a header folded", raw(LENGTH, b"Content-Type: text/xml;\r\n charset=x"), {400}),
    ("P27", "two slashes", to(b"//wecom/callback/"), {404}),
    ("P27", "two slashes within", to(b"/wecom//callback/"), {404}),
    ("P27", "%2e%2e", to(b"/wecom/x/%2e%2e/callback/"), {404}),
    ("P27", "..", to(b"/nothing/../wecom/callback/"), {404}),
    ("P27", "%2f", to(b"/wecom%2fcallback/"), {200, 404}),
    ("P27", "%00", to(b"/wecom/callback/%00"), {404}),
    ("P27", "%ff", to(b"/wecom/callback/%ff"), {404}),
    ("P27", "an address with a host", to(b"http://elsewhere.example/wecom/callback/"), {200, 400}),
    ("P27", "no address", raw(LENGTH, line=b"POST  HTTP/1.1"), {400}),
    ("P27", "an address of 100 kB", to(b"/" + b"a" * 100_000), {400, 414, 431}),
    ("P32", "100 kB of cookies", raw(LENGTH, b"Cookie: a=" + b"x" * 100_000), {400, 431}),
    ("P32", "100 kB of authorization", raw(LENGTH, b"Authorization: " + b"x" * 100_000), {400, 431}),
    ("P32", "1,000 headers", raw(LENGTH, *(b"X-%d: 1" % n for n in range(1000))), {400, 431}),
    ("V12", "TRACE", raw(line=b"TRACE /wecom/callback/ HTTP/1.1", body=b""), {405}),
    ("V12", "a method of its own", raw(line=b"PROPFIND /wecom/callback/ HTTP/1.1", body=b""), {405}),
    ("-", "no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
    ("-", "another host", raw(LENGTH, host=b"Host: a b"), {400}),
]


def valid(number: int) -> Post:
    return signed(ciphertext_of(message(TaskId=f"t-{number}")))


def fill(template: bytes, post: Post) -> bytes:
    query = "&".join(f"{name}={value}" for name, value in post.query.items()).encode()
    values = {b"{query}": query, b"{body}": post.body, b"{length}": str(len(post.body)).encode()}
    return re.sub(rb"\{(?:query|body|length)\}", lambda match: values[match[0]], template)


def send(site: City, data: bytes, *, seconds: float = 10) -> int:
    """The status that the server gives these bytes; 0 where it hangs up without a word."""
    host, _, port = site.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as wire:
        try:
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has heard enough; the answer may have come already
        try:
            head = wire.recv(64)
        except ConnectionResetError:
            return 0
    return int(head.split()[1]) if head.startswith(b"HTTP/1.") else 0


def test_bad_bytes_get_their_status_and_nothing_is_kept(site: City) -> None:
    wrong, kept = [], 0
    for number, (row, what, template, statuses) in enumerate(ROWS):
        started = time.monotonic()
        status = send(site, fill(template, valid(number)))
        kept += status == 200
        if status not in statuses or time.monotonic() - started > 3:
            wrong.append(f"{row} {what}: {status} after {time.monotonic() - started:.1f} s, not {sorted(statuses)}")
    assert not wrong, "\n".join(wrong)
    assert Callback.objects.count() == kept


def workers(site: City) -> list[int]:
    """gunicorn's processes that answer."""
    master = site.processes["web"].pid
    return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def memory(pid: int, what: str) -> float:
    """MB that a process holds now (VmRSS), or has held at most (VmHWM)."""
    return int(Path(f"/proc/{pid}/status").read_text().partition(f"{what}:")[2].split()[0]) / 1024


@contextmanager
def alone(pid: int, pids: list[int]) -> Iterator[None]:
    """For the time of the block all the other processes stand still, so that this one answers everything."""
    others = [other for other in pids if other != pid]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)


def flood(site: City, length: int, *, rounds: int) -> set[int]:
    """Callbacks of so many bytes in every way in which a length is told or hidden, eight at a time; their statuses."""
    large = b"x" * length
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (length, large)
    small_chunks = b"1000\r\n%s\r\n" % (b"x" * 4096) * (length // 4096) + b"0\r\n\r\n"
    posts = [
        raw(b"Content-Length: %d" % length, body=large),
        raw(b"Content-Length: 100", body=large),
        raw(b"Transfer-Encoding: chunked", body=chunked),
        raw(b"Transfer-Encoding: chunked", body=small_chunks),
        raw(body=large),
    ]
    filled = [fill(post, valid(0)) for post in posts]
    with ThreadPoolExecutor(8) as pool:
        return set(pool.map(lambda post: send(site, post, seconds=30), filled * rounds))


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is read off Linux's /proc")
def test_p2_bodies_of_10_mb_leave_the_memory_flat(site: City) -> None:
    pids = workers(site)
    for pid in pids:
        with alone(pid, pids):
            flood(site, 70_000, rounds=20)  # every thread has run, every module is there
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak counts from here
    before = {pid: memory(pid, "VmRSS") for pid in pids}
    statuses = flood(site, len(LARGE), rounds=40)
    assert {400, 413} <= statuses <= {0, 400, 411, 413}
    assert workers(site) == pids
    grown = {pid: (memory(pid, "VmRSS") - before[pid], memory(pid, "VmHWM") - before[pid]) for pid in pids}
    assert all(now < 3 and peak < 5 for now, peak in grown.values()), f"MB more, now and at most: {grown}"


def test_f15_whoever_hangs_up_before_the_answer_has_been_kept(site: City) -> None:
    host, _, port = site.url.removeprefix("http://").partition(":")
    for number in range(5):
        with socket.create_connection((host, int(port))) as wire:
            wire.sendall(fill(raw(LENGTH), valid(number)))
    wait_until(lambda: Callback.objects.count() == 5, what="five rows")
    assert [send(site, fill(raw(LENGTH), valid(number))) for number in range(5)] == [200] * 5
    assert sorted(Callback.objects.values_list("repeats", flat=True)) == [1] * 5
