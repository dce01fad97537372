/* Products of small integers, which are exact in any order, against sums taken one by one: every plan of the table
 * above (each fused level; each level in memory, alone, above and below the first one, with and without a fused one) on
 * each instruction set that the processor has, by one thread and by two, in both element types. The test is part of the
 * library, so what it proves is what runs. */
static const struct {
    const char *name;
    int isa;
} fmm_isas[] = {{"portable", FMM_PORTABLE}, {"avx2", FMM_AVX2}, {"avx512", FMM_AVX512}};

typedef struct {
    int64_t n, m, p;
    int layout;           /* of the three matrices, below */
    int64_t non_temporal; /* as of fmm_team */
    int threads;          /* the most; barriers take their time */
    int64_t alone;        /* as of fmm_is_alone */
} fmm_test_shape;

typedef struct {
    int products, wrong;
    char *first; /* says what the first wrong product was */
    size_t length;
} fmm_test_result;

/* Where an element of a matrix of `rows` x `cols` lies: by rows, by columns, or every second one of each second row,
 * the rows from the last to the first. */
static void fmm_test_strides(int layout, int64_t rows, int64_t cols, int64_t *first, int64_t *row, int64_t *col) {
    *first = layout == 2 && rows > 0 ? (rows - 1) * 4 * cols : 0;
    *row = layout == 0 ? cols : layout == 1 ? 1 : -4 * cols;
    *col = layout == 0 ? 1 : layout == 1 ? rows : 2;
}

static int fmm_test_number(unsigned *state, int largest) {
    *state = *state * 1664525u + 1013904223u;
    return (int)(*state >> 24) % (2 * largest + 1) - largest;
}

/* No value on the way is larger for entries up to 1. A level leaves some of the m inner elements over: it multiplies at
 * most as if its blocks had one more. */
static double fmm_test_bound(int64_t m, const fmm_test_plan *plan) {
    for (int level = 0; level < plan->depth; level++) {
        m = m / fmm_levels[plan->levels[level]].m + 1;
    }
    return plan->largest * (double)(plan->fused == FMM_UNFUSED ? m : m / fmm_fused[plan->fused].m + 1);
}

#define FMM_TEST(real, type, largest, exact)                                                                          \
    static type *fmm_test_matrix_##real(int64_t rows, int64_t cols, unsigned *state) {                                \
        const size_t count = (size_t)(rows * cols * 4);                                                               \
        type *const x = aligned_alloc(FMM_LINE, (count * sizeof *x / FMM_LINE + 1) * FMM_LINE);                       \
        for (size_t i = 0; x != NULL && i < count; i++) {                                                             \
            x[i] = (type)fmm_test_number(state, largest);                                                             \
        }                                                                                                             \
        return x;                                                                                                     \
    }                                                                                                                 \
                                                                                                                      \
    /* One shape by plans `begin` to `end` (excluded), in all ways in which no value can pass `exact`. */             \
    static void fmm_test_products_##real(const fmm_test_shape *shape, int begin, int end, fmm_pool *pool,             \
                                         fmm_test_result *result) {                                                   \
        const int64_t n = shape->n, m = shape->m, p = shape->p;                                                       \
        const int layout = shape->layout;                                                                             \
        unsigned state = 1;                                                                                           \
        type *const a = fmm_test_matrix_##real(n, m, &state), *const b = fmm_test_matrix_##real(m, p, &state);        \
        type *const c = fmm_test_matrix_##real(n, p, &state), *const sums = malloc((size_t)(n * p + 1) * sizeof *c);  \
        int64_t a0, rsa, csa, b0, rsb, csb, c0, rsc, csc;                                                             \
        fmm_test_strides(layout % 3, n, m, &a0, &rsa, &csa);                                                          \
        fmm_test_strides((layout + layout / 3) % 3, m, p, &b0, &rsb, &csb);                                           \
        fmm_test_strides((layout + layout / 2) % 3, n, p, &c0, &rsc, &csc);                                           \
        const int ready = a != NULL && b != NULL && c != NULL && sums != NULL && pool != NULL;                        \
        for (int64_t i = 0; ready && i < n; i++) {                                                                    \
            for (int64_t k = 0; k < p; k++) {                                                                         \
                type sum = 0;                                                                                         \
                for (int64_t j = 0; j < m; j++) {                                                                     \
                    sum += a[a0 + i * rsa + j * csa] * b[b0 + j * rsb + k * csb];                                     \
                }                                                                                                     \
                sums[i * p + k] = sum;                                                                                \
            }                                                                                                         \
        }                                                                                                             \
        const int isas = sizeof fmm_isas / sizeof *fmm_isas, plans = end - begin;                                     \
        for (int way = 0; way < isas * 2 * plans; way++) {                                                            \
            const fmm_test_plan *const plan = &fmm_test_plans[begin + way % plans];                                   \
            const int threads = 1 + way / plans % 2, isa = fmm_isas[way / plans / 2].isa;                             \
            if (threads > shape->threads || !fmm_has(isa) ||                                                          \
                fmm_test_bound(m, plan) * largest * largest >= exact) {                                               \
                continue;                                                                                             \
            }                                                                                                         \
            void *const workspace =                                                                                   \
                malloc(fmm_workspace_##real(n, m, p, plan->levels, plan->depth, threads, isa));                       \
            int wrong = !ready || workspace == NULL ||                                                                \
                        fmm_call_##real(n, m, p, a + a0, rsa, csa, b + b0, rsb, csb, c + c0, rsc, csc, plan->levels,  \
                                        plan->depth, plan->fused, workspace, threads == 1 ? NULL : pool, isa,         \
                                        shape->non_temporal, shape->alone) != FMM_OK;                                 \
            for (int64_t i = 0; !wrong && i < n; i++) {                                                               \
                for (int64_t k = 0; !wrong && k < p; k++) {                                                           \
                    wrong = sums[i * p + k] != c[c0 + i * rsc + k * csc];                                             \
                    c[c0 + i * rsc + k * csc] = 77; /* not right for the next way */                                  \
                }                                                                                                     \
            }                                                                                                         \
            free(workspace);                                                                                          \
            result->products++;                                                                                       \
            if (wrong && result->wrong++ == 0) {                                                                      \
                snprintf(result->first, result->length, "%s, %s, %d threads: wrong product %dx%dx%d, plan %d: L%d%s", \
                         #real, fmm_isas[way / plans / 2].name, threads, (int)n, (int)m, (int)p, begin + way % plans, \
                         plan->depth, plan->fused == FMM_UNFUSED ? "" : "F");                                         \
            }                                                                                                         \
        }                                                                                                             \
        free(a);                                                                                                      \
        free(b);                                                                                                      \
        free(c);                                                                                                      \
        free(sums);                                                                                                   \
    }
