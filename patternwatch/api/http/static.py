"""The built page: its assets, and its index for every path that is a page's own."""

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from patternwatch.api.http.problems import PAGE_ROUTE

_OURS = ("api", "health", "metrics")
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_AGAIN = {"Cache-Control": "no-cache"}

NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>patternwatch</title></head>
<body><h1>patternwatch</h1>
<p>The API is up, but its page has not been built. Run <code>make web</code> and reload,
or set <code>PATTERNWATCH_WEB_DIR</code> to a built page.</p>
<p>The API itself is described at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
</body></html>
"""


def add_page(app: FastAPI, folder: Path) -> None:
    """Serve the page from this folder at every GET path that no other route takes."""
    root = folder.resolve()

    async def page(request: Request) -> Response:
        path = request.path_params["path"]
        if path.split("/", 1)[0] in _OURS:
            raise HTTPException(404, f"There is nothing at /{path}")
        return _answer(root, path)

    app.router.routes.append(Route("/{path:path}", page, methods=["GET"], name=PAGE_ROUTE))


def _answer(root: Path, path: str) -> Response:
    if not (root / "index.html").is_file():
        if path:
            raise HTTPException(404, f"There is nothing at /{path}: the page has not been built (make web)")
        return HTMLResponse(NOT_BUILT, headers=_ASK_AGAIN)
    file = (root / path).resolve()
    if path and file.is_relative_to(root) and file.is_file():
        # Vite puts a hash of the content into the name of everything under assets/.
        return FileResponse(file, headers=_FOR_EVER if path.startswith("assets/") else _ASK_AGAIN)
    if path.startswith("assets/"):
        raise HTTPException(404, f"There is no file /{path} in the built page")
    return FileResponse(root / "index.html", headers=_ASK_AGAIN)
