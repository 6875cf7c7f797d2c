"""Decisions: who works on what is due. One process with some slots; as many processes and hosts as wanted.

    claim up to the number of free slots ─► a slot runs each row ─► claim again

Beside it one thread beats for the health check and renews the leases of the rows in hand, and another does the
periodic work if no other worker does. Stopping: nothing is claimed any more, calls in hand are finished.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, close_old_connections, connection, connections
from django.utils import timezone

from . import dispatch, inbox, jobs, leases, listen, outbox, watch
from .affinity import Affinity
from .masking import sort_of
from .models import Callback, Job, Outgoing

logger = logging.getLogger(__name__)

BEAT = 5.0  # seconds between two beats
BEAT_BELIEVED = timedelta(seconds=30)
CLOCK = 1.0  # seconds between two looks at what is due by the clock
FINISH_IN = 7.0  # seconds to finish what is in hand when told to stop; supervisors grant 10 for all of it
GATHER = 0.05  # seconds in which some slots come free, where many rows wait
AWAY = 1.0  # seconds until the database is tried again


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of rows: where they lie, which comes first, and what is done with one that was claimed."""

    model: type[Job]
    order: tuple[str, ...]
    work: Callable[[Any], None]


SORTS = {
    "callback": Sort(Callback, inbox.ORDER, inbox.process),
    "outgoing": Sort(Outgoing, outbox.ORDER, outbox.deliver),
}


def run(kind: str, pk: int) -> bool:
    """Execute one due row, here and now; the seam to another engine. Safe to call twice: False, it was not due."""
    sort = SORTS[kind]
    row = jobs.claim_one(sort.model, pk, worker=leases.me())
    if row is None:
        return False
    sort.work(row)
    return True


