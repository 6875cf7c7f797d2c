"""The sandbox, which knows nothing of our replies, opens and plays every one of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sandbox.kit import AMR, MP4, PNG, Listener, a_card, chat_of, send_card, upload
from tests.wecom.making import EXAMPLES, VOTE
from wecom import crypto
from wecom.cards import Card, CardReplacement
from wecom.replies import (
    ImageReply,
    NewsReply,
    PassiveReply,
    ReplyArticle,
    TextReply,
    UpdateButton,
    UpdateTemplateCard,
    VideoReply,
    VoiceReply,
    seal_reply,
)
from wecom.sandbox import delivery, taps
from wecom.sandbox.world import CREDENTIALS


def sealed(reply: PassiveReply) -> bytes:
    corp = CREDENTIALS["CORP_ID"]
    return seal_reply(
        reply.to_xml(to_user="zhangsan", from_user=corp, created_at=datetime.now(UTC)),
        token=CREDENTIALS["CALLBACK_TOKEN"],
        key=crypto.aes_key(CREDENTIALS["ENCODING_AES_KEY"]),
        receive_id=corp,
        timestamp="1721000124",
        nonce="abc",
    )


def tap() -> None:
    taps.tap(member="zhangsan", event_key="confirm", task_id="lf-1@1")
    assert delivery.join(30)


def test_a_button_turns_grey(listener: Listener) -> None:
    send_card(a_card())
    listener.answer = sealed(UpdateButton(replace_name="处理中 <&> ]]>"))
    tap()
    assert chat_of()[0]["replace_text"] == "处理中 <&> ]]>"


@pytest.mark.parametrize("card", EXAMPLES, ids=lambda card: card.CARD_TYPE)
def test_another_card_stands_in_the_place_of_the_tapped_one(listener: Listener, card: Card) -> None:
    send_card(a_card(), to="zhangsan|lisi")
    listener.answer = sealed(UpdateTemplateCard(template_card=card))
    tap()
    assert chat_of()[0]["card"] == CardReplacement(card=card).to_payload()["template_card"]
    assert chat_of("lisi")[0]["face"] == "fresh"


def test_a_vote_is_closed_with_its_answers_shown(listener: Listener) -> None:
    send_card(a_card())
    shown = CardReplacement(card=VOTE.choosing({"where": ["gate"]}), replace_text="已投票", disable_choices=True)
    listener.answer = sealed(UpdateTemplateCard(template_card=shown))
    tap()
    seen = chat_of()[0]
    assert (seen["card"]["checkbox"]["disable"], seen["replace_text"]) == (True, "已投票")


@pytest.mark.parametrize(
    ("msgtype", "make"),
    [
        ("text", lambda: TextReply(content="收到 <&>")),
        ("image", lambda: ImageReply(media_id=upload("image", "a.png", PNG)["media_id"])),
        ("voice", lambda: VoiceReply(media_id=upload("voice", "a.amr", AMR)["media_id"])),
        ("video", lambda: VideoReply(media_id=upload("video", "a.mp4", MP4)["media_id"], title="监控")),
        ("news", lambda: NewsReply(articles=[ReplyArticle(title="周报", url="https://e.com/")])),
    ],
)
def test_what_is_written_stands_in_the_chat_of_whoever_wrote(
    listener: Listener, msgtype: str, make: Callable[[], Any]
) -> None:
    listener.answer = sealed(make())
    taps.say(member="zhangsan", text="在吗")
    assert delivery.join()
    assert [message["msgtype"] for message in chat_of()] == ["text", msgtype]
    assert chat_of()[1]["origin"] == "app"
