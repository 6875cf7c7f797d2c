"""What workers ask for every moment is found by the indexes that hold the open rows alone."""

import pytest
from django.db import connection
from django.utils import timezone

from wecom import jobs
from wecom.models import Callback, Job, Outgoing
from wecom.worker import SORTS

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by what lies in the tables"),
]


@pytest.mark.parametrize(("model", "index"), [(Callback, "wecom_callback_claims"), (Outgoing, "wecom_outgoing_open")])
def test_what_is_due_is_found_by_its_index(model: type[Job], index: str) -> None:
    due = jobs.due(model, timezone.now())
    (order,) = (sort.order for sort in SORTS.values() if sort.model is model)
    in_order = due.order_by(*order)[:16].explain()
    assert index in in_order
    assert "TEMP B-TREE FOR ORDER BY" not in in_order
    assert index in due.order_by()[:1].explain()


def test_taps_of_a_card_are_found_by_theirs() -> None:
    assert "wecom_callback_task" in Callback.objects.filter(Callback.HAS_TASK, task_id__in=["t-1"]).explain()
