"""Cases of cards: those to be taken, and those to be refused."""

import copy
from typing import Any

from wecom.cards import Card, CardInvalid

URL = "https://lf.example.com/items/42"
PICTURE = "https://lf.example.com/pictures/42.jpg"
SOURCE = {"icon_url": "https://lf.example.com/icon.png", "desc": "失物招领", "desc_color": 1}
TITLE = {"title": "有人认领您捡到的工卡", "desc": "编号 42"}
MENU = {"desc": "更多", "action_list": [{"text": "今天不再提醒", "key": "not-today"}]}
LINES = [
    {"keyname": "地点", "value": "二号楼食堂"},
    {"keyname": "照片", "value": "打开", "type": 1, "url": URL},
    {"keyname": "清单", "value": "清单.pdf", "type": 2, "media_id": "MEDIA-1"},
    {"keyname": "失主", "value": "张三", "type": 3, "userid": "zhangsan"},
]
QUOTE = {"type": 1, "url": URL, "title": "失主留言", "quote_text": "卡套是蓝色的"}
OPTIONS = [{"id": "hall", "text": "前台"}, {"id": "desk", "text": "保安室"}]
BUTTONS = [{"text": "确认", "key": "confirm"}, {"text": "婉拒", "style": 2, "key": "decline"}]
MINIPROGRAM = {"type": 2, "appid": "wx0000000000000001", "pagepath": "pages/index"}

BUTTON_CARD: dict[str, Any] = {
    "card_type": "button_interaction",
    "task_id": "lf-42-7f3a@1",
    "main_title": TITLE,
    "button_list": BUTTONS,
}
NOTICE: dict[str, Any] = {
    "card_type": "text_notice",
    "card_action": {"type": 1, "url": URL},
    "sub_title_text": "工卡已归还",
}
NOTHING_BUT_NEWS: dict[str, Any] = {
    "card_type": "news_notice",
    "card_action": {"type": 1, "url": URL},
    "main_title": {"title": "新捡到的物品"},
}
NEWS: dict[str, Any] = {**NOTHING_BUT_NEWS, "card_image": {"url": PICTURE}}
VOTE: dict[str, Any] = {
    "card_type": "vote_interaction",
    "task_id": "lf-43-9c1e",
    "main_title": {"title": "失物柜放在哪里"},
    "checkbox": {"question_key": "where", "option_list": OPTIONS},
    "submit_button": {"key": "send-vote"},
}
FORM: dict[str, Any] = {
    "card_type": "multiple_interaction",
    "task_id": "lf-44-0b7d",
    "main_title": {"title": "约个时间领取"},
    "select_list": [{"question_key": "where", "option_list": OPTIONS}],
    "submit_button": {"key": "send-form"},
}
VALID: dict[str, dict[str, Any]] = {
    "button-smallest": BUTTON_CARD,
    "button-full": {
        **BUTTON_CARD,
        "source": SOURCE,
        "action_menu": MENU,
        "quote_area": QUOTE,
        "sub_title_text": "点击确认后，失主会收到您的联系方式",
        "horizontal_content_list": LINES,
        "card_action": MINIPROGRAM,
        "button_selection": {
            "question_key": "where",
            "title": "放在哪里",
            "option_list": OPTIONS,
            "selected_id": "desk",
        },
    },
    "button-that-opens-an-address": {**BUTTON_CARD, "button_list": [{"text": "打开", "type": 1, "url": URL}]},
    "button-six": {**BUTTON_CARD, "button_list": [{"text": f"第 {n}", "key": f"k{n}"} for n in range(6)]},
    "button-task-id-of-128-bytes": {**BUTTON_CARD, "task_id": "t" * 128},
    "button-text-longer-than-advised": {**BUTTON_CARD, "main_title": {"title": "长" * 37}},
    "notice-smallest": NOTICE,
    "notice-with-a-title-alone": {
        "card_type": "text_notice",
        "card_action": MINIPROGRAM,
        "main_title": TITLE,
    },
    "notice-full": {
        **NOTICE,
        "task_id": "lf-42-n@1",
        "source": SOURCE,
        "action_menu": MENU,
        "main_title": TITLE,
        "quote_area": QUOTE,
        "emphasis_content": {"title": "3", "desc": "件待认领"},
        "horizontal_content_list": LINES,
        "jump_list": [{"title": "全部", "type": 1, "url": URL}, {"title": "小程序", **MINIPROGRAM}, {"title": "说明"}],
    },
    "news-smallest": NEWS,
    "news-with-a-small-picture-alone": {**NOTHING_BUT_NEWS, "image_text_area": {"image_url": PICTURE}},
    "news-of-the-widest-picture": {**NOTHING_BUT_NEWS, "card_image": {"url": PICTURE, "aspect_ratio": 2.25}},
    "news-full": {
        **NEWS,
        "task_id": "lf-42-p@1",
        "source": SOURCE,
        "action_menu": MENU,
        "quote_area": QUOTE,
        "image_text_area": {"type": 1, "url": URL, "title": "雨伞", "desc": "蓝色", "image_url": PICTURE},
        "card_image": {"url": PICTURE, "aspect_ratio": 1.5},
        "vertical_content_list": [{"title": "食堂", "desc": "二号楼"}, {"title": "前台"}],
        "horizontal_content_list": LINES,
        "jump_list": [{"title": "全部", "type": 1, "url": URL}],
    },
    "vote-smallest": VOTE,
    "vote-full": {
        **VOTE,
        "source": SOURCE,
        "checkbox": {
            "question_key": "where",
            "mode": 1,
            "option_list": [{**OPTIONS[0], "is_checked": True}, OPTIONS[1]],
        },
        "submit_button": {"text": "投票", "key": "send-vote"},
    },
    "vote-of-twenty-options": {
        **VOTE,
        "checkbox": {"question_key": "where", "option_list": [{"id": f"o{n}", "text": "一"} for n in range(20)]},
    },
    "vote-option-longer-than-advised": {
        **VOTE,
        "checkbox": {"question_key": "where", "option_list": [{"id": "hall", "text": "长" * 18}]},
    },
    "form-smallest": FORM,
    "form-full": {
        **FORM,
        "source": SOURCE,
        "select_list": [
            {"question_key": "where", "title": "放在哪里", "option_list": OPTIONS, "selected_id": "desk"},
            {"question_key": "when", "title": "何时来取", "option_list": [{"id": "noon", "text": "中午"}]},
            {"question_key": "floor", "option_list": [{"id": f"f{n}", "text": f"{n} 楼"} for n in range(10)]},
        ],
        "submit_button": {"text": "提交", "key": "send-form"},
    },
}


