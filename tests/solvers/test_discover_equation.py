import numpy as np
import pytest
from scipy.integrate import solve_ivp

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.discover_equation import discover_equation, relevance_vectors


@pytest.fixture(scope="module")
def lorenz():
    def field(_, state):
        x, y, z = state
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    times = np.linspace(0, 8, 2001)
    run = solve_ivp(field, (0, 8), [-8, 7, 27], t_eval=times, rtol=1e-9, atol=1e-9)
    return times, dict(zip("xyz", run.y, strict=True))


LORENZ = {
    "x": {"x": -10, "y": 10},
    "y": {"x": 28, "y": -1, "x*z": -1},
    "z": {"x*y": 1, "z": -8 / 3},
}


@pytest.mark.parametrize("state", "xyz")
def test_the_lorenz_system_comes_back_from_a_trajectory(lorenz, state):
    times, data = lorenz
    result = discover_equation(data, times=times, state=state, degree=3)
    assert result.status is Status.CONVERGED
    found = dict(zip(result.solution.terms, result.solution.coefficients, strict=True))
    assert found.keys() == LORENZ[state].keys()
    assert found == pytest.approx(LORENZ[state], rel=1e-2)


def test_a_missing_viscous_term_of_burgers_equation_is_found():
    # u = -2 nu phi_x / phi with phi a solution of the heat equation solves u_t = -u u_x + nu u_xx (Cole-Hopf).
    nu, t = 0.1, 0.3
    x = np.linspace(0, 2 * np.pi, 400)
    decay = np.exp(-nu * t)
    phi = 2 + decay * np.cos(x)
    up, upp, uppp = -decay * np.sin(x), -decay * np.cos(x), decay * np.sin(x)
    u = -2 * nu * up / phi
    u_x = -2 * nu * (upp / phi - up**2 / phi**2)
    u_xx = -2 * nu * (uppp / phi - 3 * up * upp / phi**2 + 2 * up**3 / phi**3)
    phi_t = -nu * decay * np.cos(x)
    u_t = -2 * nu * (nu * decay * np.sin(x) / phi - up * phi_t / phi**2)
    data = {"u": u, "u_x": u_x, "u_xx": u_xx}
    result = discover_equation(data, u_t + u * u_x, degree=2)  # the model without viscosity leaves this error
    assert result.solution.terms == ["u_xx"]
    assert result.solution.coefficients == pytest.approx([nu], rel=1e-8)


@pytest.mark.slow
def test_missing_terms_of_the_kuramoto_sivashinsky_equation_are_found():
    # u_t = -u u_x - u_xx - u_xxxx, chaotic on this length; the model knows the first term alone.
    count, length, step = 64, 22.0, 0.01
    waves = 2j * np.pi * np.fft.fftfreq(count, length / count)

    def derivative(u, order):
        return np.fft.ifft(waves**order * np.fft.fft(u)).real

    def field(_, u):
        return -u * derivative(u, 1) - derivative(u, 2) - derivative(u, 4)

    x = np.linspace(0, length, count, endpoint=False)
    middle = np.arange(40.0, 60.0, 1.0)
    moments = np.sort(np.concatenate([middle - step, middle, middle + step]))
    run = solve_ivp(field, (0, 61), np.cos(2 * np.pi * x / length) + 0.1 * np.cos(4 * np.pi * x / length),
                    method="Radau", t_eval=moments, rtol=1e-7, atol=1e-8)  # fmt: skip
    before, now, after = run.y[:, 0::3], run.y[:, 1::3], run.y[:, 2::3]
    columns = {"u": now} | {f"u_{'x' * k}": np.stack([derivative(u, k) for u in now.T], axis=1) for k in (1, 2, 3, 4)}
    error = (after - before) / (2 * step) + now * columns["u_x"]
    data = {name: values.ravel() for name, values in columns.items()}
    result = discover_equation(data, error.ravel(), degree=2)
    assert sorted(result.solution.terms) == ["u_xx", "u_xxxx"]
    assert result.solution.coefficients == pytest.approx([-1, -1], abs=2e-3)
    assert result.certificate.held_out_error < 0.01


