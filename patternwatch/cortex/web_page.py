"""What a web page says, where a gateway, a proxy or a page to log in answers in place of a metrics source."""

import html
import re

_BEGINS = re.compile(r"\s*(<!doctype html|<html|<head|<\?xml)", re.IGNORECASE)
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def is_web_page(text: str) -> bool:
    """Whether an answer is a page for people.

    >>> is_web_page("<!DOCTYPE html><title>Log in</title>"), is_web_page('{"data": "<html>"}')
    (True, False)
    """
    return _BEGINS.match(text) is not None


def words_of_page(text: str) -> str:
    """What a page says: its title, then the rest of its text where that says more.

    >>> words_of_page("<html><title>502 Bad Gateway</title><center><h1>502 Bad Gateway</h1></center>nginx")
    '502 Bad Gateway: nginx'
    """
    seen = _UNSEEN.sub(" ", text)
    found = _TITLE.search(seen)
    title = _plain(found[1]) if found else ""
    rest = _plain(_TITLE.sub(" ", seen, count=1))
    if title:
        rest = rest.removeprefix(title).strip()
    return f"{title}: {rest}" if title and rest else title or rest


def _plain(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())
