"""Tokens in a database that all API processes share: a token that is revoked is so for each of them.

Not in the read model, which is built from the topics and can be lost, though by default in the same
database; and not in a file, which processes on several machines share only by volumes that take minutes to
follow a change.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, MetaData, Row, Table, Text, insert, select, update
from sqlalchemy.exc import DBAPIError

from patternwatch.api.access.callers import Caller
from patternwatch.api.access.token_text import TokenText
from patternwatch.api.read_model.database import Database
from patternwatch.contracts.access_settings import Role
from patternwatch.contracts.errors import AccessUnavailableError, NotFoundError

FRESH_MS = 2_000
"""So long an answer of the database counts: a revoked token is refused after that at the latest."""
_MAX_KNOWN = 10_000

tokens = Table(
    "patternwatch_tokens",
    MetaData(),  # outlives the read model's layouts
    Column("token_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("tenants", Text),
    Column("role", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger),
    Column("revoked_at_ms", BigInteger),
)


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as it is kept.

    tenants  whose data it opens; None: everybody's
    """

    token_id: str
    name: str
    digest: str
    tenants: frozenset[str] | None
    role: Role
    created_at_ms: int
    expires_at_ms: int | None
    revoked_at_ms: int | None

    def is_over(self, now_ms: int) -> bool:
        """Whether it was revoked, or has expired."""
        return self.revoked_at_ms is not None or (
            self.expires_at_ms is not None and self.expires_at_ms <= now_ms
        )

    @property
    def caller(self) -> Caller:
        """Who shows it."""
        return Caller(self.name, f"token:{self.token_id}", self.tenants, self.role, self.expires_at_ms)


class TokenStore:
    """The tokens; `open` makes their table where there is none.

    clock  now, in ms since 1970
    """

    def __init__(self, database_url: str, clock: Callable[[], int]) -> None:
        self._database = Database(database_url)
        self._clock = clock
        self._known: dict[str, tuple[int, StoredToken | None]] = {}

    async def open(self) -> None:
        """Make the table where there is none."""
        async with self._database.writing() as db:
            await db.run_sync(tokens.create, checkfirst=True)

    async def close(self) -> None:
        """Disconnect."""
        await self._database.close()

    async def create(
        self, name: str, tenants: frozenset[str] | None, role: Role, expires_at_ms: int | None
    ) -> TokenText:
        """A new token; its secret is known to who gets this, and to nobody later."""
        made = TokenText.new()
        row = {
            "token_id": made.token_id,
            "name": name,
            "digest": made.digest,
            "tenants": None if tenants is None else "\n".join(sorted(tenants)),
            "role": role,
            "created_at_ms": self._clock(),
            "expires_at_ms": expires_at_ms,
        }
        async with self._database.writing() as db:
            await db.execute(insert(tokens).values(row))
        return made

    async def all(self) -> list[StoredToken]:
        """Every token that was ever made, the latest first."""
        rows = await self._database.rows(select(tokens).order_by(tokens.c.created_at_ms.desc()))
        return [_stored(row) for row in rows]

    async def revoke(self, token_id: str) -> StoredToken:
        """Take it back, for good; raises NotFoundError where there is none of this id."""
        found = await self._read(token_id)
        if found is None:
            raise NotFoundError(f"There is no token {token_id!r}", "See `patternwatch tokens list`")
        async with self._database.writing() as db:
            await db.execute(
                update(tokens)
                .where(tokens.c.token_id == token_id, tokens.c.revoked_at_ms.is_(None))
                .values(revoked_at_ms=self._clock())
            )
        self._known.pop(token_id, None)
        return found

    async def find(self, text: str) -> StoredToken | None:
        """The valid token of this text; None where it is none, was revoked or has expired."""
        given = TokenText.read(text)
        if given is None:
            return None
        now_ms = self._clock()
        asked_ms, token = self._known.get(given.token_id, (-FRESH_MS, None))
        if not 0 <= now_ms - asked_ms < FRESH_MS:
            token = await self._read(given.token_id)
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[given.token_id] = (now_ms, token)
        return token if token and given.fits(token.digest) and not token.is_over(now_ms) else None

    async def _read(self, token_id: str) -> StoredToken | None:
        try:
            row = await self._database.row(select(tokens).where(tokens.c.token_id == token_id))
        except DBAPIError as error:
            raise AccessUnavailableError(
                f"The database of tokens does not answer: {error.orig or error}", "Look at /health/ready"
            ) from error
        return None if row is None else _stored(row)


def _stored(row: Row[tuple[object, ...]]) -> StoredToken:
    found = row._asdict()
    tenants = found["tenants"]
    return StoredToken(**found | {"tenants": None if tenants is None else frozenset(tenants.split("\n"))})
