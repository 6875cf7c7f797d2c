"""Door: what goes out in the name of wecom itself: the effects of cards that no other app follows."""

import logging
from datetime import timedelta

from . import alerts, clocks, conf, members, retention, sent_cards, watch
from .dispatch import periodic

logger = logging.getLogger(__name__)

PURGED_AT_ONCE = 10_000

sent_cards.follow("", sent_cards.Follower())


@periodic("wecom.expire_cards", every=timedelta(minutes=1))
def expire_cards() -> None:
    """Close the cards that nobody answered in time, and write down which codes have died."""
    sent_cards.expire_cards()
    sent_cards.expire_codes()


@periodic("wecom.watch", every=timedelta(minutes=1))
def watch_age() -> None:
    """Say what has been waiting for too long, but for what a wrong clock held up."""
    clocks.put_right()
    watch.look()


@periodic("wecom.tell", every=timedelta(seconds=10))
def tell_alerts() -> None:
    alerts.tell_due()


@periodic("wecom.members", every=timedelta(minutes=5))
def refresh_members() -> None:
    """Hear of new names, and of those who have left."""
    for app in conf.aliases():
        members.refresh(app=app)


@periodic("wecom.purge", every=timedelta(hours=1))
def purge() -> None:
    """Drop what has been kept for long enough; a heap of it in several turns, for other work by the clock waits."""
    for holding in retention.holdings():
        try:
            for _ in retention.purge(holding, most=PURGED_AT_ONCE):
                pass
        except Exception:  # the others are dropped all the same
            logger.exception("not purged: %s %s", holding.kind, holding.name)
