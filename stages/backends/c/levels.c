FMM_INLINE void FMM_NAME(store)(const int non_temporal, R *to, V vector) {
    if (non_temporal) {
        FMM_STORE_NON_TEMPORAL((V *)to, vector);
    } else {
        *(U *)to = vector;
    }
}

FMM_INLINE int FMM_NAME(aligned)(R *const *out, int count) {
    uintptr_t bits = 0;
    for (int k = 0; k < count; k++) {
        bits |= (uintptr_t)out[k];
    }
    return bits % FMM_BYTES == 0;
}

@SUMS@

/* Sums of `inputs` blocks of rows x cols elements, `outputs` of them, in one pass over memory. */
static FMM_TARGET void FMM_NAME(block_sums)(const fmm_team *team,
                                            void (*sums)(const R *const *, int64_t, R *const *, int64_t, int64_t, int),
                                            int64_t rows, int64_t cols, const IN *from, int inputs, const OUT *to,
                                            int outputs, int non_temporal) {
    const R *in[FMM_MOST_BLOCKS];
    R *out[FMM_MOST_BLOCKS];
    const int by_cols = from[0].row == 1 && from[0].col != 1; /* all inputs have the same strides */
    const int64_t lines = by_cols ? cols : rows;
    for (int64_t part = fmm_next(team, FMM_NONE); part * FMM_SUMMED_LINES < lines; part = fmm_next(team, part)) {
        const int64_t begin = part * FMM_SUMMED_LINES;
        for (int64_t i = begin; i < lines && i < begin + FMM_SUMMED_LINES; i++) {
            for (int k = 0; k < inputs; k++) {
                in[k] = from[k].at + i * (by_cols ? from[k].col : from[k].row);
            }
            for (int k = 0; k < outputs; k++) {
                out[k] = to[k].at + i * (by_cols ? to[k].col : to[k].row);
            }
            sums(in, by_cols ? from[0].row : from[0].col, out, by_cols ? to[0].row : to[0].col, by_cols ? rows : cols,
                 non_temporal);
        }
    }
    if (non_temporal) {
        FMM_FENCE();
    }
    fmm_barrier(team);
}

FMM_INLINE IN FMM_NAME(block)(IN x, int block, int cols, int64_t high, int64_t wide) {
    return (IN){x.at + block / cols * high * x.row + block % cols * wide * x.col, x.row, x.col};
}

/* Elements from one row of a buffer to the next: a multiple of a line, but not of many. */
FMM_INLINE int64_t FMM_NAME(pitch)(int64_t cols) {
    const int64_t line = FMM_LINE / (int64_t)sizeof(R);
    const int64_t lines = (cols + line - 1) / line;
    return (lines | 1) * line;
}

FMM_INLINE size_t FMM_NAME(buffer_bytes)(int64_t lines, int64_t length) {
    return fmm_padded(sizeof(R) * (size_t)lines * (size_t)FMM_NAME(pitch)(length));
}

/* A buffer with the order of strides of `like`, if any; moves *workspace behind it. */
FMM_INLINE OUT FMM_NAME(buffer)(char **workspace, int64_t rows, int64_t cols, int by_cols) {
    R *const at = (R *)*workspace;
    const int64_t pitch = FMM_NAME(pitch)(by_cols ? rows : cols);
    *workspace += FMM_NAME(buffer_bytes)(by_cols ? cols : rows, by_cols ? rows : cols);
    return by_cols ? (OUT){at, 1, pitch} : (OUT){at, pitch, 1};
}

static FMM_TARGET size_t FMM_NAME(most)(size_t x, size_t y) { return x > y ? x : y; }

/* Whether the blocks of a scheme fit into the matrices; where they do not, the classical product takes over. */
FMM_INLINE int FMM_NAME(fits)(int64_t n, int64_t m, int64_t p, int rows, int inner, int cols) {
    return n >= rows && m >= inner && p >= cols;
}

