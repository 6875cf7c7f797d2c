"""Door: a card as it stands on the finder's phone, as far as we know."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from lostfound.models import Card

UNSEEN = ("owed", "undelivered", "cancelled", "recalled")


def draw_card(card: Card) -> SafeString:
    """The card's blocks; the buttons as they were sent, or the text that has replaced them. Pale, and with its state
    in place of the buttons, where the finder has no such card before their eyes.
    """
    payload: dict[str, Any] = card.payload.get("template_card", card.payload) if isinstance(card.payload, dict) else {}
    buttons = payload.get("button_list") or []
    replaced = card.shows if card.shows and card.shows != _joined(buttons) else ""
    unseen = card.get_state_display() if card.state in UNSEEN else ""
    context = {"payload": payload, "buttons": buttons, "replaced": unseen or replaced, "unseen": unseen}
    return mark_safe(render_to_string("admin/lostfound/card.html", context))  # noqa: S308  a template escaped it


def _joined(buttons: list[dict[str, Any]]) -> str:
    return " / ".join(str(button.get("text", "")) for button in buttons)
