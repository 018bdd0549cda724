"""Tokens of an OpenID Connect issuer: which count, and which do not."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from patternwatch.api.access import issuer_keys
from patternwatch.contracts.access_settings import AccessSettings, OidcSettings
from tests.api.access_harness import GuardedApi, guarded_api
from tests.api.issuer import AUDIENCE, Issuer, issuer_serving

TENANTS = "/api/v1/tenants"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuer_serving() as issuer:
        yield issuer


@pytest.fixture
async def api(issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GuardedApi]:
    monkeypatch.setattr(issuer_keys, "_PAUSE_S", 0.0)
    oidc = OidcSettings(
        issuer=issuer.url,
        audience=AUDIENCE,
        role_claim="realm_access.roles",
        tenant_claim="groups",
        tenant_prefix="/tenants/",
        leeway_s=5,
    )
    async with guarded_api(tmp_path, AccessSettings(mode="oidc", oidc=oidc)) as api:
        api.clock.now = time.time()
        yield api


async def status(api: GuardedApi, token: str, path: str = TENANTS, method: str = "GET") -> int:
    return (await api.ask(method, path, {"Authorization": f"Bearer {token}"})).status


async def test_a_token_of_the_issuer_opens_what_its_claims_say(api: GuardedApi, issuer: Issuer) -> None:
    answer = await api.ask("GET", TENANTS, {"Authorization": f"Bearer {issuer.sign()}"})
    assert [tenant["id"] for tenant in answer.json()["tenants"]] == ["a"]
    assert await status(api, issuer.sign(), "/api/v1/tenants/a/reports", "DELETE") == 403
    operator = issuer.sign(realm_access={"roles": ["patternwatch-operator"]}, groups=["/tenants/*"])
    assert await status(api, operator, "/api/v1/tenants/b/reports", "DELETE") == 200
    assert await status(api, issuer.sign(groups=None), "/api/v1/tenants/a/reports") == 404
    assert issuer.asked == 1, "its keys are kept"


async def test_a_token_of_ours_counts_beside_it(api: GuardedApi) -> None:
    sender = await api.token("sender", "a")
    path = "/api/v1/tenants/a/webhooks/alertmanager"
    alert = {"labels": {"alertname": "A"}, "startsAt": "2026-11-23T15:19:00Z"}
    assert (await api.ask("POST", path, sender, [alert])).status == 202


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_700_000_000},
        {"exp": None},
        {"exp": "never"},
        {"nbf": 4_000_000_000},
        {"iss": "https://elsewhere.example.com"},
        {"iss": None},
        {"aud": "account"},
        {"aud": None},
        {"sub": None},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_us_or_not_for_now_is_refused(
    api: GuardedApi, issuer: Issuer, changes: dict[str, Any]
) -> None:
    assert await status(api, issuer.sign(**changes)) == 401


async def test_clocks_may_differ_by_the_leeway(api: GuardedApi, issuer: Issuer) -> None:
    now = int(time.time())
    assert await status(api, issuer.sign(exp=now - 2)) == 200
    assert await status(api, issuer.sign(exp=now - 7)) == 401
    assert await status(api, issuer.sign(nbf=now + 3)) == 200


def forged(header: dict[str, Any], claims: str, signature: bytes) -> str:
    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    return ".".join((part(json.dumps(header).encode()), claims, part(signature)))


async def test_a_token_that_is_not_signed_by_the_issuer_is_refused(api: GuardedApi, issuer: Issuer) -> None:
    head, claims, signature = issuer.sign().split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    stranger = Issuer(issuer.url)
    stranger.add_key("k1")
    public = issuer.keys["k1"].public_key()
    more = base64.urlsafe_b64encode(b'{"sub":"root"}').decode()
    tokens = {
        "none": forged({"alg": "none", "kid": "k1"}, claims, b""),
        "None": forged({"alg": "NoNe", "kid": "k1"}, claims, b""),
        "no signature": f"{head}.{claims}.",
        "another's key": stranger.sign(),
        "other claims": f"{head}.{more}.{signature}",
        "no algorithm": forged({"kid": "k1"}, claims, raw),
        "an extension": forged({"alg": "RS256", "kid": "k1", "crit": ["b64"], "b64": False}, claims, raw),
        "words": "hunter2",
        "dots": "..",
    }
    for encoding, form in (
        (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        (serialization.Encoding.PEM, serialization.PublicFormat.PKCS1),
    ):
        header = {"alg": "HS256", "kid": "k1"}
        text = ".".join(forged(header, claims, b"").split(".")[:2])
        mac = hmac.new(public.public_bytes(encoding, form), text.encode(), hashlib.sha256).digest()
        tokens[f"HS256 with the public key, {encoding} {form}"] = forged(header, claims, mac)
    for what, token in tokens.items():
        assert await status(api, token) == 401, what
    assert await status(api, f"{head}.{claims}.{signature}") == 200


async def test_a_key_of_another_algorithm_or_for_encryption_does_not_count(
    api: GuardedApi, issuer: Issuer
) -> None:
    issuer.add_key("curve", curve=True)
    assert await status(api, issuer.sign("curve", "ES256")) == 200
    _, claims, signature = issuer.sign("curve", "ES256").split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    assert await status(api, forged({"alg": "RS256", "kid": "curve"}, claims, raw)) == 401
    issuer.add_key("enc")
    signed = issuer.sign("enc")
    listed = issuer.jwks()[-1] | {"use": "enc"}
    del issuer.keys["enc"]
    secret = {"kty": "oct", "kid": "oct", "k": "c2VjcmV0", "alg": "HS256"}
    issuer.others = [listed, secret, {"kty": "odd", "kid": "odd"}]
    assert await status(api, signed) == 401
    assert await status(api, issuer.sign()) == 200, "what cannot be used is passed over"


async def test_keys_are_rotated(api: GuardedApi, issuer: Issuer) -> None:
    old = issuer.sign()
    assert await status(api, old) == 200
    issuer.add_key("k2")
    assert await status(api, issuer.sign("k2")) == 200, "a key that is not known is asked for at once"
    new = issuer.sign("k2")
    del issuer.keys["k1"]
    assert await status(api, old) == 200, "until the list is read again"
    issuer.add_key("k3")
    assert await status(api, issuer.sign("k3")) == 200
    assert await status(api, new) == 200
    assert await status(api, old) == 401


async def test_made_up_key_ids_do_not_flood_the_issuer(
    api: GuardedApi, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await status(api, issuer.sign()) == 200
    monkeypatch.setattr(issuer_keys, "_PAUSE_S", 60.0)
    stranger = Issuer(issuer.url)
    for number in range(5):
        stranger.add_key(f"s{number}", curve=True)
        assert await status(api, stranger.sign(f"s{number}", "ES256")) == 401
    assert issuer.asked == 1


async def test_while_the_issuer_is_away_known_keys_count_and_unknown_ones_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer_keys, "_PAUSE_S", 0.0)
    with issuer_serving() as issuer:
        oidc = OidcSettings(
            issuer=issuer.url, audience=AUDIENCE, role_claim="realm_access.roles", keys_max_age_s=0.001
        )
        settings = AccessSettings(mode="oidc", oidc=oidc)
        async with (
            guarded_api(tmp_path / "known", settings) as known,
            guarded_api(tmp_path / "unknown", settings) as unknown,
        ):
            token = issuer.sign()
            assert await status(known, token) == 200
            there, issuer.url = issuer.url, "http://127.0.0.1:9/gone"
            assert await status(known, token) == 200
            answer = await unknown.ask("GET", TENANTS, {"Authorization": f"Bearer {token}"})
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            issuer.url = there
            assert await status(unknown, token) == 200


async def test_somebody_without_a_role_here_is_told_so(api: GuardedApi, issuer: Issuer) -> None:
    answer = await api.ask("GET", TENANTS, {"Authorization": f"Bearer {issuer.sign(realm_access=None)}"})
    assert answer.status == 403
    assert "alice has no role here" in answer.json()["detail"]


async def test_the_page_signs_in_with_such_a_token(api: GuardedApi, issuer: Issuer) -> None:
    answer = await api.ask("POST", "/api/v1/session", {"X-Patternwatch-CSRF": "1"}, {"token": issuer.sign()})
    assert (answer.status, answer.json()["name"], answer.json()["role"]) == (200, "alice", "viewer")
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    assert (await api.ask("GET", TENANTS, {"Cookie": cookie})).status == 200
