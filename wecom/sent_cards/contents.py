"""Decisions: what a card is to show next, in either form of an update, and that in a few words."""

from typing import Any

from wecom.cards import CARD_TYPES, ButtonReplacement, Card, CardReplacement
from wecom.models import SentCard

Content = str | Card | CardReplacement | ButtonReplacement

SHOWS = 60  # characters
_ASKING = frozenset(kind.CARD_TYPE for kind in CARD_TYPES if kind.HAS_LIVE_CONTROLS)
_SUBMIT = "提交"  # WeCom's own word where a card brings none


def as_payload(content: Content) -> dict[str, Any]:
    """The part of an update's body that says what is to be shown: form A for a text, else form B."""
    if isinstance(content, str):
        content = ButtonReplacement(replace_name=content)
    if isinstance(content, Card):
        content = CardReplacement(card=content)
    return content.to_payload()


def for_card(card: SentCard, content: Content) -> dict[str, Any]:
    """The same; raises CardInvalid where WeCom cannot change this card, or not in this form."""
    payload = as_payload(content)
    form = ButtonReplacement if "button" in payload else CardReplacement
    form.check_for(card.card)
    return payload


def words(payload: dict[str, Any]) -> str:
    """What stands on the buttons of a card or a change; the title where there are none."""
    if "button" in payload:
        return str(payload["button"]["replace_name"])[:SHOWS]
    card = payload.get("template_card", payload)
    said = card.get("replace_text") or " / ".join(str(one.get("text", "")) for one in card.get("button_list", ()))
    if not said and card.get("card_type") in _ASKING:
        said = (card.get("submit_button") or {}).get("text") or _SUBMIT
    return str(said or (card.get("main_title") or {}).get("title") or card.get("sub_title_text") or "")[:SHOWS]