FMM_TEST(f32, float, 1, 0x1p24)
FMM_TEST(f64, double, 3, 0x1p53)

/* Sides of the blocks of the outermost level of a plan and of its fused one, multiplied. */
static void fmm_test_blocks(const fmm_test_plan *plan, int64_t *n, int64_t *m, int64_t *p) {
    const fmm_scheme *const scheme = fmm_fused_scheme(plan->fused);
    const fmm_level *const level = plan->depth > 0 ? &fmm_levels[plan->levels[0]] : NULL;
    *n = scheme->n * (level == NULL ? 1 : level->n);
    *m = scheme->m * (level == NULL ? 1 : level->m);
    *p = scheme->p * (level == NULL ? 1 : level->p);
}

/* The number of wrong products; `first` says which was the first one. */
static fmm_test_result fmm_test(char *first, size_t length) {
    enum { BYTES = FMM_NON_TEMPORAL_BYTES, TEAM = FMM_ALONE, ALONE = 1 };
    const int plans = sizeof fmm_test_plans / sizeof *fmm_test_plans;
    /* Of several panels, of several steps for the rows; by a team, and by threads that multiply alone, C by columns,
     * too. */
    const fmm_test_shape shapes[] = {
        {1, 1, 1, 0, BYTES, 1, TEAM},     {0, 3, 2, 1, BYTES, 1, TEAM},     {3, 0, 2, 2, BYTES, 1, TEAM},
        {8, 8, 0, 3, BYTES, 1, TEAM},     {17, 5, 9, 4, BYTES, 2, TEAM},    {31, 64, 65, 5, BYTES, 1, TEAM},
        {70, 37, 47, 6, BYTES, 2, ALONE}, {47, 37, 70, 5, BYTES, 2, ALONE}, {2, 33, 420, 2, BYTES, 2, TEAM},
        {25, 1030, 5, 0, BYTES, 2, TEAM}, {3080, 3, 4, 0, BYTES, 2, 4096},  {3080, 3, 4, 0, BYTES, 2, TEAM},
        {3080, 3, 140, 0, BYTES, 2, 4096}};
    fmm_test_result result = {0, 0, first, length};
    fmm_pool *const pool = fmm_pool_create(2);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        fmm_test_products_f32(&shapes[s], 0, FMM_TEST_FIRST, pool, &result);
        fmm_test_products_f64(&shapes[s], 0, FMM_TEST_FIRST, pool, &result);
    }
    for (int plan = 0; plan < plans; plan++) {
        int64_t n, m, p;
        fmm_test_blocks(&fmm_test_plans[plan], &n, &m, &p);
        /* Of blocks of whole tiles and whole vectors, all sums of which are written by non-temporal stores; of blocks
         * with something left over everywhere, by one thread and by two that multiply alone. */
        const fmm_test_shape of_blocks[] = {{12 * n, 16 * m, 32 * p, 0, 0, 2, TEAM},
                                            {15 * n - 1, 19 * m - 1, 37 * p - 1, 1, BYTES, 1, TEAM},
                                            {33 * n - 1, 19 * m - 1, 37 * p - 1, 4, BYTES, 2, ALONE},
                                            {24 * n, 16 * m, 32 * p, 0, 0, 2, ALONE}};
        for (size_t s = 0; s < sizeof of_blocks / sizeof *of_blocks; s++) {
            fmm_test_products_f32(&of_blocks[s], plan, plan + 1, pool, &result);
            fmm_test_products_f64(&of_blocks[s], plan, plan + 1, pool, &result);
        }
    }
    fmm_pool_destroy(pool);
    return result;
}

/* The number of wrong products of the test above. `first` [length] takes a line about the first one. */
int fmm_self_test(char *first, size_t length) { return fmm_test(first, length).wrong; }

#ifdef FMM_SELF_TEST
int main(void) {
    char first[128] = "";
    const fmm_test_result result = fmm_test(first, sizeof first);
    for (size_t k = 0; k < sizeof fmm_isas / sizeof *fmm_isas; k++) {
        if (fmm_has(fmm_isas[k].isa)) {
            printf("%s ", fmm_isas[k].name);
        }
    }
    printf("%d products, %d wrong%s%s\n", result.products, result.wrong, result.wrong ? ": " : "", first);
    return result.wrong != 0;
}
#endif
