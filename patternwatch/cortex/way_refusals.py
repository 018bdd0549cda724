"""What the refusal of one way of reading says of the other ways: that none would help, or to try the next."""

from collections.abc import Sequence

import httpx

from patternwatch.contracts.errors import (
    SourceError,
    SourceLimitError,
    SourceSlowError,
    SourceUnavailableError,
)

_NOT_ACCEPTED = 406
_ABSENT = frozenset({404, 405, 415, 501})
"""Says that there is no such way, and nothing of the question."""


def is_silence(error: SourceError) -> bool:
    """Whether there was no answer in time, of somebody who takes requests."""
    return isinstance(error, SourceSlowError) and error.status is None


def is_final(error: SourceError) -> bool:
    """Whether no other way would help: nothing answers, a pause is asked for, or we are not known."""
    if isinstance(error, SourceSlowError):  # by a gateway's word it may be this way alone
        return error.status is None or error.is_answer
    if isinstance(error, SourceUnavailableError) and error.is_answer:
        return not error.is_unclear  # in words that are not known it may be this way alone
    if isinstance(error, SourceUnavailableError):
        if error.status is None:  # gateways hang up on what they do not like, too
            return not isinstance(error.__cause__, httpx.RemoteProtocolError)
        return error.status == httpx.codes.TOO_MANY_REQUESTS or error.retry_after_s is not None
    return error.status == httpx.codes.UNAUTHORIZED


def is_of_the_path(error: SourceError) -> bool:
    """Whether a refusal of remote read holds for every kind of its answers."""
    status = error.status or 0
    is_refused = httpx.codes.BAD_REQUEST <= status < httpx.codes.INTERNAL_SERVER_ERROR
    return is_silence(error) or (is_refused and status != _NOT_ACCEPTED)


def most_telling(errors: Sequence[SourceError]) -> SourceError:
    """Of several refusals a limit, or the API's own one; else the first that does not say "no such way"."""
    if limit := next((error for error in errors if isinstance(error, SourceLimitError)), None):
        return limit
    told = [error for error in errors if error.is_answer] or [e for e in errors if e.status not in _ABSENT]
    return told[0] if told else errors[-1]
