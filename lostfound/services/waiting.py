"""Decisions: whether an answer has come in that nobody has read yet."""

from lostfound.models import ContactRequest
from wecom.models import Callback


def has_unread_tap(request: ContactRequest) -> bool:
    """Whether a tap on one of the request's cards was kept and waits for a worker: it was in time, so it counts."""
    task_ids = request.cards.values_list("task_id", flat=True)
    return Callback.objects.filter(task_id__in=list(task_ids), state__in=Callback.OPEN).exists()
