"""The site: what a supervisor asks. No login, no secrets, nothing about members."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from wecom import standing
from wecom.masking import sort_of
from wecom.models import Callback, Outgoing

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process can answer at all; nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, migrations and a worker are there, else 503; `reasons` says why in words."""
    state: dict[str, Any] = {"database": "ok", "migrations": "ok", "worker": None, "oldest_waiting_seconds": None}
    try:
        reasons = _look_closely(state, timezone.now())
    except DatabaseError as exc:
        logger.error("not ready: the database does not answer: %s", sort_of(exc))
        state["database"], reasons = "down", ["the database does not answer"]
    answer = {"ready": not reasons, "reasons": reasons, **state}
    return JsonResponse(answer, status=503 if reasons else 200)


def _look_closely(state: dict[str, Any], now: datetime) -> list[str]:
    missing = _migrations_missing()
    if missing:
        state["migrations"] = "missing"
        return [f"{missing} migrations are not applied: run manage.py migrate"]
    state["oldest_waiting_seconds"] = _oldest_waiting(now)
    state["worker"] = "ok" if standing.workers() else "missing"
    return [] if state["worker"] == "ok" else ["no worker is running: start manage.py run_worker"]


def _migrations_missing() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _oldest_waiting(now: datetime) -> int:
    """Seconds since the longest waiting open row became due; 0 where nothing waits."""
    ages = (standing.oldest(model, now=now) for model in (Callback, Outgoing))
    return max((int(age.total_seconds()) for age in ages if age), default=0)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """How things stand, for Prometheus: the same whichever process answers, for it is all in the database."""
    registry = CollectorRegistry()
    registry.register(_Standing())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Standing(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = timezone.now()
        yield GaugeMetricFamily("wecom_workers", "Workers that are alive.", value=standing.workers())
        yield GaugeMetricFamily("wecom_paused", "Apps and APIs that rest.", value=standing.paused().count())
        dying = standing.dying_codes().count()
        yield GaugeMetricFamily("wecom_dying_codes", "Codes in use that die within two hours.", value=dying)
        open_rows = GaugeMetricFamily("wecom_open_rows", "Rows that wait or are being worked on.", labels=["table"])
        oldest = GaugeMetricFamily("wecom_oldest_seconds", "Since when the oldest one waits.", labels=["table"])
        needing = GaugeMetricFamily("wecom_needing_person", "Rows that wait for a person.", labels=["table", "state"])
        models: tuple[type[Callback] | type[Outgoing], ...] = (Callback, Outgoing)
        for model in models:
            table = str(model._meta.model_name)
            open_rows.add_metric([table], standing.waiting(model).count())
            age = standing.oldest(model, now=now)
            oldest.add_metric([table], age.total_seconds() if age else 0)
            for state in model.NEEDS_PERSON:
                needing.add_metric([table, state], standing.needing(model).filter(state=state).count())
        yield from (open_rows, oldest, needing)
