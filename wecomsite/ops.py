"""The site: what a supervisor asks. No login, no secrets, nothing about members."""

import logging
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from wecom.models import Callback, Job, Lease, Outgoing

logger = logging.getLogger(__name__)
WORKER = "worker:"  # the workers' leases are named so; each is renewed while its worker lives


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
        logger.error("not ready: the database does not answer: %s", type(exc).__name__)
        state["database"], reasons = "down", ["the database does not answer"]
    answer = {"ready": not reasons, "reasons": reasons, **state}
    return JsonResponse(answer, status=503 if reasons else 200)


def _look_closely(state: dict[str, Any], now: datetime) -> list[str]:
    missing = _migrations_missing()
    if missing:
        state["migrations"] = "missing"
        return [f"{missing} migrations are not applied: run manage.py migrate"]
    state["oldest_waiting_seconds"] = _oldest_waiting(now)
    state["worker"] = _worker_beat(now)
    return [] if state["worker"] == "ok" else ["no worker is running: start manage.py run_worker"]


def _migrations_missing() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _worker_beat(now: datetime) -> str:
    beats = Lease.objects.filter(name__startswith=WORKER, until__gt=now)
    return "ok" if beats.exists() else "missing"


def _oldest_waiting(now: datetime) -> int:
    """Seconds since the longest waiting open row became due; 0 where nothing waits."""
    waiting = [
        model._default_manager.filter(Job.IS_OPEN, due_at__lte=now).order_by("due_at").values_list("due_at").first()
        for model in (Callback, Outgoing)
    ]
    return max((int((now - due).total_seconds()) for (due,) in filter(None, waiting)), default=0)
