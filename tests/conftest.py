"""What holds for every test."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let no test see what another, or the user, has kept; return the cache folder of this one."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SQLA_LINT_CACHE_DIR", str(folder))
    return folder
