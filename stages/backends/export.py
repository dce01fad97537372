"""One scheme as standalone code: a folder with its text for a back end, an example, how to try out both, and its proof.

The proof is the scheme's certificate with the script that checks it, as `verification` hands them out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from stages.backends.c.build import FLAGS
from stages.backends.choice import Choice
from stages.backends.expressions import facts
from stages.backends.kernel import PYTHON_TEXTS, c_text
from stages.errors import KernelError
from stages.exchange import certificate

BACKENDS = ("c", *PYTHON_TEXTS)

_README = """\
Matrix product by a bilinear algorithm: scheme {scheme}, {facts}.

{module} holds the product, says how to call it, and needs {needs}.

Proof:    {proof}
Test:     {test}
Example:  {run}
"""
_NEEDS = {"c": "a C compiler and threads of POSIX", "jax": "JAX and NumPy", "numpy": "NumPy"}

_NUMPY_EXAMPLE = """\
import numpy as np
from {name} import matmul

rng = np.random.default_rng(0)
a, b = rng.standard_normal((300, 200)), rng.standard_normal((200, 100))
c = matmul(a, b, levels=2)
print("largest difference from the plain product:", np.abs(c - a @ b).max())
"""

_JAX_EXAMPLE = """\
import jax
import jax.numpy as jnp
from {name} import matmul

key_a, key_b = jax.random.split(jax.random.key(0))
a, b = jax.random.normal(key_a, (300, 200)), jax.random.normal(key_b, (200, 100))
product = jax.jit(matmul, static_argnames=("levels", "batched", "precision"))
c = product(a, b, levels=2, batched=True)
print("largest difference from the plain product:", jnp.abs(c - jnp.matmul(a, b, precision="highest")).max())
gradient = jax.grad(lambda a, b: product(a, b, batched=True).sum(), argnums=(0, 1))
print("gradients of its sum:", *(x.shape for x in gradient(a, b)))
"""

_C_EXAMPLE = """\
/* {run} */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Of {name}.c, which says more; for float: fmm_workspace_f32 and fmm_gemm_f32. */
typedef struct fmm_pool fmm_pool;
fmm_pool *fmm_pool_create(int threads);
void fmm_pool_destroy(fmm_pool *pool);
size_t fmm_workspace_f64(int64_t n, int64_t m, int64_t p, const int *levels, int depth, int threads, int isa);
int fmm_gemm_f64(int64_t n, int64_t m, int64_t p, const double *a, int64_t rsa, int64_t csa, const double *b,
                 int64_t rsb, int64_t csb, double *c, int64_t rsc, int64_t csc, const int *levels, int depth, int fused,
                 void *workspace, fmm_pool *pool, int isa);

int main(void) {{
    enum {{ N = 300, M = 200, P = 100, DEPTH = 1, FUSED = 0, THREADS = 2, BEST_ISA = 0 }};
    const int levels[DEPTH] = {{0}};
    static double a[N * M], b[M * P], c[N * P];
    for (int i = 0; i < N * M; i++) {{
        a[i] = (double)rand() / RAND_MAX - 0.5;
    }}
    for (int i = 0; i < M * P; i++) {{
        b[i] = (double)rand() / RAND_MAX - 0.5;
    }}
    fmm_pool *const pool = fmm_pool_create(THREADS);
    void *const workspace = malloc(fmm_workspace_f64(N, M, P, levels, DEPTH, THREADS, BEST_ISA));
    if (pool == NULL || workspace == NULL ||
        fmm_gemm_f64(N, M, P, a, M, 1, b, P, 1, c, P, 1, levels, DEPTH, FUSED, workspace, pool, BEST_ISA) != 0) {{
        return 1;
    }}
    double largest = 0;
    for (int i = 0; i < N; i++) {{
        for (int k = 0; k < P; k++) {{
            double difference = -c[i * P + k];
            for (int j = 0; j < M; j++) {{
                difference += a[i * M + j] * b[j * P + k];
            }}
            difference = difference < 0 ? -difference : difference;
            largest = difference > largest ? difference : largest;
        }}
    }}
    printf("largest difference from the plain product: %g\\n", largest);
    free(workspace);
    fmm_pool_destroy(pool);
    return 0;
}}
"""


def export(chosen: Choice, backend: str, folder: Path, inner: Choice | None) -> None:
    """Writes the folder, or nothing where an error is raised.

    Args:
      backend: of `BACKENDS`.
      folder: new or empty.
      inner: for back end c, the scheme of the fused level; None: the same scheme.
    Raises:
      KernelError: a wrong product, no compiler for the trial of a C text, a folder that holds something or cannot be
        written, or an inner scheme where there is no fused level.
      SchemeError: the scheme does not hold.
    """
    if inner is not None and backend != "c":
        raise KernelError(f"--inner: only back end c has a fused level, not {backend}")
    (scheme, program), fused = chosen, inner or chosen
    schemes = {one.hash: one for one in (scheme, fused.scheme)}
    proofs = {f"certificate_{digits}.json": certificate.write(one).decode() for digits, one in schemes.items()}
    checker = certificate.CHECKER
    name = f"matmul_{program.size.name}"
    if backend == "c":
        module, source = f"{name}.c", c_text(program, fused.program, scheme.hash, fused.scheme.hash)
        compiler = " ".join(("cc", *FLAGS))
        test = f"{compiler} -DFMM_SELF_TEST -o self_test {module} && ./self_test"
        run = f"{compiler} -o example example.c {module} && ./example"
        example = {"example.c": _C_EXAMPLE.format(name=name, run=run)}
    else:
        module, source = f"{name}.py", PYTHON_TEXTS[backend](program, scheme.hash)
        test, run = f"python {module}", "python example.py"
        example = {"example.py": (_JAX_EXAMPLE if backend == "jax" else _NUMPY_EXAMPLE).format(name=name)}
    about = {"scheme": scheme.hash, "facts": facts(program), "module": module, "needs": _NEEDS[backend]}
    about |= {"proof": f"python {checker.name} {' '.join(proofs)}", "test": test, "run": run}
    texts = {module: source, **example, **proofs, checker.name: checker.read_text()}
    _write(folder, texts | {"README.txt": _README.format(**about)})


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    try:
        if folder.exists() and any(folder.iterdir()):
            raise KernelError(f"{folder}: expected a new or an empty folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
            made = Path(scratch, folder.name)
            made.mkdir()
            for name, text in texts.items():
                (made / name).write_text(text)
            made.replace(folder)  # which may be there, if empty
    except OSError as error:
        raise KernelError(f"{folder}: {error.strerror}") from None
