"""`patternwatch migrate`: the read model's tables, brought to this release without the API."""

import asyncio
from typing import TYPE_CHECKING

from rich.console import Console

from patternwatch.cli.serve import read_settings
from patternwatch.contracts.errors import PatternwatchError

if TYPE_CHECKING:
    from patternwatch.api.settings import ApiSettings


def command() -> None:
    """Bring the API's database, and that of the tokens, to the tables of this release, as the API does.

    For a PostgreSQL in which the API's own role may not change tables: run this as the owner of the tables,
    by PATTERNWATCH_DATABASE_URL.
    """
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    from patternwatch.api.read_model.database_errors import remedy  # noqa: PLC0415
    from patternwatch.api.settings import ApiSettings  # noqa: PLC0415

    try:
        asyncio.run(_migrate(read_settings(ApiSettings)))
    except DBAPIError as error:
        raise PatternwatchError(f"The tables cannot be changed: {error.orig}", remedy(error)) from error
    Console(highlight=False).print("The tables are those of this release.")


async def _migrate(settings: "ApiSettings") -> None:
    from patternwatch.api.access.token_store import TokenStore  # noqa: PLC0415
    from patternwatch.api.read_model.database import Database  # noqa: PLC0415

    database = Database(settings.database_url)
    tokens = TokenStore(settings.tokens_url, lambda: 0)
    try:
        await database.open()
        await tokens.open()
    finally:
        await tokens.close()
        await database.close()
