"""The bar of `script/test --coverage`."""

import json
from pathlib import Path

from script.lib.coverage_bar import below


def test_modules_below_the_bar_are_named_with_their_lines(tmp_path: Path) -> None:
    """The least covered first; a module at the bar passes."""
    shares = {"good.py": (95.0, [3]), "bad.py": (94.9, [7, 8]), "worse.py": (20.0, [1])}
    files = {
        path: {"summary": {"percent_covered": share}, "missing_lines": lines} for path, (share, lines) in shares.items()
    }
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": files}), encoding="utf-8")
    assert below(report) == ["20.0 %  worse.py: 1", "94.9 %  bad.py: 7, 8"]
