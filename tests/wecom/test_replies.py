"""A passive reply is the very text that other people's libraries would send."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from wecom import crypto, xml
from wecom.cards import Card, CardInvalid, CardReplacement, NewsNotice
from wecom.errors import MessageInvalid
from wecom.payloads import Advice
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
from wecom.sandbox import xml as theirs

from .making import EXAMPLES, FORM, QUESTION, VOTE, cards, untyped
from .vectors import VECTORS

VECTOR = next(vector for vector in VECTORS["envelopes"] if vector["id"] == "reply-update-button")
MOMENT = datetime.fromtimestamp(int(VECTOR["timestamp"]), UTC)


def test_the_plaintext_goes_from_the_corporation_to_the_member() -> None:
    reply = UpdateButton(replace_name="已通知失主")
    plain = reply.to_xml(to_user="finder.li", from_user=VECTOR["receive_id"], created_at=MOMENT)
    assert plain.decode() == VECTOR["plaintext"]


def test_a_sealed_reply_is_the_body_that_others_would_send() -> None:
    sealed = seal_reply(
        VECTOR["plaintext"].encode(),
        token=VECTOR["token"],
        key=crypto.aes_key(VECTOR["encoding_aes_key"]),
        receive_id=VECTOR["receive_id"],
        timestamp=VECTOR["timestamp"],
        nonce=VECTOR["nonce"],
        random16=bytes.fromhex(VECTOR["random16_hex"]),
    )
    assert sealed.decode() == VECTOR["body"]


def test_a_text_that_looks_like_xml_stays_a_text() -> None:
    name = "]]></ReplaceName><Evil>&amp;"
    plain = UpdateButton(replace_name=name).to_xml(to_user="a", from_user="b", created_at=MOMENT)
    button = xml.parse_message(plain).find("Button")
    assert button is not None
    assert xml.text_of(button, "ReplaceName") == name


@pytest.mark.parametrize("name", ["", "\x00", "a\x1fb", "\ud800", "\uffff"])
def test_a_text_that_xml_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(CardInvalid, match="ReplaceName"):
        UpdateButton(replace_name=name)


def test_a_strange_nonce_cannot_break_the_envelope() -> None:
    body = seal_reply(b"x", token="t", key=b"k" * 32, receive_id="c", timestamp="1<&", nonce="]]><Encrypt>")
    assert xml.parse_envelope(body).encrypt


def written(reply: PassiveReply) -> str:
    """The elements of a reply after the four that all have."""
    plain = reply.to_xml(to_user="lisi", from_user="ww1", created_at=MOMENT).decode()
    before, found, rest = plain.partition("</MsgType>")
    assert (before, found) == (
        "<xml><ToUserName><![CDATA[lisi]]></ToUserName><FromUserName><![CDATA[ww1]]></FromUserName>"
        f"<CreateTime>{VECTOR['timestamp']}</CreateTime><MsgType><![CDATA[{reply.MSG_TYPE}]]>",
        "</MsgType>",
    )
    return rest.removesuffix("</xml>").replace("<![CDATA[", "").replace("]]>", "")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (TextReply(content="收到"), "<Content>收到</Content>"),
        (ImageReply(media_id="M"), "<Image><MediaId>M</MediaId></Image>"),
        (VoiceReply(media_id="M"), "<Voice><MediaId>M</MediaId></Voice>"),
        (VideoReply(media_id="M"), "<Video><MediaId>M</MediaId></Video>"),
        (
            VideoReply(media_id="M", title="雨伞", description="蓝色"),
            "<Video><MediaId>M</MediaId><Title>雨伞</Title><Description>蓝色</Description></Video>",
        ),
        (
            NewsReply(articles=[ReplyArticle(title="a", picurl="p", url="u"), ReplyArticle(title="b")]),
            "<ArticleCount>2</ArticleCount><Articles><item><Title>a</Title><PicUrl>p</PicUrl><Url>u</Url></item>"
            "<item><Title>b</Title></item></Articles>",
        ),
        (
            UpdateTemplateCard(template_card=QUESTION),
            "<TemplateCard><CardType>button_interaction</CardType><MainTitle><Title>有人认领您捡到的工卡</Title>"
            "<Desc>编号 42</Desc></MainTitle><ButtonList><Text>确认</Text><Key>confirm</Key></ButtonList>"
            "<ButtonList><Text>不是我</Text><Style>2</Style><Key>decline</Key></ButtonList></TemplateCard>",
        ),
        (
            UpdateTemplateCard(
                template_card=CardReplacement(
                    card=VOTE.choosing({"where": ["gate"]}), replace_text="已投票", disable_choices=True
                )
            ),
            "<TemplateCard><CardType>vote_interaction</CardType><MainTitle><Title>失物柜放在哪里</Title></MainTitle>"
            "<CheckBox><QuestionKey>where</QuestionKey>"
            "<OptionList><Id>canteen</Id><Text>食堂</Text></OptionList>"
            "<OptionList><Id>library</Id><Text>图书馆</Text></OptionList>"
            "<OptionList><Id>gate</Id><Text>门口</Text><IsChecked>true</IsChecked></OptionList>"
            "<Mode>1</Mode><Disable>true</Disable></CheckBox>"
            "<SubmitButton><Key>send-vote</Key><Text>投票</Text></SubmitButton><ReplaceText>已投票</ReplaceText>"
            "</TemplateCard>",
        ),
    ],
    ids=lambda value: value.MSG_TYPE if isinstance(value, PassiveReply) else "",
)
def test_each_reply_is_spelt_as_the_documents_spell_it(reply: PassiveReply, expected: str) -> None:
    assert written(reply) == expected


@given(cards)
def test_a_platform_with_a_reader_of_its_own_reads_every_card_that_can_be_a_reply(card: Card) -> None:
    reply = UpdateTemplateCard(template_card=CardReplacement(card=card, disable_choices=bool(card.questions)))
    root = theirs.read(reply.to_xml(to_user="a", from_user="b", created_at=MOMENT))
    (element,) = root.iterfind("TemplateCard")
    assert same(theirs.card_of(element), reply.to_payload()["template_card"])


def same(read: object, meant: object) -> bool:
    """Whether both are alike, but for blanks around a text and for lists and blocks without anything in them."""
    if isinstance(meant, dict):
        assert isinstance(read, dict)
        return all(same(read.get(name), value) for name, value in meant.items() if value not in ([], {}))
    if isinstance(meant, list):
        assert isinstance(read, list)
        return len(read) == len(meant) and all(map(same, read, meant))
    return read == (meant.strip() if isinstance(meant, str) else meant)


@pytest.mark.parametrize("card", EXAMPLES, ids=lambda card: card.CARD_TYPE)
def test_a_card_of_each_type_can_be_a_reply(card: Card) -> None:
    assert f"<CardType>{card.CARD_TYPE}</CardType>" in written(UpdateTemplateCard(template_card=card))
    assert UpdateTemplateCard(template_card=card) == UpdateTemplateCard(template_card=CardReplacement(card=card))


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: TextReply(content=""), "Content"),
        (lambda: TextReply(content=untyped(1)), "Content"),
        (lambda: ImageReply(media_id=""), "Image.MediaId"),
        (lambda: VoiceReply(media_id="\x00"), "Voice.MediaId"),
        (lambda: VideoReply(media_id="M", title="\uffff"), "Video.Title"),
        (lambda: NewsReply(articles=[]), "Articles"),
        (lambda: NewsReply(articles=[ReplyArticle(title="x")] * 9), "Articles"),
        (lambda: NewsReply(articles=[untyped({"title": "x"})]), "Articles[0]"),
        (lambda: ReplyArticle(title=untyped(None)), "Articles.item[].Title"),
    ],
)
def test_what_is_no_reply_is_refused(make: Any, field: str) -> None:
    with pytest.raises(MessageInvalid) as raised:
        make()
    assert raised.value.field == field


@pytest.mark.parametrize("card", [None, "card", FORM.to_payload()])
def test_what_is_no_card_is_refused(card: Any) -> None:
    with pytest.raises(CardInvalid) as raised:
        UpdateTemplateCard(template_card=card)
    assert raised.value.field == "TemplateCard"


def test_a_card_with_what_xml_cannot_carry_is_refused() -> None:
    card = NewsNotice.from_payload({**EXAMPLES[1].to_payload(), "main_title": {"title": "a\uffffb"}})
    with pytest.raises(CardInvalid) as raised:
        UpdateTemplateCard(template_card=card)
    assert raised.value.field == "update_template_card.Title"


def test_a_text_that_wecom_would_cut_is_told() -> None:
    assert TextReply(content="伞" * 682).advice() == []
    assert TextReply(content="伞" * 683).advice() == [Advice("content", 2048, 2049, "bytes", True)]
    assert str(TextReply(content="伞" * 683).advice()[0]) == "content: is cut after 2048 bytes, found 2049"
    (advice,) = NewsReply(articles=[ReplyArticle(title="x" * 129)]).advice()
    assert advice.field == "articles[0].title"
