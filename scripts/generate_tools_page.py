"""Writes docs/tool_reference.md from the definitions of the tools.

python scripts/generate_tools_page.py
"""

from pathlib import Path

from reasoning.solvers.reference import reference_page

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tool_reference.md"

if __name__ == "__main__":
    PAGE.write_text(reference_page(), encoding="utf-8")
    print(PAGE)
