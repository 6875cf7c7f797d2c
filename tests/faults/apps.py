"""The waits of the product, shortened: what takes minutes in production takes seconds here. Nothing else changes.

CRASH_POINT in the environment arms a point of death; the product itself arms one only while debug is on.
"""

import os
from datetime import timedelta

from django.apps import AppConfig

LEASE = 3.0  # seconds; 60 in production
REST = 2.0  # an API that is not to be called: 60; a channel: 600, here twice this


class FaultsConfig(AppConfig):
    name = "tests.faults"
    label = "faults"

    def ready(self) -> None:
        from wecom import client, crash, jobs, limits, listen, tokens, worker
        from wecom.outbox import delivery

        jobs.LEASE = timedelta(seconds=LEASE)
        jobs.BACKOFF = tuple(timedelta(seconds=s) for s in (0.2, 0.5, 1, 2, 4, 8))
        worker.BEAT, worker.AWAY = 0.5, 0.3
        worker.BEAT_BELIEVED = timedelta(seconds=LEASE)
        listen.RECONNECT = 0.5
        client.CONNECT, client.READ, client.TOTAL = 1.0, 1.5, 3.0
        tokens.HOLD_OFF, tokens.LEASE, tokens.WAIT = 2, timedelta(seconds=2), 4.0
        limits.BREAKER_REST, limits.PROBE_EVERY = timedelta(seconds=REST), timedelta(seconds=2 * REST)
        delivery.API_REST = timedelta(seconds=REST)

        if point := os.environ.get("CRASH_POINT"):
            crash.arm(point, tally=os.environ["CRASH_TALLY"])
