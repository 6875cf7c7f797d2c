"""Plumbing: the column that is searched. It follows the words of its row by itself, whoever saves it."""

from typing import Any

from django.db import models

from . import wording
from .states import Category

# Beside what was typed: what the category is called, in English spelt out, so that a misspelt word still comes near.
WORDS = {
    Category.CARD: ("工卡", "badge"),
    Category.PHONE: ("手机", "phone"),
    Category.ELECTRONICS: ("电子产品", "electronics"),
    Category.KEYS: ("钥匙", "keys"),
    Category.WALLET: ("钱包", "wallet"),
    Category.BAG: ("背包", "bag"),
    Category.UMBRELLA: ("雨伞", "umbrella"),
    Category.CLOTHING: ("衣物", "clothing"),
    Category.BOOK: ("书本", "book"),
}


SEARCHED = frozenset({"title", "place", "category", "description"})


class SearchTextField(models.TextField):  # type: ignore[type-arg]  # cannot be subscripted when it runs
    """Title, place, category and description in the form in which `wording` compares words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "editable": False, "default": ""})

    def pre_save(self, model_instance: Any, add: bool) -> str:
        row = model_instance
        called, spelt = WORDS.get(row.category, ("", ""))
        text = wording.searchable(row.title, row.place, called, row.description, as_they_are=spelt)
        setattr(row, self.attname, text)
        return text
