"""Decisions: what the app answers in its chat, in Chinese: a text looks for found things, a picture begins a report.

丢了黑色雨伞   the likeliest found things, as a card whose lines open them
捡到一把伞     where to report it
(a photo)      the same, with the photo already there
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from wecom.cards import CardAction, Jump, MainTitle, Source, TextNotice
from wecom.messages import CardMessage

from . import card_content, conf, search
from .models import Item, Photo
from .spoken import spoken
from .states import ItemKind

MOST = 3  # lines at the foot of a card
LONGEST = 60  # characters of a text that are looked for
_FOUND = re.compile(r"(?:我)?(?:刚|刚刚|今天)?(?:捡到|拾到|捡了|found)[了一]?", re.IGNORECASE)
_LOST = re.compile(
    r"有(?:没有)?人(?:捡到|看到|看见|拾到)|我的|我|请问|刚刚|刚|今天|昨天|(?:弄|搞|遗)?丢(?:失)?了?|不见了|找不到了?|寻找|寻|找|掉了|"
    r"在哪里?|[吗呢啊吧？?！!。，,]|\b(?:i|my|the|a|an|have|lost|looking for|find)\b",
    re.IGNORECASE,
)

Reply = str | dict[str, Any]


def answer(text: str) -> Reply:
    """What to say to this text: a card with found things, or where to go."""
    if _FOUND.match(text.strip()) and "有" not in text[:2]:
        title = _FOUND.sub("", text.strip(), count=1)
        return f"谢谢您！请在这里登记，失主就能找到：{_link('登记拾到的物品', _report('found', title=title))}"
    wanted = " ".join(_LOST.sub(" ", text[:LONGEST]).split())
    if not wanted:
        return _help()
    page = search.look(kind=ItemKind.FOUND, words=wanted, page=MOST)
    if not page.items:
        return (
            f"暂时没有找到“{card_content.plain(wanted)}”。{_link('登记丢失的物品', _report('lost', title=wanted))}，"
            "有相似的会马上告诉您。"
        )
    return _card(wanted, page.items, alike=page.alike)


def answer_photo(photo: Photo) -> Reply:
    """Where the report goes on that begins with this photo."""
    return f"照片收到了。{_link('继续登记拾到的物品', _report('found', photo=photo.key))}，一分钟就好。"


def _help() -> str:
    home, lost = conf.outside_address(reverse("home")), _report("lost")
    return (
        "告诉我您丢了什么，例如“丢了黑色雨伞”；捡到东西，发张照片即可登记。\n"
        f"{_link('看看招领', home)} · {_link('登记丢失的物品', lost)}"
    )


def _card(wanted: str, items: Sequence[Item], *, alike: bool) -> dict[str, Any]:
    everything = conf.outside_address(f"{reverse('home')}?{urlencode({'q': wanted})}")
    card = TextNotice(
        source=Source(desc="失物招领"),
        main_title=MainTitle(title="可能有您的" if alike else "找到了这些", desc=card_content.plain(wanted)[:30]),
        sub_title_text="没有完全一样的，这些比较像。" if alike else "点开看看，是您的就请拾取人联系您。",
        jump_list=tuple(Jump(type=1, title=_line(item), url=_page(item)) for item in items),
        card_action=CardAction(type=1, url=everything),
    )
    return CardMessage(card=card).to_payload()


def _line(item: Item) -> str:
    told = [card_content.plain(item.title)[:14], card_content.plain(item.place)[:10], spoken(item.happened_at)]
    return " · ".join(word for word in told if word)


def _page(item: Item) -> str:
    return conf.outside_address(reverse("item", args=[item.pk]))


def _report(kind: str, **start: str) -> str:
    """The form, begun with what is known already."""
    known = {name: value.strip() for name, value in start.items() if value.strip()}
    return conf.outside_address(reverse("report_kind", args=[kind]) + (f"?{urlencode(known)}" if known else ""))


def _link(words: str, address: str) -> str:
    """Source: https://developer.work.weixin.qq.com/document/path/90236, a text may hold links."""
    return f'<a href="{address}">{words}</a>'
