"""Decisions: what a tap on a card of ours tells and brings, whatever its handler makes of it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.utils import timezone

from wecom import conf
from wecom.events import CardTap
from wecom.models import Callback, SentCard
from wecom.transactions import whole

from . import rows, wallet
from .following import What
from .queue import go_on
from .recipients import Recipients
from .rescue import take_back_if_wanted
from .rows import State, locked, move
from .sending import NOT_SHOWN_YET, mark_shown

_ANSWERABLE = (*NOT_SHOWN_YET, State.SHOWN)
_CARD = f"FROM {SentCard._meta.db_table} WHERE app = %s AND task_id = %s"


@dataclass(frozen=True, slots=True)
class FirstTap:
    """Whether a tap may be answered at once: the member's first one of a card of ours, which the member can have and
    whose end is not decided. A card that is still being sent counts: a tap may be quicker than the answer of the send.

    if_not_ours  the answer for the first tap of a card that was sent in another way

    Two expressions for the statement that keeps the tap: a look of its own would cost one more way to the database
    while WeCom waits. CONDITION is the answer, provided that may_have() agrees with the value of RECIPIENTS.
    """

    event: CardTap
    if_not_ours: bool = False

    CONDITION: ClassVar[str] = f"""
        NOT EXISTS (SELECT 1 FROM {Callback._meta.db_table}
                    WHERE task_id = %s AND NOT (task_id = '') AND userid = %s AND app = %s)
        AND COALESCE((SELECT state IN ({", ".join(f"'{state}'" for state in _ANSWERABLE)})
                             AND NOT (is_final OR recall_wanted) {_CARD}), %s)
    """  # noqa: S608  our own names
    RECIPIENTS: ClassVar[str] = f"(SELECT recipients {_CARD})"

    def for_condition(self) -> list[object]:
        event = self.event
        return [event.task_id, event.userid, event.app, event.app, event.task_id, self.if_not_ours]

    def for_recipients(self) -> list[object]:
        return [self.event.app, self.event.task_id]

    def may_have(self, recipients: str | None) -> bool:
        """Whether the member can have the card, also where it is none of ours."""
        if recipients is None:
            return True
        return Recipients.of(SentCard(recipients=json.loads(recipients))).may_include(self.event.userid)


@whole()
def keep_tap(
    card: SentCard, *, event: CardTap, received_at: datetime, quiet_until: datetime | None = None, cause: str = ""
) -> None:
    """Take a tap into the books: its code, the proof that the card had arrived, the time that an update has to wait.
    A transaction of its own: it stays, whatever the tap's handler does.

    received_at  when it was kept: the age of its code counts from there
    quiet_until  set where it was answered at once: no update of the card before this moment
    Of a member who cannot have the card only the code is kept; of a card that was forgotten, nothing. Safe to repeat.
    """
    card = locked(card)
    if card.is_forgotten:
        return
    wallet.keep_code(card, event.response_code, source=wallet.Source.TAP, userid=event.userid, issued_at=received_at)
    if not Recipients.of(card).may_include(event.userid):
        return
    known = rows.quiet_until(card)
    if quiet_until and (known is None or quiet_until > known):
        move(card, quiet_until=quiet_until)
    if card.state in NOT_SHOWN_YET:
        is_settled = card.state != State.OWED
        mark_shown(card, What.INFERRED, by=event.userid, cause=cause)
        if is_settled:  # else the send's own answer is still to come, and with it what a recall needs
            take_back_if_wanted(card, cause=cause)
    elif card.state == State.STUCK:
        go_on(card, by=event.userid, cause=cause)


def has_unread_tap(*cards: SentCard) -> bool:
    """Whether a tap on one of these cards was kept and waits for a worker: it was in time, so it counts.

    One that was set aside waits for a person, though for no longer than what callbacks say is kept.
    """
    taps = Callback.objects.filter(Callback.HAS_TASK, task_id__in=[card.task_id for card in cards])
    kept_since = timezone.now() - timedelta(days=conf.retention("bodies"))
    aside = taps.filter(state__in=Callback.NEEDS_PERSON, received_at__gt=kept_since).exclude(plaintext="")
    return taps.filter(state__in=Callback.OPEN).exists() or aside.exists()
