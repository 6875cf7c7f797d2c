"""Decisions: whose card it is, and who hears of what becomes of it.

An app that sends cards derives from Follower and registers one under its name, in its `effects.py`. The name is also
the first half of the kinds that its cards owe: a card followed by "shop" owes `shop.send_card`.
"""

from dataclasses import dataclass
from enum import StrEnum

from wecom import outbox
from wecom.errors import ConfigError
from wecom.models import CardChange, SentCard

OWN = "wecom"  # the first half of the kinds of cards that nobody follows


class What(StrEnum):
    """What became of a card."""

    SENT = "sent"
    INFERRED = "inferred"  # a refusal or a tap proves that it had arrived
    UNDELIVERED = "undelivered"
    UNSURE = "unsure"  # perhaps delivered; nobody knows
    CANCELLED = "cancelled"  # not wanted any more before it was sent
    UPDATING = "updating"  # a change is on its way
    UPDATED = "updated"
    UPDATE_INFERRED = "update_inferred"  # a dead code proves that an earlier try had worked
    CODE_REFUSED = "code_refused"
    STUCK = "stuck"  # the change cannot be shown
    RECALLED = "recalled"
    RECALL_FAILED = "recall_failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a follower is told.

    by, cause   who or what brought it about; `by` is empty for what the worker did
    change      the change it is about; None for the card as a whole
    why         in English, for the records
    rescue      of a stuck last change: "recall", "text" or "none"
    unreached   recipients whom WeCom named as unreachable
    """

    what: What
    by: str = ""
    cause: str = ""
    change: CardChange | None = None
    why: str = ""
    errcode: int | None = None
    rescue: str = ""
    unreached: tuple[str, ...] = ()


class Follower:
    """What an app may say and hear about its cards. Every method runs in the transaction that records the matter.

    Whoever changes the card from here does it through the very object that is handed in.
    """

    def lock(self, card: SentCard) -> None:
        """Lock rows of one's own before the card is locked. `card` has its follower and topic, no more."""

    def unwanted(self, card: SentCard) -> str:
        """Why a card that was not sent yet need not be sent any more; "" where it still is to be."""
        return ""

    def hears(self, card: SentCard, news: News) -> None:
        """Something became of the card."""

    def tells_instead(self, card: SentCard, change: CardChange) -> bool:
        """The last change cannot be shown: owe its words in another way, at most once. False: there is nothing to tell.

        Here: the change's `rescue_text` goes to the recipients as a text.
        """
        if not change.rescue_text:
            return False
        return owe_once(card, "card_text", subject=change.pk)


_followers: dict[str, Follower] = {}


def register(name: str, follower: Follower) -> None:
    if name in _followers:
        raise ConfigError(f"two followers of cards have the name {name!r}")
    _followers[name] = follower


def is_known(first: str) -> bool:
    """Whether cards owe effects whose kinds begin with this word."""
    return first in _followers or first == OWN


def follower_of(card: SentCard) -> Follower:
    """Raises ConfigError where no installed app follows under that name."""
    try:
        return _followers[card.follower]
    except KeyError:
        raise ConfigError(f"no follower {card.follower!r} of cards is registered") from None


def hear(card: SentCard, what: What, *, by: str = "", cause: str = "", **more: object) -> None:
    follower_of(card).hears(card, News(what=what, by=by, cause=cause, **more))  # type: ignore[arg-type]


def kind(card: SentCard, word: str) -> str:
    """The name of the kind of effect: `shop.send_card`."""
    return f"{card.follower or OWN}.{word}"


def follower_in(kind: str) -> str:
    """Whose card an effect of this kind is about."""
    first = kind.rpartition(".")[0]
    return "" if first == OWN else first


def effect_key(card: SentCard, word: str, *more: object) -> str:
    """What an effect of this card is owed under. A task_id is unique in its app, and has no colon in it."""
    app = [] if card.app == "default" else [card.app]
    return ":".join(map(str, (word, *app, card.task_id, *more)))


def owe_once(card: SentCard, word: str, *, subject: object) -> bool:
    """Owe an effect that a card has at most one of; False where it was owed before."""
    key = effect_key(card, word)
    if outbox.Outgoing.objects.filter(effect_key=key).exists():
        return False
    outbox.owe(kind(card, word), subject=subject, effect_key=key, topic=card.topic, app=card.app)
    return True
