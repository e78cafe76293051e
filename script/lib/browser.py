"""The system's own browser; Playwright's is never downloaded."""

import json
from pathlib import Path
import shutil
import time
from typing import Any

from .client import HomeAssistantClient

NAMES = ("chromium", "chromium-browser", "google-chrome")
MAC_APPLICATIONS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")


def chromium() -> Path:
    """Return the program's path; `script/setup` looks in the same places."""
    programs = [Path(found) for name in NAMES if (found := shutil.which(name))]
    applications = [Path("/Applications") / name for name in MAC_APPLICATIONS]
    return next(path for path in (*programs, *applications) if path.exists())


def storage_state(client: HomeAssistantClient, url: str) -> dict[str, Any]:
    """What a profile holds that is logged in to Home Assistant at an address, in Playwright's form."""
    tokens = client.tokens
    login = {
        **tokens,
        "clientId": client.client_id,
        "hassUrl": url,
        "expires": int((time.time() + tokens["expires_in"]) * 1000),
    }
    storage = [{"name": "hassTokens", "value": json.dumps(login)}]
    return {"cookies": [], "origins": [{"origin": url, "localStorage": storage}]}
