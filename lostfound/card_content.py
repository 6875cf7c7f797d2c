"""Decisions: the words on cards and in messages to members, in Chinese.

What a member typed appears here as plain text: it can neither make a link nor have another member's name filled in.
No card holds an id beyond the request's number, and no card holds a contact.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from wecom.cards import (
    Button,
    ButtonInteraction,
    ButtonReplacement,
    CardAction,
    HorizontalItem,
    Jump,
    MainTitle,
    QuoteArea,
    Source,
    TextNotice,
)
from wecom.fields import readable

from . import conf, matching
from .models import ContactRequest, Item, Match
from .states import Channel, Final

CONFIRM, DECLINE = "confirm", "decline"  # the literal EventKeys
BUTTONS = "确认 / 婉拒"
WORKING = "处理中"  # at once, until the answer has been dealt with
FINALS = {
    Final.DELIVERED: "已推送",
    Final.FAILED: "未能送达",
    Final.DECLINED: "已婉拒",
    Final.EXPIRED: "已过期",
    Final.WITHDRAWN: "已撤回",
    Final.REPLACED: "已重发",
    Final.OVER: "已处理",
}
RESCUE = "rescue"
TEXT_BYTES = 2048  # longer texts are cut off by WeCom. Source: https://developer.work.weixin.qq.com/document/path/90236

_BRAND = "失物招领"
_PLAIN = str.maketrans({"<": "＜", ">": "＞", "$": "＄", "&": "＆"})
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # could crash clients: errcode 82004


def question(request: ContactRequest, *, task_id: str) -> ButtonInteraction:
    """The card that asks the finder. It says which way of contact would be passed on, never the contact itself."""
    return ButtonInteraction(
        task_id=task_id,
        source=Source(desc=_BRAND),
        main_title=MainTitle(title="有人认领您捡到的物品", desc=f"请求编号 {request.pk}"),
        quote_area=_said_by(request),
        sub_title_text=f"点击“确认”后，{_offer(request.item)}将发送给失主；点击“婉拒”则不会提供。点开卡片可改用别的联系方式。",
        horizontal_content_list=tuple(_facts(request)),
        button_list=(
            Button(text="确认", style=1, key=CONFIRM),
            Button(text="婉拒", style=2, key=DECLINE),
        ),
        card_action=CardAction(type=1, url=conf.outside_address(reverse("answer", args=[request.pk]))),
    )


def suggestion(matches: Sequence[Match]) -> TextNotice:
    """The card that tells an owner of found things that may be theirs; it names the likeliest, and leads to all."""
    best, others = matches[0], len(matches) - 1
    found = best.found
    address = conf.outside_address(reverse("item", args=[best.lost_id if others else found.pk]))
    with translation.override(settings.LANGUAGE_CODE):
        why = " · ".join(matching.likeness(best.lost, found).reasons)
    found_on = f"{timezone.localtime(found.happened_at):%Y-%m-%d %H:%M}"
    rows = [("物品", found.title), ("地点", found.place), ("时间", found_on), ("相似之处", why)]
    return TextNotice(
        source=Source(desc=_BRAND),
        main_title=MainTitle(title="可能找到了您丢的物品", desc=_short(plain(best.lost.title))),
        sub_title_text=f"另有 {others} 件也很像，点开一起看。" if others else "不想收到这类提醒，可在“我的”里关闭。",
        horizontal_content_list=tuple(
            HorizontalItem(keyname=name, value=_short(plain(value))) for name, value in rows if value
        ),
        jump_list=(Jump(type=1, url=address, title="查看物品"),),
        card_action=CardAction(type=1, url=address),
    )


def final_text(final: str) -> ButtonReplacement:
    """What replaces the buttons for good."""
    return ButtonReplacement(replace_name=FINALS[Final(final)])


def contact_text(request: ContactRequest) -> str:
    """The message that brings the contact to the owner.

    Only stored values stand in it, so that a repeat is the same to the byte. The finder's name is filled in by
    WeCom (`enable_id_trans`). Source: https://developer.work.weixin.qq.com/document/path/90236
    """
    lines = [
        f"【{_BRAND}】拾取人同意了您的请求",
        f"物品：{plain(request.item_title)}（请求编号 {request.pk}）",
        f"拾取人：$userName={request.finder}$",
        *_ways(request),
    ]
    return cut("\n".join(lines))


def contact_words(request: ContactRequest) -> str:
    """The contact as it stands in contact_text(): what must never be stored or logged."""
    return plain(request.contact_value)


def tell_text(request: ContactRequest, what: str) -> str:
    """A short text about a request; `what` is a key of TELLS, perhaps with a round after a hyphen."""
    word, _, round_ = what.partition("-")
    _, words = TELLS[word]
    head = f"【{_BRAND}】{plain(request.item_title)}（请求编号 {request.pk}）"
    return cut(f"{head}\n{words(request, round_)}")


def receiver(request: ContactRequest, what: str) -> str:
    """The UserID of the one whom this text is for."""
    role, _ = TELLS[what.partition("-")[0]]
    return str(getattr(request, role))


def plain(text: str) -> str:
    """A member's words on one line, unable to be read as a link or as a name to fill in."""
    return " ".join(_CONTROL.sub("", text.translate(_PLAIN)).split())


