"""Kernels, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass

from stages.contract.tables import Int32, Int64, Table


@dataclass(frozen=True)
class KernelRow:
    """One kernel: a scheme as the source text of a back end."""

    kernel: str  # hash of the source text
    scheme: str  # hash of the scheme
    inner: str  # backend c: hash of the scheme of the level fused into the product; empty elsewhere
    size: str
    ring: str
    rank: Int32
    backend: str  # c, jax, numpy
    additions: Int32
    emax: float  # program.costs: what one level multiplies a rounding error by, at most
    products: Int32  # of a level: the rank less terms that vanish
    left_sums: Int32  # distinct operands of products that are sums of blocks of A
    right_sums: Int32  # of B
    left_terms: Int32  # non-zeros of U
    right_terms: Int32  # of V
    output_terms: Int32  # of W
    source: str


@dataclass(frozen=True)
class RefusedRow:
    """A scheme that becomes no kernel."""

    scheme: str
    size: str
    ring: str
    rank: Int32
    reason: str  # one line


@dataclass(frozen=True)
class TimingRow:
    """One timed call."""

    implementation: str  # kernel hash and variant, or the name of a baseline: numpy, jax
    variant: str  # back end and levels: «jax L1», «c L2F» (F: one more, fused); empty for a baseline
    scheme: str  # hash; empty for a baseline
    size: str  # of the scheme; empty for a baseline
    rank: Int32  # of the scheme; 0 for a baseline
    n: Int32  # the product timed: n x m times m x p
    m: Int32
    p: Int32
    dtype: str
    state: str  # what went before each call: stages.timing.STATES
    round: Int32
    seconds: float  # one whole call
    error: float  # relative Frobenius error of some rows against a wider type
    workspace: Int64  # bytes beside operands and result; 0 where the back end does not say
    predicted: float  # seconds by stages.benchmarking.model; 0 where it has none: all but C
    threads: Int32
    device: str  # what the library says it ran on
    cpu: str  # name, family, model
    versions: str  # jax, numpy and BLAS


KERNELS = Table("kernels/3", KernelRow)
REFUSED = Table("refused/1", RefusedRow)
TIMINGS = Table("timings/3", TimingRow)
