"""Facts: what goes wrong, in the words of a scripted world.

when   message/send · message/ · gettoken · calls (any) · callbacks (any) · template_card_event
do     one phrase or a list of them, in English or in the words of the Chinese fault panel
times  how often (1); after: how many pass unharmed before (0)

calls                                        callbacks
delay 6 s            迟到 6 秒                delay 6 s             迟到 6 秒
answer 6 s late      做完，迟 6 秒才答        deliver twice         投递两次
lose                 做完不答                 deliver 3 times       同时投递 3 次
hang 20 s            做完后挂住 20 秒         reply 2 s late        即时回复晚 2 秒生效
only hang 20 s       什么也不做，挂住 20 秒   timestamp 15 min old  时间戳旧 15 分钟
errcode 45009        错误码 45009
http 503             HTTP 503
answer with null     回答 null
drip                 每秒只答一个字节
revoke               令牌全部作废
"""

import re
from typing import NamedTuple

API, CALLBACK = "api", "callback"
ANY = {"calls": API, "callbacks": CALLBACK}
EVENTS = (
    "template_card_event",
    "template_card_menu_event",
    "enter_agent",
    "click",
    "view",
    "view_miniprogram",
    "text",
)
MILLISECONDS = {
    "ms": 1,
    "s": 1000,
    "min": 60_000,
    "h": 3_600_000,
    "毫秒": 1,
    "秒": 1000,
    "分钟": 60_000,
    "小时": 3_600_000,
}

_SPAN = rf"(?P<number>\d+(?:\.\d+)?) ?(?P<unit>{'|'.join(MILLISECONDS)})"
_COUNT = r"(?P<number>-?\d+)"


class Phrase(NamedTuple):
    """One way to say one fault; `unit`: how many milliseconds its value counts in, 0 where it is no time."""

    scope: str
    words: str
    kind: str
    unit: int = 0


_PHRASES = [
    Phrase(API, f"(delay|迟到) {_SPAN}", "delay", 1),
    Phrase(API, f"answer {_SPAN} late", "delay_after", 1),
    Phrase(API, f"做完，迟 {_SPAN}才答", "delay_after", 1),
    Phrase(API, "lose( the answer)?|做完不答", "lose"),
    Phrase(API, f"(hang|做完后挂住) {_SPAN}", "hang", 1000),
    Phrase(API, f"(only hang|什么也不做，挂住) {_SPAN}", "hang_before", 1000),
    Phrase(API, f"(errcode|错误码) {_COUNT}", "errcode"),
    Phrase(API, f"http {_COUNT}", "status"),
    Phrase(API, "(answer with|回答) (?P<text>.+)", "body"),
    Phrase(API, "drip|每秒只答一个字节", "drip"),
    Phrase(API, "revoke|令牌全部作废", "revoke"),
    Phrase(CALLBACK, f"(delay|迟到) {_SPAN}", "delay", 1),
    Phrase(CALLBACK, "deliver twice|投递两次", "copies"),
    Phrase(CALLBACK, f"(deliver {_COUNT} times)", "copies"),
    Phrase(CALLBACK, f"(同时投递 {_COUNT} 次)", "copies"),
    Phrase(CALLBACK, f"reply {_SPAN} late", "late_reply", 1),
    Phrase(CALLBACK, f"即时回复晚 {_SPAN}生效", "late_reply", 1),
    Phrase(CALLBACK, f"timestamp {_SPAN} old", "stale", 1000),
    Phrase(CALLBACK, f"时间戳旧 {_SPAN}", "stale", 1000),
]
_READ = [(phrase, re.compile(phrase.words, re.IGNORECASE)) for phrase in _PHRASES]


def where(when: str, paths: list[str]) -> tuple[str, str]:
    """Scope and path that `when` means; `paths`: those of the API. Raises ValueError."""
    if when in ANY:
        return ANY[when], ""
    if when in EVENTS:
        return CALLBACK, when
    branches = {f"{path.partition('/')[0]}/" for path in paths if "/" in path}
    if when in paths or when in branches:
        return API, when
    raise ValueError(f"{when!r} is neither a path of the API nor an event, nor one of {sorted(ANY)}")


def read(scope: str, words: str) -> tuple[str, str]:
    """Kind and value of the fault that these words mean; raises ValueError."""
    for phrase, pattern in _READ:
        found = pattern.fullmatch(words.strip()) if phrase.scope == scope else None
        if found:
            return phrase.kind, _value(phrase, found.groupdict())
    raise ValueError(f"{words!r} is nothing that happens to {'calls' if scope == API else 'callbacks'}")


def seconds(words: str) -> int:
    """A span such as "25 h" in whole seconds; raises ValueError."""
    found = re.fullmatch(_SPAN, words.strip())
    if not found:
        raise ValueError(f"{words!r} is no span of time such as 90 s, 15 min or 25 h")
    return round(float(found["number"]) * MILLISECONDS[found["unit"]] / 1000)


def _value(phrase: Phrase, found: dict[str, str | None]) -> str:
    if found.get("text"):
        return str(found["text"])
    if not found.get("number"):
        return ""
    if not phrase.unit:
        return str(found["number"])
    milliseconds = float(str(found["number"])) * MILLISECONDS[str(found["unit"]).lower()]
    return str(round(milliseconds / phrase.unit))
