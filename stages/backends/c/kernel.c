@HEADER@

/* The file includes itself: once for each instruction set and, within, for each element type. What stands between
 * here and the first #elif is the same for all of them. */
#ifndef FMM_ISA

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* for the processor that a thread runs on */
#endif
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static inline size_t fmm_padded(size_t bytes) { return (bytes + FMM_LINE - 1) / FMM_LINE * FMM_LINE + FMM_STAGGER; }

/* The blocking of a product has BLIS's names: MR x NR is the tile of C that the micro-kernel holds in registers, MC, KC
 * and NC are the rows of A, the columns of A and the columns of B that are packed at once. BLIS counts C as m x n and
 * A as m x k; here C is n x p and A is n x m. Other than in BLIS the packed rows of A are shared by the threads of a
 * team and stay in the last level of the cache, and the packed columns of B are a thread's own and stay in its L2
 * cache. */
enum {
    FMM_MC = 3072,         /* a multiple of every MR */
    FMM_PACKED_ROWS = 24,  /* rows of A that a thread packs at once; a multiple of every MR */
    FMM_PREFETCH = 8,      /* rows of B from the one that is packed to the one that is fetched */
    FMM_SUMMED_LINES = 8,  /* lines of blocks whose sums in memory a thread computes at once */
    FMM_ALONE = 256        /* rows that a thread multiplies alone, at least */
};

/* ---- Schemes ---- */

/* Of a level in memory. Product r multiplies two operands: a sum of blocks in memory by its number, or ~block. */
typedef struct {
    int n, m, p, products, left_sums, right_sums;
    const int *left_operand, *right_operand;
} fmm_level;

typedef struct {
    int block, factor;
} fmm_term;

/* Of a fused level. Product r multiplies the sum of its terms left[left_start[r]] to left[left_start[r + 1]] (excluded)
 * of blocks of A by that of blocks of B, and is added, times a factor, to the blocks of C of its terms of output.
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

enum { FMM_UNFUSED = -1 }; /* in place of the number of a fused level: there is none */

@TABLES@

static inline const fmm_scheme *fmm_fused_scheme(int fused) {
    return fused == FMM_UNFUSED ? &fmm_classical : &fmm_fused[fused];
}

/* Of how many elements a side has a multiple where levels and the fused one leave nothing over: n, m or p by `axis`. */
static inline int64_t fmm_unit(int axis, const int *levels, int depth, int fused) {
    const fmm_scheme *const scheme = fmm_fused_scheme(fused);
    int64_t unit = axis == 0 ? scheme->n : axis == 1 ? scheme->m : scheme->p;
    for (int k = 0; k < depth; k++) {
        const fmm_level *const level = &fmm_levels[levels[k]];
        unit *= axis == 0 ? level->n : axis == 1 ? level->m : level->p;
    }
    return unit;
}

/* Whether each thread multiplies rows of its own by itself, as each would have `fewest` and at least a quarter as many
 * as there are columns: it packs and sums all of B. Otherwise the threads are one team. What one thread of a team packs
 * or sums all others read, and that takes long where their cores have no cache in common, which virtual machines do not
 * tell. */
static inline int fmm_is_alone(int64_t n, int64_t p, int threads, int64_t fewest) {
    return threads > 1 && n / threads >= fewest && 4 * (n / threads) >= p;
}

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

@THREADS@

/* ---- Element types ---- */

#define FMM_TYPES(real, type)                                              \
    typedef struct { /* one call */                                        \
        int64_t n, m, p;                                                   \
        const type *a;                                                     \
        int64_t rsa, csa;                                                  \
        const type *b;                                                     \
        int64_t rsb, csb;                                                  \
        type *c;                                                           \
        int64_t rsc, csc;                                                  \
        const int *levels;                                                 \
        int depth, fused;                                                  \
        char *workspace;                                                   \
        fmm_pool *pool;                                                    \
        int64_t non_temporal; /* as of fmm_team */                         \
        int64_t alone;        /* as of fmm_is_alone */                     \
    } fmm_job_##real;                                                      \
    typedef struct { /* a matrix to read */                                \
        const type *at;                                                    \
        int64_t row, col; /* strides */                                    \
    } fmm_in_##real;                                                       \
    typedef struct { /* a matrix to write */                               \
        type *at;                                                          \
        int64_t row, col;                                                  \
    } fmm_out_##real;                                                      \
    typedef struct { /* a block of C that takes a multiple of a product */ \
        type *at;                                                          \
        type factor;                                                       \
        int add; /* 0: the product is the first that the block takes */    \
    } fmm_update_##real;
