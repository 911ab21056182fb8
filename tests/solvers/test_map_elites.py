import numpy as np
import pytest

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.map_elites import Archive, CentroidArchive, illuminate, map_elites


def test_each_cell_has_its_own_optimum():
    # Fitness -(x^2 + y^2) with the feature x: the best of a cell is its point nearest to 0.
    result = map_elites("0 - x^2 - y^2", ["x"], {"x": (-1, 1), "y": (-1, 1)}, [(-1, 1)], bins=8, evaluations=6000)
    assert result.status is Status.CONVERGED
    found = result.solution
    edges = np.linspace(-1, 1, 9)
    nearest = np.minimum(np.abs(edges[:-1]), np.abs(edges[1:]))
    assert found.cells[:, 0].tolist() == list(range(8))
    assert found.fitness == pytest.approx(-(nearest**2), abs=0.02)
    assert found.fitness == pytest.approx(-(found.points**2).sum(axis=1))
    assert found.features[:, 0] == pytest.approx(found.points[:, 0])
    assert ((edges[:-1] <= found.features[:, 0]) & (found.features[:, 0] <= edges[1:])).all()
    assert result.certificate.quality_diversity == pytest.approx(found.fitness.sum())
    assert found.fitness[found.best] == found.fitness.max()


def test_cells_that_cannot_be_reached_leave_the_limit():
    result = map_elites("x", ["x", "x"], {"x": (0, 1)}, [(0, 1), (0, 1)], bins=4, evaluations=500)
    assert result.status is Status.LIMIT
    assert result.solution.cells.tolist() == [[place, place] for place in range(4)]
    assert result.solution.coverage == pytest.approx(4 / 16)
    nothing = map_elites("log(0 - x)", ["x"], {"x": (1, 2)}, [(0, 1)], evaluations=50)
    assert nothing.solution is None


def test_the_seed_decides_everything():
    arguments = {"fitness": "sin(5x)", "features": ["x"], "bounds": {"x": (0, 3)}, "ranges": [(0, 3)]}
    first, again, other = (map_elites(**arguments, evaluations=300, seed=seed).solution.points for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_genomes_of_any_kind_are_taken():
    # Words over "ab": fitness is the number of changes of letter, the feature the number of letters b.
    archive = Archive([(0, 9)], [9])

    def flip(word, other, random):
        place = int(random.integers(8))
        return word[:place] + "ab"[word[place] == "a"] + word[place + 1 :]

    illuminate(
        archive,
        lambda words: [(sum(map(str.__ne__, word, word[1:])), [word.count("b")]) for word in words],
        lambda random: "".join(random.choice(list("ab"), 8)),
        flip,
        evaluations=4000,
    )
    # With k letters b among 8 there are at most 2 min(k, 8 - k) changes, 7 for k = 4.
    assert [archive.cells[(k,)].fitness for k in range(9)] == [0, 2, 4, 6, 7, 6, 4, 2, 0]
    assert archive.best.genome in ("abababab", "babababa")
    assert archive.coverage == 1.0


def test_cells_of_a_tessellation_have_about_one_size_and_are_nearest():
    archive = CentroidArchive([(-1, 1)] * 6, 40, seed=1)
    points = np.random.default_rng(0).uniform(-1, 1, (2000, 6))
    cells = np.array([archive.cell(point)[0] for point in points])
    shares = np.bincount(cells, minlength=40) / len(points)
    assert 0.3 / 40 < shares.min() <= shares.max() < 3 / 40
    centres = np.array([points[cells == cell].mean(axis=0) for cell in range(40)])
    nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == cells).mean() > 0.8  # the means of these points are near the centroids
    assert archive.cell([9.0] * 6) == archive.cell([1.0] * 6)


def test_many_features_go_through_a_tessellation():
    names = [f"x{index}" for index in range(6)]
    arguments = {"fitness": "0 - x0^2", "features": names, "bounds": dict.fromkeys(names, (-1, 1))}
    result = map_elites(**arguments, ranges=[(-1, 1)] * 6, cells=30, evaluations=2000)
    assert result.status is Status.CONVERGED
    assert result.solution.cells[:, 0].tolist() == list(range(30))
    again = map_elites(**arguments, ranges=[(-1, 1)] * 6, cells=30, evaluations=2000)
    assert np.array_equal(result.solution.points, again.solution.points)
    with pytest.raises(SolverInputError, match="cells: expected from 2 to 10000"):
        map_elites(**arguments, ranges=[(-1, 1)] * 6, cells=1)


def test_an_archive_keeps_the_better_and_clips_features():
    archive = Archive([(0, 1)], [2])
    assert archive.add("low", 1.0, [-5.0])
    assert not archive.add("equal", 1.0, [0.2])
    assert archive.add("better", 2.0, [0.49])
    assert archive.add("high", 0.0, [7.0])
    assert not archive.add("nan", float("nan"), [0.9])
    assert {cell: elite.genome for cell, elite in archive.cells.items()} == {(0,): "better", (1,): "high"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": []}, "features: expected from 1 to 4"),
        ({"ranges": []}, "as many ranges"),
        ({"bounds": {}}, "bounds: expected"),
        ({"bounds": {"x": (1, 1)}}, "x: expected"),
        ({"ranges": [(1, 0)]}, r"ranges\[0\]: expected"),
        ({"bins": 0}, "bins"),
        ({"evaluations": 5}, "limits"),
        ({"fitness": "y"}, "fitness: no variable 'y'"),
        ({"features": ["y"]}, r"features\[0\]: no variable"),
    ],
)
def test_bad_input_is_one_clear_line(change, message):
    arguments = {"fitness": "x", "features": ["x"], "bounds": {"x": (0, 1)}, "ranges": [(0, 1)], **change}
    with pytest.raises(SolverInputError, match=message):
        map_elites(**arguments)
