/* A product of blocks is computed in steps. A step has at most KC columns of A (a panel), one product of the scheme
 * and at most MC rows. In each step some threads multiply while others pack the rows of A of the next one. */

/* Rows of each step but the last. Where there are too few columns for all threads, steps are short: some threads pack
 * while others multiply. */
FMM_INLINE int64_t FMM_NAME(step_rows)(int64_t n, int64_t p, int threads) {
    const int64_t most = threads > 1 && p < 2 * FMM_NR * threads ? FMM_MC / 16 : FMM_MC;
    const int64_t steps = (n + most - 1) / most;
    return steps == 1 ? n : (n + steps * FMM_MR - 1) / (steps * FMM_MR) * FMM_MR;
}

/* Bytes of one of the two buffers for rows of A, and of one thread's for columns of B. */
FMM_INLINE size_t FMM_NAME(packed_a_bytes)(int64_t n) {
    return fmm_padded(sizeof(R) * FMM_A_STRIDE * (size_t)((n < FMM_MC ? n : FMM_MC) + FMM_MR));
}

FMM_INLINE size_t FMM_NAME(packed_b_bytes)(void) { return fmm_padded(sizeof(R) * FMM_KC * FMM_NC); }

/* Bytes that `product` needs for n rows of a block. */
FMM_INLINE size_t FMM_NAME(product_bytes)(int64_t n, int threads) {
    return 2 * FMM_NAME(packed_a_bytes)(n) + (size_t)threads * FMM_NAME(packed_b_bytes)();
}

/* Columns that a thread takes at once where `left` are left: many, so that rows of A are read seldom; few at the end,
 * so that no thread waits long for another. */
FMM_INLINE int64_t FMM_NAME(columns)(int64_t left, int threads) {
    const int64_t fair = left / FMM_NR / (2 * threads) * FMM_NR;
    const int64_t cols = threads == 1 || fair > FMM_NC ? FMM_NC : fair < 2 * FMM_NR ? 2 * FMM_NR : fair;
    return cols < left ? cols : left;
}

typedef struct {
    const fmm_scheme *scheme;
    int64_t n, m, p; /* of the blocks */
    IN a, b;
    OUT c;
    int add;
    int64_t panels, row_steps, step_rows; /* panels of A's columns; steps for all rows, rows of a step */
    char *workspace;
} FMM_NAME(task);

typedef struct {
    int64_t panel, front, kc, top, rows;
    int r;
    R *left; /* the packed rows */
} FMM_NAME(step);

FMM_INLINE FMM_NAME(step) FMM_NAME(step_of)(const FMM_NAME(task) * task, int64_t number) {
    FMM_NAME(step) step;
    const int64_t line = number / task->row_steps;
    step.panel = line / task->scheme->products;
    step.r = (int)(line % task->scheme->products);
    step.front = fmm_share(task->m, FMM_LANES, step.panel, task->panels);
    step.kc = fmm_share(task->m, FMM_LANES, step.panel + 1, task->panels) - step.front;
    step.top = number % task->row_steps * task->step_rows;
    step.rows = task->n - step.top < task->step_rows ? task->n - step.top : task->step_rows;
    step.left = (R *)(task->workspace + (size_t)(number & 1) * FMM_NAME(packed_a_bytes)(task->n));
    return step;
}

static FMM_TARGET void FMM_NAME(pack_step)(const FMM_NAME(task) * task, const FMM_NAME(step) * step, int64_t begin,
                                           int64_t end) {
    const fmm_scheme *const scheme = task->scheme;
    const int start = scheme->left_start[step->r], count = scheme->left_start[step->r + 1] - start;
    FMM_NAME(sum) sum = {0};
    FMM_NAME(gather)(&sum, scheme->left + start, count, task->a, scheme->m, task->n, task->m);
    FMM_NAME(pack_a)(&sum, step->top * task->a.row + step->front * task->a.col, task->a.row, task->a.col, begin, end,
                     step->kc, step->left);
}