class Worker:
    """Runs due rows in `slots` threads until stop() is called."""

    def __init__(self, *, slots: int, hand_over: Callable[[str, int], object] | None = None) -> None:
        """`hand_over` takes the kind and id of a due row to another engine; without it, rows run here."""
        self.slots = slots
        self._take_elsewhere = hand_over
        self.name = leases.me()
        self._stopping = threading.Event()
        self._gone = threading.Event()
        self._wake = threading.Event()
        self._in_hand: dict[tuple[type, int], Job] = {}
        self._lock = threading.Lock()
        self._turns = deque(SORTS)
        self._many_wait = False  # the last look filled every free slot
        self._affinity = Affinity()

    def run(self) -> bool:
        """Work until told to stop. True: the calls in hand are finished; False: 7 seconds were not enough for one.

        Its row then stays under its lease, and is due again with a doubt after it, as after any death.
        """
        beside = [threading.Thread(target=work, name=work.__name__, daemon=True) for work in (self._pulse, self._clock)]
        for thread in beside:
            thread.start()
        listen.start(self._wake, self._stopping)
        pool = ThreadPoolExecutor(self.slots, thread_name_prefix="slot")
        _look_back()
        try:
            while not self._stopping.is_set():
                if not self._claim_into(pool):
                    self._wake.wait(self._pause())
                self._wake.clear()
                if self._many_wait:
                    self._affinity.stay()
                    self._gather()
                else:
                    self._affinity.roam()
        finally:
            finished = self._finish(pool, beside)
        return finished

    def stop(self) -> None:
        """Claim nothing any more. May be called from a signal handler."""
        self._stopping.set()
        self._wake.set()

    def _claim_into(self, pool: ThreadPoolExecutor) -> bool:
        """Fill the free slots; True where something was claimed, so that it is worth looking again at once."""
        try:
            if self._take_elsewhere:
                return self._hand_over(self._take_elsewhere)
            claimed = False
            for kind in self._turns:
                claimed = self._claim_kind(kind, pool) or claimed
            self._turns.rotate()  # neither sort of rows starves under a flood of the other
            self._many_wait = claimed and not self._free()
            return claimed and self._free() > 0
        except DatabaseError as exc:
            logger.error("the database is away, trying again: %s", sort_of(exc))
            _drop_connection()
            self._stopping.wait(AWAY)
            return True

    def _pause(self) -> float:
        """Seconds to sleep unless woken: until the next row becomes due by the clock, which nobody announces."""
        most = listen.poll_seconds()
        if most <= listen.POLL or not self._free():
            return most
        try:
            return min([most, *(jobs.seconds_to_next(sort.model) for sort in SORTS.values())])
        except DatabaseError:
            return most

    def _gather(self) -> None:
        """While many rows wait: a moment for some more slots to come free, so that one look fills them all."""
        give_up = time.monotonic() + GATHER
        while self._free() < self.slots // 2 and not self._stopping.is_set() and time.monotonic() < give_up:
            self._wake.wait(GATHER / 5)
            self._wake.clear()

    def _claim_kind(self, kind: str, pool: ThreadPoolExecutor) -> bool:
        sort = SORTS[kind]
        rows = jobs.claim(sort.model, order=sort.order, limit=self._free(), worker=self.name)
        for row in rows:
            with self._lock:
                self._in_hand[(sort.model, row.pk)] = row
            pool.submit(self._work, kind, row)
        return bool(rows)

    def _hand_over(self, take: Callable[[str, int], object]) -> bool:
        handed = False
        for kind, sort in SORTS.items():
            for pk in jobs.hand_over(sort.model, order=sort.order, limit=self.slots):
                try:
                    take(kind, pk)
                except Exception as exc:  # noqa: BLE001  whatever an engine may raise
                    logger.error("the other engine takes nothing: %s", sort_of(exc))
                    self._stopping.wait(AWAY)
                    return False
                handed = True
        return handed

    def _work(self, kind: str, row: Job) -> None:
        try:
            SORTS[kind].work(row)
        except Exception as exc:
            logger.error("not finished, due again after its lease: %s=%s", kind, row.pk, exc_info=exc)
            _drop_connection()
        finally:
            close_old_connections()  # a slot that waits keeps no connection of a pool from one that works
            with self._lock:
                self._in_hand.pop((type(row), row.pk), None)
            self._wake.set()

    def _free(self) -> int:
        with self._lock:
            return self.slots - len(self._in_hand)

    def _pulse(self) -> None:
        """Beat and renew, every few seconds: nothing that takes long, or the leases in hand run out."""
        while True:
            try:
                leases.beat(f"worker:{self.name}", BEAT_BELIEVED, holder=self.name)
                with self._lock:
                    rows = list(self._in_hand.values())
                jobs.renew(row for row in rows if _needs_renewal(row))
            except Exception as exc:
                logger.error("the pulse missed a beat: %s", sort_of(exc), exc_info=exc)
                _drop_connection()
            if self._gone.wait(BEAT):
                break
        connections.close_all()

    def _clock(self) -> None:
        """Do what is due by the clock."""
        while not self._stopping.wait(CLOCK):
            try:
                _periodic_work()
            except Exception as exc:
                logger.error("the clock missed a stroke: %s", sort_of(exc), exc_info=exc)
                _drop_connection()
        connections.close_all()

    def _finish(self, pool: ThreadPoolExecutor, beside: list[threading.Thread]) -> bool:
        """Let what is in hand come to its end, its leases still renewed; whether it did."""
        give_up = time.monotonic() + FINISH_IN
        while self._free() < self.slots and time.monotonic() < give_up:
            time.sleep(0.05)
        finished = self._free() == self.slots
        pool.shutdown(wait=False, cancel_futures=True)
        self._gone.set()
        for thread in beside:
            thread.join(timeout=0.5)
        try:
            leases.release(f"worker:{self.name}", holder=self.name)
        except DatabaseError as exc:
            logger.warning("no goodbye, the database is away: %s", sort_of(exc))
        connections.close_all()
        return finished


def _look_back() -> None:
    """Tell what has grown old while no worker ran, before it is worked off."""
    try:
        watch.look()
    except DatabaseError as exc:
        logger.error("the database is away: %s", sort_of(exc))
        _drop_connection()


def _needs_renewal(row: Job) -> bool:
    """Also where a clock wrote it that was ahead."""
    left = row.lease_until - timezone.now() if row.lease_until else timedelta(0)
    return not jobs.LEASE / 2 <= left <= jobs.LEASE


def _periodic_work() -> None:
    """The lease of a piece of work is its interval: whoever takes it does it, and nobody again before its end."""
    for item in dispatch.periodic_work():
        if leases.acquire(f"periodic:{item.name}", item.every, holder=leases.me()):
            logger.debug("periodic work: %s", item.name)
            try:
                item.work()
            except Exception as exc:
                logger.error("periodic work failed: %s", item.name, exc_info=exc)


def _drop_connection() -> None:
    """Give a broken connection back, so that the next use makes a new one."""
    try:
        connection.close()
    except DatabaseError:
        connection.connection = None
