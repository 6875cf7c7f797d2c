"""Requests that wait for their finder's tap, written straight into the tables."""

import itertools
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from lostfound import card_content
from lostfound.models import Card, ContactRequest, Item
from lostfound.states import Channel, ItemKind
from wecom.fields import fingerprint
from wecom.models import ResponseCode, SentCard

from . import envelopes

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Finder:
    userid: str
    task_id: str

    def tap(self) -> bytes:
        return envelopes.tap(self.task_id, self.userid)


def cards_for_everybody(count: int) -> list[str]:
    """The task_ids of so many cards that every member may tap and be answered at once; nothing stands behind them."""
    task_ids = [f"all-{secrets.token_hex(8)}" for _ in range(count)]
    SentCard.objects.bulk_create(
        SentCard(task_id=t, key=t, follower="lostfound", recipients={"users": ["@all"]}, state=SentCard.State.SHOWN)
        for t in task_ids
    )
    return task_ids


@transaction.atomic
def waiting(count: int) -> list[Finder]:
    """So many requests of as many owners, each with a card that its finder sees."""
    numbers = [next(_numbers) for _ in range(count)]
    items = Item.objects.bulk_create(
        Item(
            kind=ItemKind.FOUND,
            title="黑色雨伞",
            place="二号楼食堂",
            reporter=f"finder{number}",
            contact_channel=Channel.PHONE,
            contact_value="13800138000",
            matched_at=timezone.now(),  # owners were looked for when it was reported, not while taps wait
        )
        for number in numbers
    )
    requests = ContactRequest.objects.bulk_create(
        ContactRequest(item=item, owner=f"owner{n}", finder=item.reporter, item_title=item.title, message="伞柄有贴纸")
        for n, item in zip(numbers, items, strict=True)
    )
    cards = SentCard.objects.bulk_create(_shown(request) for request in requests)
    with connection.cursor() as cursor:  # bulk_create knows no tables that inherit
        cursor.executemany(
            f"INSERT INTO {Card._meta.db_table} (sent_card_id, request_id, round, final) VALUES (%s, %s, 1, '')",
            [(card.pk, request.pk) for card, request in zip(cards, requests, strict=True)],
        )
    ResponseCode.objects.bulk_create(_code(card) for card in cards)
    return [Finder(request.finder, card.task_id) for request, card in zip(requests, cards, strict=True)]


def _shown(request: ContactRequest) -> SentCard:
    task_id = f"lf-{request.pk}-1-{secrets.token_hex(6)}"
    return SentCard(
        task_id=task_id,
        key=task_id,
        follower="lostfound",
        topic=f"request:{request.pk}",
        recipients={"users": [request.finder]},
        payload=card_content.question(request, task_id=task_id).to_payload(),
        msgid="bench-msgid",
        state=SentCard.State.SHOWN,
        sent_at=timezone.now(),
    )


def _code(card: SentCard) -> ResponseCode:
    code, now = secrets.token_urlsafe(32), timezone.now()
    return ResponseCode(
        card=card,
        code=code,
        fingerprint=fingerprint(code),
        source=ResponseCode.Source.SEND,
        issued_at=now,
        expires_at=now + timedelta(hours=24),
    )
