"""Door: what goes out. Each kind builds one request to WeCom and hands its result to a service; of the finder's cards
wecom takes care, and tells what becomes of them."""

from datetime import timedelta

from wecom import outbox, sent_cards
from wecom.outbox import Call, Kind, Nothing, Outgoing, State

from . import card_content, retention  # noqa: F401  says how long what is kept
from .services import contact, following, owing, suggesting, telling
from .services.cards import FOLLOWER


def prepare_contact(row: Outgoing) -> Call | Nothing:
    request = contact.contact_to_send(row)
    if isinstance(request, Nothing):
        return request
    text = card_content.contact_text(request)
    return _text(request.owner, text, private=(card_content.contact_words(request),))


def prepare_text(row: Outgoing) -> Call | Nothing:
    told = telling.text_to_send(row)
    if isinstance(told, Nothing):
        return told
    request, what = told
    return _text(card_content.receiver(request, what), card_content.tell_text(request, what))


def prepare_suggestion(row: Outgoing) -> Call | Nothing:
    told = suggesting.suggestion_to_send(row)
    if isinstance(told, Nothing):
        return told
    member, matches = told
    body = outbox.message_body(card_content.suggestion(matches), to=[member])
    return Call(path=outbox.SEND, body=body, to=(member,))


def _text(member: str, text: str, *, private: tuple[str, ...] = ()) -> Call:
    return outbox.text_call({"touser": member}, text, members=(member,), private=private)


sent_cards.follow(FOLLOWER, following.CardFollower())
outbox.register(
    Kind(
        name=owing.DELIVER_CONTACT,
        prepare=prepare_contact,
        settle=contact.settle_contact,
        keeps_trying_for=timedelta(days=7),
        repeat_within=outbox.REPEAT_WITHIN,
    )
)
outbox.register(
    Kind(
        name=owing.TELL,
        prepare=prepare_text,
        settle=telling.settle_text,
        keeps_trying_for=timedelta(days=2),
        repeat_within=outbox.REPEAT_WITHIN,
        when_refused=State.DEAD,
    )
)
outbox.register(
    Kind(
        name=suggesting.SUGGEST,
        prepare=prepare_suggestion,
        settle=suggesting.settle_suggestion,
        keeps_trying_for=timedelta(hours=12),
        repeat_within=outbox.REPEAT_WITHIN,
        when_refused=State.DEAD,
    )
)
