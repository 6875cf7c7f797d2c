"""Door: what goes out. Each kind builds one request to WeCom and hands its result to a service."""

from datetime import timedelta

from wecom import outbox
from wecom.outbox import Call, Kind, Nothing, Outgoing, State

from . import card_content
from .services import contact, owing, sending, updates

# After a doubt a text is repeated only while WeCom drops an identical one: at most 4 hours, and some room.
# Source: https://developer.work.weixin.qq.com/document/path/90236
DUPLICATE_CHECK = {"enable_duplicate_check": 1, "duplicate_check_interval": 14_400}
REPEAT_WITHIN = timedelta(hours=3, minutes=30)
SEND, UPDATE, RECALL = "message/send", "message/update_template_card", "message/recall"

# task_id exists already: after a doubt this says that the first try had arrived.
# Source: https://developer.work.weixin.qq.com/document/path/90313
TASK_ID_EXISTS = frozenset({42014})


def prepare_card(row: Outgoing) -> Call | Nothing:
    card = sending.card_to_send(row)
    if isinstance(card, Nothing):
        return card
    body = {
        "touser": card.recipient,
        "msgtype": "template_card",
        "template_card": card.payload,
        **DUPLICATE_CHECK,
    }
    return Call(path=SEND, body=body, to=(card.recipient,), proof=TASK_ID_EXISTS)


def prepare_contact(row: Outgoing) -> Call | Nothing:
    request = contact.contact_to_send(row)
    if isinstance(request, Nothing):
        return request
    text = card_content.contact_text(request)
    return _text(request.owner, text, private=(card_content.contact_words(request),))


def prepare_update(row: Outgoing) -> Call | Nothing:
    reserved = updates.reserve_update(row)
    if isinstance(reserved, Nothing):
        return reserved
    card, code, proof = reserved
    change = card_content.final_text(card.final).to_payload()
    body = {"userids": [card.recipient], "response_code": code.code, **change}
    return Call(path=UPDATE, body=body, private=(code.code,), proof=proof)


def prepare_recall(row: Outgoing) -> Call | Nothing:
    msgid = updates.recallable(row)
    return msgid if isinstance(msgid, Nothing) else Call(path=RECALL, body={"msgid": msgid})


def prepare_text(row: Outgoing) -> Call | Nothing:
    told = sending.text_to_send(row)
    if isinstance(told, Nothing):
        return told
    request, what = told
    return _text(card_content.receiver(request, what), card_content.tell_text(request, what))


def _text(member: str, text: str, *, private: tuple[str, ...] = ()) -> Call:
    body = {
        "touser": member,
        "msgtype": "text",
        "text": {"content": text},
        "enable_id_trans": 1,
        **DUPLICATE_CHECK,
    }
    return Call(path=SEND, body=body, to=(member,), private=tuple(word for word in private if word))


outbox.register(
    Kind(
        name=owing.SEND_CARD,
        prepare=prepare_card,
        settle=sending.settle_card,
        keeps_trying_for=timedelta(hours=20),  # an unanswered request expires soon after
    )
)
outbox.register(
    Kind(
        name=owing.DELIVER_CONTACT,
        prepare=prepare_contact,
        settle=contact.settle_contact,
        keeps_trying_for=timedelta(days=7),
        repeat_within=REPEAT_WITHIN,
    )
)
outbox.register(
    Kind(
        name=owing.UPDATE_CARD,
        prepare=prepare_update,
        settle=updates.settle_update,
        keeps_trying_for=timedelta(hours=72),  # no code lives longer
        when_refused=State.DEAD,
    )
)
outbox.register(
    Kind(
        name=owing.RECALL_CARD,
        prepare=prepare_recall,
        settle=updates.settle_recall,
        keeps_trying_for=timedelta(hours=1),
        when_refused=State.DEAD,
    )
)
outbox.register(
    Kind(
        name=owing.TELL,
        prepare=prepare_text,
        settle=sending.settle_text,
        keeps_trying_for=timedelta(days=2),
        repeat_within=REPEAT_WITHIN,
        when_refused=State.DEAD,
    )
)
