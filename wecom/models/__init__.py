"""Plumbing: the tables of wecom.

wire.py    what came in, what we owe, each try of it, leases, limits, and what a person must be told
cards.py   cards that were sent, the codes that pay for changing them, and the changes owed
members.py whom an app has met
"""

from .cards import CardChange, ResponseCode, SentCard
from .members import Member
from .wire import Alert, Attempt, Bucket, Callback, Job, Lease, Outgoing

__all__ = [
    "Alert",
    "Attempt",
    "Bucket",
    "Callback",
    "CardChange",
    "Job",
    "Lease",
    "Member",
    "Outgoing",
    "ResponseCode",
    "SentCard",
]
