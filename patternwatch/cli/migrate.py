"""`patternwatch migrate`: the read model's tables, brought to this release without the API."""

import asyncio

from rich.console import Console
from sqlalchemy.exc import DBAPIError

from patternwatch.cli.serve import read_settings
from patternwatch.contracts.errors import PatternwatchError


def command() -> None:
    """Bring the API's database to the tables of this release, as the API does when it starts.

    For a PostgreSQL in which the API's own role may not change tables: run this as the owner of the tables,
    by PATTERNWATCH_DATABASE_URL.
    """
    from patternwatch.api.read_model.database_errors import remedy  # noqa: PLC0415
    from patternwatch.api.settings import ApiSettings  # noqa: PLC0415

    try:
        asyncio.run(_migrate(read_settings(ApiSettings).database_url))
    except DBAPIError as error:
        raise PatternwatchError(f"The tables cannot be changed: {error.orig}", remedy(error)) from error
    Console(highlight=False).print("The tables are those of this release.")


async def _migrate(url: str) -> None:
    from patternwatch.api.read_model.database import Database  # noqa: PLC0415

    database = Database(url)
    await database.open()
    await database.close()
