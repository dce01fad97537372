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
                                            FMM_NAME(sums_fn) *sums,
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

static FMM_TARGET size_t FMM_NAME(team_workspace)(int64_t n, int64_t m, int64_t p, const int *levels, int depth,
                                                  int threads) {
    size_t bytes = FMM_NAME(product_bytes)(n, threads); /* also of the strips */
    const fmm_level *const level = depth > 0 ? &fmm_levels[levels[0]] : NULL;
    if (level != NULL && FMM_NAME(fits)(n, m, p, level->n, level->m, level->p)) {
        const int64_t h = n / level->n, g = m / level->m, w = p / level->p;
        const size_t left = FMM_NAME(most)(FMM_NAME(buffer_bytes)(h, g), FMM_NAME(buffer_bytes)(g, h));
        const size_t right = FMM_NAME(most)(FMM_NAME(buffer_bytes)(g, w), FMM_NAME(buffer_bytes)(w, g));
        const size_t sums = (size_t)level->left_sums * left + (size_t)level->right_sums * right +
                            (size_t)level->products * FMM_NAME(buffer_bytes)(h, w);
        bytes = FMM_NAME(most)(bytes, sums + FMM_NAME(team_workspace)(h, g, w, levels + 1, depth - 1, threads));
    }
    return bytes;
}

/* Bytes for each of the threads that multiply alone: its rows are a multiple of a unit. */
static FMM_TARGET size_t FMM_NAME(own_workspace)(int64_t n, int64_t m, int64_t p, const int *levels, int depth,
                                                 int threads) {
    int64_t unit = fmm_unit(0, levels, depth, FMM_UNFUSED);
    for (int fused = 0; fused < (int)(sizeof fmm_fused / sizeof *fmm_fused); fused++) {
        const int64_t with = fmm_unit(0, levels, depth, fused);
        unit = with > unit ? with : unit;
    }
    const int64_t most = n / threads + unit;
    return FMM_NAME(team_workspace)(most < n ? most : n, m, p, levels, depth, 1);
}

static FMM_TARGET size_t FMM_NAME(workspace)(int64_t n, int64_t m, int64_t p, const int *levels, int depth,
                                             int threads) {
    const size_t alone = fmm_is_alone(n, p, threads, 1)
                             ? (size_t)threads * FMM_NAME(own_workspace)(n, m, p, levels, depth, threads)
                             : 0;
    return FMM_NAME(most)(alone, FMM_NAME(team_workspace)(n, m, p, levels, depth, threads));
}

static FMM_TARGET void FMM_NAME(multiply)(const fmm_team *team, int64_t n, int64_t m, int64_t p, IN a, IN b, OUT c,
                                          const int *levels, int depth, int fused, char *workspace);

/* The level `levels[0]` on blocks h x g and g x w: sums, products one after another by the other levels, sums of
 * these. */
static FMM_TARGET void FMM_NAME(level)(const fmm_team *team, int64_t h, int64_t g, int64_t w, IN a, IN b, OUT c,
                                       const int *levels, int depth, int fused, char *workspace) {
    const fmm_level *const level = &fmm_levels[levels[0]];
    const FMM_NAME(level_sums) *const sums = &FMM_NAME(all_sums)[levels[0]];
    IN left[FMM_MOST_BLOCKS], right[FMM_MOST_BLOCKS], products[FMM_MOST_BLOCKS];
    OUT left_sums[FMM_MOST_BLOCKS], right_sums[FMM_MOST_BLOCKS], outputs[FMM_MOST_BLOCKS], results[FMM_MOST_BLOCKS];
    for (int k = 0; k < level->n * level->m; k++) {
        left[k] = FMM_NAME(block)(a, k, level->m, h, g);
    }
    for (int k = 0; k < level->m * level->p; k++) {
        right[k] = FMM_NAME(block)(b, k, level->p, g, w);
    }
    for (int k = 0; k < level->left_sums; k++) {
        left_sums[k] = FMM_NAME(buffer)(&workspace, h, g, a.row == 1 && a.col != 1);
    }
    for (int k = 0; k < level->right_sums; k++) {
        right_sums[k] = FMM_NAME(buffer)(&workspace, g, w, b.row == 1 && b.col != 1);
    }
    for (int r = 0; r < level->products; r++) {
        results[r] = FMM_NAME(buffer)(&workspace, h, w, 0);
        products[r] = (IN){results[r].at, results[r].row, results[r].col};
    }
    for (int k = 0; k < level->n * level->p; k++) {
        outputs[k] = (OUT){c.at + k / level->p * h * c.row + k % level->p * w * c.col, c.row, c.col};
    }
    const int64_t bytes =
        (int64_t)sizeof(R) * (level->left_sums * h * g + level->right_sums * g * w + level->products * h * w);
    const int non_temporal = bytes > team->non_temporal;
    FMM_NAME(block_sums)(team, sums->left, h, g, left, level->n * level->m, left_sums, level->left_sums,
                         non_temporal);
    FMM_NAME(block_sums)(team, sums->right, g, w, right, level->m * level->p, right_sums, level->right_sums,
                         non_temporal);
    for (int r = 0; r < level->products; r++) {
        const int x = level->left_operand[r], y = level->right_operand[r];
        const IN s = x < 0 ? left[~x] : (IN){left_sums[x].at, left_sums[x].row, left_sums[x].col};
        const IN t = y < 0 ? right[~y] : (IN){right_sums[y].at, right_sums[y].row, right_sums[y].col};
        FMM_NAME(multiply)(team, h, g, w, s, t, results[r], levels + 1, depth - 1, fused, workspace);
    }
    FMM_NAME(block_sums)(team, sums->output, h, w, products, level->products, outputs, level->n * level->p,
                         non_temporal);
}

