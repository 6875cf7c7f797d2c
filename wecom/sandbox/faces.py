"""Decisions: what one member sees of one card at this moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from .models import Change, Copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A card as it looks now. `grey` is the text of the one dead button that stands for all, or "" while they live."""

    card: Mapping[str, Any]
    grey: str
    replaced: bool
    recalled: bool

    @property
    def dead(self) -> bool:
        return bool(self.grey) or self.recalled

    @property
    def name(self) -> str:
        """fresh, button (greyed), card (replaced) or recalled."""
        if self.recalled:
            return "recalled"
        if self.replaced:
            return "card"
        return "button" if self.grey else "fresh"

    def button_keys(self) -> list[str]:
        buttons = [button for button in _dicts(self.card.get("button_list")) if button.get("type", 0) != 1]
        submit = self.card.get("submit_button")
        return [str(button.get("key", "")) for button in buttons] + (
            [str(submit.get("key", ""))] if isinstance(submit, dict) else []
        )

    def menu_keys(self) -> list[str]:
        menu = self.card.get("action_menu")
        return [str(entry.get("key", "")) for entry in _dicts((menu or {}).get("action_list"))]


def of(copy: Copy) -> Face:
    recalled = copy.message.recalled_at is not None
    return made_of(copy.message.content, card=copy.card, replace_text=copy.replace_text, recalled=recalled)


def made_of(sent: Mapping[str, Any], *, card: Mapping[str, Any] | None, replace_text: str, recalled: bool) -> Face:
    """The face of a card that was sent so, and then replaced, greyed or recalled."""
    shown = card if card is not None else sent
    grey = replace_text or str(shown.get("replace_text") or "")
    return Face(card=shown, grey=grey, replaced=card is not None, recalled=recalled)


def change(copies: QuerySet[Copy], *, cause: Change.Cause, at: datetime, code: str = "", **fields: Any) -> None:
    """Change what these copies show (`card`, `replace_text`, or nothing for a recall), and write the history down."""
    copies.update(**fields, changed_at=at, changes=F("changes") + 1)
    Change.objects.bulk_create(
        Change(copy_id=copy.pk, at=at, cause=cause, code=code, card=copy.card, replace_text=copy.replace_text)
        for copy in copies.only("pk", "card", "replace_text")
    )


def questions(card: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The blocks of a card that let the member choose."""
    for block in (card.get("button_selection"), card.get("checkbox")):
        if isinstance(block, dict):
            yield block
    yield from _dicts(card.get("select_list"))


def chosen(copy: Copy, selections: Mapping[str, Any]) -> dict[str, list[str]]:
    """What each question's answer is: the member's choice, else what the card shows as chosen."""
    card = of(copy).card
    made = {**copy.selections, **selections}
    return {q["question_key"]: _answer(q, made, votes=q is card.get("checkbox")) for q in questions(card)}


def _answer(question: Mapping[str, Any], made: Mapping[str, Any], *, votes: bool) -> list[str]:
    """A drop-down row always has a choice (the first option unless another is named); a vote may have none."""
    options = _dicts(question.get("option_list"))
    known = [str(option.get("id")) for option in options]
    given = made.get(str(question["question_key"]))
    if given is not None and not question.get("disable"):
        wanted = [given] if isinstance(given, str) else [str(option) for option in given]
        return [option for option in known if option in wanted]
    if votes:
        return [str(option["id"]) for option in options if option.get("is_checked")]
    return [question["selected_id"] if question.get("selected_id") in known else known[0]]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
