"""Matrix products by fast bilinear algorithms, where these were measured to be faster than NumPy's own product.

`fastmm.tune()` measures once per machine; until then every product is NumPy's.
"""

from fastmm.blas import share_threads
from fastmm.dispatch import Plan
from fastmm.product import Bound, error_bound, explain, matmul
from fastmm.tuning import tune

__all__ = ["Bound", "Plan", "error_bound", "explain", "matmul", "share_threads", "tune"]
