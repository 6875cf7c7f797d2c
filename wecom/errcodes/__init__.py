"""Facts: the one table that says what an errcode of WeCom means, and what to do about it.

Closed by default: a code that stands in no table is a refusal, and never retried.
Source: https://developer.work.weixin.qq.com/document/path/90313
"""

from collections.abc import Mapping
from types import MappingProxyType

from wecom.errors import ApiError, ChannelRefused, Refused, TokenRejected, TryLater

from .access import ACCESS
from .cards import CARDS
from .content import CONTENT
from .people import PEOPLE
from .rows import Errcode, Outcome, Reaction, Text, row, table

__all__ = ["ERRCODES", "Errcode", "Outcome", "Reaction", "error_for", "explain"]

ERRCODES: Mapping[int, Errcode] = MappingProxyType(table(ACCESS, PEOPLE, CARDS, CONTENT))

GET_TOKEN = "gettoken"  # noqa: S105  the path, not a token
WRONG_SECRET = 40001

_ERROR_BY_REACTION: Mapping[Reaction, type[ApiError]] = {
    Reaction.RETRY: TryLater,
    Reaction.WAIT: TryLater,
    Reaction.RENEW_TOKEN: TokenRejected,
    Reaction.GIVE_UP: Refused,
    Reaction.PAUSE: ChannelRefused,
}


def explain(code: int) -> Errcode:
    """The row of `code`; a made-up one with `known=False`, refused and to be given up, where nobody studied it."""
    return ERRCODES.get(code) or row(
        code,
        Reaction.GIVE_UP,
        Text(f"未收录的错误码 {code}", f"errcode {code}, which is not in our table"),
        Text(
            "本系统不会自动重试。请在 open.work.weixin.qq.com/devtool/query 查询 errmsg 中的 hint，处理后再手动重试。",
            "It is not retried by itself. Look up the hint of the errmsg at open.work.weixin.qq.com/devtool/query, "
            "then retry by hand.",
        ),
        known=False,
    )


def error_for(path: str, errcode: int, errmsg: str) -> ApiError:
    """The error to raise for one answer whose errcode is not 0.

    40001 means two things: from `gettoken` the secret is wrong, and a person must act; from any other call some
    interfaces mean the access token by it, so that one renewal is worth a try.
    Source: https://developer.work.weixin.qq.com/document/path/91039
    """
    if errcode == WRONG_SECRET and path.strip("/") != GET_TOKEN:
        return TokenRejected(path, errcode, errmsg)
    return _ERROR_BY_REACTION.get(explain(errcode).reaction, Refused)(path, errcode, errmsg)
