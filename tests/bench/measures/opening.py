"""What it costs to verify, decrypt and parse one callback, beside wechatpy."""

import time
from collections.abc import Callable
from statistics import median

from wechatpy.enterprise import parse_message
from wechatpy.enterprise.crypto import WeChatCrypto

from tests.bench import envelopes
from wecom import conf, events, xml
from wecom.inbox.signed import Signed


def measure(*, rounds: int, count: int) -> dict[str, float]:
    """Microseconds for one of ours and of wechatpy's, medians of rounds in turns."""
    sealed = [envelopes.seal(envelopes.tap("lf-1-1-0123456789ab", f"member{n}")) for n in range(count)]
    theirs = WeChatCrypto(envelopes.TOKEN, envelopes.AES_KEY, envelopes.CORP_ID)

    def ours(query: dict[str, str], body: bytes) -> object:
        app = conf.app()
        plain, _ = Signed.of(query).open(xml.parse_envelope(body).encrypt, app)
        return events.parse(plain, app=app.alias)

    def wechatpy(query: dict[str, str], body: bytes) -> object:
        return parse_message(theirs.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"]))

    found: dict[str, list[float]] = {"ours": [], "wechatpy": []}
    for _ in range(rounds):
        found["ours"].append(_microseconds(ours, sealed))
        found["wechatpy"].append(_microseconds(wechatpy, sealed))
    return {name: median(times) for name, times in found.items()}


def _microseconds(
    opening: Callable[[dict[str, str], bytes], object], sealed: list[tuple[dict[str, str], bytes]]
) -> float:
    start = time.perf_counter()
    for query, body in sealed:
        opening(query, body)
    return (time.perf_counter() - start) / len(sealed) * 1e6
