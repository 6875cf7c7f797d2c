"""Door: what came in, and what is done now and then."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.core.management import call_command

from wecom.client import Client
from wecom.errors import Refused
from wecom.events import CardTap, ImageMessage, TextMessage
from wecom.handlers import Ignored, Received, on_card, on_message, periodic

from . import card_content, chat, retention, selectors, services
from .errors import RequestClosed, TooMany
from .pictures import NotAPhoto

logger = logging.getLogger(__name__)

APP = "default"  # the app that our cards are sent by


@on_card(card_content.CONFIRM, card_content.DECLINE, app=APP, at_once=card_content.WORKING)
def answer_request(event: CardTap, received: Received) -> Ignored | None:
    """The finder has answered. Who may answer, and whether it is too late, is decided by our own rows."""
    why = services.take_tap(
        task_id=event.task_id, member=event.userid, key=event.event_key, cause=f"callback {received.callback_id}"
    )
    return Ignored(why) if why else None


@on_message(TextMessage, app=APP)
def answer_text(event: TextMessage, reply: Callable[[object], None]) -> None:
    """Somebody wrote what they have lost, or found."""
    reply(chat.answer(event.content))


@on_message(ImageMessage, app=APP)
def begin_report(event: ImageMessage, client: Client, reply: Callable[[object], None]) -> None:
    """Somebody sent a photo of what they have found. Handled twice it is kept twice, and dropped after a day."""
    try:
        photo = services.keep_photo(content=client.media.get(event.media_id).content, sent_by=event.userid.lower())
    except (NotAPhoto, Refused):
        reply("这张图片读不出来，请换一张照片。")
    except TooMany:
        reply("照片发得太快了，请过一分钟再发。")
    else:
        reply(chat.answer_photo(photo))


@periodic("lostfound.expire", every=timedelta(minutes=10))
def expire_overdue() -> None:
    """Close the requests nobody answered, as the command expire_cards does."""
    for request in selectors.requests_to_expire():
        try:
            services.expire_request(request_id=request.pk, by="worker")
        except RequestClosed:
            logger.info("answered at the last moment: request=%s", request.pk)


@periodic("lostfound.match", every=timedelta(minutes=1))
def tell_owners() -> None:
    """Look who may own what was found since, and owe each of them the day's message."""
    services.match_found_items()
    services.owe_suggestions()


@periodic("lostfound.sessions", every=timedelta(hours=1))
def drop_ended_sessions() -> None:
    """Delete what the site kept of browsers whose login has ended by time: each names a member or an account."""
    call_command("clearsessions")


@periodic("lostfound.answers", every=timedelta(hours=1))
def drop_old_answers() -> None:
    """Delete what calls of the API were answered more than a day ago."""
    retention.drop_old_answers()


@periodic("lostfound.photos", every=timedelta(hours=1))
def drop_loose_photos() -> None:
    """Delete the photos whose form was never sent."""
    services.drop_loose_photos()
