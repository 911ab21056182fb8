"""The timeline of `bench_funcoder.py` against one that is counted by hand."""

import importlib.util
from pathlib import Path
from xml.etree import ElementTree

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "bench_funcoder.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_funcoder", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_timeline_counts_samples_under_way(bench):
    """Two of four for the first half (10 s), all four for the third quarter, none but one for the last."""
    changes = [(100.0, 2), (110.0, 2), (115.0, -3), (120.0, -1)]
    seconds, shares = bench.timeline(changes, 4)
    quarter = bench.BUCKETS // 4
    assert seconds == 20
    expected = [0.5] * 2 * quarter + [1.0] * quarter + [0.25] * quarter
    assert shares == pytest.approx(expected)
    drawn = ElementTree.fromstring(bench.plot(seconds, shares, 4))
    bars = [float(node.get("height")) for node in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert bars == pytest.approx([200 * share for share in expected])
    assert "56.2 % in use" in "".join(drawn.itertext())
