"""The system's own browser; Playwright's is never downloaded."""

import json
from pathlib import Path
import shutil

from playwright.async_api import StorageState

from .client import HomeAssistantClient

NAMES = ("chromium", "chromium-browser", "google-chrome")
MAC_APPLICATIONS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")


def chromium() -> Path:
    """Return the program's path; `script/setup` looks in the same places."""
    programs = [Path(found) for name in NAMES if (found := shutil.which(name))]
    applications = [Path("/Applications") / name for name in MAC_APPLICATIONS]
    return next(path for path in (*programs, *applications) if path.exists())


def storage_state(client: HomeAssistantClient, url: str) -> StorageState:
    """Return the storage of a browser profile that is logged in to Home Assistant at `url`, in Playwright's form."""
    login = {
        **client.tokens,
        "clientId": client.client_id,
        "hassUrl": url,
        "expires": int(client.expires_at * 1000),
    }
    return {
        "cookies": [],
        "origins": [{"origin": url, "localStorage": [{"name": "hassTokens", "value": json.dumps(login)}]}],
    }
