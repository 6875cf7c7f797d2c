"""Decisions: what comes in. Kept first and answered, handled later.

    receive   verify · open · keep (one INSERT) · answer           in WeCom's request, within its 5 seconds
    process   hand the event to its handler, in one transaction     in a worker, as often as needed

A callback answered 200 is a row. The same message under a new nonce is the same row, one repeat more.

    waiting ──claim──► running ──► done            its handler has run, and what it wrote is committed
       ▲                  │   ├──► ignored         nobody handles it, or its handler says so
       └──── backoff ─────┘   └──► poison          a person must look, and may let it be handled again
    quarantined        kept, and handled only if a person says so: its timestamp is not of now

signed.py     is it from WeCom?            receiving.py   keep and answer        instant.py   what the answer may show
arguments.py  what a handler may ask for   processing.py  run it                 failures.py  and where it raises
unhandled.py  the handler that one would write
"""

from .processing import ORDER, drain, process, replay, settle
from .receiving import check, receive

__all__ = ["ORDER", "check", "drain", "process", "receive", "replay", "settle"]
