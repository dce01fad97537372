/* One tile of C: `rows` (known when compiled) packed rows of A, FMM_A_STRIDE apart, times a packed panel of B, FMM_NR
 * columns wide. `high` rows and `wide` columns of it go to each of the `count` updates at `offset`. */
FMM_INLINE void FMM_NAME(micro_kernel)(const int rows, int64_t kc, const R *restrict a, const R *restrict b,
                                       const UPDATE *updates, int count, int64_t offset, int64_t row, int64_t col,
                                       int high, int64_t wide) {
    V sum[FMM_MR][2];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        sum[i][0] = sum[i][1] = (V){0};
    }
    const int whole = high == rows && wide == FMM_NR && col == 1;
    if (whole) { /* C is needed after the loop: fetch it during the loop */
        for (int t = 0; t < count; t++) {
            const R *const c = updates[t].at + offset;
#pragma GCC unroll 16
            for (int i = 0; i < rows; i++) {
                __builtin_prefetch(c + i * row, 1);
                __builtin_prefetch(c + i * row + FMM_NR - 1, 1);
            }
        }
    }
#pragma GCC unroll 4
    for (int64_t q = 0; q < kc; q++) {
        const V b0 = *(const V *)b, b1 = *(const V *)(b + FMM_LANES);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            const R x = a[i * FMM_A_STRIDE];
            sum[i][0] += x * b0;
            sum[i][1] += x * b1;
        }
        a++;
        b += FMM_NR;
    }
    if (whole) {
        for (int t = 0; t < count; t++) {
            R *const c = updates[t].at + offset;
            const R factor = updates[t].factor;
            if (updates[t].add) {
#pragma GCC unroll 16
                for (int i = 0; i < rows; i++) {
                    U *const c0 = (U *)(c + i * row), *const c1 = (U *)(c + i * row + FMM_LANES);
                    *c0 += factor * sum[i][0];
                    *c1 += factor * sum[i][1];
                }
            } else {
#pragma GCC unroll 16
                for (int i = 0; i < rows; i++) {
                    U *const c0 = (U *)(c + i * row), *const c1 = (U *)(c + i * row + FMM_LANES);
                    *c0 = factor * sum[i][0];
                    *c1 = factor * sum[i][1];
                }
            }
        }
        return;
    }
    V spilled[FMM_MR][2];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        spilled[i][0] = sum[i][0];
        spilled[i][1] = sum[i][1];
    }
    const R *const edge = (const R *)spilled;
    for (int t = 0; t < count; t++) {
        R *const c = updates[t].at + offset;
        for (int i = 0; i < high; i++) {
            for (int64_t j = 0; j < wide; j++) {
                R *const to = c + i * row + j * col;
                const R value = updates[t].factor * edge[i * FMM_NR + j];
                *to = updates[t].add ? *to + value : value;
            }
        }
    }
}

/* Of MR rows, and of two thirds and of one third of them, for what is left at the lower edge. */
#define FMM_MICRO_KERNEL(name, rows)                                                                              \
    static __attribute__((noinline)) FMM_TARGET void FMM_NAME(name)(                                              \
        int64_t kc, const R *restrict a, const R *restrict b, const UPDATE *updates, int count, int64_t offset,   \
        int64_t row, int64_t col, int high, int64_t wide) {                                                       \
        FMM_NAME(micro_kernel)(rows, kc, a, b, updates, count, offset, row, col, high, wide);                     \
    }
FMM_MICRO_KERNEL(micro_kernel3, FMM_MR)
FMM_MICRO_KERNEL(micro_kernel2, FMM_MR / 3 * 2)
FMM_MICRO_KERNEL(micro_kernel1, FMM_MR / 3)
#undef FMM_MICRO_KERNEL

/* Packed rows [0, rows) of A times packed columns [0, cols) of B, added to the updates at `offset`. */
static FMM_TARGET void FMM_NAME(macro_kernel)(int64_t rows, int64_t kc, int64_t cols, const R *restrict a,
                                              const R *restrict b, const UPDATE *updates, int count, int64_t offset,
                                              int64_t row, int64_t col) {
    for (int64_t i = 0; i < rows; i += FMM_MR) {
        const int high = (int)(rows - i < FMM_MR ? rows - i : FMM_MR);
        for (int64_t j = 0; j < cols; j += FMM_NR) {
            const int64_t wide = cols - j < FMM_NR ? cols - j : FMM_NR;
            const R *const left = a + i * FMM_A_STRIDE, *const right = b + j * kc;
            const int64_t at = offset + i * row + j * col;
            if (high > FMM_MR / 3 * 2) {
                FMM_NAME(micro_kernel3)(kc, left, right, updates, count, at, row, col, high, wide);
            } else if (high > FMM_MR / 3) {
                FMM_NAME(micro_kernel2)(kc, left, right, updates, count, at, row, col, high, wide);
            } else {
                FMM_NAME(micro_kernel1)(kc, left, right, updates, count, at, row, col, high, wide);
            }
        }
    }
}
