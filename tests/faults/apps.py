"""The waits of the product, shortened: what takes minutes in production takes seconds here. Nothing else changes.

CRASH_POINT in the environment arms a point of death; the product itself arms one only while debug is on.
"""

import logging
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from django.apps import AppConfig

LEASE = 2.5  # seconds; 60 in production
REST = 2.0  # an API that is not to be called: 60; a channel: 600, here twice this
HOURLY, OFTEN = "faults.hourly", "faults.often"
STROKES = {HOURLY: timedelta(hours=1), OFTEN: timedelta(seconds=2)}


def _freezing_at(point: str) -> Callable[[str], None]:
    """A point where this process stops once, as under SIGSTOP, until it is thawed."""
    left = [point]

    def pass_by(passed: str) -> None:
        if passed in left:
            left.remove(passed)
            os.kill(os.getpid(), signal.SIGSTOP)

    return pass_by


class FaultsConfig(AppConfig):
    name = "tests.faults"
    label = "faults"

    def ready(self) -> None:
        from wecom import alerts, client, crash, dispatch, jobs, limits, listen, tokens, worker
        from wecom.outbox import delivery

        jobs.LEASE = timedelta(seconds=LEASE)
        jobs.BACKOFF = tuple(timedelta(seconds=s) for s in (0.2, 0.5, 1, 2, 4, 8))
        worker.BEAT, worker.AWAY, worker.CLOCK = 0.5, 0.3, 0.2
        alerts.AGAIN = timedelta(seconds=LEASE)
        for name in ("wecom.tell", "wecom.watch"):
            dispatch._periodic[name] = replace(dispatch._periodic[name], every=timedelta(seconds=0.5))
        worker.BEAT_BELIEVED = timedelta(seconds=LEASE)
        listen.RECONNECT = 0.5
        patience = float(os.environ.get("FAULTS_PATIENCE", "1.5"))
        client.CONNECT, client.READ, client.TOTAL = 1.0, patience, 2 * patience
        tokens.HOLD_OFF, tokens.REFUSED = timedelta(seconds=2), timedelta(seconds=2 * REST)
        tokens.LEASE, tokens.WAIT = timedelta(seconds=2), 4.0
        limits.BREAKER_REST, limits.PROBE_EVERY = timedelta(seconds=REST), timedelta(seconds=2 * REST)
        delivery.API_REST = timedelta(seconds=REST)

        self._register_poison()
        if os.environ.get("FAULTS_CLOCK"):
            self._register_strokes()
        if point := os.environ.get("CRASH_POINT"):
            crash.arm(point, tally=os.environ["CRASH_TALLY"])
        if point := os.environ.get("FREEZE_POINT"):
            crash.point = _freezing_at(point)

    def _register_strokes(self) -> None:
        """Where a scenario sets the clock: periodic work that does nothing but say when it was done."""
        from django.utils import timezone

        from wecom import dispatch
        from wecom.models import Lease

        def say(name: str) -> None:
            now = timezone.now()
            held = Lease.objects.filter(pk=f"periodic:{name}", until__gt=now)
            if held.exists():  # else it was taken before the clock was set, and is done again
                logging.getLogger(__name__).info("%s at %s", name, now.isoformat())

        for name, every in STROKES.items():
            dispatch.periodic(name, every=every)(partial(say, name))

    def _register_poison(self) -> None:
        """What always raises: a handler of the text "poison", and a kind of job."""
        from wecom import handlers, outbox

        def raises(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        @handlers.on_message("poison")
        def poison(event: object) -> None:
            raises()

        hours = timedelta(hours=1)
        outbox.register(outbox.Kind(name="faults.poison", prepare=raises, settle=raises, keeps_trying_for=hours))  # type: ignore[arg-type]
