"""Decisions: cards as a service. A card that was sent is kept, with its codes, and changed by its own name.

    with transaction.atomic():
        sent_cards.send(
            ButtonInteraction(task_id=sent_cards.new_task_id(), ...),
            to=["lisi", "wangwu"], key="approval:42", expires_in=timedelta(hours=20),
        )
    sent_cards.update("approval:42", "处理中")                   a text: its buttons become one grey one
    sent_cards.update("approval:42", other_card)                 another card in its place
    sent_cards.update("approval:42", "您已同意", members=["lisi"])  what these alone see
    sent_cards.close("approval:42", "张三已同意")                 for everybody, for good
    sent_cards.recall("approval:42")
    sent_cards.get("approval:42")                                the row: .state .shows .payload .card .codes .changes

                                       ┌─ update ─┐
    send ─► owed ─► shown ◄────────────┴──────────┘
              │       │ close, expiry
              │       ▼
              │    closing ─► closed                the last content is on the phones
              │       ├─► stuck ─► recalled         no code is left: taken back, or told in words
              ▼       ◄─┘ a tap brings a fresh code
       undelivered · unsure · cancelled

What is owed is an Outgoing row; nothing here touches the network. Every code that comes, from the send and from each
tap, lies in the card's wallet and pays for one change. Changes of one card never overlap; a try that may have worked is
repeated with the same code and content until that is known. At most one last content is ever shown.

recipients · contents          who has a card, what it shows
following                      who hears of what becomes of it
sending · taps · expiring      its life
changing · queue · applying    its changes: asked for, in order, on the wire
wallet · rescue                its codes, and what is done when none is left
rows · kinds                   locks; the effects
"""

from wecom.conf import answer_within
from wecom.models import CardChange, ResponseCode, SentCard

from .changing import close, reopen, update
from .expiring import expire_cards
from .following import Follower, News, What
from .kinds import NO_CODE, follow, put_back
from .queue import updates_of
from .recipients import Recipients
from .rescue import recall
from .rows import by_task_id, get, locked
from .sending import new_task_id, send
from .taps import FirstTap, has_unread_tap, keep_tap
from .wallet import expire_codes, usable_codes

CardState = SentCard.State
CodeState = ResponseCode.State

__all__ = [
    "NO_CODE",
    "CardChange",
    "CardState",
    "CodeState",
    "FirstTap",
    "Follower",
    "News",
    "Recipients",
    "ResponseCode",
    "SentCard",
    "What",
    "answer_within",
    "by_task_id",
    "close",
    "expire_cards",
    "expire_codes",
    "follow",
    "get",
    "has_unread_tap",
    "keep_tap",
    "locked",
    "new_task_id",
    "put_back",
    "recall",
    "reopen",
    "send",
    "update",
    "updates_of",
    "usable_codes",
]
