"""Decisions: the only place where the state of an item or a request changes.

Every service is keyword-only, one transaction, and writes one timeline entry per transition in it.
`by` and `actor` are a UserID or the name of an administrator. Errors: lostfound.errors.

    items · photos · requests · answers · closing      what people do
    cards · contact · telling · following     what then happens
    suggesting                                what owners hear unasked
    custody · handover · disposal             where things are kept, and where they go
    recovery · revealing · exporting          what a person mends, sees, and takes along
    owing · journal                           what they share
"""

from .answers import accept_contact_request, agree_on_page, decline_contact_request, decline_on_page, take_tap
from .closing import close_item, say_returned
from .custody import move_item
from .disposal import agree_to_disposal, drop_disposal, propose_disposal
from .exporting import record_export
from .handover import hand_over, pickup_code
from .items import report_item
from .photos import drop_loose_photos, keep_photo, loose_photos
from .recovery import recall_card, replay_callback, resend_card, retry_outgoing, settle_callback, settle_outgoing
from .requests import ask_for_contact, expire_request, withdraw_contact_request
from .revealing import reveal_contact
from .suggesting import match_found_items, owe_suggestions, want_matches

__all__ = [
    "accept_contact_request",
    "agree_on_page",
    "agree_to_disposal",
    "ask_for_contact",
    "close_item",
    "decline_contact_request",
    "decline_on_page",
    "drop_disposal",
    "drop_loose_photos",
    "expire_request",
    "hand_over",
    "keep_photo",
    "loose_photos",
    "match_found_items",
    "move_item",
    "owe_suggestions",
    "pickup_code",
    "propose_disposal",
    "recall_card",
    "record_export",
    "replay_callback",
    "report_item",
    "resend_card",
    "retry_outgoing",
    "reveal_contact",
    "say_returned",
    "settle_callback",
    "settle_outgoing",
    "take_tap",
    "want_matches",
    "withdraw_contact_request",
]
