"""The page of all measurements: what is missing is said, what fails makes no page."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "bench_all.py"


@pytest.fixture
def bench(monkeypatch):
    spec = importlib.util.spec_from_file_location("bench_all", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench_all", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def scripts(bench, monkeypatch, tmp_path):
    """A project with two scripts, one of which fails."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "good.py").write_text("import sys\nprint('rate', sys.argv[1])\n")
    (tmp_path / "scripts" / "bad.py").write_text("raise SystemExit('no such peer')\n")
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(
        bench,
        "MEASUREMENTS",
        (
            bench.Measurement("good", "a rate", ("good.py", "$RATE")),
            bench.Measurement("bad", "nothing", ("bad.py",)),
            bench.Measurement("absent", "nothing", ("bad.py",), lacks=lambda: "no data here"),
        ),
    )
    monkeypatch.setenv("RATE", "41 a second")
    return bench


def make(bench, monkeypatch, page, only):
    monkeypatch.setattr(sys, "argv", ["bench_all.py", "--only", only, "--out", str(page)])
    bench.main()


def test_the_page_holds_outputs_and_what_is_missing(scripts, monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    make(scripts, monkeypatch, page, "absent,good")
    text = page.read_text()
    assert "```text\nrate 41 a second\n```" in text
    assert "Not measured: no data here." in text
    assert "- processor: " in text


def test_a_script_that_fails_leaves_the_old_page(scripts, monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("old")
    with pytest.raises(SystemExit, match=r"bad\.py ended with exit status 1:\nno such peer"):
        make(scripts, monkeypatch, page, "good,bad")
    assert page.read_text() == "old"


def test_an_unknown_name_is_refused(scripts, monkeypatch, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        make(scripts, monkeypatch, tmp_path / "page.md", "good,glod")
    assert ended.value.code == 2
    assert "--only glod: expected some of good, bad, absent" in capsys.readouterr().err


def test_every_measurement_has_its_script(bench):
    missing = [one.name for one in bench.MEASUREMENTS if not (SCRIPT.parent / one.command[0]).is_file()]
    assert missing == []
