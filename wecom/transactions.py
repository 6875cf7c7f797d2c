"""Plumbing: what is a transaction of its own, or a part of the caller's."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
T = TypeVar("T")


def in_transaction(function: Callable[P, T]) -> Callable[P, T]:
    """Run it inside the transaction at hand, or else in one of its own.

    As `transaction.atomic`, but without a savepoint, which costs two ways to the database: a function that raises
    errors of ours may do so before its first write alone, or its caller must not go on after them.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if connection.in_atomic_block:
            return function(*args, **kwargs)
        with transaction.atomic():
            return function(*args, **kwargs)

    return run
