"""Style and script of the console, which browsers may keep: pages ask for them by addresses that
change with their content.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}


class KeptFiles(StaticFiles):
    """Serves style and script, which hold no secret, so that nobody has to sign in for them."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers.update(_HEADERS)
        return response
