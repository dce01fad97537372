/* 1 where the processor has the instruction set. */
int fmm_has(int isa) {
#if defined(__x86_64__)
    if (isa == FMM_AVX512) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
    if (isa == FMM_AVX2) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
#endif
    return isa == FMM_BEST || isa == FMM_PORTABLE;
}

static int fmm_chosen(int isa) {
    if (isa != FMM_BEST) {
        return isa;
    }
    return fmm_has(FMM_AVX512) ? FMM_AVX512 : fmm_has(FMM_AVX2) ? FMM_AVX2 : FMM_PORTABLE;
}

#if defined(__x86_64__)
#define FMM_CHOOSE(name, real, isa)                      \
    ((isa) == FMM_AVX512 ? FMM_JOIN(name, real, avx512)  \
     : (isa) == FMM_AVX2 ? FMM_JOIN(name, real, avx2)    \
                         : FMM_JOIN(name, real, portable))
#else
#define FMM_CHOOSE(name, real, isa) FMM_JOIN(name, real, portable)
#endif

static int fmm_is_plan(const int *levels, int depth, int fused) {
    const int known = sizeof fmm_levels / sizeof *fmm_levels, fusible = sizeof fmm_fused / sizeof *fmm_fused;
    int fits = depth >= 0 && (depth == 0 || levels != NULL) && fused >= FMM_UNFUSED && fused < fusible;
    for (int level = 0; fits && level < depth; level++) {
        fits = levels[level] >= 0 && levels[level] < known;
    }
    return fits;
}

#define FMM_DEFINE(real, type)                                                                                        \
    /* Bytes of workspace that fmm_gemm needs for such a call; 0 where its arguments are out of range. */             \
    size_t fmm_workspace_##real(int64_t n, int64_t m, int64_t p, const int *levels, int depth, int threads, int isa) {\
        if (n < 0 || m < 0 || p < 0 || !fmm_is_plan(levels, depth, FMM_UNFUSED) || threads < 1 || !fmm_has(isa)) {    \
            return 0;                                                                                                 \
        }                                                                                                             \
        const size_t bytes = FMM_CHOOSE(workspace, real, fmm_chosen(isa))(n, m, p, levels, depth, threads);           \
        const size_t swapped = FMM_CHOOSE(workspace, real, fmm_chosen(isa))(p, m, n, levels, depth, threads);         \
        return (bytes > swapped ? bytes : swapped) + FMM_LINE; /* as it need not be aligned */                        \
    }                                                                                                                 \
                                                                                                                      \
    static int fmm_call_##real(int64_t n, int64_t m, int64_t p, const type *a, int64_t rsa, int64_t csa,              \
                               const type *b, int64_t rsb, int64_t csb, type *c, int64_t rsc, int64_t csc,            \
                               const int *levels, int depth, int fused, void *workspace, fmm_pool *pool, int isa,     \
                               int64_t non_temporal, int64_t alone) {                                                 \
        if (n < 0 || m < 0 || p < 0 || !fmm_is_plan(levels, depth, fused) ||                                          \
            (n > 0 && p > 0 && (c == NULL || workspace == NULL)) ||                                                   \
            (n > 0 && m > 0 && p > 0 && (a == NULL || b == NULL))) {                                                  \
            return FMM_BAD_ARGUMENT;                                                                                  \
        }                                                                                                             \
        if (!fmm_has(isa)) {                                                                                          \
            return FMM_NO_SUCH_ISA;                                                                                   \
        }                                                                                                             \
        char *const aligned = (char *)workspace + (FMM_LINE - (uintptr_t)workspace % FMM_LINE) % FMM_LINE;            \
        fmm_job_##real job = {n, m, p, a, rsa, csa, b, rsb, csb, c, rsc, csc, levels, depth, fused, aligned, pool,    \
                               non_temporal, alone};                                                                  \
        if (csc != 1 && rsc == 1) { /* rows of C are what is written at once: C^T = B^T A^T */                        \
            job = (fmm_job_##real){p, m, n, b, csb, rsb, a, csa, rsa, c, csc, rsc, levels, depth, fused, aligned,     \
                                   pool, non_temporal, alone};                                                        \
        }                                                                                                             \
        if (n > 0 && p > 0) {                                                                                         \
            fmm_run(pool, FMM_CHOOSE(work, real, fmm_chosen(isa)), &job);                                             \
        }                                                                                                             \
        return FMM_OK;                                                                                                \
    }                                                                                                                 \
                                                                                                                      \
    /* C = A B for A [n, m], B [m, p], C [n, p] of any strides (in elements, negative ones too; C's elements are      \
     * distinct and overlap neither A nor B). First `depth` levels in memory, each by its number in fmm_levels, then  \
     * the level `fused` by its number in fmm_fused (FMM_UNFUSED: none), then classical products; a level that does   \
     * not fit is left out. `workspace` has at least fmm_workspace bytes and is not read from before it is written;   \
     * `pool` NULL: one thread. Not finite elements may spread over C. */                                             \
    int fmm_gemm_##real(int64_t n, int64_t m, int64_t p, const type *a, int64_t rsa, int64_t csa, const type *b,      \
                        int64_t rsb, int64_t csb, type *c, int64_t rsc, int64_t csc, const int *levels, int depth,    \
                        int fused, void *workspace, fmm_pool *pool, int isa) {                                        \
        return fmm_call_##real(n, m, p, a, rsa, csa, b, rsb, csb, c, rsc, csc, levels, depth, fused, workspace, pool, \
                               isa, FMM_NON_TEMPORAL_BYTES, FMM_ALONE);                                               \
    }

FMM_DEFINE(f32, float)
FMM_DEFINE(f64, double)
