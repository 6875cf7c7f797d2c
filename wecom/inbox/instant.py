"""Decisions: what the answer to a callback may already show.

What changes a card is given only for the first tap of a recipient on a card that still lives: nobody knows how WeCom
orders a passive reply against an update that overtakes it, and a late 处理中 would cover the final text.
"""

import logging
from dataclasses import dataclass

from django.db import Error as DatabaseError
from django.db import OperationalError, connection

from wecom import conf, dispatch, sent_cards
from wecom.events import CardTap, Event
from wecom.replies import PassiveReply, TextReply, UpdateButton, UpdateTemplateCard

logger = logging.getLogger(__name__)

_CHANGES_A_CARD = (UpdateButton, UpdateTemplateCard)


@dataclass(frozen=True, slots=True)
class Instant:
    """What is answered at once; `only_if` where it changes a card: it is given for the first tap alone."""

    reply: PassiveReply
    only_if: sent_cards.FirstTap | None = None


def instant_reply(event: Event) -> Instant | None:
    """What its handler says `at_once`, if it may be shown. A failure in it costs the reply, never the callback."""
    route = dispatch.find(event) if conf.instant_feedback() else None
    if route is None or route.at_once is None:
        return None
    try:
        reply = _made(route.at_once(event) if callable(route.at_once) else route.at_once, event)
        return _guarded(reply, event, checked=callable(route.at_once))
    except Exception as exc:
        if _is_away(exc):
            raise  # the callback cannot be kept either: WeCom is to send it again, and not to wait for long
        logger.exception("no instant reply: app=%s event=%s", event.app, event.name)
        return None


def _made(reply: object, event: Event) -> PassiveReply | None:
    if isinstance(reply, str):
        return UpdateButton(replace_name=reply) if isinstance(event, CardTap) else TextReply(content=reply)
    if reply is None or isinstance(reply, PassiveReply):
        return reply
    raise TypeError(f"at_once gave a {type(reply).__name__}")


def _guarded(reply: PassiveReply | None, event: Event, *, checked: bool) -> Instant | None:
    """A reply that changes no card can cover nothing; another is safe only before anything has happened."""
    if reply is None:
        return None
    if not isinstance(reply, _CHANGES_A_CARD):
        return Instant(reply)
    if not isinstance(event, CardTap):
        return None
    # About a card that was sent in another way only a function of the event can know.
    return Instant(reply, sent_cards.FirstTap(event, if_not_ours=checked))


def _is_away(exc: Exception) -> bool:
    """Whether the database is gone or waits for others, and the query that the function made is not to blame.

    SQLite calls a wrong query an OperationalError too.
    """
    if isinstance(exc, OperationalError) and getattr(exc.__cause__, "sqlite_errorname", "") != "SQLITE_ERROR":
        return True
    return isinstance(exc, DatabaseError) and not (connection.connection and connection.is_usable())
