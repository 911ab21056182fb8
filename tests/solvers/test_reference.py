from pathlib import Path

from reasoning.solvers.reference import reference_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tool_reference.md"


def test_the_reference_page_is_in_step_with_the_tools():
    assert PAGE.read_text(encoding="utf-8") == reference_page(), "run python scripts/generate_tools_page.py"
