/*@HEADER@*/

/* The file includes itself: what stands under «#else» below once per element type and instruction set. */
#ifndef FMM_ISA

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* for the processor that a thread runs on */
#endif
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* What a call can return. */
enum { FMM_OK = 0, FMM_BAD_ARGUMENT = 1, FMM_NO_SUCH_ISA = 2 };

/* Instruction sets: the best that the processor has, or one by name. */
enum { FMM_BEST = 0, FMM_PORTABLE = 1, FMM_AVX2 = 2, FMM_AVX512 = 3 };

/* Bytes: buffers start at multiples of one cache line, an odd number of lines apart, so that streams through several
 * of them at the same offset do not fall into the same sets of a cache. */
enum { FMM_LINE = 64, FMM_STAGGER = 5 * FMM_LINE };

/* Sums of blocks go around the caches where they are together larger than this many bytes; smaller ones are read
 * again before the last level has dropped them. */
enum { FMM_STREAM = 24 << 20 };

/* Rows of A packed at once: they stay in the last level. A multiple of FMM_ROWS. */
enum { FMM_HEIGHT = 3072 };

/* Rows that a thread takes at once when it packs; a multiple of FMM_ROWS. */
enum { FMM_SOME_ROWS = 24 };

/* Lines that it takes at once when it computes sums of blocks in memory. */
enum { FMM_SOME_LINES = 8 };

/* Rows of B from the one being packed to the one that is fetched. */
enum { FMM_AHEAD = 8 };

/* ---- The schemes ---- */

typedef struct {
    int block, factor;
} fmm_term;

/* Fused level: product r multiplies the sum of its terms left[left_start[r]] to left[left_start[r + 1]] (excluded) of
 * blocks of A by that of blocks of B, and is added, times a factor, to the blocks of C of its terms of output.
 * Blocks are numbered by rows. In the end C is divided by the denominator. */
typedef struct {
    int n, m, p, products, denominator;
    const int *left_start, *right_start, *output_start;
    const fmm_term *left, *right, *output;
} fmm_scheme;

static const int fmm_one_start[] = {0, 1};
static const fmm_term fmm_one[] = {{0, 1}};
static const fmm_scheme fmm_classical = {1,       1,       1,      1, 1, fmm_one_start, fmm_one_start, fmm_one_start,
                                         fmm_one, fmm_one, fmm_one};

/*@TABLES@*/

/* Whether a term of output is the first one of its block. */
static inline int fmm_begins(const fmm_scheme *scheme, int term) {
    for (int before = 0; before < term; before++) {
        if (scheme->output[before].block == scheme->output[term].block) {
            return 0;
        }
    }
    return 1;
}

/* ---- Threads ---- */

typedef struct fmm_pool {
    int threads;
    pthread_t *workers;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    unsigned calls; /* atomic; a change tells the workers to begin */
    int stop;
    int processor; /* of the caller in the last call */
    void (*work)(const void *job, int thread);
    const void *job;
    int busy;          /* atomic: workers that have not finished the call */
    int arrived;       /* atomic: threads at the barrier */
    unsigned barriers; /* atomic: barriers passed */
    int64_t taken;     /* atomic: parts of the step that threads have taken */
} fmm_pool;

typedef struct {
    fmm_pool *pool;
    int thread;
} fmm_seat;

enum {
    FMM_SPINS_ASLEEP = 1 << 13, /* a worker without work spins some 100 us, so that calls in a row need no wake-up */
    FMM_SPINS_YIELD = 1 << 12   /* waiting within a call gives the core away after some 50 us, should it be shared */
};

