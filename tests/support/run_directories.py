"""Run directories as the project writes them, with texts that try to be markup, to steer a terminal, or to turn the line."""

from __future__ import annotations

import json
from html.parser import HTMLParser

HOSTILE = "</pre></details><script>document.title='owned'</script><img src=x onerror=alert(1)>\x1b[2J\u202eevil\u2066\x00&amp;'\"`"
_VOID = {"meta", "img", "input", "br", "link"}


class Markup(HTMLParser):
    """Tags, attributes and visible text of a page; a tag that is not closed where it should be is an error."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.shown, self._open = [], [], [], []
        self.feed(page)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag):
        assert self._open, tag
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.shown.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.shown).split())


def checked(page):
    """The page's markup, once it is known to be self-contained, whole and harmless."""
    # U+2062 is MathML's multiplication sign, which is not to be seen.
    assert all(character.isprintable() or character in "\n\u2062" for character in page)
    markup = Markup(page)
    assert not {"script", "iframe", "object", "embed", "link", "base"} & set(markup.tags)
    for tag, name, value in markup.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in ("src", "href", "action"):
            assert value.startswith(("data:image/svg+xml;base64,", "#", "/")), (tag, name, value)
            assert not value.startswith("//")
    assert "url(" not in page
    policy = [value for tag, name, value in markup.attributes if tag == "meta" and name == "content"]
    assert any("default-src 'none'" in value for value in policy)
    return markup


def record(id, sample, passed, **changes):
    fields = {
        "id": id,
        "sample": sample,
        "candidate": f"so \\boxed{{{7 if passed else sample}}}",
        "passed": passed,
        "score": float(passed),
        "status": "passed" if passed else "wrong",
        "detail": "equal numbers",
        "finish_reason": "stop",
        "cost": {"calls": 1, "prompt_tokens": 10, "completion_tokens": 100 + sample},
    }
    return {**fields, **changes}


def evaluation(directory, records, metrics=None, **settings):
    directory.mkdir(parents=True)
    known = {
        "benchmark": "gsm8k",
        "split": "test",
        "problems_sha256": "00",
        "samples": 2,
        "method": "direct",
        **settings,
    }
    _json(
        directory / "config.json",
        {"schema": 1, "settings": known, "environment": {"python": "3.11", "hardware": {"processors": 2}}},
    )
    _lines(directory / "records.jsonl", records)
    if metrics is not None:
        _json(directory / "metrics.json", metrics)
    return directory


def share(value, **more):
    return {"value": value, "low": max(value - 0.1, 0), "high": min(value + 0.1, 1), "interval": "bootstrap",
            "problems": 2, "samples": 4, "left_out": 0, **more}  # fmt: skip


def training(directory):
    directory.mkdir(parents=True)
    _json(directory / "config.json", {"settings": {"recipe": "grpo", "model": HOSTILE, "seed": 0}, "environment": {}})
    _json(directory / "metrics.json", {
        "before": {"accuracy": 0.25, "low": 0.1, "high": 0.5, "right": 2, "asked": 8},
        "after": {"accuracy": 0.5, "low": 0.2, "high": 0.8, "right": 4, "asked": 8}, "seconds": 3.5})  # fmt: skip
    steps = [{"step": s, "reward": s / 10, "loss": 2 - s, "own": {HOSTILE: s}, "note": HOSTILE} for s in range(1, 6)]
    tested = [{"step": s, "evaluation": {"accuracy": s / 20, "policy": {"kl": 0.1 * s}}} for s in (2, 4)]
    _lines(directory / "log.jsonl", [*steps, *tested])
    (directory / "rounds" / "0").mkdir(parents=True)
    _lines(directory / "rounds" / "0" / "samples.jsonl", [{"prompt": HOSTILE, "completion": HOSTILE, "right": True}])
    return directory


def study(directory):
    directory.mkdir(parents=True)
    _json(directory / "config.json", {"schema": 1, "settings": {"study": "stable", "engine": "x"}, "environment": {}})
    found = {"mean over variants": {"value": 0.5, "count": 2, "total": 4, "low": 0.1, "high": 0.9}}
    _json(directory / "metrics.json", {"metrics": found, "by_grade": {HOSTILE: found}})
    _lines(directory / "records.jsonl", [{"seed": HOSTILE, "grade": "easy", "right": [True, False]},
                                         {"seed": "b", "grade": "", "solved": True, "variants": 1, "failed": [
                                             {"problem": {"prompt": HOSTILE}, "confirmed": None}]}])  # fmt: skip
    return directory


def discovery(directory):
    directory.mkdir(parents=True)
    _json(directory / "config.json", {"schema": 1, "settings": {"search": "mitm", "constants": ["e"]}})
    _json(directory / "metrics.json", {"fractions": 100, "verified": 2, "conjectures": 2})
    row = {"a": "2*n+1", "b": "n**2", "value": "4/pi", "constant": "pi", "digits": 100, "digits_per_term": 0.77,
           "delta": 0.1}  # fmt: skip
    _lines(directory / "catalogue.jsonl", [row, {**row, "a": HOSTILE, "value": HOSTILE, "constant": HOSTILE}])
    _lines(directory / "clusters.jsonl", [{"label": HOSTILE, "members": 3}])
    return directory


def generation(directory):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (directory / "dataset" / "data").mkdir(parents=True)
    _json(directory / "config.json", {"schema": 1, "settings": {"pipeline": "rejection", "engine": HOSTILE}})
    _json(directory / "metrics.json", {
        "rows": {"default": {"train": 1}}, "kept": 1, "kinds": {"answer": 1}, "topics": {HOSTILE: 1}, "sources": {},
        "difficulty": [0, 1, 0], "discarded": {"wrong": {HOSTILE: 3}}, "discarded_by_stage": {"wrong": 3},
        "prompt_characters": {"mean": 4, "longest": 9}})  # fmt: skip
    rows = [{"id": HOSTILE, "prompt": HOSTILE, "completion": HOSTILE, "answer": 3}]
    pq.write_table(pa.Table.from_pylist(rows), directory / "dataset" / "data" / "train-0.parquet")
    (directory / "dataset" / "coverage.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
    )
    _lines(directory / "discarded.jsonl", [{"id": HOSTILE, "stage": "wrong", "reason": HOSTILE, "text": HOSTILE}])
    return directory


def _json(path, value):
    path.write_text(json.dumps(value))


def _lines(path, values):
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
