"""What the network sees in spans: by its definition, and the same, permuted, after every change of basis."""

from functools import partial
from itertools import product

import numpy as np
import pytest

from stages.algebra.targets import parse_target
from stages.game import contractions as lib
from stages.game import spans
from stages.game.support import pack

DIMS = (4, 3, 4)
SIZE = 16


def vectors(dims):
    """All vectors, the number of each in its bits."""
    return np.arange(2**dims)[:, None] >> np.arange(dims) & 1


def image(matrix):
    """All sums of the rows of a matrix modulo 2, as numbers."""
    sums = vectors(len(matrix)) @ matrix % 2
    return set((sums @ (1 << np.arange(matrix.shape[1]))).tolist())


def contractions(tensor, mode):
    """M(x) of each x of a mode; rows of the mode after it."""
    turned = tensor.transpose(mode, (mode + 1) % 3, (mode + 2) % 3)
    return [np.tensordot(x, turned, 1) % 2 for x in vectors(turned.shape[0])]


def classes_and_images(tensor, mode):
    """Of each x: its rank, and by mode its image."""
    found = []
    for matrix in contractions(tensor, mode):
        rows = image(matrix)
        found.append((int(np.log2(len(rows))), {(mode + 1) % 3: image(matrix.T), (mode + 2) % 3: rows}))
    return found


def odd(a, b):
    return bin(a & b).count("1") % 2


def shares(seen, holds):
    """Of each class 1..9 the share of those x for which `holds` is true."""
    total, counted = np.zeros(10), np.zeros(10)
    for x, (rank, images) in enumerate(seen):
        total[rank] += 1
        counted[rank] += holds(x, images)
    return (counted / np.maximum(total, 1))[1:]


def point_reference(tensor, mode, u, is_cyclic):
    own = classes_and_images(tensor, mode)
    parts = [shares(own, lambda x, _: (-1) ** odd(x, u))]
    sources = [(mode + 1) % 3, (mode + 2) % 3]
    parts += [shares(classes_and_images(tensor, source), lambda _, images: u in images[mode]) for source in sources]
    if is_cyclic:
        parts += [
            shares(classes_and_images(tensor, source), lambda x, images: u in images[mode] and odd(x, u))
            for source in sources
        ]
    else:
        parts += [np.zeros(9)] * 2
    return np.concatenate(parts)


def pair_reference(tensor, source, target, u, v):
    third = 3 - source - target
    return np.concatenate(
        [
            shares(classes_and_images(tensor, source), lambda x, images: odd(x, u) and v in images[target]),
            shares(classes_and_images(tensor, target), lambda y, images: odd(y, v) and u in images[source]),
            shares(classes_and_images(tensor, third), lambda _, images: u in images[source] and v in images[target]),
        ]
    )


def concise(rng, shape=DIMS):
    """A random tensor whose slices are independent in each mode and first of all, so that it is its own core."""
    while True:
        tensor = rng.integers(0, 2, shape)
        unfolded = [np.moveaxis(tensor, mode, 0).reshape(dims, -1) for mode, dims in enumerate(shape)]
        if all(len(image(matrix)) == 2 ** len(matrix) for matrix in unfolded):
            return tensor


def counted(count, features):
    """The rows that a function writes, as a table of all features of all vectors."""
    table = np.full(lib.MOST_POINTS * lib.MOST_LANES, np.nan, np.float32)
    shares, columns = np.zeros((features, lib.MOST_POINTS), np.float32), np.zeros(features, np.int64)
    num = count(table, shares, columns)
    seen = np.zeros((lib.MOST_POINTS, features), np.float32)
    seen[:, columns[:num]] = shares[:num].T
    return seen


def check_a_few(tensor, is_cyclic):
    """Compares the features of a few vectors with their definition."""
    held, rng = lib.contractions(), np.random.default_rng(1)
    lib.contract(pack(tensor), held)
    few = [np.unique(rng.integers(1, 2**dims, 3)) for dims in tensor.shape]
    for mode in range(1 if is_cyclic else 3):
        seen = counted(partial(lib.count_points, held, mode, is_cyclic), lib.POINT_FEATURES)
        for u in few[mode]:
            np.testing.assert_allclose(seen[u], point_reference(tensor, mode, u, is_cyclic), atol=1e-5)
    for source, target in ((0, 1), (0, 2), (1, 2)):
        u = few[source][0]
        seen = counted(partial(lib.count_pairs, held, u, source, target), lib.PAIR_FEATURES)
        for v in few[target]:
            np.testing.assert_allclose(seen[v], pair_reference(tensor, source, target, u, v), atol=1e-5)


