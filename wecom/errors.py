"""Facts: everything that can go wrong on the wire, told apart by what the caller does next.

WeComError                        what the caller does next
├── ConfigError                   correct the settings; nothing was sent and nothing was read
│   └── IllegalAesKey             … namely EncodingAESKey
├── CallbackRejected              answer 403, the same body for every reason
│   ├── BadSignature              … not signed with our token
│   ├── DecryptError              … signed, but not sealed with our key
│   ├── ReceiveIdMismatch         … sealed for somebody else
│   └── Stale                     … too old for a request that is never kept
├── EnvelopeMalformed             answer 400: without any secret one can see that it is no callback
├── PayloadMalformed              keep it for a person: it is authentic, and still no message
├── TransportError                find out first: the call may have happened
├── NotSent                       call again later: the call surely has not happened
│   ├── Unreachable               … there was no connection
│   └── TokenUnavailable          … there was no access token to call with
├── ApiError                      WeCom answered, and its errcode is not 0
│   ├── TokenRejected             renew the token, call once more
│   ├── TryLater                  same body, later
│   ├── Refused                   stop; this request will never be taken
│   └── ChannelRefused            stop everything on this app until a person has acted
├── LoginRefused                  nobody is logged in
│   ├── CodeRefused               … the code is used up, too old or made up: let the member try again
│   ├── NotAMember                … it is somebody from outside of the corporation
│   └── OutOfRange                … the app does not serve this member: an administrator widens its range
└── ContentInvalid                correct it; nothing was sent
    ├── CardInvalid               … the card
    ├── MessageInvalid            … the message
    └── MediaInvalid              … take another file
"""

from datetime import timedelta

__all__ = [
    "ApiError",
    "BadSignature",
    "CallbackRejected",
    "CardInvalid",
    "ChannelRefused",
    "CodeRefused",
    "ConfigError",
    "ContentInvalid",
    "DecryptError",
    "EnvelopeMalformed",
    "IllegalAesKey",
    "LoginRefused",
    "MediaInvalid",
    "MessageInvalid",
    "NotAMember",
    "NotSent",
    "OutOfRange",
    "PayloadMalformed",
    "ReceiveIdMismatch",
    "Refused",
    "Stale",
    "TokenRejected",
    "TokenUnavailable",
    "TransportError",
    "TryLater",
    "Unreachable",
    "WeComError",
]


class WeComError(Exception):
    """Root of all errors of this package."""


class ConfigError(WeComError):
    """The settings of an app cannot work."""


class IllegalAesKey(ConfigError):
    """EncodingAESKey is not 43 characters of a-z, A-Z, 0-9. The text never holds the key."""

    official_code = -40004


class CallbackRejected(WeComError):
    """A failed check that depends on a secret. Which check it was must not reach the sender.

    official_code  number of the same failure in WeCom's own sample library, for the log
    Source: https://developer.work.weixin.qq.com/document/path/90968
    """

    official_code = -40007


class BadSignature(CallbackRejected):
    """msg_signature was not made with our token over these values."""

    official_code = -40001


class DecryptError(CallbackRejected):
    """The ciphertext does not open to a message."""

    def __init__(self, why: str, *, official_code: int = -40007) -> None:
        super().__init__(why)
        self.official_code = official_code


class ReceiveIdMismatch(CallbackRejected):
    """The message is sealed for another corporation or suite."""

    official_code = -40005


class Stale(CallbackRejected):
    """The timestamp is too far from now for a request that is answered at once or not at all."""


class EnvelopeMalformed(WeComError):
    """The request has not the shape of a callback."""

    official_code = -40002


class PayloadMalformed(WeComError):
    """The decrypted text is not a message. The sender had our key, so a repeat would bring the same."""

    official_code = -40002


class TransportError(WeComError):
    """No answer that can be read: time-out after sending, reset, HTTP 5xx, not JSON. It may have been done.

    retry_after  how long to wait at least, None where nobody said
    """

    def __init__(self, why: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class NotSent(WeComError):
    """The request surely never reached WeCom; sending it again doubles nothing.

    retry_after  how long to wait at least, None where nobody said
    """

    def __init__(self, why: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class Unreachable(NotSent):
    """No connection: refused, no such host, TLS not agreed."""


class TokenUnavailable(NotSent):
    """No access token can be had at the moment.

    errcode  of the refusal that is remembered and not asked for again yet; None where it is no refusal
    """

    def __init__(self, why: str = "", *, retry_after: timedelta | None = None, errcode: int | None = None) -> None:
        super().__init__(why, retry_after=retry_after)
        self.errcode = errcode


class ApiError(WeComError):
    """WeCom answered with an errcode other than 0; see `wecom.errcodes` for what each one means."""

    def __init__(self, path: str, errcode: int, errmsg: str) -> None:
        super().__init__(f"{path}: {errcode} {errmsg}")
        self.path, self.errcode, self.errmsg = path, errcode, errmsg


class TokenRejected(ApiError):
    """The access token is dead."""


class TryLater(ApiError):
    """Busy or limited; the same request may pass later."""


class Refused(ApiError):
    """Permanent for this request, or a code that nobody has studied."""


class ChannelRefused(ApiError):
    """The app itself is refused: secret, address, permission. Further calls only make it worse."""


class LoginRefused(WeComError):
    """WeCom did not say that this is a member whom the app serves."""


class CodeRefused(LoginRefused):
    """The code is not, or no longer, good."""


class NotAMember(LoginRefused):
    """WeCom knows the person, but not as a member of the corporation."""


class OutOfRange(LoginRefused):
    """A member outside of the app's visible range, disabled, or gone."""


class ContentInvalid(WeComError):
    """What was about to be sent breaks a rule that WeCom enforces.

    field   where the fault lies
    limit   what is allowed
    actual  what was found
    """

    def __init__(self, field: str, limit: object, actual: object) -> None:
        super().__init__(f"{field}: allowed is {limit}, found {actual}")
        self.field, self.limit, self.actual = field, limit, actual


class CardInvalid(ContentInvalid):
    """A card or a block of it. `field` is a dotted path as in WeCom's documents, such as `button_list[1].key`."""


class MessageInvalid(ContentInvalid):
    """A message that is no card, or a passive reply. `field` is a dotted path, such as `news.articles[].url`."""


class MediaInvalid(ContentInvalid):
    """A file is not what WeCom takes. `field` is `type`, `filename`, or the kind of media."""
