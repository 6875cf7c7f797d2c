"""Whether a table full of finished rows slows what is done every moment: a claim, and the list that a person opens."""

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.bench import envelopes
from wecom import inbox, jobs, outbox
from wecom.models import Callback, Job, Outgoing

SORTS = ((Callback, inbox.ORDER), (Outgoing, outbox.ORDER))


def measure(*, few: int, many: int, repeats: int) -> dict[str, dict[str, float]]:
    """Number of finished rows in each table → milliseconds."""
    browser = Client(SERVER_NAME="localhost")
    desk, _ = get_user_model().objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    browser.force_login(desk)
    found = {}
    have = 0
    for wanted in (few, many):
        _finished(have + 1, wanted)
        have = wanted
        found[str(wanted)] = {
            "claim_callback_ms": _claim(*SORTS[0], repeats),
            "claim_outgoing_ms": _claim(*SORTS[1], repeats),
            "list_callbacks_ms": _median_ms(lambda: _page(browser, "/admin/wecom/callback/"), repeats),
            "list_outgoing_ms": _median_ms(lambda: _page(browser, "/admin/wecom/outgoing/"), repeats),
        }
    return found


def _claim(model: type[Job], order: tuple[str, ...], repeats: int) -> float:
    """A claim of 16 rows that are due."""
    due = timezone.now() - timedelta(seconds=1)
    rows = [_open_row(model, number) for number in range(16)]
    ids = [row.pk for row in model._default_manager.bulk_create(rows)]
    mine = model._default_manager.filter(pk__in=ids)
    times = []
    for _ in range(repeats):
        mine.update(state=Job.WAITING, due_at=due, lease_until=None)
        start = time.perf_counter()
        claimed = jobs.claim(model, order=order, limit=16, worker="bench")
        times.append((time.perf_counter() - start) * 1000)
        assert len(claimed) == 16
    mine.delete()
    return median(times)


def _open_row(model: type[Job], number: int) -> Job:
    if model is Callback:
        return Callback(app="default", event="text", digest=f"claimed {number}")
    deadline = timezone.now() + timedelta(days=1)
    return Outgoing(kind="lostfound.tell", subject="0:declined", effect_key=f"claimed {number}", deadline=deadline)


def _page(browser: Client, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status_code


def _median_ms(work: Callable[[], None], repeats: int) -> float:
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return median(times)


def _finished(first: int, last: int) -> None:
    """Rows that ended long ago, made by the database itself; durability is not what is measured here."""
    now = timezone.now()
    done: dict[str, Any] = {"state": "done", "finished_at": now, "fence": 1, "attempts": 1}
    plaintext = envelopes.tap("lf-1-1-0123456789ab", "lisi").decode()
    callback = Callback(app="default", event="template_card_event", userid="lisi", plaintext=plaintext, **done)
    _copies(callback, {"task_id": "lf-", "digest": "digest "}, first, last)
    half = (first + last) // 2
    for kind, start, end in (("update_card", first, half), ("deliver_contact", half + 1, last)):
        outgoing = Outgoing(kind=f"lostfound.{kind}", subject="1", deadline=now, last_errcode=0, **done)
        _copies(outgoing, {"topic": "request:", "effect_key": f"{kind}:"}, start, end)


def _copies(row: Job, numbered: dict[str, str], first: int, last: int) -> None:
    """Insert the row again and again; in the numbered columns stand these words with a number behind."""
    fields = [f for f in row._meta.concrete_fields if not f.primary_key and f.column not in numbered]
    columns = [*(str(f.column) for f in fields), *numbered]
    values = ", ".join(["%s"] * len(fields) + ["%s || n"] * len(numbered))
    count = f"SELECT * FROM generate_series({first}, {last}) AS numbers(n)"
    if connection.vendor == "sqlite":
        count = (
            f"WITH RECURSIVE c(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM c WHERE n < {last}) SELECT n FROM c"
        )
    insert = f"INSERT INTO {row._meta.db_table} ({', '.join(columns)}) SELECT {values} FROM ({count}) AS numbers"
    same = [f.get_db_prep_save(f.pre_save(row, add=True), connection) for f in fields]
    with connection.cursor() as cursor:
        cursor.execute(insert, [*same, *numbered.values()])
        if connection.vendor == "postgresql":  # autovacuum would do so within a minute
            cursor.execute(f"VACUUM ANALYZE {row._meta.db_table}")