/* The side of one of `parts` blocks: a multiple of `unit`, so that the levels below leave nothing over and the edges
 * are multiplied once, unless it is smaller than that. Of the blocks that are multiplied in the end, `over` is cut off
 * where a side is a multiple of `tile` and at most so much: the classical product of that strip takes less time. */
FMM_INLINE int64_t FMM_NAME(side)(int64_t length, int parts, int64_t unit, int64_t tile, int64_t over) {
    const int64_t side = length / parts, in_the_end = side / unit;
    if (side < unit) {
        return side;
    }
    return (in_the_end >= tile && in_the_end % tile <= over ? in_the_end / tile * tile : in_the_end) * unit;
}

/* Of a matrix of `length` along `axis` under a level of `parts` that has `levels` and a fused one below. A tile of C
 * that is at most half full takes as long as a full one; a few columns of A more take a further pass over C. */
FMM_INLINE int64_t FMM_NAME(side_along)(int axis, int64_t length, int parts, const int *levels, int depth, int fused) {
    const int64_t tile[] = {1, FMM_KC, FMM_NR}, over[] = {0, FMM_KC / 8, FMM_NR / 2};
    return FMM_NAME(side)(length, parts, fmm_unit(axis, levels, depth, fused), tile[axis], over[axis]);
}

/* C = A B. What the blocks leave over at the edges goes through the classical product. */
static FMM_TARGET void FMM_NAME(multiply)(const fmm_team *team, int64_t n, int64_t m, int64_t p, IN a, IN b, OUT c,
                                          const int *levels, int depth, int fused, char *workspace) {
    const fmm_level *const level = depth > 0 ? &fmm_levels[levels[0]] : NULL;
    const fmm_scheme *const scheme = fmm_fused_scheme(fused);
    int64_t rows = 0, inner = 0, cols = 0; /* of the part that blocks cover */
    if (level != NULL && FMM_NAME(fits)(n, m, p, level->n, level->m, level->p)) {
        const int64_t h = FMM_NAME(side_along)(0, n, level->n, levels + 1, depth - 1, fused);
        const int64_t g = FMM_NAME(side_along)(1, m, level->m, levels + 1, depth - 1, fused);
        const int64_t w = FMM_NAME(side_along)(2, p, level->p, levels + 1, depth - 1, fused);
        rows = h * level->n, inner = g * level->m, cols = w * level->p;
        FMM_NAME(level)(team, h, g, w, a, b, c, levels, depth, fused, workspace);
    } else if (fused != FMM_UNFUSED && FMM_NAME(fits)(n, m, p, scheme->n, scheme->m, scheme->p)) {
        const int64_t h = FMM_NAME(side_along)(0, n, scheme->n, NULL, 0, FMM_UNFUSED);
        const int64_t g = FMM_NAME(side_along)(1, m, scheme->m, NULL, 0, FMM_UNFUSED);
        const int64_t w = FMM_NAME(side_along)(2, p, scheme->p, NULL, 0, FMM_UNFUSED);
        rows = h * scheme->n, inner = g * scheme->m, cols = w * scheme->p;
        FMM_NAME(product)(team, scheme, h, g, w, a, b, c, 0, workspace);
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
    const int threads = job->pool == NULL ? 1 : job->pool->threads;
    fmm_team team = {job->pool, thread, threads, job->non_temporal};
    int64_t first = 0, end = job->n;
    char *workspace = job->workspace;
    const int64_t unit = fmm_unit(0, job->levels, job->depth, job->fused);
    /* Rows are shared out in units, so of few units some threads would have far more than others. */
    if (fmm_is_alone(job->n, job->p, threads, job->alone) && job->n / threads >= 8 * unit) {
        first = fmm_share(job->n, unit, thread, threads);
        end = fmm_share(job->n, unit, thread + 1, threads);
        workspace += (size_t)thread *
                     FMM_NAME(own_workspace)(job->n, job->m, job->p, job->levels, job->depth, threads);
        team = (fmm_team){NULL, 0, 1, job->non_temporal};
    }
    if (first < end) {
        FMM_NAME(multiply)(&team, end - first, job->m, job->p, (IN){job->a + first * job->rsa, job->rsa, job->csa},
                           (IN){job->b, job->rsb, job->csb}, (OUT){job->c + first * job->rsc, job->rsc, job->csc},
                           job->levels, job->depth, job->fused, workspace);
    }
}
