"""`patternwatch tokens` as a person runs it, and what the API makes of the tokens."""

import asyncio
import json
import re
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner, Result

from patternwatch.api.access.access import Access
from patternwatch.api.access.callers import Caller
from patternwatch.api.settings import ApiSettings
from patternwatch.cli.main import app
from patternwatch.cli.tokens import Roles
from patternwatch.contracts.access_settings import Role
from patternwatch.contracts.errors import UnauthenticatedError


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATTERNWATCH_DATABASE_URL", f"sqlite:///{tmp_path}/read_model.db")
    monkeypatch.setenv("PATTERNWATCH_TENANTS", '[{"id": "shop"}]')
    monkeypatch.setenv("PATTERNWATCH_ACCESS__MODE", "token")
    monkeypatch.setenv("COLUMNS", "200")


def tokens(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["tokens", *arguments])


def caller(token: str) -> Caller:
    """Who the API takes this token's bearer for."""

    async def ask() -> Caller:
        access = Access(ApiSettings(), lambda: 1_800_000_000_000)
        await access.open()
        try:
            return await access.caller_with(token)
        finally:
            await access.close()

    return asyncio.run(ask())


def test_a_token_is_made_listed_used_and_revoked(tmp_path: Path) -> None:
    there = str(tmp_path / "read_model.db")
    assert tokens("list").stdout == f"There are no tokens in {there}\n"
    done = tokens("create", "alice", "--tenant", "shop", "--role", "operator", "--expires", "never")
    assert done.exit_code == 0, done.output
    token = done.stdout.strip()
    assert re.fullmatch(r"pw_[0-9a-f]{10}_[\w-]{43}", token), "stdout holds the token alone"
    token_id = token.split("_")[1]
    assert f"{token_id}: operator of shop, never expires; kept in {there}" in done.stderr
    known = caller(token)
    assert (known.name, known.tenants, known.role) == ("alice", frozenset({"shop"}), "operator")
    listed = tokens("list").stdout
    assert token_id in listed
    assert "alice" in listed
    assert token not in listed
    [told] = json.loads(tokens("list", "--format", "json").stdout)
    assert (told["token_id"], told["tenants"], told["is_over"]) == (token_id, ["shop"], False)
    assert "digest" not in told
    assert token_id in tokens("revoke", token_id).stdout
    with pytest.raises(UnauthenticatedError, match="revoked"):
        caller(token)
    assert tokens("list").stdout == f"There are no tokens in {there}\n"
    assert json.loads(tokens("list", "--format", "json").stdout) == []
    assert "revoked 20" in tokens("list", "--all").stdout


def test_the_secret_is_kept_nowhere(tmp_path: Path) -> None:
    secret = tokens("create", "bob", "--all-tenants").stdout.strip().split("_", 2)[2]
    assert secret.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_a_token_ends_in_a_year_unless_it_is_said_otherwise() -> None:
    assert re.search(r"expires 20\d\d-", tokens("create", "bob", "--all-tenants").stderr)


def test_a_tenant_that_the_settings_do_not_name_is_pointed_out() -> None:
    done = tokens("create", "bob", "--tenant", "shopp")
    assert done.exit_code == 0
    assert "names no tenant 'shopp'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "bob"], "not said whose data"),
        (["create", "bob", "--tenant", "a", "--all-tenants"], "not said whose data"),
        (["create", "bob", "--tenant", "a b"], "'a b' cannot be a tenant"),
        (["create", "b\nb", "--all-tenants"], "cannot be a token's name"),
        (["create", "bob", "--all-tenants", "--expires", "soon"], "'soon' is no duration"),
        (["revoke", "0123456789"], "There is no token '0123456789'"),
    ],
)
def test_what_is_wrong_is_named(arguments: list[str], said: str) -> None:
    done = tokens(*arguments)
    assert done.exit_code == 2
    assert said in done.output


def test_a_database_that_cannot_be_used_is_an_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATTERNWATCH_ACCESS__TOKEN_DATABASE_URL", "sqlite:////nowhere/at/all.db")
    done = tokens("list")
    assert done.exit_code == 2
    assert "database of tokens cannot be used (/nowhere/at/all.db): unable to open" in done.output
    assert "Name a file, in a folder that this process can write to" in done.output
    assert "sqlalche" not in done.output


def test_every_role_can_be_chosen() -> None:
    assert [role.value for role in Roles] == list(get_args(Role))