FMM_TYPES(f32, float)
FMM_TYPES(f64, double)

/* ---- Instruction sets ---- */

#define FMM_JOIN_(name, real, isa) fmm_##name##_##real##_##isa
#define FMM_JOIN(name, real, isa) FMM_JOIN_(name, real, isa)
#define FMM_NAME(name) FMM_JOIN(name, FMM_SUFFIX, FMM_ISA)
#define FMM_TYPE_(name, real) fmm_##name##_##real
#define FMM_TYPE(name, real) FMM_TYPE_(name, real)
#define FMM_INLINE static inline __attribute__((always_inline)) FMM_TARGET

/* MR is a multiple of 3, for smaller tiles at the lower edge; NR is two vectors. MR rows of A of KC columns stay in the
 * L1 cache. Processors with AVX2 alone have half the L2 cache, so NC is half there. Non-temporal stores need a fence
 * before another thread is told that they are done. */
#define FMM_ISA portable
#define FMM_TARGET
#define FMM_BYTES 16
#define FMM_MR 6
#define FMM_NC 96
#define FMM_STORE_NON_TEMPORAL(to, vector) (*(to) = (vector))
#define FMM_FENCE() ((void)0)
#include __FILE__

#if defined(__x86_64__)
#define FMM_ISA avx2
#define FMM_TARGET __attribute__((target("avx2,fma")))
#define FMM_BYTES 32
#define FMM_MR 6
#define FMM_NC 96
#define FMM_STORE_NON_TEMPORAL(to, vector) _mm256_stream_si256((__m256i *)(to), (__m256i)(vector))
#define FMM_FENCE() _mm_sfence()
#include __FILE__

#define FMM_ISA avx512
#define FMM_TARGET __attribute__((target("avx512f,avx2,fma")))
#define FMM_BYTES 64
#define FMM_MR 12
#define FMM_NC 192
#define FMM_STORE_NON_TEMPORAL(to, vector) _mm512_stream_si512((void *)(to), (__m512i)(vector))
#define FMM_FENCE() _mm_sfence()
#include __FILE__
#endif

/* ---- Entry points ---- */

@ENTRY_POINTS@

/* ---- Self-test ---- */

@SELF_TEST@

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
#undef FMM_MR
#undef FMM_NC
#undef FMM_STORE_NON_TEMPORAL
#undef FMM_FENCE

#else /* for one instruction set and one element type */

#define R FMM_REAL
#define FMM_LANES ((int64_t)(FMM_BYTES / sizeof(R)))
#define FMM_NR (2 * FMM_LANES)
#define FMM_A_STRIDE (FMM_KC + FMM_LANES) /* between packed rows of A: no power of two */
#define IN FMM_TYPE(in, FMM_SUFFIX)
#define OUT FMM_TYPE(out, FMM_SUFFIX)
#define UPDATE FMM_TYPE(update, FMM_SUFFIX)
#define JOB FMM_TYPE(job, FMM_SUFFIX)
#define V FMM_NAME(vector)
#define U FMM_NAME(unaligned)

typedef R V __attribute__((vector_size(FMM_BYTES), may_alias));
typedef R U __attribute__((vector_size(FMM_BYTES), aligned(sizeof(R)), may_alias));

/* ---- Packing ---- */

@PACKING@

/* ---- Micro-kernel ---- */

@MICRO_KERNEL@

/* ---- Fused level ---- */

@FUSED_LEVEL@

/* ---- Levels in memory ---- */

@LEVELS@

#undef R
#undef V
#undef U
#undef IN
#undef OUT
#undef UPDATE
#undef JOB
#undef FMM_LANES
#undef FMM_NR
#undef FMM_A_STRIDE

#endif
