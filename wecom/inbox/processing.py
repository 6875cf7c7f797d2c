"""Decisions: a kept callback, handed to its handler in a worker."""

import logging
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta

from django.utils import timezone

from wecom import conf, crash, dispatch, events, jobs, sent_cards, wake
from wecom.dispatch import Ignored, Received
from wecom.errors import ConfigError, PayloadMalformed
from wecom.events import CardTap, Event
from wecom.fields import CannotOpen
from wecom.models import Callback
from wecom.transactions import whole

from .arguments import LookUp, Run, User, tapped_card
from .failures import Tries, failed, set_aside, try_again
from .unhandled import suggest

logger = logging.getLogger(__name__)

State = Callback.State
ORDER = ("pk",)
# Source: https://developer.work.weixin.qq.com/document/path/90930
WECOM_WAITS = timedelta(seconds=5)


class Lost(Exception):
    """The lease ran out; what the handler wrote is rolled back."""


def process(row: Callback) -> None:
    """Handle one claimed callback. Safe to be killed anywhere: the row is due again after its lease.

    Raises django.db.Error alone, where not even the failure can be written down.
    """
    try:
        event = events.parse(row.plaintext.encode("utf-8", "surrogateescape"), app=row.app)
        meant = is_for(event, conf.app(row.app))
    except PayloadMalformed as exc:
        set_aside(row, why=str(exc), text="not a message")
        return
    except (ConfigError, CannotOpen) as exc:
        _wait_for_settings(row, exc)
        return
    try:
        if meant:
            _handle(row, event)
        else:
            _end(row, Ignored("meant for another app"))
    except Lost:
        logger.warning("lost the lease: callback=%s", row.pk)
    except Exception as exc:  # noqa: BLE001  whatever a handler may raise
        failed(row, exc)


def is_for(event: Event, app: conf.App) -> bool:
    """Whether the event names this application; those of the address book name none."""
    return event.agent_id == str(app.agent_id) or not (event.agent_id or isinstance(event, CardTap))


def replay(callback_id: int) -> bool:
    """Let a callback be handled again, or a quarantined one at last.

    False where it is being handled right now, or its message was purged.
    """
    settled = Callback.objects.filter(pk=callback_id).exclude(state__in=Callback.OPEN).exclude(plaintext="")
    moved = settled.update(state=State.WAITING, due_at=timezone.now(), failures=0, error="", finished_at=None)
    if moved:
        wake.up()
    return bool(moved)


def settle(callback_id: int, *, why: str) -> bool:
    """A person has seen to one that was set aside: it needs nobody any more. False where it needed nobody."""
    needing = Callback.objects.filter(pk=callback_id, state__in=Callback.NEEDS_PERSON)
    return bool(needing.update(state=State.SETTLED, settled=why[:500], finished_at=timezone.now()))


def drain(limit: int = 1000) -> int:
    """Handle what is due in this thread until nothing is, at most `limit` callbacks; how many were handled."""
    return jobs.drain(Callback, order=ORDER, work=process, limit=limit)


def _handle(row: Callback, event: Event) -> None:
    """The code of a tap goes into the wallet first, for good: whatever its handler does, the card can be updated."""
    received = _received(row, event)
    if isinstance(event, CardTap):
        _keep_tap(received, event)
    route = dispatch.find(event)
    if route is None:
        if isinstance(event, CardTap):
            suggest(event)
        _end(row, Ignored("no handler"))
        return
    user = User(event.userid, app=row.app)
    try:
        _run(row, received, route, user)
    except LookUp:
        user.look_up()
        _run(row, received, route, user)


def _run(row: Callback, received: Received, route: dispatch.Route, user: User) -> None:
    """Call the handler, and commit what it owes with the end of the row: in its own transaction, or after it."""
    apart = "client" in route.asks
    user.may_ask = apart
    around: AbstractContextManager[None] = nullcontext() if apart else whole()
    with around:
        run = Run(route, received, user)
        verdict = run.call()
        with whole() if apart else nullcontext():
            run.owe()
            _end(row, verdict)
            crash.point("cb.handled_not_committed")


def _end(row: Callback, verdict: Ignored | None) -> None:
    state, why = (State.IGNORED, verdict.why) if verdict else (State.DONE, "")
    if not jobs.let_go(row, state=state, error=why, finished_at=timezone.now(), attempts=row.attempts + 1):
        raise Lost


def _keep_tap(received: Received, event: CardTap) -> None:
    card = tapped_card(event)
    if card is not None:
        sent_cards.keep_tap(
            card,
            event=event,
            received_at=received.received_at,
            quiet_until=received.quiet_until,
            cause=f"callback {received.callback_id}",
        )


def _wait_for_settings(row: Callback, exc: Exception) -> None:
    """The app has gone from the settings, or the key that opens the message; either may come back within days."""
    logger.error("the settings do not fit: callback=%s why=%s", row.pk, exc)
    try_again(row, exc, Tries.FOR_DAYS)


def _received(row: Callback, event: Event) -> Received:
    return Received(
        callback_id=row.pk,
        app=row.app,
        event=event,
        received_at=row.received_at,
        quiet_until=_quiet_until(row) if row.instant_reply else None,
    )


def _quiet_until(row: Callback) -> datetime:
    """Until when the instant reply may still be on its way. It leaves once the row is committed, and that may be long
    after the request came: so the time counts from now. After WeCom's patience no reply is taken any more.
    """
    pause = conf.update_after_reply()
    return min(timezone.now() + pause, row.received_at + max(pause, WECOM_WAITS))
