"""Decisions: the only place where the state of an item, a request, a card or a code changes.

Every service is keyword-only, one transaction, and writes one timeline entry per transition in it.
`by` and `actor` are a UserID or the name of an administrator. Errors: lostfound.errors.
"""

from .items import report_item
from .recovery import replay_callback, resend_card, retry_outgoing
from .requests import ask_for_contact, expire_request, withdraw_contact_request

__all__ = [
    "ask_for_contact",
    "expire_request",
    "replay_callback",
    "report_item",
    "resend_card",
    "retry_outgoing",
    "withdraw_contact_request",
]
