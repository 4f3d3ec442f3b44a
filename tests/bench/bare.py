"""The yardstick: a Starlette route that only reads the body and answers 202, served as the gateway
is.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def take(request: Request) -> JSONResponse:
    await request.body()
    return JSONResponse({"status": "accepted"}, 202)


if __name__ == "__main__":
    app = Starlette(routes=[Route("/in/{token}/{event}", take, methods=["POST"])])
    uvicorn.run(app, port=int(sys.argv[1]), log_config=None, access_log=False, server_header=False)
