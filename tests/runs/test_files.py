import errno
import os
from types import SimpleNamespace

import pytest

from reasoning.runs.files import disk_is_full


@pytest.mark.parametrize(
    ("error", "free", "full"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 1 << 30, True),
        (Exception("Error while serializing: I/O error: No space left on device (os error 28)"), 1 << 30, True),
        (RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"), 0, True),
        (RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"), 1 << 30, False),
        (ValueError("a bug of ours, whatever the disk"), 0, False),
    ],
)
def test_a_full_disk_is_told_from_other_errors(tmp_path, monkeypatch, error, free, full):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=free))
    assert disk_is_full(error, tmp_path) is full
