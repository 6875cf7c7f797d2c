"""The export of the books: whole, one row a line, and nothing in it that is nobody's business."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from lostfound import services
from lostfound.models import ResponseCode
from tests.lostfound.world import PHONE, WeCom, asked, tap
from wecom import outbox

pytestmark = pytest.mark.django_db


def export(*arguments: str) -> list[dict]:
    out = StringIO()
    call_command("audit_export", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_finished_request_is_told_from_the_question_to_the_final_text(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    outbox.drain()
    rows = export()
    (request,) = (row for row in rows if row["type"] == "request")
    assert [entry["event"] for entry in request["timeline"]][:3] == ["asked", "card_sent", "accepted"]
    (shown,) = (row for row in rows if row["type"] == "card")
    assert {code["state"] for code in shown["codes"]} <= {"live", "spent"}
    sent = [row for row in rows if row["type"] == "outgoing"]
    assert {row["kind"] for row in sent} == {
        "lostfound.send_card",
        "lostfound.deliver_contact",
        "lostfound.update_card",
    }
    assert all(row["tries"][0]["outcome"] == "applied" for row in sent)


def test_it_holds_no_contact_no_code_and_no_words(wecom: WeCom) -> None:
    card = asked()
    tap(card)
    outbox.drain()
    services.reveal_contact(request_id=card.request_id, by="desk", why="张三打来电话")
    told = json.dumps(export(), ensure_ascii=False)
    private = [PHONE, card.request.item_title, "张三打来电话", *(code.code for code in ResponseCode.objects.all())]
    assert [word for word in private if word in told] == []


def test_one_sort_can_be_asked_for(wecom: WeCom) -> None:
    asked()
    assert {row["type"] for row in export("--type", "card")} == {"card"}
