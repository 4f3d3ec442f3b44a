"""Ends with 0 while the gateway of this container is alive, with 1 where it is not."""

import os
import sys
import urllib.request

url = f"http://127.0.0.1:{os.environ.get('AOM_GATEWAY_PORT', '8080')}/healthz"
try:
    with urllib.request.urlopen(url, timeout=3) as answer:
        sys.exit(answer.status != 200)  # noqa: PLR2004 - HTTP's own word
except OSError as error:
    sys.exit(f"{url}: {error}")
