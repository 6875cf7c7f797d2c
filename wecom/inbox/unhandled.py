"""Decisions: a tap that nobody handles is told once, with the handler that one would write for it."""

import keyword
import logging
import re

from wecom.events import CardTap, TemplateCardEvent

logger = logging.getLogger(__name__)

LONGEST_KEY = 64  # characters; nobody writes a longer one into a decorator
MOST_TOLD = 100  # suggestions of one process

_told: set[tuple[str, str]] = set()

SUGGESTION = """\
nobody handles a tap: app=%s card_type=%s. A handler for it, in <app>/handlers.py:

%sfrom wecom.handlers import on_card

@on_card(%s)
def %s(event, card, update):
    %s...
    update("…")
"""


def suggest(event: CardTap) -> bool:
    """Log the handler, once per key and process; False where it was told before. Nothing in it is of a member.

    Numbers in a key are likely those of a row, so a pattern is suggested, and told once for all of them.
    """
    key = _written(event.event_key)
    if (event.app, key) in _told or len(_told) >= MOST_TOLD:
        return False
    _told.add((event.app, key))
    imports = "import re\n" if key.startswith("re.") else ""
    chosen = isinstance(event, TemplateCardEvent) and event.selections
    first = "chosen = {one.question_key: one.option_ids for one in event.selections}\n    " if chosen else ""
    card_type = re.sub(r"\W", "?", event.card_type)
    logger.warning(SUGGESTION, event.app, card_type, imports, key, _name(event.event_key), first)
    return True


def _written(key: str) -> str:
    """The argument of the decorator."""
    if not key or len(key) > LONGEST_KEY:
        return ""
    if not re.search(r"\d", key):
        return ascii(key) if not key.isprintable() else repr(key)
    pattern = re.sub(r"\d+", r"(\\d+)", re.escape(key))
    return f're.compile(r"{pattern}")' if key.isprintable() and '"' not in key else ""


def _name(key: str) -> str:
    name = re.sub(r"[\W\d]+", "_", key[:LONGEST_KEY]).strip("_").lower()
    return name if name.isidentifier() and not keyword.iskeyword(name) else "tapped"
