"""Decisions: what we owe the world, and how it is brought about exactly once as far as that can be known.

An app registers a Kind in its `effects.py` and owes effects of it inside the transaction that makes them due:

    outbox.owe("shop.tell_buyer", subject=order.pk, effect_key=f"tell_buyer:{order.pk}")

    waiting ──claim──► running ──► done            errcode 0
       ▲                  │   ├──► inferred        after a doubt, WeCom's own answer says the first try had worked
       │ backoff          │   ├──► parked          a person must decide
       └──────────────────┘   ├──► dead            refused for good
                              └──► cancelled       no longer wanted

The try is written down before the call and closed after it. A try that nobody closed means doubt: the call may
have arrived. What a repeat may then do is said by the Call (`proof`) and the Kind (`repeat_within`).

kinds.py    what an app registers          book.py    owe, cancel, retry          delivery.py    one try of one row
doubt.py    what may have happened         texts.py   messages that may be repeated
messages.py messages without rows of their own
"""

from wecom.models import Attempt, Outgoing

from .book import cancel, give_up, owe, retry, settle
from .delivery import ORDER, deliver, drain
from .doubt import is_in_doubt, is_under_way, may_have_worked, unreached
from .kinds import Again, Call, Kind, Nothing, Park, Result, State, register
from .messages import message_body, owe_body, owe_message
from .texts import DUPLICATE_CHECK, REPEAT_WITHIN, SEND, text_call

__all__ = [
    "DUPLICATE_CHECK",
    "ORDER",
    "REPEAT_WITHIN",
    "SEND",
    "Again",
    "Attempt",
    "Call",
    "Kind",
    "Nothing",
    "Outgoing",
    "Park",
    "Result",
    "State",
    "cancel",
    "deliver",
    "drain",
    "give_up",
    "is_in_doubt",
    "is_under_way",
    "may_have_worked",
    "message_body",
    "owe",
    "owe_body",
    "owe_message",
    "register",
    "retry",
    "settle",
    "text_call",
    "unreached",
]
