"""Facts: how a JSON object of message/send is spelt in the XML of a passive reply.

Names turn from snake_case to CamelCase, but for the few in EXCEPTIONS. A list has no element of its own: each entry
stands there under the name of the list. Texts are CDATA, numbers and flags (`true`, `false`) are bare.

What is certain of this: the documents show CardType, MainTitle/Title, ButtonList and ReplaceText, and an SDK whose
tests mirror their examples of all five cards has KeyName, CheckBox and repeated lists. AppId, PagePath, UserId and
AspectRatio follow the rule, and nobody has confirmed them.
Source: https://developer.work.weixin.qq.com/document/path/90241
"""

from collections.abc import Mapping
from typing import Any

from wecom import xml

EXCEPTIONS = {
    "appid": "AppId",
    "checkbox": "CheckBox",
    "item": "item",
    "keyname": "KeyName",
    "pagepath": "PagePath",
    "picurl": "PicUrl",
    "userid": "UserId",
}


def tag_of(name: str) -> str:
    """`main_title` → `MainTitle`"""
    return EXCEPTIONS.get(name) or "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def elements(fields: Mapping[str, Any]) -> str:
    """The XML of an object's fields, in their order."""
    return "".join(_element(tag_of(name), value) for name, value in fields.items())


def _element(tag: str, value: Any) -> str:
    match value:
        case list() | tuple():
            return "".join(_element(tag, entry) for entry in value)
        case Mapping():
            return f"<{tag}>{elements(value)}</{tag}>"
        case bool():
            return f"<{tag}>{str(value).lower()}</{tag}>"
        case int() | float():
            return f"<{tag}>{value}</{tag}>"
        case _:
            return xml.element(tag, value)
