"""The credentials that a request shows: a bearer token, a password, a cookie."""

import base64
import binascii
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers

from patternwatch.contracts.errors import UnauthenticatedError

COOKIE = "patternwatch_session"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was shown.

    token        empty where nothing was
    is_cookie    whether the browser added it by itself, whichever page made the request
    """

    token: str = ""
    is_cookie: bool = False


def credentials_of(headers: Headers, token_in_path: str = "") -> Credentials:
    """What a request shows: the token in its path, else its Authorization, else its cookie.

    Of `Basic` (RFC 7617) the password is the token, and the name does not matter. Raises UnauthenticatedError
    for an Authorization that cannot be read, or that is given twice.

    >>> credentials_of(Headers({"Authorization": "Bearer pw_x_y"})).token
    'pw_x_y'
    >>> credentials_of(Headers({"Authorization": "Basic YW06cHdfeF95"})).token
    'pw_x_y'
    """
    if token_in_path:
        return Credentials(token_in_path)
    given = headers.getlist("authorization")
    if len(given) > 1:
        raise UnauthenticatedError("The request has several Authorization headers", "Send one")
    if given:
        return Credentials(_from_authorization(given[0]))
    return Credentials(_from_cookies(headers.getlist("cookie")), is_cookie=True)


def _from_authorization(text: str) -> str:
    scheme, _, rest = text.strip().partition(" ")
    kind, value = scheme.lower(), rest.strip()
    if kind == "bearer":
        return value
    if kind == "basic":
        try:
            _, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise UnauthenticatedError(
                "The Authorization header is no readable Basic one", "Give the token as its password"
            ) from None
        return password
    raise UnauthenticatedError(
        f"The Authorization header is of the scheme {scheme[:20]!r}",
        "Use Bearer TOKEN, or Basic with it as password",
    )


def _from_cookies(lines: list[str]) -> str:
    for line in lines:
        try:
            morsel = SimpleCookie(line).get(COOKIE)
        except CookieError:
            continue
        if morsel is not None:
            return morsel.value
    return ""
