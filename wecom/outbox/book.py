"""Decisions: owing an effect, taking it back, and putting it back to work."""

from datetime import datetime

from django.db import connection
from django.db.models import F
from django.utils import timezone

from wecom import conf, crash, wake
from wecom.models import Outgoing

from .kinds import State, kind_of


def owe(
    kind: str,
    *,
    subject: object,
    effect_key: str,
    topic: str = "",
    due_at: datetime | None = None,
    app: str = conf.DEFAULT,
    content: str = "",
) -> Outgoing:
    """Promise an effect, inside the transaction that makes it due. Owing the same effect_key again changes nothing.

    content  what the kind needs and no row of its own holds; kept encrypted
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an effect is owed inside the transaction that makes it due")
    # It is looked for first: an INSERT alone would wait for a worker that writes to this row, who may wait for us.
    known = Outgoing.objects.filter(effect_key=effect_key)
    if known.exists():
        return known.get()
    now = timezone.now()
    row = Outgoing(
        app=app,
        kind=kind,
        subject=str(subject),
        topic=topic,
        effect_key=effect_key,
        due_at=due_at or now,
        deadline=now + kind_of(kind).keeps_trying_for,
        content=content,
    )
    # Where somebody was quicker by a moment, theirs stays, and this is its key.
    Outgoing.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["effect_key"], update_fields=["effect_key"]
    )
    wake.up()
    return row


def cancel(effect_key: str, *, why: str) -> bool:
    """Take an effect back. True: no try of it has begun, and none ever will."""
    untouched = Outgoing.objects.filter(effect_key=effect_key, state__in=Outgoing.OPEN, attempts=0)
    return bool(untouched.update(state=State.CANCELLED, error=why, finished_at=timezone.now()))


def give_up(effect_key: str, *, why: str) -> bool:
    """An effect that is parked or dead is wanted no more and needs nobody; its tries say what went wrong."""
    failed = Outgoing.objects.filter(effect_key=effect_key, state__in=Outgoing.NEEDS_PERSON)
    return bool(failed.update(state=State.CANCELLED, error=why, finished_at=timezone.now()))


def settle(outgoing_id: int, *, why: str) -> bool:
    """A person has seen to it in another way: it needs nobody any more. False where it needed nobody.

    What went wrong stays beside what was done about it.
    """
    needing = Outgoing.objects.filter(pk=outgoing_id, state__in=Outgoing.NEEDS_PERSON)
    return bool(needing.update(state=State.SETTLED, settled=why[:500]))


def retry(outgoing_id: int) -> bool:
    """Put a parked or dead row back to work, now; False where it is in neither state.

    Whoever asks for it takes the doubts so far upon them: `repeat_within` counts anew from here.
    """
    row = Outgoing.objects.filter(pk=outgoing_id, state__in=(State.PARKED, State.DEAD)).first()
    if row is None:
        return False
    now = timezone.now()
    moved = Outgoing.objects.filter(pk=row.pk, state=row.state).update(
        state=State.WAITING,
        due_at=now,
        deadline=now + kind_of(row.kind).keeps_trying_for,
        doubt_from=F("attempts") + 1,
        failures=0,
        finished_at=None,
    )
    crash.point("adm.retry_not_committed")
    if moved:
        wake.up()
    return bool(moved)
