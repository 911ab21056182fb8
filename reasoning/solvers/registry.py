"""Which tools there are; nothing of a tool is imported before it is used.

>>> find_tool("factor_integer").parameters["required"]
['number']

Adding a tool is one file and one line in `TOOLS`. A tool that needs packages which no profile here has gets a line in
`PROFILES` too. Another package adds its own with an entry point in the group `reasoning_toolkit.solvers` (see
`verifiers.plugins`) whose name is the tool's and whose value is a `ToolEntry`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from verifiers.late_imports import load
from verifiers.plugins import Plugins

if TYPE_CHECKING:
    from reasoning.solvers.definition import Definition
    from verifiers.sandbox import Profile

__all__ = ["PROFILES", "TOOLS", "ToolEntry", "ToolError", "find_entry", "find_tool", "sandbox_profile", "tool_names"]


class ToolError(ValueError):
    """There is no such tool, or it cannot run here; one clear line."""


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """Where a tool is found and what a call of it may use.

    Attributes:
        target: `module:function`; imported when first used.
        summary: one line for people.
        profile: of `PROFILES`; the packages that it runs with in the sandbox.
        seconds: wall time of one call.
        memory_mib: memory of one call.
        modules: what it runs with beyond its profile; of another package's tool, which has a server of its own.
    """

    target: str
    summary: str
    profile: str = "numeric"
    seconds: float = 10.0
    memory_mib: int = 1024
    modules: tuple[str, ...] = ()


PROFILES: dict[str, tuple[str, ...]] = {
    "numeric": ("numpy", "scipy.linalg", "scipy.sparse.linalg", "scipy.optimize", "scipy.special", "scipy.interpolate"),
    "exact": ("numpy", "flint", "mpmath", "sympy"),
    "scheduling": (
        "numpy",
        "ortools.sat.python.cp_model",
        "pandas",
        "google.protobuf",
        "absl",
        "immutabledict",
        "dateutil",
    ),
    "graphs": ("numpy", "networkx"),
    "logic": ("numpy", "z3"),
}
"""Name -> modules that its server imports before any call, so that a call does not pay for them."""


TOOLS: dict[str, ToolEntry] = {
    "factor_integer": ToolEntry(
        "reasoning.solvers.factor_integer:factor_integer", "prime factors of an integer, proved", "exact"
    ),
    "discrete_logarithm": ToolEntry(
        "reasoning.solvers.modular:discrete_logarithm", "exponents x with base^x = value modulo m", "exact"
    ),
    "identify_constant": ToolEntry(
        "reasoning.solvers.identify_constant:identify_constant", "closed forms of a number in decimals", "exact", 30.0
    ),
    "identify_sequence": ToolEntry(
        "reasoning.solvers.sequences:identify_sequence", "the rule of a sequence, and its next terms", "exact"
    ),
    "integral_enclosure": ToolEntry(
        "reasoning.solvers.enclosures:integral_enclosure", "numeric integral with a proved error bound", "exact"
    ),
    "integrate_expression": ToolEntry(
        "reasoning.solvers.symbolic:integrate_expression", "exact integrals, with or without bounds", "exact"
    ),
    "linear_diophantine": ToolEntry(
        "reasoning.solvers.number_theory:linear_diophantine", "all integer solutions of a linear equation", "exact"
    ),
    "linear_program": ToolEntry(
        "reasoning.solvers.linear_program:linear_program", "linear and mixed-integer programs (HiGHS)", seconds=30.0
    ),
    "job_shop": ToolEntry(
        "reasoning.solvers.job_shop:job_shop", "job shop schedules, proved optimal", "scheduling", seconds=310.0
    ),
    "adaptive_spline": ToolEntry(
        "reasoning.solvers.adaptive_spline:adaptive_spline", "cubic spline of a function, adaptive knots"
    ),
    "discover_equation": ToolEntry(
        "reasoning.solvers.discover_equation:discover_equation", "the equation behind data", seconds=30.0
    ),
    "learn_dag": ToolEntry("reasoning.solvers.learn_dag:learn_dag", "who acts on whom: a linear DAG", seconds=70.0),
    "robust_two_stage": ToolEntry(
        "reasoning.solvers.robust_two_stage:robust_two_stage", "two-stage robust linear programs", seconds=70.0
    ),
    "sparse_ot": ToolEntry(
        "reasoning.solvers.sparse_ot:sparse_ot", "optimal transport with few sources a target", seconds=60.0
    ),
    "solution_sensitivity": ToolEntry(
        "reasoning.solvers.solution_sensitivity:solution_sensitivity",
        "how a solution moves with parameters",
        "exact",
        30.0,
    ),
    "map_elites": ToolEntry(
        "reasoning.solvers.map_elites:map_elites", "many good and different points (MAP-Elites)", seconds=60.0
    ),
    "coreset_rows": ToolEntry("reasoning.solvers.coreset_rows:coreset_rows", "few rows that stand for a tall matrix"),
    "entropic_ot": ToolEntry(
        "reasoning.solvers.entropic_ot:entropic_ot", "entropic optimal transport (Sinkhorn-Newton-Sparse)", seconds=70.0
    ),
    "log_bessel": ToolEntry(
        "reasoning.solvers.log_bessel:log_bessel", "logarithms of modified Bessel functions of any order"
    ),
    "jones_polynomial": ToolEntry(
        "reasoning.solvers.jones_polynomial:jones_polynomial", "Jones polynomials of knots and links", "exact", 70.0
    ),
    "sor_sequence": ToolEntry(
        "reasoning.solvers.sor_sequence:sor_sequence", "linear systems by SOR with a learnt parameter", seconds=70.0
    ),
    "linear_sequence": ToolEntry(
        "reasoning.solvers.linear_sequence:linear_sequence", "linear systems by recycled Krylov subspaces", seconds=70.0
    ),
    "complete_matrix": ToolEntry(
        "reasoning.solvers.complete_matrix:complete_matrix", "matrix completion, plain and robust", seconds=30.0
    ),
    "sketched_lstsq": ToolEntry("reasoning.solvers.sketched_lstsq:sketched_lstsq", "least squares with many rows"),
    "pattern_hamming": ToolEntry("reasoning.solvers.pattern_hamming:pattern_hamming", "mismatches at every shift"),
    "fit_vmf": ToolEntry("reasoning.solvers.fit_vmf:fit_vmf", "von Mises-Fisher distribution of directions"),
    "maximum_flow": ToolEntry("reasoning.solvers.graphs:maximum_flow", "maximum flow and minimum cut", "graphs"),
    "minimum_spanning_tree": ToolEntry(
        "reasoning.solvers.graphs:minimum_spanning_tree", "spanning tree of least weight", "graphs"
    ),
    "modular_power": ToolEntry("reasoning.solvers.modular:modular_power", "powers and inverses modulo m", "exact"),
    "primes_between": ToolEntry("reasoning.solvers.number_theory:primes_between", "the primes in a range", "exact"),
    "root_enclosure": ToolEntry(
        "reasoning.solvers.enclosures:root_enclosure", "root of a function with a proved error bound", "exact"
    ),
    "satisfy_clauses": ToolEntry(
        "reasoning.solvers.satisfiability:satisfy_clauses", "satisfiability of clauses (SAT, z3)", "logic"
    ),
    "satisfy_constraints": ToolEntry(
        "reasoning.solvers.satisfiability:satisfy_constraints", "numbers that satisfy constraints (SMT, z3)", "logic"
    ),
    "series_expansion": ToolEntry("reasoning.solvers.symbolic:series_expansion", "power series", "exact"),
    "shortest_path": ToolEntry("reasoning.solvers.graphs:shortest_path", "shortest path between two nodes", "graphs"),
    "simplify_expression": ToolEntry(
        "reasoning.solvers.symbolic:simplify_expression", "a simpler equal expression", "exact"
    ),
    "solve_congruences": ToolEntry(
        "reasoning.solvers.number_theory:solve_congruences", "simultaneous congruences", "exact"
    ),
    "solve_equations": ToolEntry("reasoning.solvers.symbolic:solve_equations", "exact solutions of equations", "exact"),
}
"""Name -> where it is found."""

PLUGINS = Plugins("solvers", "tool")

_HELPERS = ("pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection")
"""What the checking of arguments needs."""


def tool_names() -> list[str]:
    """All tools, sorted; imports none of them."""
    return sorted([*TOOLS, *PLUGINS.names(besides=TOOLS)])


def find_entry(name: str) -> ToolEntry:
    """The entry of the tool `name`.

    Raises:
        ToolError: there is none, or what it needs is not installed.
        PluginError: another package's cannot be loaded.
    """
    entry: ToolEntry | None = TOOLS.get(name) or PLUGINS.load(name, ToolEntry)
    if entry is None:
        raise ToolError(f"no tool '{name[:60]}'; known tools: {', '.join(tool_names())}")
    if entry.profile not in PROFILES:
        raise ToolError(f"tool '{name}' wants the profile '{entry.profile}'; known profiles: {', '.join(PROFILES)}")
    for package in _packages(PROFILES[entry.profile]):
        if find_spec(package) is None:
            raise ToolError(f"tool '{name}' needs {package}: pip install 'reasoning-toolkit[solvers]'")
    for package in _packages(entry.modules):
        if find_spec(package) is None:
            raise ToolError(f"tool '{name}' needs {package}, which is not installed")
    return entry


@cache
def find_tool(name: str) -> Definition:
    """The definition of the tool `name`; imports its module.

    Raises:
        ToolError: there is none, or what it needs is not installed.
    """
    from reasoning.solvers.definition import Definition

    return Definition.of(load(find_entry(name).target))


@cache
def sandbox_profile(name: str) -> Profile:
    """The sandbox profile in which the tool `name` runs.

    One server knows all built-in tools of a profile; a tool of another package has its own, so that whatever it
    imports concerns no other tool.

    Raises:
        ToolError: there is no such tool, or what it needs is not installed.
    """
    from verifiers.sandbox import Profile

    entry = find_entry(name)
    built_in = name in TOOLS
    together = [one for one in TOOLS.values() if one.profile == entry.profile] if built_in else [entry]
    modules = (*PROFILES[entry.profile], *entry.modules)
    own = () if built_in else (_module(entry).partition(".")[0],)
    return Profile(
        f"tools-{entry.profile}" if built_in else f"tool-{name}",
        modules=modules,
        packages=tuple(dict.fromkeys((*_packages(modules), *own, *_HELPERS))),
        trusted_modules=tuple(sorted({_module(one) for one in together})),
    )


def _module(entry: ToolEntry) -> str:
    return entry.target.partition(":")[0]


def _packages(modules: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(module.partition(".")[0] for module in modules))
