"""What runs inside an embedded Lean worker: `runner.js` under Node, `checker.lean` under Lean. No Python."""

__all__ = ()