static inline void fmm_pause(void) {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static inline void fmm_wait(int spins) {
    if (spins < FMM_SPINS_YIELD) {
        fmm_pause();
    } else {
        sched_yield();
    }
}

/* Keeps the workers off the caller's processor: Linux likes to wake a thread where the one that wakes it runs, and takes
 * milliseconds to part the two. */
static void fmm_part(fmm_pool *pool) {
#if defined(__linux__)
    const int processor = sched_getcpu();
    cpu_set_t others;
    if (processor == pool->processor || processor < 0 || sched_getaffinity(0, sizeof others, &others) != 0) {
        return;
    }
    pool->processor = processor;
    CPU_CLR(processor, &others);
    for (int thread = 1; CPU_COUNT(&others) > 0 && thread < pool->threads; thread++) {
        pthread_setaffinity_np(pool->workers[thread], sizeof others, &others);
    }
#else
    (void)pool;
#endif
}

static void *fmm_worker(void *given) {
    const fmm_seat seat = *(fmm_seat *)given;
    fmm_pool *const pool = seat.pool;
    free(given);
#if defined(__linux__)
    pthread_setname_np(pthread_self(), "fmm"); /* so that whoever looks for busy threads can tell them apart */
#endif
    for (unsigned seen = 0;;) {
        for (int spins = 0; spins < FMM_SPINS_ASLEEP && __atomic_load_n(&pool->calls, __ATOMIC_ACQUIRE) == seen; spins++) {
            fmm_pause();
        }
        pthread_mutex_lock(&pool->lock);
        while (pool->calls == seen) {
            pthread_cond_wait(&pool->wake, &pool->lock);
        }
        seen = pool->calls;
        const int stop = pool->stop;
        pthread_mutex_unlock(&pool->lock);
        if (stop) {
            return NULL;
        }
        pool->work(pool->job, seat.thread);
        __atomic_sub_fetch(&pool->busy, 1, __ATOMIC_RELEASE);
    }
}

static void fmm_call_workers(fmm_pool *pool, int stop) {
    pthread_mutex_lock(&pool->lock);
    pool->stop = stop;
    __atomic_add_fetch(&pool->calls, 1, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

void fmm_pool_destroy(fmm_pool *pool);

/* A pool of `threads` threads, the calling one among them; NULL where the system gives none. One call at a time may use
 * it. The caller owns it and ends it with fmm_pool_destroy. */
fmm_pool *fmm_pool_create(int threads) {
    if (threads < 1) {
        return NULL;
    }
    fmm_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) {
        return NULL;
    }
    pool->threads = 1;
    pool->processor = -1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->workers = calloc((size_t)threads, sizeof *pool->workers);
    for (int thread = 1; pool->workers != NULL && thread < threads; thread++) {
        fmm_seat *seat = malloc(sizeof *seat);
        if (seat == NULL) {
            break;
        }
        *seat = (fmm_seat){pool, thread};
        if (pthread_create(&pool->workers[thread], NULL, fmm_worker, seat) != 0) {
            free(seat);
            break;
        }
        pool->threads++;
    }
    if (pool->threads < threads) {
        fmm_pool_destroy(pool);
        return NULL;
    }
    return pool;
}

/* Ends the threads. NULL is allowed. */
void fmm_pool_destroy(fmm_pool *pool) {
    if (pool == NULL) {
        return;
    }
    fmm_call_workers(pool, 1);
    for (int thread = 1; thread < pool->threads; thread++) {
        pthread_join(pool->workers[thread], NULL);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

static void fmm_run(fmm_pool *pool, void (*work)(const void *job, int thread), const void *job) {
    if (pool == NULL || pool->threads == 1) {
        work(job, 0);
        return;
    }
    pool->work = work;
    pool->job = job;
    __atomic_store_n(&pool->taken, 0, __ATOMIC_RELAXED);
    fmm_part(pool);
    __atomic_store_n(&pool->busy, pool->threads - 1, __ATOMIC_RELAXED);
    fmm_call_workers(pool, 0);
    work(job, 0);
    for (int spins = 0; __atomic_load_n(&pool->busy, __ATOMIC_ACQUIRE) != 0; spins += spins < FMM_SPINS_YIELD) {
        fmm_wait(spins);
    }
}

/* One thread's place in a call. All threads of a call run the same steps. Whoever is free takes the next part of a step,
 * as a core may be shared with others; at its end all meet at a barrier. */
typedef struct {
    fmm_pool *pool; /* NULL: alone */
    int thread, threads;
} fmm_team;

/* The part of a step after `part`; FMM_NONE before the first. */
enum { FMM_NONE = -1 };
static inline int64_t fmm_next(const fmm_team *team, int64_t part) {
    return team->threads == 1 ? part + 1 : __atomic_fetch_add(&team->pool->taken, 1, __ATOMIC_RELAXED);
}

static void fmm_barrier(const fmm_team *team) {
    if (team->threads == 1) {
        return;
    }
    fmm_pool *const pool = team->pool;
    const unsigned passed = __atomic_load_n(&pool->barriers, __ATOMIC_RELAXED);
    if (__atomic_add_fetch(&pool->arrived, 1, __ATOMIC_ACQ_REL) == team->threads) {
        __atomic_store_n(&pool->arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&pool->taken, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&pool->barriers, passed + 1, __ATOMIC_RELEASE);
        return;
    }
    for (int spins = 0; __atomic_load_n(&pool->barriers, __ATOMIC_ACQUIRE) == passed; spins += spins < FMM_SPINS_YIELD) {
        fmm_wait(spins);
    }
}

/* Where part `part` begins when `count` things in groups of `unit` are cut into `parts`. */
static inline int64_t fmm_share(int64_t count, int64_t unit, int64_t part, int64_t parts) {
    const int64_t start = (count + unit - 1) / unit * part / parts * unit;
    return start < count ? start : count;
}

static inline size_t fmm_padded(size_t bytes) { return (bytes + FMM_LINE - 1) / FMM_LINE * FMM_LINE + FMM_STAGGER; }

/* ---- The file once more for each instruction set and, within, for each element type ---- */

#define FMM_JOIN_(name, real, isa) fmm_##name##_##real##_##isa
#define FMM_JOIN(name, real, isa) FMM_JOIN_(name, real, isa)
#define FMM_NAME(name) FMM_JOIN(name, FMM_SUFFIX, FMM_ISA)
#define FMM_INLINE static inline __attribute__((always_inline)) FMM_TARGET

/* Tiles of C of FMM_ROWS x 2 vectors; FMM_ROWS is a multiple of 3, for smaller tiles at the lower edge. FMM_DEPTH: the
 * columns of A whose sums lie in the second level (FMM_ROWS of them in the first). FMM_COLS: the columns of B that go
 * with them; processors with AVX2 alone have a second level of half the size. */
#define FMM_ISA portable
#define FMM_TARGET
#define FMM_BYTES 16
#define FMM_ROWS 6
#define FMM_DEPTH 512
#define FMM_COLS 96
#define FMM_AROUND(to, vector) (*(to) = (vector))
#include __FILE__

#if defined(__x86_64__)
#define FMM_ISA avx2
#define FMM_TARGET __attribute__((target("avx2,fma")))
#define FMM_BYTES 32
#define FMM_ROWS 6
#define FMM_COLS 96
#define FMM_AROUND(to, vector) _mm256_stream_si256((__m256i *)(to), (__m256i)(vector))
#include __FILE__

#define FMM_ISA avx512
#define FMM_TARGET __attribute__((target("avx512f,avx2,fma")))
#define FMM_BYTES 64
#define FMM_ROWS 12
#define FMM_COLS 192
#define FMM_AROUND(to, vector) _mm512_stream_si512((void *)(to), (__m512i)(vector))
#include __FILE__
#endif

/* ---- The functions to call ---- */

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
#define FMM_CHOOSE(name, real, isa)                                                                  \
    ((isa) == FMM_AVX512 ? FMM_JOIN(name, real, avx512)                                              \
                         : (isa) == FMM_AVX2 ? FMM_JOIN(name, real, avx2) : FMM_JOIN(name, real, portable))
#else
#define FMM_CHOOSE(name, real, isa) FMM_JOIN(name, real, portable)
#endif

#define FMM_DEFINE(real, type)                                                                                        \
    /* Bytes of workspace that fmm_gemm needs for such a call; 0 where its arguments are out of range. */             \
    size_t fmm_workspace_##real(int64_t n, int64_t m, int64_t p, int levels, int fused, int threads, int isa) {       \
        if (n < 0 || m < 0 || p < 0 || levels < 0 || threads < 1 || !fmm_has(isa)) {                                  \
            return 0;                                                                                                 \
        }                                                                                                             \
        const size_t bytes = FMM_CHOOSE(workspace, real, fmm_chosen(isa))(n, m, p, levels, fused, threads);           \
        const size_t swapped = FMM_CHOOSE(workspace, real, fmm_chosen(isa))(p, m, n, levels, fused, threads);         \
        return (bytes > swapped ? bytes : swapped) + FMM_LINE; /* as it need not be aligned */                        \
    }                                                                                                                 \
                                                                                                                      \
    /* C = A B for A [n, m], B [m, p], C [n, p] of any strides (in elements, negative ones too; C's elements are      \
     * distinct and overlap neither A nor B). `levels` of the outer scheme, then the inner one if `fused`, then       \
     * classical products; a level that does not fit is left out. `workspace` has at least fmm_workspace bytes and is \
     * not read from before it is written; `pool` NULL: one thread. Not finite elements may spread over C. */         \
    int fmm_gemm_##real(int64_t n, int64_t m, int64_t p, const type *a, int64_t rsa, int64_t csa, const type *b,      \
                        int64_t rsb, int64_t csb, type *c, int64_t rsc, int64_t csc, int levels, int fused,           \
                        void *workspace, fmm_pool *pool, int isa) {                                                   \
        if (n < 0 || m < 0 || p < 0 || levels < 0 || (n > 0 && p > 0 && (c == NULL || workspace == NULL)) ||          \
            (n > 0 && m > 0 && p > 0 && (a == NULL || b == NULL))) {                                                  \
            return FMM_BAD_ARGUMENT;                                                                                  \
        }                                                                                                             \
        if (!fmm_has(isa)) {                                                                                          \
            return FMM_NO_SUCH_ISA;                                                                                   \
        }                                                                                                             \
        char *const aligned = (char *)workspace + (FMM_LINE - (uintptr_t)workspace % FMM_LINE) % FMM_LINE;            \
        fmm_job_##real job = {n, m, p, a, rsa, csa, b, rsb, csb, c, rsc, csc, levels, fused, aligned, pool};          \
        if (csc != 1 && rsc == 1) { /* rows of C are what is written at once: C^T = B^T A^T */                        \
            job = (fmm_job_##real){p, m, n, b, csb, rsb, a, csa, rsa, c, csc, rsc, levels, fused, aligned, pool};     \
        }                                                                                                             \
        if (n > 0 && p > 0) {                                                                                         \
            fmm_run(pool, FMM_CHOOSE(work, real, fmm_chosen(isa)), &job);                                             \
        }                                                                                                             \
        return FMM_OK;                                                                                                \
    }

FMM_DEFINE(f32, float)
FMM_DEFINE(f64, double)
/*@TEST@*/

#elif !defined(FMM_REAL) /* for one instruction set */

#define FMM_REAL float
#define FMM_SUFFIX f32
#include __FILE__
#undef FMM_REAL
#undef FMM_SUFFIX
#define FMM_REAL double
#define FMM_SUFFIX f64
#include __FILE__
#undef FMM_REAL
#undef FMM_SUFFIX

#undef FMM_ISA
#undef FMM_TARGET
#undef FMM_BYTES
#undef FMM_ROWS
#undef FMM_COLS
#undef FMM_AROUND

#else /* for one instruction set and one element type */

#define R FMM_REAL
#define FMM_LANES ((int64_t)(FMM_BYTES / sizeof(R)))
#define FMM_WIDTH (2 * FMM_LANES)         /* columns of a tile */
#define FMM_STRIDE (FMM_DEPTH + FMM_LANES) /* between packed rows of A: no power of two */

/* A job is the same for all instruction sets. */
#ifndef FMM_JOBS
#define FMM_JOBS
#define FMM_JOB(real, type)                  \
    typedef struct {                         \
        int64_t n, m, p;                     \
        const type *a;                       \
        int64_t rsa, csa;                    \
        const type *b;                       \
        int64_t rsb, csb;                    \
        type *c;                             \
        int64_t rsc, csc;                    \
        int levels, fused;                   \
        char *workspace;                     \
        fmm_pool *pool;                      \
    } fmm_job_##real;                        \
    typedef struct { /* a matrix to read */  \
        const type *at;                      \
        int64_t row, col; /* strides */      \
    } fmm_in_##real;                         \
    typedef struct { /* one to write */      \
        type *at;                            \
        int64_t row, col;                    \
    } fmm_out_##real;                        \
    typedef struct { /* a block of C that a product is added to, or that it begins */ \
        type *at;                            \
        type factor;                         \
        int add;                             \
    } fmm_target_##real;
FMM_JOB(f32, float)
FMM_JOB(f64, double)
#endif
#define FMM_TYPE_(name, real) fmm_##name##_##real
#define FMM_TYPE__(name, real) FMM_TYPE_(name, real)
#define IN FMM_TYPE__(in, FMM_SUFFIX)
#define OUT FMM_TYPE__(out, FMM_SUFFIX)
#define TARGET FMM_TYPE__(target, FMM_SUFFIX)
#define JOB FMM_TYPE__(job, FMM_SUFFIX)
#define V FMM_NAME(vector)
#define U FMM_NAME(unaligned)

typedef R V __attribute__((vector_size(FMM_BYTES), may_alias));
typedef R U __attribute__((vector_size(FMM_BYTES), aligned(sizeof(R)), may_alias));

/* ---- The classical product of packed sums, added to blocks of C ---- */

/* One tile: `rows` (known when compiled) packed rows of A, FMM_STRIDE apart, times a packed panel of B, FMM_WIDTH wide;
 * of the result, `high` rows and `wide` columns go to each target at `offset`. */
FMM_INLINE void FMM_NAME(tile)(const int rows, int64_t depth, const R *restrict a, const R *restrict b,
                               const TARGET *targets, int count, int64_t offset, int64_t row, int64_t col, int high,
                               int64_t wide) {
    V sum[FMM_ROWS][2];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        sum[i][0] = sum[i][1] = (V){0};
    }
    const int whole = high == rows && wide == FMM_WIDTH && col == 1;
    if (whole) { /* C is needed after the loop: fetch it during the loop */
        for (int t = 0; t < count; t++) {
            const R *const c = targets[t].at + offset;
#pragma GCC unroll 16
            for (int i = 0; i < rows; i++) {
                __builtin_prefetch(c + i * row, 1);
                __builtin_prefetch(c + i * row + FMM_WIDTH - 1, 1);
            }
        }
    }
#pragma GCC unroll 4
    for (int64_t q = 0; q < depth; q++) {
        const V b0 = *(const V *)b, b1 = *(const V *)(b + FMM_LANES);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            const R x = a[i * FMM_STRIDE];
            sum[i][0] += x * b0;
            sum[i][1] += x * b1;
        }
        a++;
        b += FMM_WIDTH;
    }
    if (whole) {
        for (int t = 0; t < count; t++) {
            R *const c = targets[t].at + offset;
            const R factor = targets[t].factor;
            if (targets[t].add) {
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
    V store[FMM_ROWS][2];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        store[i][0] = sum[i][0];
        store[i][1] = sum[i][1];
    }
    const R *const edge = (const R *)store;
    for (int t = 0; t < count; t++) {
        R *const c = targets[t].at + offset;
        for (int i = 0; i < high; i++) {
            for (int64_t j = 0; j < wide; j++) {
                R *const to = c + i * row + j * col;
                const R value = targets[t].factor * edge[i * FMM_WIDTH + j];
                *to = targets[t].add ? *to + value : value;
            }
        }
    }
}

#define FMM_TILE(name, rows)                                                                                         \
    static __attribute__((noinline)) FMM_TARGET void FMM_NAME(name)(                                                 \
        int64_t depth, const R *restrict a, const R *restrict b, const TARGET *targets, int count, int64_t offset,   \
        int64_t row, int64_t col, int high, int64_t wide) {                                                          \
        FMM_NAME(tile)(rows, depth, a, b, targets, count, offset, row, col, high, wide);                             \
    }
FMM_TILE(tile3, FMM_ROWS)
FMM_TILE(tile2, FMM_ROWS / 3 * 2)
FMM_TILE(tile1, FMM_ROWS / 3)
#undef FMM_TILE

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

/* Packs a sum of blocks of A: row i begins at to + i * FMM_STRIDE; zeros follow up to a multiple of FMM_ROWS / 3. */
FMM_INLINE void FMM_NAME(pack_rows)(const int count, const R *const *from, const R *factor, int64_t row, int64_t col,
                                    int64_t begin, int64_t end, int64_t depth, R *restrict to) {
    if (col == 1) {
        for (int64_t i = begin; i < end; i++) {
            int64_t q = 0;
            for (; q + FMM_LANES <= depth; q += FMM_LANES) {
                FMM_NAME(fetch)(count, from, (i + 1) * row + q);
                *(V *)(to + i * FMM_STRIDE + q) = FMM_NAME(vector_sum)(count, from, factor, i * row + q);
            }
            for (; q < depth; q++) {
                to[i * FMM_STRIDE + q] = FMM_NAME(scalar_sum)(count, from, factor, i * row + q);
            }
        }
    } else {
        for (int64_t top = begin; top < end; top += FMM_ROWS) { /* few rows at once: they stay in the first level */
            const int64_t bottom = top + FMM_ROWS < end ? top + FMM_ROWS : end;
            for (int64_t q = 0; q < depth; q++) {
                for (int64_t i = top; i < bottom; i++) {
                    to[i * FMM_STRIDE + q] = FMM_NAME(scalar_sum)(count, from, factor, i * row + q * col);
                }
            }
        }
    }
    for (int64_t i = end; i % (FMM_ROWS / 3) != 0; i++) {
        for (int64_t q = 0; q < depth; q++) {
            to[i * FMM_STRIDE + q] = 0;
        }
    }
}

/* Packs a sum of blocks of B in panels of FMM_WIDTH columns, the last one filled with zeros. */
FMM_INLINE void FMM_NAME(pack_cols)(const int count, const R *const *from, const R *factor, int64_t row, int64_t col,
                                    int64_t depth, int64_t cols, R *restrict to) {
    const int64_t whole = cols / FMM_WIDTH * FMM_WIDTH;
    if (col == 1) {
        for (int64_t q = 0; q < depth; q++) {
            for (int64_t j = 0; j < whole; j += FMM_WIDTH) {
                for (int64_t k = j; k < j + FMM_WIDTH; k += FMM_LINE / (int64_t)sizeof(R)) {
                    FMM_NAME(fetch)(count, from, (q + FMM_AHEAD) * row + k);
                }
                V *const out = (V *)(to + j * depth + q * FMM_WIDTH);
                out[0] = FMM_NAME(vector_sum)(count, from, factor, q * row + j);
                out[1] = FMM_NAME(vector_sum)(count, from, factor, q * row + j + FMM_LANES);
            }
        }
    } else {
        for (int64_t j = 0; j < whole; j++) {
            R *const out = to + j / FMM_WIDTH * FMM_WIDTH * depth + j % FMM_WIDTH;
            for (int64_t q = 0; q < depth; q++) {
                out[q * FMM_WIDTH] = FMM_NAME(scalar_sum)(count, from, factor, q * row + j * col);
            }
        }
    }
    if (whole < cols) {
        for (int64_t q = 0; q < depth; q++) {
            R *const out = to + whole * depth + q * FMM_WIDTH;
            for (int64_t j = 0; j < FMM_WIDTH; j++) {
                out[j] = whole + j < cols ? FMM_NAME(scalar_sum)(count, from, factor, q * row + (whole + j) * col) : 0;
            }
        }
    }
}

/* The most blocks of A, of B or of C in one product of the fused level. */
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

static FMM_TARGET void FMM_NAME(pack_left)(const FMM_NAME(sum) * sum, int64_t offset, int64_t row, int64_t col,
                                           int64_t begin, int64_t end, int64_t depth, R *restrict to) {
    const R *from[FMM_MOST_TERMS];
    for (int k = 0; k < sum->count; k++) {
        from[k] = sum->from[k] + offset;
    }
    switch (sum->count) {
    case 1: FMM_NAME(pack_rows)(1, from, sum->factor, row, col, begin, end, depth, to); break;
    case 2: FMM_NAME(pack_rows)(2, from, sum->factor, row, col, begin, end, depth, to); break;
    case 4: FMM_NAME(pack_rows)(4, from, sum->factor, row, col, begin, end, depth, to); break;
    default: FMM_NAME(pack_rows)(sum->count, from, sum->factor, row, col, begin, end, depth, to);
    }
}

static FMM_TARGET void FMM_NAME(pack_right)(const FMM_NAME(sum) * sum, int64_t offset, int64_t row, int64_t col,
                                            int64_t depth, int64_t cols, R *restrict to) {
    const R *from[FMM_MOST_TERMS];
    for (int k = 0; k < sum->count; k++) {
        from[k] = sum->from[k] + offset;
    }
    switch (sum->count) {
    case 1: FMM_NAME(pack_cols)(1, from, sum->factor, row, col, depth, cols, to); break;
    case 2: FMM_NAME(pack_cols)(2, from, sum->factor, row, col, depth, cols, to); break;
    case 4: FMM_NAME(pack_cols)(4, from, sum->factor, row, col, depth, cols, to); break;
    default: FMM_NAME(pack_cols)(sum->count, from, sum->factor, row, col, depth, cols, to);
    }
}

/* Packed rows [0, rows) of A times packed columns [0, cols) of B, added to the targets at `offset`. */
static FMM_TARGET void FMM_NAME(tiles)(int64_t rows, int64_t depth, int64_t cols, const R *restrict a,
                                       const R *restrict b, const TARGET *targets, int count, int64_t offset,
                                       int64_t row, int64_t col) {
    for (int64_t i = 0; i < rows; i += FMM_ROWS) {
        const int high = (int)(rows - i < FMM_ROWS ? rows - i : FMM_ROWS);
        for (int64_t j = 0; j < cols; j += FMM_WIDTH) {
            const int64_t wide = cols - j < FMM_WIDTH ? cols - j : FMM_WIDTH;
            const R *const left = a + i * FMM_STRIDE, *const right = b + j * depth;
            const int64_t at = offset + i * row + j * col;
            if (high > FMM_ROWS / 3 * 2) {
                FMM_NAME(tile3)(depth, left, right, targets, count, at, row, col, high, wide);
            } else if (high > FMM_ROWS / 3) {
                FMM_NAME(tile2)(depth, left, right, targets, count, at, row, col, high, wide);
            } else {
                FMM_NAME(tile1)(depth, left, right, targets, count, at, row, col, high, wide);
            }
        }
    }
}

/* Rows of A that are packed at once: at most, and in steps of one size. */
FMM_INLINE int64_t FMM_NAME(most_rows)(int64_t n) { return n < FMM_HEIGHT ? n : FMM_HEIGHT; }

FMM_INLINE int64_t FMM_NAME(height)(int64_t n) {
    const int64_t steps = (n + FMM_HEIGHT - 1) / FMM_HEIGHT;
    return steps == 1 ? n : (n + steps * FMM_ROWS - 1) / (steps * FMM_ROWS) * FMM_ROWS;
}

/* Bytes of one of the two buffers for rows of A, and of one thread's for columns of B. */
FMM_INLINE size_t FMM_NAME(left_bytes)(int64_t n) {
    return fmm_padded(sizeof(R) * FMM_STRIDE * (size_t)(FMM_NAME(most_rows)(n) + FMM_ROWS));
}

FMM_INLINE size_t FMM_NAME(right_bytes)(void) { return fmm_padded(sizeof(R) * FMM_DEPTH * FMM_COLS); }

/* Bytes that `product` needs for n rows of a block. */
FMM_INLINE size_t FMM_NAME(product_bytes)(int64_t n, int threads) {
    return 2 * FMM_NAME(left_bytes)(n) + (size_t)threads * FMM_NAME(right_bytes)();
}

/* Columns that a thread takes at once where `left` are left: many, so that rows of A are read seldom; few at the end, so
 * that no thread waits long for another. */
FMM_INLINE int64_t FMM_NAME(columns)(int64_t left, int threads) {
    const int64_t fair = left / FMM_WIDTH / (2 * threads) * FMM_WIDTH;
    const int64_t cols = threads == 1 || fair > FMM_COLS ? FMM_COLS : fair < 2 * FMM_WIDTH ? 2 * FMM_WIDTH : fair;
    return cols < left ? cols : left;
}

/* A product of blocks, as `product` computes it, cut into steps: for a panel of A's columns, one product of the scheme
 * and some rows of it. */
typedef struct {
    const fmm_scheme *scheme;
    int64_t n, m, p; /* of the blocks */
    IN a, b;
    OUT c;
    int add;
    int64_t panels, heights, height; /* panels of A's columns; how many times how many rows */
    char *workspace;
} FMM_NAME(task);

typedef struct {
    int64_t panel, front, depth, top, rows;
    int r;
    R *left; /* the packed rows */
} FMM_NAME(step);

FMM_INLINE FMM_NAME(step) FMM_NAME(step_of)(const FMM_NAME(task) * task, int64_t number) {
    FMM_NAME(step) step;
    const int64_t line = number / task->heights;
    step.panel = line / task->scheme->products;
    step.r = (int)(line % task->scheme->products);
    step.front = fmm_share(task->m, FMM_LANES, step.panel, task->panels);
    step.depth = fmm_share(task->m, FMM_LANES, step.panel + 1, task->panels) - step.front;
    step.top = number % task->heights * task->height;
    step.rows = task->n - step.top < task->height ? task->n - step.top : task->height;
    step.left = (R *)(task->workspace + (size_t)(number & 1) * FMM_NAME(left_bytes)(task->n));
    return step;
}

static FMM_TARGET void FMM_NAME(pack_step)(const FMM_NAME(task) * task, const FMM_NAME(step) * step, int64_t begin,
                                           int64_t end) {
    const fmm_scheme *const scheme = task->scheme;
    const int start = scheme->left_start[step->r], count = scheme->left_start[step->r + 1] - start;
    FMM_NAME(sum) sum;
    FMM_NAME(gather)(&sum, scheme->left + start, count, task->a, scheme->m, task->n, task->m);
    FMM_NAME(pack_left)(&sum, step->top * task->a.row + step->front * task->a.col, task->a.row, task->a.col, begin, end,
                        step->depth, step->left);
}

static FMM_TARGET void FMM_NAME(multiply_step)(const FMM_NAME(task) * task, const FMM_NAME(step) * step, int64_t j,
                                               int64_t cols, R *restrict right) {
    const fmm_scheme *const scheme = task->scheme;
    const int start = scheme->right_start[step->r], first = scheme->output_start[step->r];
    const int count = scheme->output_start[step->r + 1] - first;
    FMM_NAME(sum) sum;
    TARGET targets[FMM_MOST_TERMS];
    FMM_NAME(gather)(&sum, scheme->right + start, scheme->right_start[step->r + 1] - start, task->b, scheme->p, task->m,
                     task->p);
    for (int t = 0; t < count; t++) {
        const fmm_term term = scheme->output[first + t];
        targets[t].at = task->c.at + term.block / scheme->p * task->n * task->c.row +
                        term.block % scheme->p * task->p * task->c.col;
        targets[t].factor = (R)term.factor;
        targets[t].add = task->add || step->panel > 0 || !fmm_begins(scheme, first + t);
    }
    FMM_NAME(pack_right)(&sum, step->front * task->b.row + j * task->b.col, task->b.row, task->b.col, step->depth, cols, right);
    FMM_NAME(tiles)(step->rows, step->depth, cols, step->left, right, targets, count,
                    step->top * task->c.row + j * task->c.col, task->c.row, task->c.col);
}

/* C (+)= A B for n x m and m x p blocks of the scheme, each product in one classical pass. The columns of a step are
 * shared out, then the rows of the next one to be packed; those in turn are read behind the barrier alone. */
static FMM_TARGET void FMM_NAME(product)(const fmm_team *team, const fmm_scheme *scheme, int64_t n, int64_t m, int64_t p, IN a,
                                         IN b, OUT c, int add, char *workspace) {
    const int64_t panels = (m + FMM_DEPTH - 1) / FMM_DEPTH, height = FMM_NAME(height)(n);
    const FMM_NAME(task) task = {scheme, n, m, p, a, b, c, add, panels, (n + height - 1) / height, height, workspace};
    R *const right = (R *)(workspace + 2 * FMM_NAME(left_bytes)(n) + (size_t)team->thread * FMM_NAME(right_bytes)());
    const int64_t steps = panels * scheme->products * task.heights;
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
            rows = (part - done) * FMM_SOME_ROWS;
            if (rows >= next.rows) {
                break;
            }
            FMM_NAME(pack_step)(&task, &next, rows, rows + FMM_SOME_ROWS < next.rows ? rows + FMM_SOME_ROWS : next.rows);
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

/* ---- The outer scheme ---- */

FMM_INLINE void FMM_NAME(put)(const int around, R *to, V vector) {
    if (around) {
        FMM_AROUND((V *)to, vector);
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

/*@SUMS@*/

/* Sums of the rows x cols blocks of `x`, blocks_wide of them side by side, in one pass. */
static FMM_TARGET void FMM_NAME(block_sums)(const fmm_team *team,
                                            void (*sums)(const R *const *, int64_t, R *const *, int64_t, int64_t, int),
                                            int64_t rows, int64_t cols, const IN *from, int inputs, const OUT *to,
                                            int outputs, int around) {
    const R *in[FMM_MOST_BLOCKS];
    R *out[FMM_MOST_BLOCKS];
    const int by_cols = from[0].row == 1 && from[0].col != 1; /* all inputs have the same strides */
    const int64_t lines = by_cols ? cols : rows;
    for (int64_t part = fmm_next(team, FMM_NONE); part * FMM_SOME_LINES < lines; part = fmm_next(team, part)) {
        const int64_t begin = part * FMM_SOME_LINES;
        for (int64_t i = begin; i < lines && i < begin + FMM_SOME_LINES; i++) {
            for (int k = 0; k < inputs; k++) {
                in[k] = from[k].at + i * (by_cols ? from[k].col : from[k].row);
            }
            for (int k = 0; k < outputs; k++) {
                out[k] = to[k].at + i * (by_cols ? to[k].col : to[k].row);
            }
            sums(in, by_cols ? from[0].row : from[0].col, out, by_cols ? to[0].row : to[0].col, by_cols ? rows : cols,
                 around);
        }
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

static FMM_TARGET void FMM_NAME(multiply)(const fmm_team *team, int64_t n, int64_t m, int64_t p, IN a, IN b, OUT c, int levels,
                                          int fused, char *workspace);

/* One level of the outer scheme on blocks h x g and g x w: sums, products one after another, sums of these. */
static FMM_TARGET void FMM_NAME(level)(const fmm_team *team, int64_t h, int64_t g, int64_t w, IN a, IN b, OUT c, int levels,
                                       int fused, char *workspace) {
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
    const int around = bytes > FMM_STREAM;
    FMM_NAME(block_sums)(team, FMM_NAME(outer_left), h, g, left, FMM_OUTER_N * FMM_OUTER_M, left_sums,
                         FMM_OUTER_LEFT_SUMS, around);
    FMM_NAME(block_sums)(team, FMM_NAME(outer_right), g, w, right, FMM_OUTER_M * FMM_OUTER_P, right_sums,
                         FMM_OUTER_RIGHT_SUMS, around);
    for (int r = 0; r < FMM_OUTER_PRODUCTS; r++) {
        const int x = fmm_outer_left_operand[r], y = fmm_outer_right_operand[r];
        const IN s = x < 0 ? left[~x] : (IN){left_sums[x].at, left_sums[x].row, left_sums[x].col};
        const IN t = y < 0 ? right[~y] : (IN){right_sums[y].at, right_sums[y].row, right_sums[y].col};
        FMM_NAME(multiply)(team, h, g, w, s, t, results[r], levels, fused, workspace);
    }
    FMM_NAME(block_sums)(team, FMM_NAME(outer_output), h, w, products, FMM_OUTER_PRODUCTS, outputs,
                         FMM_OUTER_N * FMM_OUTER_P, around);
}

/* C = A B. What the blocks leave over at the edges goes through the classical product. */
static FMM_TARGET void FMM_NAME(multiply)(const fmm_team *team, int64_t n, int64_t m, int64_t p, IN a, IN b, OUT c, int levels,
                                          int fused, char *workspace) {
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
    const fmm_team team = {job->pool, thread, job->pool == NULL ? 1 : job->pool->threads};
    FMM_NAME(multiply)(&team, job->n, job->m, job->p, (IN){job->a, job->rsa, job->csa}, (IN){job->b, job->rsb, job->csb},
                       (OUT){job->c, job->rsc, job->csc}, job->levels, job->fused, job->workspace);
}

#undef R
#undef V
#undef U
#undef IN
#undef OUT
#undef TARGET
#undef JOB
#undef FMM_LANES
#undef FMM_WIDTH
#undef FMM_STRIDE

#endif
