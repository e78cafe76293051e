"""The system's own browser; Playwright's is never downloaded."""

from pathlib import Path
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
MAC_APPLICATIONS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")


def chromium() -> Path:
    """Return the program's path; `script/setup` looks in the same places."""
    programs = [Path(found) for name in NAMES if (found := shutil.which(name))]
    applications = [Path("/Applications") / name for name in MAC_APPLICATIONS]
    return next(path for path in (*programs, *applications) if path.exists())