def cut(text: str, most: int = TEXT_BYTES) -> str:
    """At most so many bytes of UTF-8, ending with a whole character."""
    return text.encode()[:most].decode("utf-8", "ignore")


def _said(words: str) -> Callable[[ContactRequest, str], str]:
    return lambda request, round_: words


def _rescued(request: ContactRequest, round_: str) -> str:
    card = request.cards.filter(round=round_).first() if round_ else None
    return _RESCUED.get(card.final if card else "", "这张卡片已失效，请以本消息为准。")


# what → who is told, and the words
TELLS: dict[str, tuple[str, Callable[[ContactRequest, str], str]]] = {
    "undelivered": (
        "owner",
        _said("暂时无法送达拾取人，请求仍然保留。请稍后在系统中查看，或联系失物招领管理员重新发送。"),
    ),
    "unsure": (
        "owner",
        _said("尚不能确认通知是否已送达拾取人，请求仍然保留。如长时间没有回复，请联系失物招领管理员重新发送。"),
    ),
    "declined": ("owner", lambda request, round_: _declined(request)),
    "expired": ("owner", _said("拾取人一直没有回复，本次请求已过期。您可以重新发起请求，或联系失物招领管理员。")),
    "not_reached": (
        "owner",
        _said("未能确认您的请求已送达拾取人，本次请求已结束。您可以重新发起请求，或联系失物招领管理员。"),
    ),
    "finder_gone": (
        "owner",
        _said("拾取人已不在企业通讯录中，无法联系，本次请求已结束。请联系失物招领管理员协助查找物品。"),
    ),
    "item_closed": ("owner", _said("这件物品已结案，本次请求已结束。如有疑问，请联系失物招领管理员。")),
    "please_delete": ("owner", _said("拾取人撤回了同意。如果您已收到其联系方式，请删除并不要再使用。")),
    "delivered_late": ("finder", _said("之前未能送达的联系方式，现已成功发送给失主。")),
    RESCUE: ("finder", _rescued),
}
_RESCUED: dict[str, str] = {
    Final.DELIVERED: "您的联系方式已推送给失主。卡片未能更新，请以本消息为准，无需再次点击。",
    Final.FAILED: "您的联系方式未能送达失主，管理员会跟进。卡片未能更新，请以本消息为准。",
    Final.DECLINED: "您已婉拒，联系方式不会提供给失主。卡片未能更新，请以本消息为准。",
    Final.EXPIRED: "这次请求已过期，无需再处理。卡片未能更新，请以本消息为准。",
    Final.OVER: "这次请求已处理，无需再次点击。卡片未能更新，请以本消息为准。",
}


def _said_by(request: ContactRequest) -> QuoteArea | None:
    """What the owner said, under the finder's own question where there is one."""
    if not request.message:
        return None
    question = plain(request.item.proof_question)
    return QuoteArea(
        title=f"您的问题：{_short(question)}" if question else "失主留言", quote_text=plain(request.message)
    )


def _declined(request: ContactRequest) -> str:
    why = f"拾取人说：{plain(request.decline_reason)}。" if request.decline_reason else ""
    return f"拾取人婉拒了提供联系方式。{why}如物品确属于您，请联系失物招领管理员。"


def _facts(request: ContactRequest) -> list[HorizontalItem]:
    item = request.item
    found_on = f"{timezone.localtime(item.happened_at):%Y-%m-%d %H:%M}"
    rows: list[tuple[str, Any]] = [("物品", request.item_title), ("地点", item.place), ("时间", found_on)]
    return [HorizontalItem(keyname=name, value=_short(plain(value))) for name, value in rows if value]


def _offer(item: Item) -> str:
    """What would be passed on, so that the finder knows before agreeing; of a phone number only its end."""
    if item.contact_channel == Channel.PHONE:
        number = plain(readable(item, "contact_value") or "")
        return f"您的电话（尾号 {number[-4:]}）" if len(number) > 6 else "您的电话"
    if item.contact_channel == Channel.DESK:
        return "您填写的领取地点"
    return "您的姓名（用于企业微信联系）"


def _ways(request: ContactRequest) -> list[str]:
    if request.contact_channel == Channel.PHONE:
        return [f"电话：{contact_words(request)}", "请通过以上电话联系拾取人。"]
    if request.contact_channel == Channel.DESK:
        return [f"领取地点：{contact_words(request)}", "请前往领取，并说明请求编号。"]
    return ["联系方式：企业微信", "请在企业微信中搜索以上姓名，直接发消息联系。"]


def _short(text: str, most: int = 30) -> str:
    """Cut to what a card shows well."""
    return text if len(text) <= most else text[: most - 1] + "…"
