#ifdef FMM_SELF_TEST
/* Compares products of small integers, which are exact in any order, with sums taken one by one. Arguments: the
 * instruction sets to try (portable, avx2, avx512); without any, all that the processor has. */
#include <stdio.h>
#include <string.h>

/* Where an element of a matrix of `rows` x `cols` lies: by rows, by columns, or every second one of each second row,
 * the rows from the last to the first. */
static void fmm_test_strides(int layout, int64_t rows, int64_t cols, int64_t *first, int64_t *row, int64_t *col) {
    *first = layout == 2 && rows > 0 ? (rows - 1) * 4 * cols : 0;
    *row = layout == 0 ? cols : layout == 1 ? 1 : -4 * cols;
    *col = layout == 0 ? 1 : layout == 1 ? rows : 2;
}

static int fmm_test_number(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return (int)(*state >> 24) % 7 - 3;
}

#define FMM_TEST(real, type)                                                                                          \
    static type *fmm_test_matrix_##real(int64_t rows, int64_t cols, unsigned *state) {                                \
        const size_t count = (size_t)(rows * cols * 4);                                                               \
        type *const x = malloc(count * sizeof *x + 1);                                                                \
        for (size_t i = 0; x != NULL && i < count; i++) {                                                             \
            x[i] = (type)fmm_test_number(state);                                                                      \
        }                                                                                                             \
        return x;                                                                                                     \
    }                                                                                                                 \
                                                                                                                      \
    /* 0 where the product is right. */                                                                               \
    static int fmm_test_product_##real(int64_t n, int64_t m, int64_t p, int layout, int levels, int fused,            \
                                       fmm_pool *pool, int isa) {                                                     \
        unsigned state = 1;                                                                                           \
        const size_t bytes = fmm_workspace_##real(n, m, p, levels, fused, pool == NULL ? 1 : pool->threads, isa);     \
        type *const a = fmm_test_matrix_##real(n, m, &state), *const b = fmm_test_matrix_##real(m, p, &state);        \
        type *const c = fmm_test_matrix_##real(n, p, &state);                                                         \
        void *const workspace = malloc(bytes);                                                                        \
        int64_t a0, rsa, csa, b0, rsb, csb, c0, rsc, csc;                                                             \
        fmm_test_strides(layout % 3, n, m, &a0, &rsa, &csa);                                                          \
        fmm_test_strides((layout + layout / 3) % 3, m, p, &b0, &rsb, &csb);                                           \
        fmm_test_strides((layout + layout / 2) % 3, n, p, &c0, &rsc, &csc);                                           \
        int wrong = a == NULL || b == NULL || c == NULL || workspace == NULL ||                                       \
                    fmm_gemm_##real(n, m, p, a + a0, rsa, csa, b + b0, rsb, csb, c + c0, rsc, csc, levels, fused,     \
                                    workspace, pool, isa) != FMM_OK;                                                  \
        for (int64_t i = 0; !wrong && i < n; i++) {                                                                   \
            for (int64_t k = 0; !wrong && k < p; k++) {                                                               \
                type sum = 0;                                                                                         \
                for (int64_t j = 0; j < m; j++) {                                                                     \
                    sum += a[a0 + i * rsa + j * csa] * b[b0 + j * rsb + k * csb];                                     \
                }                                                                                                     \
                wrong = sum != c[c0 + i * rsc + k * csc];                                                             \
            }                                                                                                         \
        }                                                                                                             \
        free(a);                                                                                                      \
        free(b);                                                                                                      \
        free(c);                                                                                                      \
        free(workspace);                                                                                              \
        return wrong;                                                                                                 \
    }
FMM_TEST(f32, float)
FMM_TEST(f64, double)

static int fmm_test_isa(int isa, const char *name) {
    static const int64_t shapes[][3] = {{1, 1, 1},    {0, 3, 2},    {3, 0, 2},    {8, 8, 0},     {16, 16, 16},
                                        {17, 5, 9},   {31, 64, 65}, {70, 37, 47}, {25, 1030, 5}, {3080, 3, 4},
                                        {2, 33, 420}, {96, 96, 96}};
    fmm_pool *const pools[] = {NULL, fmm_pool_create(1), fmm_pool_create(2)};
    int wrong = 0, count = 0;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const int64_t n = shapes[s][0], m = shapes[s][1], p = shapes[s][2];
        for (int levels = 0; levels < 3; levels++) {
            for (int fused = 0; fused < 2; fused++, count++) {
                fmm_pool *const pool = pools[count % 3];
                const int bad = fmm_test_product_f32(n, m, p, count % 7, levels, fused, pool, isa) +
                                fmm_test_product_f64(n, m, p, (count + 3) % 7, levels, fused, pool, isa);
                if (bad) {
                    printf("%s: wrong product %d x %d x %d, levels %d, fused %d\n", name, (int)n, (int)m, (int)p, levels,
                           fused);
                }
                wrong += bad;
            }
        }
    }
    fmm_pool_destroy(pools[1]);
    fmm_pool_destroy(pools[2]);
    printf("%s: %d products, %d wrong\n", name, 2 * count, wrong);
    return wrong;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int isa;
    } all[] = {{"portable", FMM_PORTABLE}, {"avx2", FMM_AVX2}, {"avx512", FMM_AVX512}};
    int wrong = 0;
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        int asked = argc == 1 && fmm_has(all[k].isa);
        for (int i = 1; i < argc; i++) {
            asked |= strcmp(argv[i], all[k].name) == 0;
        }
        if (asked && !fmm_has(all[k].isa)) {
            printf("%s: this processor does not have it\n", all[k].name);
            return 2;
        }
        if (asked) {
            wrong += fmm_test_isa(all[k].isa, all[k].name);
        }
    }
    return wrong != 0;
}
#endif
