"""Pages and pictures: self-contained HTML without scripts, and inline SVG. All that the project draws is drawn here.

>>> "<b>" in document("a <b>", text("<b>"))
False
"""

from reasoning.pages.charts import Bar, Curve, bars, chart, columns, dots
from reasoning.pages.page import document, facts, folded, paged, picture, pre, section, table, text
from reasoning.pages.printable import printable

__all__ = [
    "Bar",
    "Curve",
    "bars",
    "chart",
    "columns",
    "document",
    "dots",
    "facts",
    "folded",
    "paged",
    "picture",
    "pre",
    "printable",
    "section",
    "table",
    "text",
]
