"""What an app writes: every type that WeCom documents, its limits, and the three calls that take it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wecom import messages
from wecom.cards import CardInvalid, ImageTextArea
from wecom.errors import ContentInvalid, MessageInvalid
from wecom.messages import (
    MESSAGES,
    Article,
    CardMessage,
    File,
    GroupText,
    Image,
    Markdown,
    Message,
    MiniprogramNotice,
    Mpnews,
    MpnewsArticle,
    News,
    NoticeItem,
    RobotMarkdown,
    RobotMarkdownV2,
    Text,
    Textcard,
    Video,
    Voice,
    cut_bytes,
)
from wecom.payloads import rules_of
from wecom.recipients import Recipients
from wecom.sandbox import contents
from wecom.sandbox.errcodes import Refusal

from .making import EXAMPLES, NEWS, NOTICE, QUESTION, cards, json_values, menu, option_ids, texts, untyped, urls

# Type → the fields of its object. Source: https://developer.work.weixin.qq.com/document/path/90236
DOCUMENTED = {
    "text": {"content"},
    "image": {"media_id"},
    "voice": {"media_id"},
    "video": {"media_id", "title", "description"},
    "file": {"media_id"},
    "textcard": {"title", "description", "url", "btntxt"},
    "news": {"articles"},
    "mpnews": {"articles"},
    "markdown": {"content"},
    "miniprogram_notice": {"appid", "page", "title", "description", "emphasis_first_item", "content_item"},
    "template_card": {"card"},
}
PARTS = {
    Article: {"title", "description", "url", "picurl", "appid", "pagepath"},
    MpnewsArticle: {"title", "thumb_media_id", "author", "content_source_url", "content", "digest"},
    NoticeItem: {"key", "value"},
}
URL = "https://lf.example.com/items/42"
PAGE = MpnewsArticle(title="失物周报", thumb_media_id="M", content="<p>三把伞</p>")
BOOK = MiniprogramNotice(appid="wx1", title="失物领取", content_item=[NoticeItem(key="地点", value="前台")])
EXAMPLE: dict[str, Message] = {
    "text": Text(content="你好"),
    "image": Image(media_id="M"),
    "voice": Voice(media_id="M"),
    "video": Video(media_id="M", title="监控"),
    "file": File(media_id="M"),
    "textcard": Textcard(title="新捡到的物品", description="一把伞", url=URL),
    "news": News(articles=[Article(title="一把伞", url=URL)]),
    "mpnews": Mpnews(articles=[PAGE]),
    "markdown": Markdown(content="**一把伞**"),
    "miniprogram_notice": BOOK,
    "template_card": CardMessage(card=QUESTION),
}


def names_of(kind: Any) -> set[str]:
    return {field.name for field, _ in rules_of(kind)} - {"safe", "enable_id_trans"}


def test_every_documented_type_and_field_is_there() -> None:
    assert {kind.MSGTYPE: names_of(kind) for kind in MESSAGES} == DOCUMENTED
    assert {kind: names_of(kind) for kind in PARTS} == PARTS
    assert set(EXAMPLE) == set(DOCUMENTED)


@pytest.mark.parametrize("message", EXAMPLE.values(), ids=EXAMPLE)
def test_a_message_comes_back_from_its_payload(message: Message) -> None:
    payload = message.to_payload()
    assert payload["msgtype"] == message.MSGTYPE
    body = {**payload, "touser": "lisi", "agentid": 7, "enable_duplicate_check": 1}
    assert Message.from_payload(body) == type(message).from_payload(payload) == message


@pytest.mark.parametrize("message", [one for name, one in EXAMPLE.items() if name != "template_card"])
def test_the_platform_takes_it(message: Message) -> None:
    payload = message.to_payload()
    shown, cut = contents.check(message.MSGTYPE, payload[message.MSGTYPE], media=lambda media_id, kind: "a.pdf")
    assert payload[message.MSGTYPE].items() <= shown.items()
    assert cut == []


any_text = st.builds(Text, content=texts.filter(bool), safe=st.integers(0, 1), enable_id_trans=st.booleans())
any_message = st.one_of(
    any_text,
    st.builds(Video, media_id=option_ids, title=texts, description=texts, safe=st.integers(0, 1)),
    st.builds(Textcard, title=texts.filter(bool), description=texts.filter(bool), url=urls, btntxt=texts),
    st.builds(
        News,
        articles=st.lists(
            st.builds(Article, title=texts.filter(bool), description=texts, url=urls, picurl=urls),
            min_size=1,
            max_size=8,
        ),
    ),
    st.builds(CardMessage, card=cards, enable_id_trans=st.booleans()),
)


@given(any_message)
def test_any_message_comes_back_from_its_payload(message: Message) -> None:
    assert Message.from_payload(message.to_payload()) == message


@given(json_values)
def test_any_json_is_a_message_or_one_of_our_errors(value: Any) -> None:
    for payload in (value, {"msgtype": "text", "text": value}, {"msgtype": "news", "news": {"articles": value}}):
        try:
            Message.from_payload(payload)
        except ContentInvalid:
            continue
        assert isinstance(payload, dict)
        assert payload["msgtype"] in DOCUMENTED


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Text(content=""), "text.content"),
        (lambda: Text(content="a\x00"), "text.content"),
        (lambda: Text(content=untyped(7)), "text.content"),
        (lambda: Text(content="a", safe=2), "safe"),
        (lambda: Voice(media_id="M", safe=1), "safe"),
        (lambda: Markdown(content="a", safe=1), "safe"),
        (lambda: CardMessage(card=QUESTION, safe=1), "safe"),
        (lambda: CardMessage(card=untyped({})), "template_card.card"),
        (lambda: Image(media_id=""), "image.media_id"),
        (lambda: Textcard(title="a", description="b", url="lf.example.com"), "textcard.url"),
        (lambda: Textcard(title="a", description="b", url="https://" + "a" * 2048), "textcard.url"),
        (lambda: News(articles=[]), "news.articles"),
        (lambda: News(articles=[Article(title="a", url=URL)] * 9), "news.articles"),
        (lambda: Article(title="a"), "news.articles[].url"),
        (lambda: Article(title="a", appid="wx1"), "news.articles[].pagepath"),
        (lambda: Article(title="a", url=URL, pagepath="p"), "news.articles[].appid"),
        (lambda: Article(title="a", appid="wx1", pagepath="p" * 129), "news.articles[].pagepath"),
        (lambda: MpnewsArticle(title="a", thumb_media_id="M", content="伞" * 227_329), "mpnews.articles[].content"),
        (lambda: Markdown(content="伞" * 683), "markdown.content"),
        (lambda: MiniprogramNotice(appid="wx1", title="三个字"), "miniprogram_notice.title"),
        (lambda: MiniprogramNotice(appid="wx1", title="失" * 13), "miniprogram_notice.title"),
        (lambda: NoticeItem(key="键" * 11, value="v"), "miniprogram_notice.content_item[].key"),
        (lambda: NoticeItem(key="k", value="值" * 31), "miniprogram_notice.content_item[].value"),
        (
            lambda: MiniprogramNotice(
                appid="wx1", title="失物领取", content_item=[NoticeItem(key="k", value="v")] * 11
            ),
            "miniprogram_notice.content_item",
        ),
    ],
)
def test_what_wecom_refuses_is_refused_here(make: Any, field: str) -> None:
    with pytest.raises(MessageInvalid) as raised:
        make()
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (Text(content="伞" * 683), "text.content: is cut after 2048 bytes, found 2049"),
        (Video(media_id="M", title="伞" * 43), "video.title: is cut after 128 bytes, found 129"),
        (
            Textcard(title="伞" * 129, description="b", url=URL),
            "textcard.title: is cut after 128 characters, found 129",
        ),
        (
            Textcard(title="a", description="b", url=URL, btntxt="查看详情吧"),
            "textcard.btntxt: is cut after 4 characters, found 5",
        ),
        (
            News(articles=[Article(title="a", description="伞" * 171, url=URL)]),
            "news.articles[0].description: is cut after 512 bytes, found 513",
        ),
    ],
)
def test_what_wecom_cuts_without_a_word_is_told(message: Message, told: str) -> None:
    assert [str(one) for one in message.advice()] == [told]


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("伞伞伞", 9, "伞伞伞"),
        ("伞伞伞", 8, "伞…"),
        ("伞伞伞", 3, "…"),
        ("伞伞伞", 2, ""),
        ("伞伞伞", 0, ""),
        ("一👨\u200d👩\u200d👧二三", 20, "一…"),  # a family is one sign, of 18 bytes
        ("e\u0301e\u0301e\u0301", 7, "e\u0301…"),
        ("👍\U0001f3fd👍\U0001f3fd", 14, "👍\U0001f3fd…"),
        ("☂\ufe0f☂\ufe0f伞", 13, "☂\ufe0f…"),
        ("🇨🇳🇫🇷🇩🇪", 15, "🇨🇳…"),
    ],
)
def test_a_text_is_cut_where_a_sign_ends_for_the_eye(text: str, most: int, short: str) -> None:
    assert cut_bytes(text, most) == short


@given(st.text(max_size=40), st.integers(0, 60))
def test_a_text_is_cut_where_a_character_ends(text: str, most: int) -> None:
    if any("\ud800" <= one <= "\udfff" for one in text):
        return
    short = cut_bytes(text, most)
    assert len(short.encode()) <= most
    assert short == text or text.startswith(short.removesuffix("…"))


# --- The three calls ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["text", "image", "voice", "video", "file", "textcard", "news", "mpnews", "markdown"])
def test_a_group_chat_takes_the_types_that_page_90248_names(name: str) -> None:
    assert EXAMPLE[name].to_chat_payload() == EXAMPLE[name].to_payload()


@pytest.mark.parametrize("message", [BOOK, CardMessage(card=NOTICE), RobotMarkdown(content="a")])
def test_and_no_other(message: Message) -> None:
    with pytest.raises(MessageInvalid, match="appchat/send"):
        message.to_chat_payload()


@pytest.mark.parametrize(
    "message",
    [
        *(EXAMPLE[name] for name in ("text", "news", "file", "voice", "markdown")),
        GroupText(content="大家好", mentioned_list=["@all"], mentioned_mobile_list=["13800000000"]),
        RobotMarkdown(content="伞" * 1365),
        RobotMarkdownV2(content="| a |"),
        CardMessage(card=NOTICE),
        CardMessage(card=NEWS),
    ],
)
def test_a_robot_takes_the_types_that_page_99110_names(message: Message) -> None:
    payload = message.to_robot_payload()
    assert set(payload) == {"msgtype", message.MSGTYPE}


@pytest.mark.parametrize(
    "message",
    [
        *(EXAMPLE[name] for name in ("image", "video", "textcard", "mpnews", "miniprogram_notice")),
        *(CardMessage(card=card) for card in EXAMPLES[2:]),
        CardMessage(card=replace(NEWS, card_image=None, image_text_area=ImageTextArea(image_url=URL))),
        CardMessage(card=replace(NOTICE, action_menu=menu(), task_id="t")),
        News(articles=[Article(title="a", appid="wx1", pagepath="p")]),
        Text(content="a", safe=1),
        Text(content="a", enable_id_trans=True),
    ],
)
def test_and_nothing_else(message: Message) -> None:
    with pytest.raises(MessageInvalid):
        message.to_robot_payload()


def test_mobile_numbers_are_for_robots_alone_and_members_are_not_mentioned() -> None:
    group = GroupText(content="大家好", mentioned_list=["lisi"])
    assert group.to_chat_payload()["text"] == {"content": "大家好", "mentioned_list": ["lisi"]}
    with pytest.raises(MessageInvalid, match="message/send"):
        group.to_payload()
    with pytest.raises(MessageInvalid, match="mentioned_mobile_list"):
        GroupText(content="大家好", mentioned_mobile_list=["1"]).to_chat_payload()
    with pytest.raises(MessageInvalid, match="mentioned_list"):
        GroupText(content="大家好", mentioned_list=untyped("lisi"))


def test_a_wrong_card_inside_is_named_as_a_card() -> None:
    with pytest.raises(CardInvalid, match="card_type"):
        Message.from_payload({"msgtype": "template_card", "template_card": {"card_type": "taskcard"}})


def test_the_platform_cuts_where_we_told_so() -> None:
    message = Video(media_id="M", title="伞" * 43)
    shown, cut = contents.check("video", message.to_payload()["video"], media=lambda media_id, kind: "a.mp4")
    assert (shown["title"], cut) == ("伞" * 42, ["title"])
    with pytest.raises(Refusal):
        contents.check("markdown", {"content": "伞" * 683}, media=lambda media_id, kind: "")


def test_recipients_are_written_as_each_call_wants_them() -> None:
    some = Recipients.named(["LiSi", "wangwu", "lisi"], parties=[2], tags=[7])
    assert some.for_send() == {"touser": "lisi|wangwu", "toparty": "2", "totag": "7"}
    assert some.for_update() == {"userids": ["lisi", "wangwu"], "partyids": [2], "tagids": [7]}
    assert Recipients.named("@all").for_send() == {"touser": "@all"}
    assert Recipients.named("@all").for_update() == {"atall": 1}


def test_every_public_name_is_a_message_or_part_of_one() -> None:
    assert set(messages.__all__) >= {kind.__name__ for kind in (*MESSAGES, *PARTS)}