static FMM_TARGET void FMM_NAME(multiply_step)(const FMM_NAME(task) * task, const FMM_NAME(step) * step, int64_t j,
                                               int64_t cols, R *restrict right) {
    const fmm_scheme *const scheme = task->scheme;
    const int start = scheme->right_start[step->r], first = scheme->output_start[step->r];
    const int count = scheme->output_start[step->r + 1] - first;
    FMM_NAME(sum) sum = {0};
    UPDATE updates[FMM_MOST_TERMS];
    FMM_NAME(gather)(&sum, scheme->right + start, scheme->right_start[step->r + 1] - start, task->b, scheme->p, task->m,
                     task->p);
    for (int t = 0; t < count; t++) {
        const fmm_term term = scheme->output[first + t];
        updates[t].at = task->c.at + term.block / scheme->p * task->n * task->c.row +
                        term.block % scheme->p * task->p * task->c.col;
        updates[t].factor = (R)term.factor;
        updates[t].add = task->add || step->panel > 0 || !fmm_begins(scheme, first + t);
    }
    FMM_NAME(pack_b)(&sum, step->front * task->b.row + j * task->b.col, task->b.row, task->b.col, step->kc, cols,
                     right);
    FMM_NAME(macro_kernel)(step->rows, step->kc, cols, step->left, right, updates, count,
                           step->top * task->c.row + j * task->c.col, task->c.row, task->c.col);
}

/* C = A B, or C += A B where `add`, for n x m and m x p blocks of the scheme. In each step the threads share out the
 * columns of B, then the rows of A of the next step, which are read behind the barrier alone. */
static FMM_TARGET void FMM_NAME(product)(const fmm_team *team, const fmm_scheme *scheme, int64_t n, int64_t m,
                                         int64_t p, IN a, IN b, OUT c, int add, char *workspace) {
    const int64_t panels = (m + FMM_KC - 1) / FMM_KC, step_rows = FMM_NAME(step_rows)(n, p, team->threads);
    const int64_t row_steps = (n + step_rows - 1) / step_rows;
    const FMM_NAME(task) task = {scheme, n, m, p, a, b, c, add, panels, row_steps, step_rows, workspace};
    char *const own = workspace + (size_t)team->thread * FMM_NAME(packed_b_bytes)();
    R *const right = (R *)(own + 2 * FMM_NAME(packed_a_bytes)(n));
    const int64_t steps = panels * scheme->products * row_steps;
    FMM_NAME(step) now = {0}, next;
    for (int64_t number = 0; number <= steps && steps > 0; number++, now = next) {
        next = number < steps ? FMM_NAME(step_of)(&task, number) : (FMM_NAME(step)){0};
        int64_t j = number > 0 ? 0 : p, rows = 0, done = 0; /* where the part `done` begins */
        for (int64_t part = fmm_next(team, FMM_NONE);; part = fmm_next(team, part)) {
            for (; done < part && j < p; done++) {
                j += FMM_NAME(columns)(p - j, team->threads);
            }
            if (j < p) {
                FMM_NAME(multiply_step)(&task, &now, j, FMM_NAME(columns)(p - j, team->threads), right);
                continue;
            }
            rows = (part - done) * FMM_PACKED_ROWS;
            if (rows >= next.rows) {
                break;
            }
            const int64_t end = rows + FMM_PACKED_ROWS;
            FMM_NAME(pack_step)(&task, &next, rows, end < next.rows ? end : next.rows);
        }
        fmm_barrier(team);
    }
    if (scheme->denominator > 1 || m == 0) {
        const int64_t first = fmm_share(p, 1, team->thread, team->threads);
        const int64_t last = fmm_share(p, 1, team->thread + 1, team->threads);
        for (int block = 0; block < scheme->n * scheme->p; block++) {
            R *const at = c.at + block / scheme->p * n * c.row + block % scheme->p * p * c.col;
            for (int64_t i = 0; i < n; i++) {
                for (int64_t j = first; j < last; j++) {
                    R *const to = at + i * c.row + j * c.col;
                    *to = m == 0 ? (add ? *to : 0) : *to / scheme->denominator;
                }
            }
        }
        fmm_barrier(team);
    }
}
