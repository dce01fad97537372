/* The sum of `count` (known when compiled, where it is small) blocks, at one place. */
FMM_INLINE R FMM_NAME(scalar_sum)(const int count, const R *const *from, const R *factor, int64_t offset) {
    R sum = factor[0] * from[0][offset];
    for (int k = 1; k < count; k++) {
        sum += factor[k] * from[k][offset];
    }
    return sum;
}

FMM_INLINE V FMM_NAME(vector_sum)(const int count, const R *const *from, const R *factor, int64_t offset) {
    V sum = factor[0] * *(const U *)(from[0] + offset);
#pragma GCC unroll 4
    for (int k = 1; k < count; k++) {
        sum += factor[k] * *(const U *)(from[k] + offset);
    }
    return sum;
}

/* Asks for what is summed soon: rows are short, and at the end of each the processor loses the trail. */
FMM_INLINE void FMM_NAME(fetch)(const int count, const R *const *from, int64_t offset) {
#pragma GCC unroll 4
    for (int k = 0; k < count; k++) {
        __builtin_prefetch((const void *)((uintptr_t)from[k] + (uintptr_t)offset * sizeof(R)));
    }
}

/* Packs a sum of blocks of A: row i begins at to + i * FMM_A_STRIDE; zeros follow up to a multiple of FMM_MR / 3. */
FMM_INLINE void FMM_NAME(pack_a_terms)(const int count, const R *const *from, const R *factor, int64_t row, int64_t col,
                                       int64_t begin, int64_t end, int64_t kc, R *restrict to) {
    if (col == 1) {
        for (int64_t i = begin; i < end; i++) {
            int64_t q = 0;
            for (; q + FMM_LANES <= kc; q += FMM_LANES) {
                FMM_NAME(fetch)(count, from, (i + 1) * row + q);
                *(V *)(to + i * FMM_A_STRIDE + q) = FMM_NAME(vector_sum)(count, from, factor, i * row + q);
            }
            for (; q < kc; q++) {
                to[i * FMM_A_STRIDE + q] = FMM_NAME(scalar_sum)(count, from, factor, i * row + q);
            }
        }
    } else {
        for (int64_t top = begin; top < end; top += FMM_MR) { /* few rows at once: they stay in the L1 cache */
            const int64_t bottom = top + FMM_MR < end ? top + FMM_MR : end;
            for (int64_t q = 0; q < kc; q++) {
                for (int64_t i = top; i < bottom; i++) {
                    to[i * FMM_A_STRIDE + q] = FMM_NAME(scalar_sum)(count, from, factor, i * row + q * col);
                }
            }
        }
    }
    for (int64_t i = end; i % (FMM_MR / 3) != 0; i++) {
        for (int64_t q = 0; q < kc; q++) {
            to[i * FMM_A_STRIDE + q] = 0;
        }
    }
}

/* Packs a sum of blocks of B in panels of FMM_NR columns, the last one filled with zeros. */
FMM_INLINE void FMM_NAME(pack_b_terms)(const int count, const R *const *from, const R *factor, int64_t row, int64_t col,
                                       int64_t kc, int64_t cols, R *restrict to) {
    const int64_t whole = cols / FMM_NR * FMM_NR;
    if (col == 1) {
        for (int64_t q = 0; q < kc; q++) {
            for (int64_t j = 0; j < whole; j += FMM_NR) {
                for (int64_t k = j; k < j + FMM_NR; k += FMM_LINE / (int64_t)sizeof(R)) {
                    FMM_NAME(fetch)(count, from, (q + FMM_PREFETCH) * row + k);
                }
                V *const out = (V *)(to + j * kc + q * FMM_NR);
                out[0] = FMM_NAME(vector_sum)(count, from, factor, q * row + j);
                out[1] = FMM_NAME(vector_sum)(count, from, factor, q * row + j + FMM_LANES);
            }
        }
    } else {
        for (int64_t j = 0; j < whole; j++) {
            R *const out = to + j / FMM_NR * FMM_NR * kc + j % FMM_NR;
            for (int64_t q = 0; q < kc; q++) {
                out[q * FMM_NR] = FMM_NAME(scalar_sum)(count, from, factor, q * row + j * col);
            }
        }
    }
    if (whole < cols) {
        for (int64_t q = 0; q < kc; q++) {
            R *const out = to + whole * kc + q * FMM_NR;
            for (int64_t j = 0; j < FMM_NR; j++) {
                out[j] = whole + j < cols ? FMM_NAME(scalar_sum)(count, from, factor, q * row + (whole + j) * col) : 0;
            }
        }
    }
}

/* A sum of blocks of A or of B: where they begin, and their factors. */
typedef struct {
    const R *from[FMM_MOST_TERMS];
    R factor[FMM_MOST_TERMS];
    int count;
} FMM_NAME(sum);

FMM_INLINE void FMM_NAME(gather)(FMM_NAME(sum) * sum, const fmm_term *terms, int count, IN x, int cols, int64_t high,
                                 int64_t wide) {
    sum->count = count;
    for (int k = 0; k < count; k++) {
        const int block = terms[k].block;
        sum->from[k] = x.at + block / cols * high * x.row + block % cols * wide * x.col;
        sum->factor[k] = (R)terms[k].factor;
    }
}

static FMM_TARGET void FMM_NAME(pack_a)(const FMM_NAME(sum) * sum, int64_t offset, int64_t row, int64_t col,
                                        int64_t begin, int64_t end, int64_t kc, R *restrict to) {
    const R *from[FMM_MOST_TERMS] = {0};
    for (int k = 0; k < sum->count; k++) {
        from[k] = sum->from[k] + offset;
    }
    switch (sum->count) {
    case 1: FMM_NAME(pack_a_terms)(1, from, sum->factor, row, col, begin, end, kc, to); break;
    case 2: FMM_NAME(pack_a_terms)(2, from, sum->factor, row, col, begin, end, kc, to); break;
    case 4: FMM_NAME(pack_a_terms)(4, from, sum->factor, row, col, begin, end, kc, to); break;
    default: FMM_NAME(pack_a_terms)(sum->count, from, sum->factor, row, col, begin, end, kc, to);
    }
}

static FMM_TARGET void FMM_NAME(pack_b)(const FMM_NAME(sum) * sum, int64_t offset, int64_t row, int64_t col,
                                        int64_t kc, int64_t cols, R *restrict to) {
    const R *from[FMM_MOST_TERMS] = {0};
    for (int k = 0; k < sum->count; k++) {
        from[k] = sum->from[k] + offset;
    }
    switch (sum->count) {
    case 1: FMM_NAME(pack_b_terms)(1, from, sum->factor, row, col, kc, cols, to); break;
    case 2: FMM_NAME(pack_b_terms)(2, from, sum->factor, row, col, kc, cols, to); break;
    case 4: FMM_NAME(pack_b_terms)(4, from, sum->factor, row, col, kc, cols, to); break;
    default: FMM_NAME(pack_b_terms)(sum->count, from, sum->factor, row, col, kc, cols, to);
    }
}
