"""Plumbing: members prove who they are by WeCom, and Django gets to know their UserID.

    oauth.address(app, redirect_uri=…, state=…, in_client=oauth.is_client(user_agent))    send the browser there
    oauth.userid_of(clients.get(), code)                                                 what it brings back

The state is the caller's: random, bound to the browser's session, used once. WeCom allows a-z A-Z 0-9, 128 bytes.
"""

from urllib.parse import urlencode

from .client import Client
from .conf import App
from .errors import ApiError, CodeRefused, NotAMember, OutOfRange

__all__ = ["LONGEST_CODE", "address", "is_client", "userid_of"]

LONGEST_CODE = 512  # bytes
USED_UP = (40029, 42003)
OUT_OF_RANGE = (50002, 60011, 60021, 60030, 60111, 46004)


def is_client(user_agent: str) -> bool:
    """Whether a page is opened inside WeCom, which can log its member in silently."""
    return "wxwork" in user_agent.lower()


def address(app: App, *, redirect_uri: str, state: str, in_client: bool) -> str:
    """Where the browser goes to be told who it is; it comes back to `redirect_uri` with `code` and `state`.

    In the client that happens silently (snsapi_base); in any other browser the member scans a QR code.
    The host of `redirect_uri` must be the trusted domain of the app.
    Source: https://developer.work.weixin.qq.com/document/path/91022 and …/path/98152
    """
    here = {"redirect_uri": redirect_uri, "state": state, "agentid": app.agent_id, "appid": app.corp_id}
    if in_client:
        silently = {"response_type": "code", "scope": "snsapi_base"}
        return f"{app.authorize_url}?{urlencode({**here, **silently})}#wechat_redirect"
    return f"{app.qr_login_url}?{urlencode({**here, 'login_type': 'CorpApp'})}"


def userid_of(client: Client, code: str) -> str:
    """The UserID, in lower case, of the member whom WeCom gave this code: once, within 5 minutes.

    Raises CodeRefused for a code that is no good, NotAMember for somebody from outside of the corporation, OutOfRange
    for a member whom the app does not serve, and what every call may raise.
    Source: https://developer.work.weixin.qq.com/document/path/91023
    """
    if not code or len(code.encode()) > LONGEST_CODE or not code.isprintable():
        raise CodeRefused("no code that WeCom gives")
    try:
        answer = client.call("auth/getuserinfo", params={"code": code}, method="GET")
    except ApiError as exc:
        if exc.errcode in USED_UP:
            raise CodeRefused(f"errcode {exc.errcode}") from exc
        if exc.errcode in OUT_OF_RANGE:
            raise OutOfRange(f"errcode {exc.errcode}") from exc
        raise
    userid = answer.get("userid") or answer.get("UserId")  # capitals in the older form of the answer
    if not isinstance(userid, str) or not userid:
        raise NotAMember("the code is not a member's")
    return userid.lower()
