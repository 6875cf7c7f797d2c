"""Cases of changes of a card that was sent: what message/update_template_card takes, and what it does not."""

from typing import Any

from wecom.cards import Card, CardInvalid, read_update

from .cards import BUTTON_CARD, FORM, NEWS, NOTICE, VALID, VOTE, changed

DEAD = {"button": {"replace_name": "已通知失主"}}


def instead(card: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Form B: this card in the place of the first, without its task_id."""
    return {"template_card": {**{name: value for name, value in card.items() if name != "task_id"}, **more}}


_WITH_MENU, _NEWS_WITH_MENU, _BUTTONS_AND_CHOICE = VALID["notice-full"], VALID["news-full"], VALID["button-full"]
_VOTED, _FILLED = VALID["vote-full"], VALID["form-full"]
_CLOSED_VOTE = changed(_VOTED, "checkbox", "disable", True)
_CLOSED_FORM = changed(changed(_FILLED, "select_list", 0, "disable", True), "select_list", 2, "disable", True)

VALID_UPDATES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "button-of-buttons": (BUTTON_CARD, DEAD),
    "button-of-a-vote": (VOTE, DEAD),
    "button-of-a-form": (FORM, DEAD),
    "buttons-become-buttons": (BUTTON_CARD, instead(BUTTON_CARD)),
    "buttons-become-dead-buttons": (BUTTON_CARD, instead(BUTTON_CARD, replace_text="已通知失主")),
    "buttons-with-a-choice-that-is-closed": (
        _BUTTONS_AND_CHOICE,
        instead(changed(_BUTTONS_AND_CHOICE, "button_selection", "disable", True), replace_text="已处理"),
    ),
    "buttons-become-a-notice": (BUTTON_CARD, instead(NOTICE)),
    "buttons-become-a-notice-with-a-menu": (BUTTON_CARD, instead(_WITH_MENU)),
    "buttons-become-news": (BUTTON_CARD, instead(NEWS)),
    "buttons-become-a-vote": (BUTTON_CARD, instead(VOTE)),
    "buttons-become-a-form": (BUTTON_CARD, instead(FORM)),
    "a-vote-is-closed": (VOTE, instead(_CLOSED_VOTE, replace_text="已投票")),
    "a-form-is-closed-in-part": (FORM, instead(_CLOSED_FORM)),
    "a-notice-with-a-menu-becomes-a-notice": (_WITH_MENU, instead(NOTICE)),
    "a-notice-with-a-menu-becomes-buttons": (_WITH_MENU, instead(BUTTON_CARD)),
    "news-with-a-menu-become-a-vote": (_NEWS_WITH_MENU, instead(VOTE)),
}
INVALID_UPDATES: dict[str, tuple[dict[str, Any], Any, str]] = {
    "update-no-object": (BUTTON_CARD, [], "an update is an object"),
    "update-nothing": (BUTTON_CARD, {}, "either button or template_card"),
    "update-both-forms": (BUTTON_CARD, {**DEAD, **instead(NOTICE)}, "either button or template_card"),
    "button-without-text": (BUTTON_CARD, {"button": {"replace_name": ""}}, "a dead button needs a text"),
    "button-of-a-notice": (NOTICE, DEAD, "a notice has no buttons"),
    "button-of-a-notice-with-a-menu": (_WITH_MENU, DEAD, "a notice has no buttons"),
    "a-notice-without-menu-is-replaced": (NOTICE, instead(NOTICE), "it cannot call back, so it cannot be updated"),
    "news-without-menu-are-replaced": (NEWS, instead(BUTTON_CARD), "it cannot call back, so it cannot be updated"),
    "replace-text-on-a-notice": (BUTTON_CARD, instead(NOTICE, replace_text="x"), "a notice has no buttons"),
    "replace-text-on-news": (BUTTON_CARD, instead(NEWS, replace_text="x"), "a notice has no buttons"),
    "replace-text-is-a-number": (BUTTON_CARD, instead(BUTTON_CARD, replace_text=1), "replace_text is a text"),
    "disable-is-a-number": (VOTE, instead(changed(VOTE, "checkbox", "disable", 1)), "disable is true or false"),
    "disable-on-an-option": (
        VOTE,
        instead(changed(VOTE, "checkbox", "option_list", 0, "disable", True)),
        "disable belongs to the question",
    ),
    "disable-on-a-button": (
        BUTTON_CARD,
        instead(changed(BUTTON_CARD, "button_list", 0, "disable", True)),
        "disable is for questions",
    ),
    "replaced-by-an-unknown-type": (BUTTON_CARD, instead({"card_type": "hologram"}), "there is no such card_type"),
    "replaced-by-buttons-without-buttons": (
        BUTTON_CARD,
        instead(changed(BUTTON_CARD, "button_list", None), replace_text="x"),
        "button_list is needed even where replace_text covers it",
    ),
    "replaced-by-news-without-picture": (
        BUTTON_CARD,
        instead(changed(NEWS, "card_image", None)),
        "card_image or image_text_area",
    ),
}


def refused_field(original: dict[str, Any], update: Any) -> str:
    """Where our code finds the fault; an assertion where it finds none."""
    try:
        read_update(update, original=Card.from_payload(original))
    except CardInvalid as exc:
        return exc.field
    raise AssertionError(f"this update is taken: {update}")


def part() -> dict[str, Any]:
    return {
        "valid_updates": [
            {"id": name, "original": original, "update": update} for name, (original, update) in VALID_UPDATES.items()
        ],
        "invalid_updates": [
            {
                "id": name,
                "original": original,
                "update": update,
                "field": refused_field(original, update),
                "reason": why,
            }
            for name, (original, update, why) in INVALID_UPDATES.items()
        ],
    }