def see(tensor, is_cyclic=False):
    """Features of a tensor, of all points and of all pairs of modes."""
    given, modes = pack(tensor)[None], 1 if is_cyclic else 3
    wholes = np.zeros((1, modes * spans.MODE_FEATURES), np.float32)
    spans.see_wholes(given, is_cyclic, wholes)
    held = lib.contractions()
    lib.contract(given[0], held)
    points = [counted(partial(lib.count_points, held, mode, is_cyclic), lib.POINT_FEATURES) for mode in range(modes)]
    pairs = {}
    for source, target in product(range(3), range(3)):
        if source != target:
            every = np.arange(SIZE) % 2 ** held.dims[source]
            pairs[source, target] = np.stack(
                [counted(partial(lib.count_pairs, held, u, source, target), lib.PAIR_FEATURES)[:SIZE] for u in every]
            )
    return wholes[0], points, pairs


def test_features_are_what_they_are_said_to_be():
    tensor = concise(np.random.default_rng(0))
    wholes, points, pairs = see(tensor)
    for mode in range(3):
        ranks = [rank for rank, _ in classes_and_images(tensor, mode)]
        np.testing.assert_allclose(
            wholes[mode * spans.MODE_FEATURES :][:9], np.bincount(ranks, minlength=10)[1:] / len(ranks), atol=1e-6
        )
        for u in (1, 2, 5):
            np.testing.assert_allclose(points[mode][u], point_reference(tensor, mode, u, False), atol=1e-6)
    for (source, target), seen in pairs.items():
        for u, v in ((1, 2), (3, 7), (6, 1)):
            np.testing.assert_allclose(seen[u, v], pair_reference(tensor, source, target, u, v), atol=1e-6)


@pytest.mark.parametrize("dims", [(1, 9, 9), (6, 7, 5)])
def test_features_of_many_vectors_are_what_they_are_said_to_be(dims):
    tensor = concise(np.random.default_rng(0), dims)
    check_a_few(tensor, False)


def test_features_of_a_tensor_with_all_nine_classes_are_what_they_are_said_to_be():
    tensor = np.zeros((9, 9, 9), int)
    tensor[np.arange(9), np.arange(9), np.arange(9)] = 1
    check_a_few(tensor, True)


def test_features_of_a_symmetric_tensor_join_a_vector_with_itself():
    tensor = parse_target("2x2x2").tensor.astype(int)
    wholes, points, _ = see(tensor, is_cyclic=True)
    for u in (1, 6, 9, 15):
        np.testing.assert_allclose(points[0][u], point_reference(tensor, 0, u, True), atol=1e-6)
    cubic = [np.einsum("i,j,k,ijk", x, x, x, tensor) % 2 for x in vectors(4)]
    ranks = np.array([rank for rank, _ in classes_and_images(tensor, 0)])
    for rank in (2, 4):
        assert wholes[6 * 9 + rank - 1] == pytest.approx(np.mean(np.array(cubic)[ranks == rank]), abs=1e-6)


def test_features_turn_with_the_basis():
    rng = np.random.default_rng(1)
    tensor = concise(rng)
    wholes, points, pairs = see(tensor)
    matrices = []
    for dims in DIMS:
        lower, upper = (np.tril(rng.integers(0, 2, (dims, dims)), -1) + np.eye(dims, dtype=int) for _ in range(2))
        matrices.append((lower @ upper.T % 2)[rng.permutation(dims)])
    turned = np.einsum("ai,bj,ck,ijk->abc", *matrices, tensor) % 2
    places = [
        np.pad(vectors(dims) @ matrix.T % 2 @ (1 << np.arange(dims)), (0, SIZE - 2**dims))
        for dims, matrix in zip(DIMS, matrices, strict=True)
    ]
    wholes_then, points_then, pairs_then = see(turned)
    np.testing.assert_allclose(wholes_then, wholes, atol=1e-5)
    for mode, dims in enumerate(DIMS):
        inside = places[mode][: 2**dims]
        np.testing.assert_allclose(points_then[mode][inside], points[mode][: 2**dims], atol=1e-5)
    for (source, target), seen in pairs.items():
        rows, columns = places[source][: 2 ** DIMS[source]], places[target][: 2 ** DIMS[target]]
        then = pairs_then[source, target][np.ix_(rows, columns)]
        np.testing.assert_allclose(then, seen[: len(rows), : len(columns)], atol=1e-5)