def test_noise_is_told_from_terms_and_deviations_are_those_of_least_squares():
    random = np.random.default_rng(3)
    x, y = random.normal(size=(2, 500))
    target = 1.5 - 2 * x * y + 0.7 * np.sin(x) + 0.1 * random.normal(size=500)
    library = ["1", "x", "y", "x y", "x^2", "y^2", "sin(x)", "x^3", "exp(-y^2)"]
    result = discover_equation({"x": x, "y": y}, target, library)
    assert result.solution.terms == ["1", "x y", "sin(x)"]
    matrix = np.column_stack([np.ones(500), x * y, np.sin(x)])
    want, rest, _, _ = np.linalg.lstsq(matrix, target, rcond=None)
    assert result.solution.coefficients == pytest.approx(want, rel=1e-9)
    deviations = np.sqrt(rest[0] / 497 * np.diag(np.linalg.inv(matrix.T @ matrix)))
    assert result.solution.deviations == pytest.approx(deviations, rel=1e-9)
    assert result.certificate.error == pytest.approx(np.sqrt(rest[0] / (target @ target)))
    assert result.solution.equation.startswith("1.5")
    assert "*(x y)" in result.solution.equation


def test_the_evidence_is_the_gaussian_marginal_likelihood():
    # One round: alpha = 1 and beta = 100 / mean(t^2) are given, so the marginal covariance is known.
    random = np.random.default_rng(0)
    columns, target = random.normal(size=(12, 3)), random.normal(size=12)
    _, evidence, _ = relevance_vectors(columns, target, 1e300, rounds=1)
    beta = 12 / (0.01 * target @ target)
    covariance = np.eye(12) / beta + columns @ columns.T
    _, log_determinant = np.linalg.slogdet(2 * np.pi * covariance)
    want = -0.5 * (log_determinant + target @ np.linalg.solve(covariance, target))
    assert evidence == pytest.approx(want, rel=1e-9)


def test_rows_kept_back_where_the_target_is_0_do_not_make_it_0():
    x = np.linspace(-2, 2.5, 10)  # seed 0 keeps the rows x = 0 and x = 1 back
    result = discover_equation({"x": x}, x**2 - x, degree=4)
    assert result.solution.equation == "-1*x + 1*x^2"


def test_noise_alone_is_not_explained():
    random = np.random.default_rng(1)
    result = discover_equation({"x": random.normal(size=200)}, random.normal(size=200))
    assert result.status is Status.LIMIT
    assert "do not explain" in result.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": {}}, "data: expected at least one variable"),
        ({"data": {"x": [1, 2, 3], "y": [1, 2]}}, "data.y: expected 3 numbers, got 2"),
        ({"data": {"x-y": [1.0] * 6}}, "is no name"),
        ({"target": [1.0]}, "target: expected 6 numbers"),
        ({"target": [0.0] * 6}, "0 everywhere"),
        ({"target": None}, "target: expected a target, or times"),
        ({"times": [1, 2, 3, 4, 5, 6]}, "either a target"),
        ({"target": None, "times": [1, 2, 3, 3, 4, 5], "state": "x"}, "increasing"),
        ({"target": None, "times": [1, 2, 3, 4, 5, 6], "state": "z"}, "no variable 'z'"),
        ({"library": ["1/(x-1)"]}, r"library\[0\]: no finite value in row 0"),
        ({"library": ["y"]}, "no variable 'y'"),
        ({"library": []}, "library: expected at least one"),
        ({"degree": 9}, "degree"),
        ({"held_out": 0.9}, "held_out"),
    ],
)
def test_bad_input_is_one_clear_line(change, message):
    arguments = {"data": {"x": [1, 2, 3, 4, 5, 6]}, "target": [1, 2, 3, 4, 5, 6], **change}
    with pytest.raises(SolverInputError, match=message):
        discover_equation(**arguments)