static FMM_TARGET size_t FMM_NAME(workspace)(int64_t n, int64_t m, int64_t p, int levels, int fused, int threads) {
    size_t bytes = FMM_NAME(product_bytes)(n, threads); /* also of the strips */
    if (levels > 0 && FMM_NAME(fits)(n, m, p, FMM_OUTER_N, FMM_OUTER_M, FMM_OUTER_P)) {
        const int64_t h = n / FMM_OUTER_N, g = m / FMM_OUTER_M, w = p / FMM_OUTER_P;
        const size_t left = FMM_NAME(most)(FMM_NAME(buffer_bytes)(h, g), FMM_NAME(buffer_bytes)(g, h));
        const size_t right = FMM_NAME(most)(FMM_NAME(buffer_bytes)(g, w), FMM_NAME(buffer_bytes)(w, g));
        const size_t sums = FMM_OUTER_LEFT_SUMS * left + FMM_OUTER_RIGHT_SUMS * right +
                            FMM_OUTER_PRODUCTS * FMM_NAME(buffer_bytes)(h, w);
        bytes = FMM_NAME(most)(bytes, sums + FMM_NAME(workspace)(h, g, w, levels - 1, fused, threads));
    }
    return bytes;
}

static FMM_TARGET void FMM_NAME(multiply)(const fmm_team *team, int64_t n, int64_t m, int64_t p, IN a, IN b, OUT c,
                                          int levels, int fused, char *workspace);

/* One level of the outer scheme on blocks h x g and g x w: sums, products one after another, sums of these. */
static FMM_TARGET void FMM_NAME(level)(const fmm_team *team, int64_t h, int64_t g, int64_t w, IN a, IN b, OUT c,
                                       int levels, int fused, char *workspace) {
    IN left[FMM_OUTER_N * FMM_OUTER_M], right[FMM_OUTER_M * FMM_OUTER_P], products[FMM_OUTER_PRODUCTS];
    OUT left_sums[FMM_OUTER_LEFT_SUMS + 1], right_sums[FMM_OUTER_RIGHT_SUMS + 1], outputs[FMM_OUTER_N * FMM_OUTER_P];
    OUT results[FMM_OUTER_PRODUCTS];
    for (int k = 0; k < FMM_OUTER_N * FMM_OUTER_M; k++) {
        left[k] = FMM_NAME(block)(a, k, FMM_OUTER_M, h, g);
    }
    for (int k = 0; k < FMM_OUTER_M * FMM_OUTER_P; k++) {
        right[k] = FMM_NAME(block)(b, k, FMM_OUTER_P, g, w);
    }
    for (int k = 0; k < FMM_OUTER_LEFT_SUMS; k++) {
        left_sums[k] = FMM_NAME(buffer)(&workspace, h, g, a.row == 1 && a.col != 1);
    }
    for (int k = 0; k < FMM_OUTER_RIGHT_SUMS; k++) {
        right_sums[k] = FMM_NAME(buffer)(&workspace, g, w, b.row == 1 && b.col != 1);
    }
    for (int r = 0; r < FMM_OUTER_PRODUCTS; r++) {
        results[r] = FMM_NAME(buffer)(&workspace, h, w, 0);
        products[r] = (IN){results[r].at, results[r].row, results[r].col};
    }
    for (int k = 0; k < FMM_OUTER_N * FMM_OUTER_P; k++) {
        outputs[k] = (OUT){c.at + k / FMM_OUTER_P * h * c.row + k % FMM_OUTER_P * w * c.col, c.row, c.col};
    }
    const int64_t bytes = (int64_t)sizeof(R) * (FMM_OUTER_LEFT_SUMS * h * g + FMM_OUTER_RIGHT_SUMS * g * w +
                                                FMM_OUTER_PRODUCTS * h * w);
    const int non_temporal = bytes > team->non_temporal;
    FMM_NAME(block_sums)(team, FMM_NAME(outer_left), h, g, left, FMM_OUTER_N * FMM_OUTER_M, left_sums,
                         FMM_OUTER_LEFT_SUMS, non_temporal);
    FMM_NAME(block_sums)(team, FMM_NAME(outer_right), g, w, right, FMM_OUTER_M * FMM_OUTER_P, right_sums,
                         FMM_OUTER_RIGHT_SUMS, non_temporal);
    for (int r = 0; r < FMM_OUTER_PRODUCTS; r++) {
        const int x = fmm_outer_left_operand[r], y = fmm_outer_right_operand[r];
        const IN s = x < 0 ? left[~x] : (IN){left_sums[x].at, left_sums[x].row, left_sums[x].col};
        const IN t = y < 0 ? right[~y] : (IN){right_sums[y].at, right_sums[y].row, right_sums[y].col};
        FMM_NAME(multiply)(team, h, g, w, s, t, results[r], levels, fused, workspace);
    }
    FMM_NAME(block_sums)(team, FMM_NAME(outer_output), h, w, products, FMM_OUTER_PRODUCTS, outputs,
                         FMM_OUTER_N * FMM_OUTER_P, non_temporal);
}

