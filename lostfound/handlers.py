"""Door: what came in, and what is done now and then."""

import logging
from datetime import timedelta

from wecom.events import TemplateCardEvent
from wecom.handlers import Ignored, Received, on_event, periodic
from wecom.replies import UpdateButton

from . import card_content, selectors, services
from .errors import RequestClosed

logger = logging.getLogger(__name__)

APP = "default"  # the app that our cards are sent by


def answer_tap(event: TemplateCardEvent) -> UpdateButton | None:
    """处理中 for the right member on a card that is still asking, and for nobody else."""
    known = event.event_key in (card_content.CONFIRM, card_content.DECLINE)
    if known and selectors.is_asking(task_id=event.task_id, member=event.userid):
        return card_content.at_work()
    return None


@on_event(TemplateCardEvent, app=APP, at_once=answer_tap)
def handle_tap(event: TemplateCardEvent, received: Received) -> Ignored | None:
    """A button of a card was pressed."""
    tap = services.Tap(
        task_id=event.task_id,
        member=event.userid,
        key=event.event_key,
        cause=f"callback {received.callback_id}",
    )
    why = services.take_tap(tap)
    return Ignored(why) if why else None


@periodic("lostfound.expire", every=timedelta(minutes=10))
def expire_overdue() -> None:
    """Close the requests nobody answered, as the command expire_cards does."""
    for request in selectors.requests_to_expire():
        try:
            services.expire_request(request_id=request.pk, by="worker")
        except RequestClosed:
            logger.info("answered at the last moment: request=%s", request.pk)
