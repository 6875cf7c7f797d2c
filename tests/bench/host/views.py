"""The views to compare with, behind the same server, middleware and database."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from wechatpy.enterprise import parse_message
from wechatpy.enterprise.crypto import WeChatCrypto

from wecom import conf, fields, xml
from wecom.inbox.signed import Signed

from .models import LeastCallback, UsualCallback

_app = settings.WECOM["default"]
_INSERT = f'INSERT INTO "{LeastCallback._meta.db_table}" (message) VALUES (%s)'
_crypto = WeChatCrypto(_app["CALLBACK_TOKEN"], _app["ENCODING_AES_KEY"], _app["CORP_ID"])


@login_not_required
@csrf_exempt
def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@login_not_required
@csrf_exempt
def usual(request: HttpRequest) -> HttpResponse:
    """As wechatpy's documentation has it, and one row kept."""
    query = request.GET
    plain = _crypto.decrypt_message(request.body, query["msg_signature"], query["timestamp"], query["nonce"])
    message = parse_message(plain)
    fields = message._data
    UsualCallback._default_manager.using("usual").create(
        event=fields.get("Event", message.type),
        userid=message.source,
        task_id=fields.get("TaskId", ""),
        message=plain,
    )
    return HttpResponse("success")


@login_not_required
@csrf_exempt
def least(request: HttpRequest) -> HttpResponse:
    """What no view can leave out that keeps a callback as we promise: verified, opened, sealed, one bare INSERT.

    Not read, not compared with what is there, not answered with a card: no callback of ours can be quicker.
    """
    encrypted = xml.parse_envelope(request.body).encrypt
    plain, _ = Signed.of(request.GET.dict()).open(encrypted, conf.app())
    with connections["usual"].cursor() as cursor:
        cursor.execute(_INSERT, [fields.seal(plain.decode())])
    return HttpResponse()