def changed(card: dict[str, Any], *path: Any) -> dict[str, Any]:
    """The card with the last of `path` put where the others lead; None takes the field away."""
    made = copy.deepcopy(card)
    *way, name, value = path
    spot: Any = made
    for step in way:
        spot = spot[step]
    if value is None:
        del spot[name]
    else:
        spot[name] = value
    return made


_FULL, _FULL_NOTICE, _FULL_NEWS = VALID["button-full"], VALID["notice-full"], VALID["news-full"]
_MANY = [{"id": f"o{n}", "text": "x"} for n in range(21)]
INVALID: dict[str, tuple[Any, str]] = {
    "no-object": ([], "a card is an object"),
    "no-type": (changed(BUTTON_CARD, "card_type", None), "card_type is missing"),
    "unknown-type": (changed(BUTTON_CARD, "card_type", "hologram"), "there is no such card_type"),
    "no-task-id": (changed(BUTTON_CARD, "task_id", None), "a card with buttons needs a task_id"),
    "task-id-with-a-space": (changed(BUTTON_CARD, "task_id", "a b"), "digits, letters, _, - and @ only"),
    "task-id-of-129-bytes": (changed(BUTTON_CARD, "task_id", "t" * 129), "at most 128 bytes"),
    "no-title": (changed(BUTTON_CARD, "main_title", {"desc": "x"}), "a card with buttons needs a title"),
    "title-is-a-number": (changed(BUTTON_CARD, "main_title", "title", 42), "a title is a text"),
    "no-buttons": (changed(BUTTON_CARD, "button_list", []), "1 to 6 buttons"),
    "seven-buttons": (changed(BUTTON_CARD, "button_list", BUTTONS * 3 + BUTTONS[:1]), "1 to 6 buttons"),
    "two-buttons-of-one-key": (changed(BUTTON_CARD, "button_list", 1, "key", "confirm"), "each key once"),
    "button-without-key": (changed(BUTTON_CARD, "button_list", 0, "key", None), "a button that calls back needs a key"),
    "button-without-text": (changed(BUTTON_CARD, "button_list", 0, "text", ""), "a button needs a text"),
    "button-without-address": (changed(BUTTON_CARD, "button_list", 0, "type", 1), "type 1 needs url"),
    "key-of-1025-bytes": (changed(BUTTON_CARD, "button_list", 0, "key", "k" * 1025), "at most 1,024 bytes"),
    "style-5": (changed(BUTTON_CARD, "button_list", 0, "style", 5), "styles are 1 to 4"),
    "colour-4": (changed(_FULL, "source", "desc_color", 4), "colours are 0 to 3"),
    "icon-without-scheme": (changed(_FULL, "source", "icon_url", "lf.example.com"), "an address has its scheme"),
    "menu-of-four": (changed(_FULL, "action_menu", "action_list", [MENU["action_list"][0]] * 4), "at most 3 entries"),
    "menu-without-task-id": (changed(_FULL_NOTICE, "task_id", None), "a card with a menu needs a task_id"),
    "seven-lines": (changed(_FULL, "horizontal_content_list", LINES[:1] * 7), "at most 6 lines"),
    "line-without-address": (changed(_FULL, "horizontal_content_list", 1, "url", None), "type 1 needs url"),
    "line-without-file": (changed(_FULL, "horizontal_content_list", 2, "media_id", None), "type 2 needs media_id"),
    "line-without-member": (changed(_FULL, "horizontal_content_list", 3, "userid", None), "type 3 needs userid"),
    "quotation-without-address": (changed(_FULL, "quote_area", "url", None), "type 1 needs url"),
    "eleven-options": (
        changed(_FULL, "button_selection", "option_list", [{"id": f"o{n}", "text": "x"} for n in range(11)]),
        "at most 10 options",
    ),
    "one-option-twice": (changed(_FULL, "button_selection", "option_list", 1, "id", "hall"), "each id once"),
    "option-id-of-129-bytes": (
        changed(_FULL, "button_selection", "option_list", 0, "id", "o" * 129),
        "at most 128 bytes",
    ),
    "notice-that-leads-nowhere": (changed(NOTICE, "card_action", None), "a notice needs card_action"),
    "notice-of-type-0": (changed(NOTICE, "card_action", {"type": 0}), "card_action of a notice is of type 1 or 2"),
    "notice-without-appid": (changed(NOTICE, "card_action", {"type": 2}), "type 2 needs appid"),
    "notice-without-words": (changed(NOTICE, "sub_title_text", None), "a title or a sub_title_text"),
    "four-jumps": (changed(_FULL_NOTICE, "jump_list", [{"title": "x"}] * 4), "at most 3 lines that lead on"),
    "jump-without-title": (changed(_FULL_NOTICE, "jump_list", 0, "title", None), "a line that leads on needs a title"),
    "jump-without-appid": (changed(_FULL_NOTICE, "jump_list", 1, "appid", None), "type 2 needs appid"),
    "notice-with-a-picture": (changed(NOTICE, "card_image", {"url": PICTURE}), "pictures are for news_notice"),
    "notice-with-buttons": (changed(NOTICE, "button_list", BUTTONS), "buttons are for button_interaction"),
    "replace-text-at-sending": (changed(BUTTON_CARD, "replace_text", "已处理"), "replace_text is for updates"),
    "disable-at-sending": (changed(VOTE, "checkbox", "disable", True), "disable is for updates"),
    "news-without-picture": (NOTHING_BUT_NEWS, "card_image or image_text_area"),
    "news-without-title": (changed(NEWS, "main_title", None), "a notice with a picture needs main_title"),
    "news-with-a-sub-title": (changed(NEWS, "sub_title_text", "x"), "sub_title_text is not for news_notice"),
    "news-that-leads-nowhere": (changed(NEWS, "card_action", "type", 0), "card_action of a notice is of type 1 or 2"),
    "news-menu-without-task-id": (changed(_FULL_NEWS, "task_id", None), "a card with a menu needs a task_id"),
    "picture-without-address": (changed(NEWS, "card_image", {"aspect_ratio": 1.5}), "card_image needs url"),
    "picture-too-narrow": (changed(_FULL_NEWS, "card_image", "aspect_ratio", 1.29), "1.3 to 2.25"),
    "picture-too-wide": (changed(_FULL_NEWS, "card_image", "aspect_ratio", 2.26), "1.3 to 2.25"),
    "small-picture-without-address": (
        changed(_FULL_NEWS, "image_text_area", "image_url", None),
        "image_text_area needs image_url",
    ),
    "five-verticals": (changed(_FULL_NEWS, "vertical_content_list", [{"title": "x"}] * 5), "at most 4 entries"),
    "vertical-without-title": (
        changed(_FULL_NEWS, "vertical_content_list", 0, "title", None),
        "an entry needs a title",
    ),
    "vote-without-question": (changed(VOTE, "checkbox", None), "a vote needs a checkbox"),
    "vote-without-key": (changed(VOTE, "checkbox", "question_key", None), "a question needs its key"),
    "vote-without-options": (changed(VOTE, "checkbox", "option_list", []), "1 to 20 options"),
    "vote-of-twenty-one-options": (changed(VOTE, "checkbox", "option_list", _MANY), "1 to 20 options"),
    "vote-option-twice": (changed(VOTE, "checkbox", "option_list", 1, "id", "hall"), "each id once"),
    "vote-mode-2": (changed(VOTE, "checkbox", "mode", 2), "0 for one answer, 1 for several"),
    "vote-ticked-by-a-number": (changed(VOTE, "checkbox", "option_list", 0, "is_checked", 1), "true or false"),
    "vote-without-submit-button": (changed(VOTE, "submit_button", None), "a vote needs a submit_button"),
    "vote-without-submit-key": (changed(VOTE, "submit_button", {"text": "投票"}), "a submit_button needs its key"),
    "vote-with-a-menu": (changed(VOTE, "action_menu", MENU), "no SDK that was read but one gives a vote a menu"),
    "vote-without-task-id": (changed(VOTE, "task_id", None), "a vote needs a task_id"),
    "form-without-questions": (changed(FORM, "select_list", []), "1 to 3 drop-downs"),
    "form-of-four-questions": (
        changed(FORM, "select_list", [{"question_key": f"q{n}", "option_list": OPTIONS} for n in range(4)]),
        "1 to 3 drop-downs",
    ),
    "form-one-question-twice": (changed(FORM, "select_list", FORM["select_list"] * 2), "each question_key once"),
    "form-of-eleven-options": (changed(FORM, "select_list", 0, "option_list", _MANY[:11]), "1 to 10 options"),
    "form-option-without-text": (changed(FORM, "select_list", 0, "option_list", 0, "text", ""), "an option has a text"),
    "form-without-submit-button": (changed(FORM, "submit_button", None), "a form needs a submit_button"),
    "form-submit-key-of-1025-bytes": (changed(FORM, "submit_button", "key", "k" * 1025), "at most 1,024 bytes"),
}


def refused_field(payload: Any) -> str:
    """Where our code finds the fault; an assertion where it finds none."""
    try:
        Card.from_payload(payload)
    except CardInvalid as exc:
        return exc.field
    raise AssertionError(f"this card is taken: {payload}")


def advised(card: Card) -> list[dict[str, Any]]:
    return [{"field": one.field, "advised": one.limit, "actual": one.actual} for one in card.advice()]


def part() -> dict[str, Any]:
    return {
        "valid": [
            {"id": name, "payload": payload, "advice": advised(Card.from_payload(payload))}
            for name, payload in VALID.items()
        ],
        "invalid": [
            {"id": name, "payload": payload, "field": refused_field(payload), "reason": why}
            for name, (payload, why) in INVALID.items()
        ],
    }