/* C = A B. What the blocks leave over at the edges goes through the classical product. */
static FMM_TARGET void FMM_NAME(multiply)(const fmm_team *team, int64_t n, int64_t m, int64_t p, IN a, IN b, OUT c,
                                          int levels, int fused, char *workspace) {
    int64_t rows = 0, inner = 0, cols = 0; /* of the part that blocks cover */
    if (levels > 0 && FMM_NAME(fits)(n, m, p, FMM_OUTER_N, FMM_OUTER_M, FMM_OUTER_P)) {
        const int64_t h = n / FMM_OUTER_N, g = m / FMM_OUTER_M, w = p / FMM_OUTER_P;
        rows = h * FMM_OUTER_N, inner = g * FMM_OUTER_M, cols = w * FMM_OUTER_P;
        FMM_NAME(level)(team, h, g, w, a, b, c, levels - 1, fused, workspace);
    } else if (fused && FMM_NAME(fits)(n, m, p, fmm_inner.n, fmm_inner.m, fmm_inner.p)) {
        const int64_t h = n / fmm_inner.n, g = m / fmm_inner.m, w = p / fmm_inner.p;
        rows = h * fmm_inner.n, inner = g * fmm_inner.m, cols = w * fmm_inner.p;
        FMM_NAME(product)(team, &fmm_inner, h, g, w, a, b, c, 0, workspace);
    } else {
        FMM_NAME(product)(team, &fmm_classical, n, m, p, a, b, c, 0, workspace);
        return;
    }
    if (inner < m) {
        FMM_NAME(product)(team, &fmm_classical, rows, m - inner, cols, (IN){a.at + inner * a.col, a.row, a.col},
                          (IN){b.at + inner * b.row, b.row, b.col}, c, 1, workspace);
    }
    if (cols < p) {
        FMM_NAME(product)(team, &fmm_classical, rows, m, p - cols, a, (IN){b.at + cols * b.col, b.row, b.col},
                          (OUT){c.at + cols * c.col, c.row, c.col}, 0, workspace);
    }
    if (rows < n) {
        FMM_NAME(product)(team, &fmm_classical, n - rows, m, p, (IN){a.at + rows * a.row, a.row, a.col}, b,
                          (OUT){c.at + rows * c.row, c.row, c.col}, 0, workspace);
    }
}

/* A thread's part of a call. */
static FMM_TARGET void FMM_NAME(work)(const void *given, int thread) {
    const JOB *const job = given;
    const fmm_team team = {job->pool, thread, job->pool == NULL ? 1 : job->pool->threads, job->non_temporal};
    FMM_NAME(multiply)(&team, job->n, job->m, job->p, (IN){job->a, job->rsa, job->csa},
                       (IN){job->b, job->rsb, job->csb}, (OUT){job->c, job->rsc, job->csc}, job->levels, job->fused,
                       job->workspace);
}
