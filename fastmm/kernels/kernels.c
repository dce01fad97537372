/* Matrix product in C by bilinear algorithms. Generated; do not edit.
 *
 * level 0 in memory: scheme ae5807730d6d5c6f, size 2x2x2, ring Z, 7 products instead of 8, 15 block additions, growth 17.853;
 *   workspace 4 nm/4 + 4 mp/4 + 7 np/4
 * level 1 in memory: scheme 02ec0cb4629585cc, size 4x4x4, ring Z, 49 products instead of 64, 159 block additions, growth 318.73;
 *   workspace 40 nm/16 + 40 mp/16 + 49 np/16
 * level 2 in memory: scheme c23202f297f5e956, size 2x3x3, ring Z, 15 products instead of 18, 44 block additions, growth 54.3689;
 *   workspace 10 nm/6 + 13 mp/9 + 15 np/6
 * level 3 in memory: scheme ae44c315c3d53a25, size 3x2x3, ring Z, 15 products instead of 18, 41 block additions, growth 54.3689;
 *   workspace 10 nm/6 + 11 mp/6 + 15 np/9
 * level 4 in memory: scheme 7a20bf09ccc3f90c, size 3x3x2, ring Z, 15 products instead of 18, 44 block additions, growth 54.3689;
 *   workspace 13 nm/9 + 11 mp/6 + 15 np/6
 * level 5 in memory: scheme 5d21a17fd611ba8d, size 3x4x5, ring Z, 47 products instead of 60, 167 block additions, growth 203.478;
 *   workspace 37 nm/12 + 38 mp/20 + 47 np/15
 * level 6 in memory: scheme dd1d0372be31f2a2, size 3x5x4, ring Z, 47 products instead of 60, 170 block additions, growth 203.478;
 *   workspace 31 nm/15 + 38 mp/20 + 47 np/12
 * level 7 in memory: scheme 52918966ea95861a, size 4x3x5, ring Z, 47 products instead of 60, 162 block additions, growth 203.478;
 *   workspace 37 nm/12 + 31 mp/15 + 47 np/20
 * level 8 in memory: scheme b888689fa2c39b80, size 4x5x3, ring Z, 47 products instead of 60, 170 block additions, growth 203.478;
 *   workspace 38 nm/20 + 31 mp/15 + 47 np/12
 * level 9 in memory: scheme 31dba72a48bd6397, size 5x3x4, ring Z, 47 products instead of 60, 162 block additions, growth 203.478;
 *   workspace 31 nm/15 + 37 mp/12 + 47 np/20
 * level 10 in memory: scheme 69ecefc14fa37125, size 5x4x3, ring Z, 47 products instead of 60, 167 block additions, growth 203.478;
 *   workspace 38 nm/20 + 37 mp/12 + 47 np/15
 * fused level 0: scheme ef53060e6429cec3, size 2x2x2, ring Z, 7 products instead of 8, 18 block additions, growth 14.8284
 * fused level 1: scheme b1b64bdcf4dae883, size 2x3x3, ring Z, 15 products instead of 18, 48 block additions, growth 45.3677
 * fused level 2: scheme 94d3ac29eba879b7, size 3x2x3, ring Z, 15 products instead of 18, 45 block additions, growth 45.3677
 * fused level 3: scheme 2f633558b9744059, size 3x3x2, ring Z, 15 products instead of 18, 48 block additions, growth 45.3677
 *
 * fmm_gemm_f32 and fmm_gemm_f64 take any sizes and strides: levels in memory, then one that is fused into a classical
 * product, then that. Workspace (exactly: fmm_workspace_f32 and _f64): each level in memory on n x m by m x p needs
 * the elements that its line says, padded; then packed operands. Threads that multiply rows of their own alone need it
 * each. It is for as many threads as the pool has.
 *
 * Compile: cc -O2 -std=gnu11 -pthread -shared -fPIC FILE; test: cc -O2 -std=gnu11 -pthread -DFMM_SELF_TEST FILE
 */
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

/* The schemes, as JSON: of the levels in memory and of those that can be fused, by their numbers. */
const char *fmm_about(void) {
    return "{\"levels\": [{\"scheme\": \"ae5807730d6d5c6f\", \"size\": [2, 2, 2], \"products\": 7, \"sums\": [4, 4, 7], "
           "\"terms\": [14, 14, 14], \"emax\": 18.0, \"roundings\": 11}, {\"scheme\": \"02ec0cb4629585cc\", \"size\": [4, 4,"
           " 4], \"products\": 49, \"sums\": [40, 40, 49], \"terms\": [196, 196, 196], \"emax\": 324.0, \"roundings\": "
           "22}, {\"scheme\": \"c23202f297f5e956\", \"size\": [2, 3, 3], \"products\": 15, \"sums\": [10, 13, 15], "
           "\"terms\": [41, 42, 34], \"emax\": 53.0, \"roundings\": 13}, {\"scheme\": \"ae44c315c3d53a25\", \"size\": [3, 2,"
           " 3], \"products\": 15, \"sums\": [10, 11, 15], \"terms\": [41, 34, 42], \"emax\": 48.0, \"roundings\": 13}, "
           "{\"scheme\": \"7a20bf09ccc3f90c\", \"size\": [3, 3, 2], \"products\": 15, \"sums\": [13, 11, 15], \"terms\": "
           "[42, 34, 41], \"emax\": 59.0, \"roundings\": 12}, {\"scheme\": \"5d21a17fd611ba8d\", \"size\": [3, 4, 5], "
           "\"products\": 47, \"sums\": [37, 38, 47], \"terms\": [125, 164, 143], \"emax\": 140.0, \"roundings\": 20}, "
           "{\"scheme\": \"dd1d0372be31f2a2\", \"size\": [3, 5, 4], \"products\": 47, \"sums\": [31, 38, 47], \"terms\": "
           "[143, 164, 125], \"emax\": 205.0, \"roundings\": 24}, {\"scheme\": \"52918966ea95861a\", \"size\": [4, 3, 5], "
           "\"products\": 47, \"sums\": [37, 31, 47], \"terms\": [125, 143, 164], \"emax\": 159.0, \"roundings\": 20}, "
           "{\"scheme\": \"b888689fa2c39b80\", \"size\": [4, 5, 3], \"products\": 47, \"sums\": [38, 31, 47], \"terms\": "
           "[164, 143, 125], \"emax\": 205.0, \"roundings\": 23}, {\"scheme\": \"31dba72a48bd6397\", \"size\": [5, 3, 4], "
           "\"products\": 47, \"sums\": [31, 37, 47], \"terms\": [143, 125, 164], \"emax\": 159.0, \"roundings\": 21}, "
           "{\"scheme\": \"69ecefc14fa37125\", \"size\": [5, 4, 3], \"products\": 47, \"sums\": [38, 37, 47], \"terms\": "
           "[164, 125, 143], \"emax\": 140.0, \"roundings\": 19}], \"fused\": [{\"scheme\": \"ef53060e6429cec3\", \"size\": "
           "[2, 2, 2], \"products\": 7, \"sums\": [5, 5, 7], \"terms\": [12, 12, 12], \"emax\": 12.0, \"roundings\": 5}, "
           "{\"scheme\": \"b1b64bdcf4dae883\", \"size\": [2, 3, 3], \"products\": 15, \"sums\": [12, 11, 15], \"terms\": "
           "[32, 36, 34], \"emax\": 33.0, \"roundings\": 13}, {\"scheme\": \"94d3ac29eba879b7\", \"size\": [3, 2, 3], "
           "\"products\": 15, \"sums\": [12, 11, 15], \"terms\": [32, 34, 36], \"emax\": 50.0, \"roundings\": 13}, "
           "{\"scheme\": \"2f633558b9744059\", \"size\": [3, 3, 2], \"products\": 15, \"sums\": [11, 11, 15], \"terms\": "
           "[36, 34, 32], \"emax\": 53.0, \"roundings\": 16}]}";
}

#define FMM_KC 512
#define FMM_NON_TEMPORAL_BYTES 25165824
#define FMM_MOST_TERMS 6
#define FMM_MOST_BLOCKS 49
#define FMM_TEST_LEVELS 2
#define FMM_TEST_FIRST 9

/* Per product of a level: which of the sums, or ~block. */
static const int fmm_level0_left[] = {-2, -4, -3, 0, 1, 2, 3};
static const int fmm_level0_right[] = {0, -3, -1, 1, -4, 2, 3};
static const int fmm_level1_left[] = {0, -15, 1, 2, -12, -11, -10, -9, 3, 4, 5, 6, -7, 7, 8, 9, 10,
    -5, 11, 12, 13, 14, 15, 16, 17, -4, 18, 19, -3, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39};
static const int fmm_level1_right[] = {0, 1, 2, 3, -14, -10, -6, -2, 4, -11, 5, 6, 7, 8, 9, 10, 11,
    12, 13, -3, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -13, 26, 27, 28, 29, 30, 31, 32, 33,
    34, -9, 35, 36, 37, -12, 38, 39};
static const int fmm_level2_left[] = {0, -5, -4, 1, 2, 3, -3, 4, 5, -2, 6, 7, 8, -1, 9};
static const int fmm_level2_right[] = {-8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -2, 11, 12};
static const int fmm_level3_left[] = {0, -5, 1, -4, 2, 3, -3, 4, -2, 5, 6, 7, 8, 9, -1};
static const int fmm_level3_right[] = {0, 1, 2, 3, 4, 5, 6, 7, -4, 8, 9, -5, -3, 10, -1};
static const int fmm_level4_left[] = {-8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -2, 11, 12};
static const int fmm_level4_right[] = {0, 1, 2, 3, 4, 5, 6, -5, 7, 8, -4, 9, 10, -2, -1};
static const int fmm_level5_left[] = {-12, -11, -11, -10, 0, 1, 2, -8, -7, -7, 3, 4, 5, 6, 7, 8, 9,
    -5, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, -3, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    -1, 32, 33, 34, 35, 36};
static const int fmm_level5_right[] = {0, 1, 2, 3, -2, -5, -4, 4, 5, 6, 7, 8, 9, -7, 10, 11, 12, 13,
    14, 15, -5, 16, 17, 18, 19, -12, -20, 20, 21, -11, -19, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37};
static const int fmm_level6_left[] = {-15, -14, -14, -13, -11, -10, -9, -9, -8, 0, -7, 1, 2, 3, -5,
    -4, -4, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, -2, 24, 25,
    26, 27, 28, -1, -1, 29, 30};
static const int fmm_level6_right[] = {-17, -13, 0, 1, 2, -17, 3, 4, 5, -5, 6, 7, 8, 9, 10, 11, 12,
    13, 14, 15, -7, -20, 16, 17, 18, 19, 20, 21, 22, 23, 24, -6, 25, 26, 27, 28, 29, 30, -16, -3,
    31, 32, 33, 34, 35, 36, 37};
static const int fmm_level7_left[] = {-12, -11, 0, 1, -9, -9, -8, -8, 2, -7, 3, 4, 5, 6, 7, -6, 8,
    9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, -2, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    -1, 32, 33, 34, 35, 36};
static const int fmm_level7_right[] = {0, 1, -2, -1, -14, 2, -9, 3, 4, -4, 5, 6, 7, 8, 9, 10, 11,
    12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, -15, -14, 23, 24, -10, -9, -8, -7, 25, -11, 26, 27,
    28, 29, 30, -5, -4, -1, -13};
static const int fmm_level8_left[] = {-20, -19, 0, 1, 2, 3, 4, 5, 6, -12, 7, 8, -11, 9, 10, 11, 12,
    13, 14, -7, 15, 16, 17, 18, 19, 20, 21, 22, -5, -5, 23, 24, 25, -4, 26, 27, 28, 29, 30, -2, 31,
    32, 33, 34, 35, 36, 37};
static const int fmm_level8_right[] = {0, 1, 2, -5, -10, 3, -13, -12, 4, 5, 6, -4, 7, 8, -1, 9, 10,
    11, 12, 13, 14, -10, 15, 16, -11, 17, 18, 19, -15, -14, 20, -11, 21, -12, 22, 23, 24, 25, 26,
    27, 28, -9, -3, -8, 29, -1, 30};
static const int fmm_level9_left[] = {-15, -14, -13, -12, -12, -11, -11, -10, -10, -9, -8, 0, 1, 2,
    3, 4, 5, 6, 7, 8, 9, 10, -5, 11, 12, 13, 14, 15, -4, 16, 17, -3, 18, 19, 20, 21, 22, 23, 24, 25,
    26, 27, 28, 29, -1, -1, 30};
static const int fmm_level9_right[] = {0, 1, 2, -11, 3, -7, 4, -3, 5, 6, 7, 8, -7, 9, 10, -11, 11,
    12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, -12, 24, 25, 26, 27, -10, 28, 29, 30, -5, -8,
    31, 32, 33, 34, 35, 36, -1};
static const int fmm_level10_left[] = {-20, 0, -17, -17, -16, 1, -13, 2, 3, 4, 5, 6, 7, 8, -7, 9,
    10, 11, 12, 13, -6, 14, 15, 16, 17, 18, 19, -5, 20, 21, 22, 23, 24, 25, 26, -3, 27, 28, 29, 30,
    31, 32, 33, 34, 35, 36, 37};
static const int fmm_level10_right[] = {0, 1, 2, 3, 4, -7, 5, 6, 7, 8, 9, 10, -9, 11, 12, -8, 13,
    14, -1, 15, 16, -6, 17, 18, 19, 20, 21, 22, 23, -12, 24, -11, 25, -9, 26, 27, 28, -8, 29, 30,
    31, 32, 33, 34, -2, 35, 36};
static const fmm_level fmm_levels[] = {
    {2, 2, 2, 7, 4, 4, fmm_level0_left, fmm_level0_right},
    {4, 4, 4, 49, 40, 40, fmm_level1_left, fmm_level1_right},
    {2, 3, 3, 15, 10, 13, fmm_level2_left, fmm_level2_right},
    {3, 2, 3, 15, 10, 11, fmm_level3_left, fmm_level3_right},
    {3, 3, 2, 15, 13, 11, fmm_level4_left, fmm_level4_right},
    {3, 4, 5, 47, 37, 38, fmm_level5_left, fmm_level5_right},
    {3, 5, 4, 47, 31, 38, fmm_level6_left, fmm_level6_right},
    {4, 3, 5, 47, 37, 31, fmm_level7_left, fmm_level7_right},
    {4, 5, 3, 47, 38, 31, fmm_level8_left, fmm_level8_right},
    {5, 3, 4, 47, 31, 37, fmm_level9_left, fmm_level9_right},
    {5, 4, 3, 47, 38, 37, fmm_level10_left, fmm_level10_right},
};

static const int fmm_fused0_left_start[] = {0, 1, 3, 5, 6, 8, 10, 12};
static const fmm_term fmm_fused0_left[] = {{2, 1}, {2, 1}, {3, 1}, {1, 1}, {3, -1}, {1, 1}, {1, 1},
    {2, 1}, {0, 1}, {2, -1}, {0, 1}, {1, 1}};
static const int fmm_fused0_right_start[] = {0, 2, 3, 5, 7, 9, 11, 12};
static const fmm_term fmm_fused0_right[] = {{1, 1}, {3, -1}, {3, 1}, {2, 1}, {3, -1}, {0, 1}, {2,
    -1}, {0, 1}, {3, -1}, {0, 1}, {1, -1}, {0, 1}};
static const int fmm_fused0_output_start[] = {0, 2, 4, 5, 7, 9, 10, 12};
static const fmm_term fmm_fused0_output[] = {{1, 1}, {3, 1}, {2, 1}, {3, 1}, {2, -1}, {0, -1}, {2,
    -1}, {1, -1}, {2, 1}, {1, -1}, {0, 1}, {1, 1}};
static const int fmm_fused1_left_start[] = {0, 2, 3, 4, 6, 8, 9, 11, 13, 15, 17, 21, 24, 28, 30,
    32};
static const fmm_term fmm_fused1_left[] = {{4, 1}, {5, -1}, {4, 1}, {3, 1}, {3, 1}, {5, 1}, {2, 1},
    {3, -1}, {2, 1}, {2, 1}, {5, 1}, {2, 1}, {4, 1}, {1, 1}, {2, -1}, {1, 1}, {4, 1}, {0, 1}, {1,
    -1}, {2, 1}, {4, -1}, {0, 1}, {1, -1}, {2, 1}, {0, 1}, {1, -1}, {2, 1}, {3, 1}, {0, 1}, {3, 1},
    {0, 1}, {2, 1}};
static const int fmm_fused1_right_start[] = {0, 1, 4, 7, 8, 12, 18, 20, 22, 24, 26, 27, 29, 30, 32,
    36};
static const fmm_term fmm_fused1_right[] = {{7, 1}, {4, 1}, {5, 1}, {7, 1}, {1, 1}, {2, 1}, {8, -1},
    {8, 1}, {0, 1}, {1, 1}, {2, 1}, {8, -1}, {0, 1}, {1, 1}, {2, 1}, {3, -1}, {6, -1}, {8, -1}, {6,
    1}, {7, 1}, {3, 1}, {7, -1}, {1, 1}, {3, -1}, {3, 1}, {4, 1}, {5, 1}, {1, 1}, {5, 1}, {1, 1},
    {0, 1}, {1, 1}, {0, 1}, {1, 1}, {2, 1}, {5, 1}};
static const int fmm_fused1_output_start[] = {0, 2, 4, 8, 9, 12, 14, 15, 17, 19, 20, 23, 27, 31, 33,
    34};
static const fmm_term fmm_fused1_output[] = {{3, 1}, {4, -1}, {1, -1}, {4, 1}, {0, 1}, {2, -1}, {3,
    -1}, {5, 1}, {5, 1}, {0, 1}, {2, -1}, {3, -1}, {0, -1}, {3, 1}, {3, 1}, {1, -1}, {3, 1}, {0,
    -1}, {1, 1}, {1, 1}, {1, -1}, {4, 1}, {5, -1}, {1, 1}, {2, -1}, {4, -1}, {5, 1}, {0, -1}, {2,
    1}, {4, 1}, {5, -1}, {0, 1}, {2, -1}, {2, 1}};
static const int fmm_fused2_left_start[] = {0, 1, 3, 5, 6, 8, 10, 12, 14, 15, 17, 21, 24, 26, 30,
    32};
static const fmm_term fmm_fused2_left[] = {{4, 1}, {4, 1}, {5, 1}, {3, 1}, {5, -1}, {3, 1}, {3, 1},
    {4, 1}, {2, 1}, {4, -1}, {2, 1}, {3, 1}, {1, 1}, {4, -1}, {1, 1}, {1, 1}, {5, 1}, {0, 1}, {2,
    -1}, {3, -1}, {4, 1}, {0, 1}, {2, -1}, {4, 1}, {0, 1}, {4, 1}, {0, 1}, {1, 1}, {2, -1}, {4, 1},
    {0, 1}, {1, 1}};
static const int fmm_fused2_right_start[] = {0, 2, 3, 5, 7, 9, 11, 12, 15, 19, 20, 23, 27, 28, 32,
    34};
static const fmm_term fmm_fused2_right[] = {{0, 1}, {3, -1}, {3, 1}, {3, 1}, {4, -1}, {1, 1}, {4,
    -1}, {1, 1}, {3, -1}, {0, 1}, {1, -1}, {1, 1}, {0, 1}, {2, -1}, {3, -1}, {0, 1}, {2, -1}, {3,
    -1}, {5, 1}, {5, 1}, {1, 1}, {4, -1}, {5, 1}, {1, 1}, {2, -1}, {4, -1}, {5, 1}, {2, 1}, {0, 1},
    {2, -1}, {4, -1}, {5, 1}, {0, 1}, {2, -1}};
static const int fmm_fused2_output_start[] = {0, 6, 8, 9, 12, 14, 16, 18, 22, 25, 26, 27, 29, 33,
    34, 36};
static const fmm_term fmm_fused2_output[] = {{0, -1}, {1, -1}, {2, -1}, {3, 1}, {6, 1}, {8, 1}, {6,
    1}, {7, 1}, {7, 1}, {4, -1}, {5, -1}, {7, -1}, {3, -1}, {7, 1}, {1, -1}, {3, 1}, {3, 1}, {4, 1},
    {0, -1}, {1, -1}, {2, -1}, {8, 1}, {1, 1}, {2, 1}, {8, -1}, {8, 1}, {5, -1}, {1, 1}, {5, 1}, {0,
    1}, {1, 1}, {2, 1}, {5, 1}, {1, -1}, {0, 1}, {1, 1}};
static const int fmm_fused3_left_start[] = {0, 1, 2, 4, 5, 8, 10, 12, 14, 15, 17, 20, 22, 28, 32,
    36};
static const fmm_term fmm_fused3_left[] = {{8, 1}, {7, 1}, {6, 1}, {7, 1}, {5, 1}, {4, 1}, {5, 1},
    {7, 1}, {3, 1}, {7, -1}, {3, 1}, {4, 1}, {1, 1}, {3, -1}, {1, 1}, {1, 1}, {5, 1}, {1, 1}, {2,
    1}, {8, -1}, {0, 1}, {1, 1}, {0, 1}, {1, 1}, {2, 1}, {3, -1}, {6, -1}, {8, -1}, {0, 1}, {1, 1},
    {2, 1}, {8, -1}, {0, 1}, {1, 1}, {2, 1}, {5, 1}};
static const int fmm_fused3_right_start[] = {0, 1, 3, 4, 7, 9, 11, 12, 14, 18, 22, 26, 28, 30, 33,
    34};
static const fmm_term fmm_fused3_right[] = {{5, 1}, {1, 1}, {3, -1}, {1, 1}, {2, 1}, {3, -1}, {5,
    1}, {2, 1}, {3, -1}, {1, 1}, {2, -1}, {2, 1}, {0, 1}, {2, -1}, {0, 1}, {3, -1}, {4, -1}, {5, 1},
    {2, 1}, {3, -1}, {4, -1}, {5, 1}, {0, 1}, {1, -1}, {4, -1}, {5, 1}, {0, 1}, {4, -1}, {0, 1}, {1,
    -1}, {0, 1}, {1, -1}, {4, -1}, {4, 1}};
static const int fmm_fused3_output_start[] = {0, 2, 4, 6, 10, 11, 13, 15, 17, 21, 24, 25, 27, 28,
    30, 32};
static const fmm_term fmm_fused3_output[] = {{1, 1}, {5, 1}, {3, 1}, {5, -1}, {4, 1}, {5, 1}, {0,
    -1}, {2, 1}, {3, 1}, {4, -1}, {3, -1}, {3, 1}, {4, 1}, {2, 1}, {3, 1}, {2, -1}, {4, 1}, {0, -1},
    {1, -1}, {2, 1}, {4, -1}, {0, 1}, {2, -1}, {4, 1}, {1, 1}, {0, 1}, {1, 1}, {4, -1}, {1, -1}, {4,
    1}, {0, 1}, {4, 1}};
static const fmm_scheme fmm_fused[] = {
    {2, 2, 2, 7, 1,
     fmm_fused0_left_start, fmm_fused0_right_start, fmm_fused0_output_start,
     fmm_fused0_left, fmm_fused0_right, fmm_fused0_output},
    {2, 3, 3, 15, 1,
     fmm_fused1_left_start, fmm_fused1_right_start, fmm_fused1_output_start,
     fmm_fused1_left, fmm_fused1_right, fmm_fused1_output},
    {3, 2, 3, 15, 1,
     fmm_fused2_left_start, fmm_fused2_right_start, fmm_fused2_output_start,
     fmm_fused2_left, fmm_fused2_right, fmm_fused2_output},
    {3, 3, 2, 15, 1,
     fmm_fused3_left_start, fmm_fused3_right_start, fmm_fused3_output_start,
     fmm_fused3_left, fmm_fused3_right, fmm_fused3_output},
};

/* What the self-test tries; `largest`: no value on the way is larger for entries up to 1, per column of the
 * smallest blocks of A. */
typedef struct {
    int levels[FMM_TEST_LEVELS], depth, fused;
    double largest;
} fmm_test_plan;
static const fmm_test_plan fmm_test_plans[] = {
    {{0}, 0, FMM_UNFUSED, 1.0},
    {{0}, 0, 0, 12.0},
    {{0}, 0, 1, 33.0},
    {{0}, 0, 2, 50.0},
    {{0}, 0, 3, 53.0},
    {{0}, 1, FMM_UNFUSED, 34.0},
    {{0}, 1, 0, 408.0},
    {{0, 0}, 2, FMM_UNFUSED, 1156.0},
    {{0, 0}, 2, 0, 13872.0},
    {{1}, 1, FMM_UNFUSED, 324.0},
    {{1}, 1, 0, 3888.0},
    {{0, 1}, 2, FMM_UNFUSED, 11016.0},
    {{0, 1}, 2, 0, 132192.0},
    {{1, 0}, 2, FMM_UNFUSED, 11016.0},
    {{1, 0}, 2, 0, 132192.0},
    {{2}, 1, FMM_UNFUSED, 53.0},
    {{2}, 1, 0, 636.0},
    {{0, 2}, 2, FMM_UNFUSED, 1802.0},
    {{0, 2}, 2, 0, 21624.0},
    {{2, 0}, 2, FMM_UNFUSED, 1802.0},
    {{2, 0}, 2, 0, 21624.0},
    {{3}, 1, FMM_UNFUSED, 48.0},
    {{3}, 1, 0, 576.0},
    {{0, 3}, 2, FMM_UNFUSED, 1632.0},
    {{0, 3}, 2, 0, 19584.0},
    {{3, 0}, 2, FMM_UNFUSED, 1632.0},
    {{3, 0}, 2, 0, 19584.0},
    {{4}, 1, FMM_UNFUSED, 59.0},
    {{4}, 1, 0, 708.0},
    {{0, 4}, 2, FMM_UNFUSED, 2006.0},
    {{0, 4}, 2, 0, 24072.0},
    {{4, 0}, 2, FMM_UNFUSED, 2006.0},
    {{4, 0}, 2, 0, 24072.0},
    {{5}, 1, FMM_UNFUSED, 140.0},
    {{5}, 1, 0, 1680.0},
    {{0, 5}, 2, FMM_UNFUSED, 4760.0},
    {{0, 5}, 2, 0, 57120.0},
    {{5, 0}, 2, FMM_UNFUSED, 4760.0},
    {{5, 0}, 2, 0, 57120.0},
    {{6}, 1, FMM_UNFUSED, 205.0},
    {{6}, 1, 0, 2460.0},
    {{0, 6}, 2, FMM_UNFUSED, 6970.0},
    {{0, 6}, 2, 0, 83640.0},
    {{6, 0}, 2, FMM_UNFUSED, 6970.0},
    {{6, 0}, 2, 0, 83640.0},
    {{7}, 1, FMM_UNFUSED, 159.0},
    {{7}, 1, 0, 1908.0},
    {{0, 7}, 2, FMM_UNFUSED, 5406.0},
    {{0, 7}, 2, 0, 64872.0},
    {{7, 0}, 2, FMM_UNFUSED, 5406.0},
    {{7, 0}, 2, 0, 64872.0},
    {{8}, 1, FMM_UNFUSED, 205.0},
    {{8}, 1, 0, 2460.0},
    {{0, 8}, 2, FMM_UNFUSED, 6970.0},
    {{0, 8}, 2, 0, 83640.0},
    {{8, 0}, 2, FMM_UNFUSED, 6970.0},
    {{8, 0}, 2, 0, 83640.0},
    {{9}, 1, FMM_UNFUSED, 159.0},
    {{9}, 1, 0, 1908.0},
    {{0, 9}, 2, FMM_UNFUSED, 5406.0},
    {{0, 9}, 2, 0, 64872.0},
    {{9, 0}, 2, FMM_UNFUSED, 5406.0},
    {{9, 0}, 2, 0, 64872.0},
    {{10}, 1, FMM_UNFUSED, 140.0},
    {{10}, 1, 0, 1680.0},
    {{0, 10}, 2, FMM_UNFUSED, 4760.0},
    {{0, 10}, 2, 0, 57120.0},
    {{10, 0}, 2, FMM_UNFUSED, 4760.0},
    {{10, 0}, 2, 0, 57120.0},
};

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

typedef struct fmm_pool {
    struct fmm_pool *next; /* of those without a call */
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

/* Keeps the workers off the caller's processor: Linux likes to wake a thread where the one that wakes it runs, and
 * takes milliseconds to part the two. */
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
        for (int spins = 0;
             spins < FMM_SPINS_ASLEEP && __atomic_load_n(&pool->calls, __ATOMIC_ACQUIRE) == seen; spins++) {
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

/* ---- Pools that calls share ---- */

/* Pools without a call, of any number of threads, last in first out. The other lock lets in one call of a BLAS at a
 * time: OpenBLAS numbers its buffers by job. */
static pthread_mutex_t fmm_idle_lock = PTHREAD_MUTEX_INITIALIZER, fmm_blas_lock = PTHREAD_MUTEX_INITIALIZER;
static fmm_pool *fmm_idle;

static void fmm_before_fork(void) {
    pthread_mutex_lock(&fmm_blas_lock);
    pthread_mutex_lock(&fmm_idle_lock);
}

static void fmm_after_fork(void) {
    pthread_mutex_unlock(&fmm_idle_lock);
    pthread_mutex_unlock(&fmm_blas_lock);
}

/* The threads are the parent's: none would do the work. */
static void fmm_in_child(void) {
    fmm_idle = NULL;
    fmm_after_fork();
}

static void fmm_heed_forks(void) { pthread_atfork(fmm_before_fork, fmm_after_fork, fmm_in_child); }

/* An idle pool of `threads` threads (or, if `more`, of at least as many), or a new one; NULL where the system gives
 * none. fmm_pool_return takes it back. */
static fmm_pool *fmm_borrow(int threads, int more) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fmm_heed_forks);
    pthread_mutex_lock(&fmm_idle_lock);
    fmm_pool **at = &fmm_idle;
    while (*at != NULL && (*at)->threads != threads && !(more && (*at)->threads > threads)) {
        at = &(*at)->next;
    }
    fmm_pool *const found = *at;
    if (found != NULL) {
        *at = found->next;
    }
    pthread_mutex_unlock(&fmm_idle_lock);
    return found != NULL ? found : fmm_pool_create(threads);
}

fmm_pool *fmm_pool_borrow(int threads) { return fmm_borrow(threads, 0); }

void fmm_pool_return(fmm_pool *pool) {
    pthread_mutex_lock(&fmm_idle_lock);
    pool->next = fmm_idle;
    fmm_idle = pool;
    pthread_mutex_unlock(&fmm_idle_lock);
}

/* OpenBLAS, once told by openblas_set_threads_callback_function, has its jobs done by such a function. They wait for
 * one another, so each needs a thread. */
typedef void fmm_blas_job(int thread, void *data, int extra);
typedef void fmm_blas_setter(void (*callback)(int, fmm_blas_job *, int, size_t, void *, int));

typedef struct {
    fmm_blas_job *job;
    int jobs, extra;
    char *data;
    size_t bytes; /* of one job's data */
} fmm_blas_call;

static void fmm_blas_work(const void *given, int thread) {
    const fmm_blas_call *const call = given;
    if (thread < call->jobs) {
        call->job(thread, call->data + (size_t)thread * call->bytes, call->extra);
    }
}

static void fmm_blas_callback(int sync, fmm_blas_job *job, int jobs, size_t bytes, void *data, int extra) {
    (void)sync; /* always 1: all jobs are done when this returns */
    const fmm_blas_call call = {job, jobs, extra, data, bytes};
    pthread_mutex_lock(&fmm_blas_lock);
    fmm_pool *const pool = fmm_borrow(jobs, 1);
    if (pool == NULL) { /* the jobs have begun to count on each other */
        fprintf(stderr, "fastmm: the system gives no %d threads for OpenBLAS\n", jobs);
        abort();
    }
    fmm_run(pool, fmm_blas_work, &call);
    fmm_pool_return(pool);
    pthread_mutex_unlock(&fmm_blas_lock);
}

/* Has the jobs of an OpenBLAS done here (`share`), or by its own threads again. No other thread may be in OpenBLAS when
 * the sharing begins. */
void fmm_blas_share(fmm_blas_setter *setter, int share) {
    pthread_mutex_lock(&fmm_blas_lock);
    setter(share ? fmm_blas_callback : NULL);
    pthread_mutex_unlock(&fmm_blas_lock);
}

/* ---- Within a call ---- */

/* One thread's place in a call. All threads of a team run the same steps. Whoever is free takes the next part of a
 * step, as a core may be shared with others; at its end all meet at a barrier. */
typedef struct {
    fmm_pool *pool; /* NULL: alone */
    int thread, threads;
    int64_t non_temporal; /* bytes of sums in memory above which stores are non-temporal */
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
    for (int spins = 0; __atomic_load_n(&pool->barriers, __ATOMIC_ACQUIRE) == passed;
         spins += spins < FMM_SPINS_YIELD) {
        fmm_wait(spins);
    }
}

/* Where part `part` begins when `count` things in groups of `unit` are cut into `parts`. */
static inline int64_t fmm_share(int64_t count, int64_t unit, int64_t part, int64_t parts) {
    const int64_t start = (count + unit - 1) / unit * part / parts * unit;
    return start < count ? start : count;
}

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

/* ---- Self-test ---- */

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

/* ---- Micro-kernel ---- */

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

/* ---- Fused level ---- */

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

/* ---- Levels in memory ---- */

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

FMM_INLINE void FMM_NAME(level0_left_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V t0 = x0 + x1;
        const V t1 = x2 - t0;
        FMM_NAME(store)(non_temporal, out[0] + j, t0);
        FMM_NAME(store)(non_temporal, out[1] + j, x3 + t1);
        FMM_NAME(store)(non_temporal, out[2] + j, t1);
        FMM_NAME(store)(non_temporal, out[3] + j, x1 + t1);
    }
}

static FMM_TARGET void FMM_NAME(level0_left)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 4)) {
            FMM_NAME(level0_left_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level0_left_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R t0 = x0 + x1;
        const R t1 = x2 - t0;
        out[0][j * out_step] = t0;
        out[1][j * out_step] = x3 + t1;
        out[2][j * out_step] = t1;
        out[3][j * out_step] = x1 + t1;
    }
}

FMM_INLINE void FMM_NAME(level0_right_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V t0 = x0 + x1;
        const V t1 = x3 - t0;
        FMM_NAME(store)(non_temporal, out[0] + j, x2 + t1);
        FMM_NAME(store)(non_temporal, out[1] + j, t0);
        FMM_NAME(store)(non_temporal, out[2] + j, t1);
        FMM_NAME(store)(non_temporal, out[3] + j, x1 - x3);
    }
}

static FMM_TARGET void FMM_NAME(level0_right)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 4)) {
            FMM_NAME(level0_right_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level0_right_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R t0 = x0 + x1;
        const R t1 = x3 - t0;
        out[0][j * out_step] = x2 + t1;
        out[1][j * out_step] = t0;
        out[2][j * out_step] = t1;
        out[3][j * out_step] = x1 - x3;
    }
}

FMM_INLINE void FMM_NAME(level0_output_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V t0 = x5 + x2 + x6;
        const V t1 = x3 - t0;
        FMM_NAME(store)(non_temporal, out[0] + j, x0 + t0);
        FMM_NAME(store)(non_temporal, out[1] + j, t1);
        FMM_NAME(store)(non_temporal, out[2] + j, x1 + x2);
        FMM_NAME(store)(non_temporal, out[3] + j, x4 + x6 + t1);
    }
}

static FMM_TARGET void FMM_NAME(level0_output)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 4)) {
            FMM_NAME(level0_output_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level0_output_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R t0 = x5 + x2 + x6;
        const R t1 = x3 - t0;
        out[0][j * out_step] = x0 + t0;
        out[1][j * out_step] = t1;
        out[2][j * out_step] = x1 + x2;
        out[3][j * out_step] = x4 + x6 + t1;
    }
}

FMM_INLINE void FMM_NAME(level1_left_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V t0 = x1 - x9;
        const V t1 = x4 + x5;
        const V t2 = x5 - x9;
        const V t3 = x4 - x12;
        const V t4 = x6 - x7;
        const V t5 = x1 + x3;
        const V t6 = x7 - x11;
        const V t7 = x0 - x2;
        const V t8 = -x13 - x15;
        const V t9 = x0 - x8;
        const V t10 = x12 - x14;
        const V t11 = x14 - x15;
        const V t12 = x5 - x13;
        const V t13 = x4 + t2;
        const V t14 = x11 + t4;
        const V t15 = t7 - x8;
        const V t16 = x4 - t10;
        const V t17 = x3 + t0;
        const V t18 = x3 + t11;
        const V t19 = t10 - t8;
        const V t20 = x10 + t15;
        const V t21 = t8 + t5;
        const V t22 = t3 + t12;
        const V t23 = t5 - t19;
        const V t24 = t2 + t21;
        const V t25 = t0 + t22;
        const V t26 = t1 - t19;
        const V t27 = t18 + t25;
        const V t28 = t27 - t14;
        FMM_NAME(store)(non_temporal, out[0] + j, t11);
        FMM_NAME(store)(non_temporal, out[1] + j, t10);
        FMM_NAME(store)(non_temporal, out[2] + j, t19);
        FMM_NAME(store)(non_temporal, out[3] + j, t6);
        FMM_NAME(store)(non_temporal, out[4] + j, t14 - x10);
        FMM_NAME(store)(non_temporal, out[5] + j, t4);
        FMM_NAME(store)(non_temporal, out[6] + j, t14);
        FMM_NAME(store)(non_temporal, out[7] + j, t2);
        FMM_NAME(store)(non_temporal, out[8] + j, t16 - x6);
        FMM_NAME(store)(non_temporal, out[9] + j, t3);
        FMM_NAME(store)(non_temporal, out[10] + j, t16);
        FMM_NAME(store)(non_temporal, out[11] + j, t26 - t4);
        FMM_NAME(store)(non_temporal, out[12] + j, t13 - x8);
        FMM_NAME(store)(non_temporal, out[13] + j, t13);
        FMM_NAME(store)(non_temporal, out[14] + j, t22);
        FMM_NAME(store)(non_temporal, out[15] + j, t26);
        FMM_NAME(store)(non_temporal, out[16] + j, t1);
        FMM_NAME(store)(non_temporal, out[17] + j, x3 - x15);
        FMM_NAME(store)(non_temporal, out[18] + j, t18);
        FMM_NAME(store)(non_temporal, out[19] + j, x2 - t18);
        FMM_NAME(store)(non_temporal, out[20] + j, t0);
        FMM_NAME(store)(non_temporal, out[21] + j, t0 + t12);
        FMM_NAME(store)(non_temporal, out[22] + j, t25);
        FMM_NAME(store)(non_temporal, out[23] + j, t17 - x11);
        FMM_NAME(store)(non_temporal, out[24] + j, t17);
        FMM_NAME(store)(non_temporal, out[25] + j, t23);
        FMM_NAME(store)(non_temporal, out[26] + j, t21);
        FMM_NAME(store)(non_temporal, out[27] + j, t5);
        FMM_NAME(store)(non_temporal, out[28] + j, t24);
        FMM_NAME(store)(non_temporal, out[29] + j, t6 + t24);
        FMM_NAME(store)(non_temporal, out[30] + j, t28);
        FMM_NAME(store)(non_temporal, out[31] + j, t27);
        FMM_NAME(store)(non_temporal, out[32] + j, t15);
        FMM_NAME(store)(non_temporal, out[33] + j, t20);
        FMM_NAME(store)(non_temporal, out[34] + j, t7);
        FMM_NAME(store)(non_temporal, out[35] + j, t9);
        FMM_NAME(store)(non_temporal, out[36] + j, t7 + t23);
        FMM_NAME(store)(non_temporal, out[37] + j, t20 + t28);
        FMM_NAME(store)(non_temporal, out[38] + j, t15 + t27);
        FMM_NAME(store)(non_temporal, out[39] + j, t9 + t25);
    }
}

static FMM_TARGET void FMM_NAME(level1_left)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 40)) {
            FMM_NAME(level1_left_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level1_left_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R t0 = x1 - x9;
        const R t1 = x4 + x5;
        const R t2 = x5 - x9;
        const R t3 = x4 - x12;
        const R t4 = x6 - x7;
        const R t5 = x1 + x3;
        const R t6 = x7 - x11;
        const R t7 = x0 - x2;
        const R t8 = -x13 - x15;
        const R t9 = x0 - x8;
        const R t10 = x12 - x14;
        const R t11 = x14 - x15;
        const R t12 = x5 - x13;
        const R t13 = x4 + t2;
        const R t14 = x11 + t4;
        const R t15 = t7 - x8;
        const R t16 = x4 - t10;
        const R t17 = x3 + t0;
        const R t18 = x3 + t11;
        const R t19 = t10 - t8;
        const R t20 = x10 + t15;
        const R t21 = t8 + t5;
        const R t22 = t3 + t12;
        const R t23 = t5 - t19;
        const R t24 = t2 + t21;
        const R t25 = t0 + t22;
        const R t26 = t1 - t19;
        const R t27 = t18 + t25;
        const R t28 = t27 - t14;
        out[0][j * out_step] = t11;
        out[1][j * out_step] = t10;
        out[2][j * out_step] = t19;
        out[3][j * out_step] = t6;
        out[4][j * out_step] = t14 - x10;
        out[5][j * out_step] = t4;
        out[6][j * out_step] = t14;
        out[7][j * out_step] = t2;
        out[8][j * out_step] = t16 - x6;
        out[9][j * out_step] = t3;
        out[10][j * out_step] = t16;
        out[11][j * out_step] = t26 - t4;
        out[12][j * out_step] = t13 - x8;
        out[13][j * out_step] = t13;
        out[14][j * out_step] = t22;
        out[15][j * out_step] = t26;
        out[16][j * out_step] = t1;
        out[17][j * out_step] = x3 - x15;
        out[18][j * out_step] = t18;
        out[19][j * out_step] = x2 - t18;
        out[20][j * out_step] = t0;
        out[21][j * out_step] = t0 + t12;
        out[22][j * out_step] = t25;
        out[23][j * out_step] = t17 - x11;
        out[24][j * out_step] = t17;
        out[25][j * out_step] = t23;
        out[26][j * out_step] = t21;
        out[27][j * out_step] = t5;
        out[28][j * out_step] = t24;
        out[29][j * out_step] = t6 + t24;
        out[30][j * out_step] = t28;
        out[31][j * out_step] = t27;
        out[32][j * out_step] = t15;
        out[33][j * out_step] = t20;
        out[34][j * out_step] = t7;
        out[35][j * out_step] = t9;
        out[36][j * out_step] = t7 + t23;
        out[37][j * out_step] = t20 + t28;
        out[38][j * out_step] = t15 + t27;
        out[39][j * out_step] = t9 + t25;
    }
}

FMM_INLINE void FMM_NAME(level1_right_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V t0 = x11 + x15;
        const V t1 = -x12 - x15;
        const V t2 = x3 - x7;
        const V t3 = x4 + x7;
        const V t4 = x4 - x12;
        const V t5 = x5 - x6;
        const V t6 = x2 - x6;
        const V t7 = x2 - x3;
        const V t8 = x3 + x11;
        const V t9 = x0 + x8;
        const V t10 = x10 + x14;
        const V t11 = x14 - x13;
        const V t12 = x0 + x1;
        const V t13 = t1 + t3;
        const V t14 = t6 - t2;
        const V t15 = t3 + t5;
        const V t16 = x5 + t4;
        const V t17 = t16 - x13;
        const V t18 = t7 - x11;
        const V t19 = x12 + t0;
        const V t20 = -x2 - t5;
        const V t21 = x8 + t19;
        const V t22 = x1 + t9;
        const V t23 = t10 - x13;
        const V t24 = x9 - t23;
        const V t25 = t14 - t0;
        const V t26 = t8 - t13;
        const V t27 = t1 + t15;
        const V t28 = t7 + t15;
        const V t29 = t10 + t25;
        const V t30 = t12 - t28;
        const V t31 = t21 + t30;
        FMM_NAME(store)(non_temporal, out[0] + j, t11 + t27);
        FMM_NAME(store)(non_temporal, out[1] + j, t24 + t31);
        FMM_NAME(store)(non_temporal, out[2] + j, t30);
        FMM_NAME(store)(non_temporal, out[3] + j, t15);
        FMM_NAME(store)(non_temporal, out[4] + j, t10);
        FMM_NAME(store)(non_temporal, out[5] + j, -t11);
        FMM_NAME(store)(non_temporal, out[6] + j, t23);
        FMM_NAME(store)(non_temporal, out[7] + j, t24);
        FMM_NAME(store)(non_temporal, out[8] + j, t6);
        FMM_NAME(store)(non_temporal, out[9] + j, t21);
        FMM_NAME(store)(non_temporal, out[10] + j, t9 + t26);
        FMM_NAME(store)(non_temporal, out[11] + j, t31);
        FMM_NAME(store)(non_temporal, out[12] + j, x1 + t20);
        FMM_NAME(store)(non_temporal, out[13] + j, -t1);
        FMM_NAME(store)(non_temporal, out[14] + j, -t20);
        FMM_NAME(store)(non_temporal, out[15] + j, t13);
        FMM_NAME(store)(non_temporal, out[16] + j, t27);
        FMM_NAME(store)(non_temporal, out[17] + j, t5);
        FMM_NAME(store)(non_temporal, out[18] + j, t29);
        FMM_NAME(store)(non_temporal, out[19] + j, t17);
        FMM_NAME(store)(non_temporal, out[20] + j, t17 + t29);
        FMM_NAME(store)(non_temporal, out[21] + j, x10 + t18);
        FMM_NAME(store)(non_temporal, out[22] + j, x9 + t22);
        FMM_NAME(store)(non_temporal, out[23] + j, t4);
        FMM_NAME(store)(non_temporal, out[24] + j, t0 + t2);
        FMM_NAME(store)(non_temporal, out[25] + j, t26);
        FMM_NAME(store)(non_temporal, out[26] + j, t16);
        FMM_NAME(store)(non_temporal, out[27] + j, t28);
        FMM_NAME(store)(non_temporal, out[28] + j, t14);
        FMM_NAME(store)(non_temporal, out[29] + j, x4 + x5);
        FMM_NAME(store)(non_temporal, out[30] + j, t25);
        FMM_NAME(store)(non_temporal, out[31] + j, t0);
        FMM_NAME(store)(non_temporal, out[32] + j, t19);
        FMM_NAME(store)(non_temporal, out[33] + j, t16 + t25);
        FMM_NAME(store)(non_temporal, out[34] + j, t22);
        FMM_NAME(store)(non_temporal, out[35] + j, t12);
        FMM_NAME(store)(non_temporal, out[36] + j, t9);
        FMM_NAME(store)(non_temporal, out[37] + j, t7);
        FMM_NAME(store)(non_temporal, out[38] + j, t18);
        FMM_NAME(store)(non_temporal, out[39] + j, t8);
    }
}

static FMM_TARGET void FMM_NAME(level1_right)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 40)) {
            FMM_NAME(level1_right_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level1_right_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R t0 = x11 + x15;
        const R t1 = -x12 - x15;
        const R t2 = x3 - x7;
        const R t3 = x4 + x7;
        const R t4 = x4 - x12;
        const R t5 = x5 - x6;
        const R t6 = x2 - x6;
        const R t7 = x2 - x3;
        const R t8 = x3 + x11;
        const R t9 = x0 + x8;
        const R t10 = x10 + x14;
        const R t11 = x14 - x13;
        const R t12 = x0 + x1;
        const R t13 = t1 + t3;
        const R t14 = t6 - t2;
        const R t15 = t3 + t5;
        const R t16 = x5 + t4;
        const R t17 = t16 - x13;
        const R t18 = t7 - x11;
        const R t19 = x12 + t0;
        const R t20 = -x2 - t5;
        const R t21 = x8 + t19;
        const R t22 = x1 + t9;
        const R t23 = t10 - x13;
        const R t24 = x9 - t23;
        const R t25 = t14 - t0;
        const R t26 = t8 - t13;
        const R t27 = t1 + t15;
        const R t28 = t7 + t15;
        const R t29 = t10 + t25;
        const R t30 = t12 - t28;
        const R t31 = t21 + t30;
        out[0][j * out_step] = t11 + t27;
        out[1][j * out_step] = t24 + t31;
        out[2][j * out_step] = t30;
        out[3][j * out_step] = t15;
        out[4][j * out_step] = t10;
        out[5][j * out_step] = -t11;
        out[6][j * out_step] = t23;
        out[7][j * out_step] = t24;
        out[8][j * out_step] = t6;
        out[9][j * out_step] = t21;
        out[10][j * out_step] = t9 + t26;
        out[11][j * out_step] = t31;
        out[12][j * out_step] = x1 + t20;
        out[13][j * out_step] = -t1;
        out[14][j * out_step] = -t20;
        out[15][j * out_step] = t13;
        out[16][j * out_step] = t27;
        out[17][j * out_step] = t5;
        out[18][j * out_step] = t29;
        out[19][j * out_step] = t17;
        out[20][j * out_step] = t17 + t29;
        out[21][j * out_step] = x10 + t18;
        out[22][j * out_step] = x9 + t22;
        out[23][j * out_step] = t4;
        out[24][j * out_step] = t0 + t2;
        out[25][j * out_step] = t26;
        out[26][j * out_step] = t16;
        out[27][j * out_step] = t28;
        out[28][j * out_step] = t14;
        out[29][j * out_step] = x4 + x5;
        out[30][j * out_step] = t25;
        out[31][j * out_step] = t0;
        out[32][j * out_step] = t19;
        out[33][j * out_step] = t16 + t25;
        out[34][j * out_step] = t22;
        out[35][j * out_step] = t12;
        out[36][j * out_step] = t9;
        out[37][j * out_step] = t7;
        out[38][j * out_step] = t18;
        out[39][j * out_step] = t8;
    }
}

FMM_INLINE void FMM_NAME(level1_output_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V x16 = *(const U *)(in[16] + j);
        const V x17 = *(const U *)(in[17] + j);
        const V x18 = *(const U *)(in[18] + j);
        const V x19 = *(const U *)(in[19] + j);
        const V x20 = *(const U *)(in[20] + j);
        const V x21 = *(const U *)(in[21] + j);
        const V x22 = *(const U *)(in[22] + j);
        const V x23 = *(const U *)(in[23] + j);
        const V x24 = *(const U *)(in[24] + j);
        const V x25 = *(const U *)(in[25] + j);
        const V x26 = *(const U *)(in[26] + j);
        const V x27 = *(const U *)(in[27] + j);
        const V x28 = *(const U *)(in[28] + j);
        const V x29 = *(const U *)(in[29] + j);
        const V x30 = *(const U *)(in[30] + j);
        const V x31 = *(const U *)(in[31] + j);
        const V x32 = *(const U *)(in[32] + j);
        const V x33 = *(const U *)(in[33] + j);
        const V x34 = *(const U *)(in[34] + j);
        const V x35 = *(const U *)(in[35] + j);
        const V x36 = *(const U *)(in[36] + j);
        const V x37 = *(const U *)(in[37] + j);
        const V x38 = *(const U *)(in[38] + j);
        const V x39 = *(const U *)(in[39] + j);
        const V x40 = *(const U *)(in[40] + j);
        const V x41 = *(const U *)(in[41] + j);
        const V x42 = *(const U *)(in[42] + j);
        const V x43 = *(const U *)(in[43] + j);
        const V x44 = *(const U *)(in[44] + j);
        const V x45 = *(const U *)(in[45] + j);
        const V x46 = *(const U *)(in[46] + j);
        const V x47 = *(const U *)(in[47] + j);
        const V x48 = *(const U *)(in[48] + j);
        const V t0 = x6 + x20;
        const V t1 = x23 - t0;
        const V t2 = x33 - x36;
        const V t3 = x22 - t1;
        const V t4 = x34 + t2;
        const V t5 = x29 + x31;
        const V t6 = x13 - x37;
        const V t7 = x40 - t4;
        const V t8 = x6 + x7;
        const V t9 = x41 + t8;
        const V t10 = x4 + x11;
        const V t11 = x17 + t0;
        const V t12 = x16 - t11;
        const V t13 = x32 - x39;
        const V t14 = x19 - x47;
        const V t15 = x25 - x33;
        const V t16 = x26 - t15;
        const V t17 = x40 - t16;
        const V t18 = x3 - t7;
        const V t19 = t3 + t18;
        const V t20 = x35 + t6;
        const V t21 = x30 - t5;
        const V t22 = x8 - x13;
        const V t23 = x43 - t2;
        const V t24 = x29 + x44;
        const V t25 = t9 - t24;
        const V t26 = x10 - t1;
        const V t27 = t10 + t22;
        const V t28 = x0 - t3;
        const V t29 = x48 - t5;
        const V t30 = x2 + t7;
        const V t31 = x24 + t6;
        const V t32 = x38 + t13;
        const V t33 = x45 - t19;
        const V t34 = t14 - t29;
        const V t35 = t19 - t20;
        const V t36 = t20 + t30;
        const V t37 = x15 - t12;
        const V t38 = t21 + t37;
        const V t39 = t17 + t28;
        const V t40 = x21 + t34;
        const V t41 = x21 - t21;
        FMM_NAME(store)(non_temporal, out[0] + j, t23 - t25);
        FMM_NAME(store)(non_temporal, out[1] + j, x28 + t25 - t15);
        FMM_NAME(store)(non_temporal, out[2] + j, x27 - t39 - t40);
        FMM_NAME(store)(non_temporal, out[3] + j, -t33 - t40);
        FMM_NAME(store)(non_temporal, out[4] + j, t12 + t36 - x14 - t32);
        FMM_NAME(store)(non_temporal, out[5] + j, x12 + t11 + t27);
        FMM_NAME(store)(non_temporal, out[6] + j, t26 + t27);
        FMM_NAME(store)(non_temporal, out[7] + j, x18 + t32 + t35);
        FMM_NAME(store)(non_temporal, out[8] + j, x42 + t23 - x32 - t9);
        FMM_NAME(store)(non_temporal, out[9] + j, x4 + x5 + t8);
        FMM_NAME(store)(non_temporal, out[10] + j, t10 + t26 - x9 - x19);
        FMM_NAME(store)(non_temporal, out[11] + j, x18 + x46 + t13 - t14 - t33);
        FMM_NAME(store)(non_temporal, out[12] + j, t36 - t38);
        FMM_NAME(store)(non_temporal, out[13] + j, x1 + t38 - t17 - t31);
        FMM_NAME(store)(non_temporal, out[14] + j, -t31 - t39 - t41);
        FMM_NAME(store)(non_temporal, out[15] + j, t35 - t41);
    }
}

static FMM_TARGET void FMM_NAME(level1_output)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 16)) {
            FMM_NAME(level1_output_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level1_output_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R x16 = in[16][j * in_step];
        const R x17 = in[17][j * in_step];
        const R x18 = in[18][j * in_step];
        const R x19 = in[19][j * in_step];
        const R x20 = in[20][j * in_step];
        const R x21 = in[21][j * in_step];
        const R x22 = in[22][j * in_step];
        const R x23 = in[23][j * in_step];
        const R x24 = in[24][j * in_step];
        const R x25 = in[25][j * in_step];
        const R x26 = in[26][j * in_step];
        const R x27 = in[27][j * in_step];
        const R x28 = in[28][j * in_step];
        const R x29 = in[29][j * in_step];
        const R x30 = in[30][j * in_step];
        const R x31 = in[31][j * in_step];
        const R x32 = in[32][j * in_step];
        const R x33 = in[33][j * in_step];
        const R x34 = in[34][j * in_step];
        const R x35 = in[35][j * in_step];
        const R x36 = in[36][j * in_step];
        const R x37 = in[37][j * in_step];
        const R x38 = in[38][j * in_step];
        const R x39 = in[39][j * in_step];
        const R x40 = in[40][j * in_step];
        const R x41 = in[41][j * in_step];
        const R x42 = in[42][j * in_step];
        const R x43 = in[43][j * in_step];
        const R x44 = in[44][j * in_step];
        const R x45 = in[45][j * in_step];
        const R x46 = in[46][j * in_step];
        const R x47 = in[47][j * in_step];
        const R x48 = in[48][j * in_step];
        const R t0 = x6 + x20;
        const R t1 = x23 - t0;
        const R t2 = x33 - x36;
        const R t3 = x22 - t1;
        const R t4 = x34 + t2;
        const R t5 = x29 + x31;
        const R t6 = x13 - x37;
        const R t7 = x40 - t4;
        const R t8 = x6 + x7;
        const R t9 = x41 + t8;
        const R t10 = x4 + x11;
        const R t11 = x17 + t0;
        const R t12 = x16 - t11;
        const R t13 = x32 - x39;
        const R t14 = x19 - x47;
        const R t15 = x25 - x33;
        const R t16 = x26 - t15;
        const R t17 = x40 - t16;
        const R t18 = x3 - t7;
        const R t19 = t3 + t18;
        const R t20 = x35 + t6;
        const R t21 = x30 - t5;
        const R t22 = x8 - x13;
        const R t23 = x43 - t2;
        const R t24 = x29 + x44;
        const R t25 = t9 - t24;
        const R t26 = x10 - t1;
        const R t27 = t10 + t22;
        const R t28 = x0 - t3;
        const R t29 = x48 - t5;
        const R t30 = x2 + t7;
        const R t31 = x24 + t6;
        const R t32 = x38 + t13;
        const R t33 = x45 - t19;
        const R t34 = t14 - t29;
        const R t35 = t19 - t20;
        const R t36 = t20 + t30;
        const R t37 = x15 - t12;
        const R t38 = t21 + t37;
        const R t39 = t17 + t28;
        const R t40 = x21 + t34;
        const R t41 = x21 - t21;
        out[0][j * out_step] = t23 - t25;
        out[1][j * out_step] = x28 + t25 - t15;
        out[2][j * out_step] = x27 - t39 - t40;
        out[3][j * out_step] = -t33 - t40;
        out[4][j * out_step] = t12 + t36 - x14 - t32;
        out[5][j * out_step] = x12 + t11 + t27;
        out[6][j * out_step] = t26 + t27;
        out[7][j * out_step] = x18 + t32 + t35;
        out[8][j * out_step] = x42 + t23 - x32 - t9;
        out[9][j * out_step] = x4 + x5 + t8;
        out[10][j * out_step] = t10 + t26 - x9 - x19;
        out[11][j * out_step] = x18 + x46 + t13 - t14 - t33;
        out[12][j * out_step] = t36 - t38;
        out[13][j * out_step] = x1 + t38 - t17 - t31;
        out[14][j * out_step] = -t31 - t39 - t41;
        out[15][j * out_step] = t35 - t41;
    }
}

FMM_INLINE void FMM_NAME(level2_left_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V t0 = x2 - x5;
        const V t1 = x4 + t0;
        const V t2 = x1 - t1;
        const V t3 = x3 - t0;
        const V t4 = x0 - t3;
        const V t5 = x0 - t2;
        FMM_NAME(store)(non_temporal, out[0] + j, x4 - x5);
        FMM_NAME(store)(non_temporal, out[1] + j, x3 + x5);
        FMM_NAME(store)(non_temporal, out[2] + j, -t3);
        FMM_NAME(store)(non_temporal, out[3] + j, t0);
        FMM_NAME(store)(non_temporal, out[4] + j, t1);
        FMM_NAME(store)(non_temporal, out[5] + j, t2);
        FMM_NAME(store)(non_temporal, out[6] + j, t4 - x1);
        FMM_NAME(store)(non_temporal, out[7] + j, t5 - x3);
        FMM_NAME(store)(non_temporal, out[8] + j, t5);
        FMM_NAME(store)(non_temporal, out[9] + j, t4);
    }
}

static FMM_TARGET void FMM_NAME(level2_left)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 10)) {
            FMM_NAME(level2_left_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level2_left_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R t0 = x2 - x5;
        const R t1 = x4 + t0;
        const R t2 = x1 - t1;
        const R t3 = x3 - t0;
        const R t4 = x0 - t3;
        const R t5 = x0 - t2;
        out[0][j * out_step] = x4 - x5;
        out[1][j * out_step] = x3 + x5;
        out[2][j * out_step] = -t3;
        out[3][j * out_step] = t0;
        out[4][j * out_step] = t1;
        out[5][j * out_step] = t2;
        out[6][j * out_step] = t4 - x1;
        out[7][j * out_step] = t5 - x3;
        out[8][j * out_step] = t5;
        out[9][j * out_step] = t4;
    }
}

FMM_INLINE void FMM_NAME(level2_right_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V t0 = x3 + x4;
        const V t1 = x5 - t0;
        const V t2 = x6 + x7;
        const V t3 = x3 - x7;
        const V t4 = x2 - x8;
        const V t5 = t2 + t4;
        FMM_NAME(store)(non_temporal, out[0] + j, t3 - x5);
        FMM_NAME(store)(non_temporal, out[1] + j, x0 - t5);
        FMM_NAME(store)(non_temporal, out[2] + j, t2 - x8);
        FMM_NAME(store)(non_temporal, out[3] + j, t5);
        FMM_NAME(store)(non_temporal, out[4] + j, t4 - t3);
        FMM_NAME(store)(non_temporal, out[5] + j, t2);
        FMM_NAME(store)(non_temporal, out[6] + j, t3);
        FMM_NAME(store)(non_temporal, out[7] + j, x1 - x3);
        FMM_NAME(store)(non_temporal, out[8] + j, t0);
        FMM_NAME(store)(non_temporal, out[9] + j, -t1);
        FMM_NAME(store)(non_temporal, out[10] + j, x1 + t1);
        FMM_NAME(store)(non_temporal, out[11] + j, x0 + x1);
        FMM_NAME(store)(non_temporal, out[12] + j, x2 + t1);
    }
}

static FMM_TARGET void FMM_NAME(level2_right)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 13)) {
            FMM_NAME(level2_right_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level2_right_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R t0 = x3 + x4;
        const R t1 = x5 - t0;
        const R t2 = x6 + x7;
        const R t3 = x3 - x7;
        const R t4 = x2 - x8;
        const R t5 = t2 + t4;
        out[0][j * out_step] = t3 - x5;
        out[1][j * out_step] = x0 - t5;
        out[2][j * out_step] = t2 - x8;
        out[3][j * out_step] = t5;
        out[4][j * out_step] = t4 - t3;
        out[5][j * out_step] = t2;
        out[6][j * out_step] = t3;
        out[7][j * out_step] = x1 - x3;
        out[8][j * out_step] = t0;
        out[9][j * out_step] = -t1;
        out[10][j * out_step] = x1 + t1;
        out[11][j * out_step] = x0 + x1;
        out[12][j * out_step] = x2 + t1;
    }
}

FMM_INLINE void FMM_NAME(level2_output_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V t0 = x0 - x12;
        const V t1 = x4 - x6;
        const V t2 = x5 + x7;
        const V t3 = t1 - t2;
        const V t4 = x8 - t0;
        const V t5 = x7 - t4;
        FMM_NAME(store)(non_temporal, out[0] + j, x6 + x13 + t5);
        FMM_NAME(store)(non_temporal, out[1] + j, x9 - t5);
        FMM_NAME(store)(non_temporal, out[2] + j, x9 + x10 + x14 - x3 - t1);
        FMM_NAME(store)(non_temporal, out[3] + j, x0 + x2 - t3);
        FMM_NAME(store)(non_temporal, out[4] + j, -x1 - x10 - x11 - t0);
        FMM_NAME(store)(non_temporal, out[5] + j, -x1 - x3 - t3);
    }
}

static FMM_TARGET void FMM_NAME(level2_output)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 6)) {
            FMM_NAME(level2_output_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level2_output_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R t0 = x0 - x12;
        const R t1 = x4 - x6;
        const R t2 = x5 + x7;
        const R t3 = t1 - t2;
        const R t4 = x8 - t0;
        const R t5 = x7 - t4;
        out[0][j * out_step] = x6 + x13 + t5;
        out[1][j * out_step] = x9 - t5;
        out[2][j * out_step] = x9 + x10 + x14 - x3 - t1;
        out[3][j * out_step] = x0 + x2 - t3;
        out[4][j * out_step] = -x1 - x10 - x11 - t0;
        out[5][j * out_step] = -x1 - x3 - t3;
    }
}

FMM_INLINE void FMM_NAME(level3_left_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V t0 = x4 - x5;
        const V t1 = x3 + t0;
        const V t2 = x2 - t1;
        const V t3 = x1 - t0;
        const V t4 = x0 - t3;
        const V t5 = x0 - t2;
        FMM_NAME(store)(non_temporal, out[0] + j, t0);
        FMM_NAME(store)(non_temporal, out[1] + j, x3 - x5);
        FMM_NAME(store)(non_temporal, out[2] + j, t1);
        FMM_NAME(store)(non_temporal, out[3] + j, t2);
        FMM_NAME(store)(non_temporal, out[4] + j, t3);
        FMM_NAME(store)(non_temporal, out[5] + j, x1 + x5);
        FMM_NAME(store)(non_temporal, out[6] + j, t4 - x2);
        FMM_NAME(store)(non_temporal, out[7] + j, t5 - x1);
        FMM_NAME(store)(non_temporal, out[8] + j, t4);
        FMM_NAME(store)(non_temporal, out[9] + j, t5);
    }
}

static FMM_TARGET void FMM_NAME(level3_left)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 10)) {
            FMM_NAME(level3_left_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level3_left_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R t0 = x4 - x5;
        const R t1 = x3 + t0;
        const R t2 = x2 - t1;
        const R t3 = x1 - t0;
        const R t4 = x0 - t3;
        const R t5 = x0 - t2;
        out[0][j * out_step] = t0;
        out[1][j * out_step] = x3 - x5;
        out[2][j * out_step] = t1;
        out[3][j * out_step] = t2;
        out[4][j * out_step] = t3;
        out[5][j * out_step] = x1 + x5;
        out[6][j * out_step] = t4 - x2;
        out[7][j * out_step] = t5 - x1;
        out[8][j * out_step] = t4;
        out[9][j * out_step] = t5;
    }
}

FMM_INLINE void FMM_NAME(level3_right_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V t0 = x3 + x5;
        const V t1 = x0 - x1;
        const V t2 = x4 - t1;
        const V t3 = x2 + t0;
        FMM_NAME(store)(non_temporal, out[0] + j, t0);
        FMM_NAME(store)(non_temporal, out[1] + j, x0 + t3);
        FMM_NAME(store)(non_temporal, out[2] + j, x3 - t2);
        FMM_NAME(store)(non_temporal, out[3] + j, x4 + x5);
        FMM_NAME(store)(non_temporal, out[4] + j, t0 + t1);
        FMM_NAME(store)(non_temporal, out[5] + j, t1);
        FMM_NAME(store)(non_temporal, out[6] + j, x1 + x2);
        FMM_NAME(store)(non_temporal, out[7] + j, t3);
        FMM_NAME(store)(non_temporal, out[8] + j, x2 + x5);
        FMM_NAME(store)(non_temporal, out[9] + j, x2 - x4);
        FMM_NAME(store)(non_temporal, out[10] + j, -t2);
    }
}

static FMM_TARGET void FMM_NAME(level3_right)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 11)) {
            FMM_NAME(level3_right_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level3_right_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R t0 = x3 + x5;
        const R t1 = x0 - x1;
        const R t2 = x4 - t1;
        const R t3 = x2 + t0;
        out[0][j * out_step] = t0;
        out[1][j * out_step] = x0 + t3;
        out[2][j * out_step] = x3 - t2;
        out[3][j * out_step] = x4 + x5;
        out[4][j * out_step] = t0 + t1;
        out[5][j * out_step] = t1;
        out[6][j * out_step] = x1 + x2;
        out[7][j * out_step] = t3;
        out[8][j * out_step] = x2 + x5;
        out[9][j * out_step] = x2 - x4;
        out[10][j * out_step] = -t2;
    }
}

FMM_INLINE void FMM_NAME(level3_output_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V t0 = x7 - x8;
        const V t1 = x9 - t0;
        const V t2 = x1 - t1;
        const V t3 = x10 - x12;
        const V t4 = x11 + t3;
        const V t5 = x0 - x4;
        const V t6 = x6 + t4;
        const V t7 = x3 + t5;
        FMM_NAME(store)(non_temporal, out[0] + j, x8 + x14);
        FMM_NAME(store)(non_temporal, out[1] + j, x14 - x5 - x11 - x13);
        FMM_NAME(store)(non_temporal, out[2] + j, x0 + x12 + t0);
        FMM_NAME(store)(non_temporal, out[3] + j, x5 + t6 - t7);
        FMM_NAME(store)(non_temporal, out[4] + j, t6);
        FMM_NAME(store)(non_temporal, out[5] + j, x3 - t4);
        FMM_NAME(store)(non_temporal, out[6] + j, t2);
        FMM_NAME(store)(non_temporal, out[7] + j, x2 + t2 + t7);
        FMM_NAME(store)(non_temporal, out[8] + j, t1 - x0);
    }
}

static FMM_TARGET void FMM_NAME(level3_output)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 9)) {
            FMM_NAME(level3_output_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level3_output_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R t0 = x7 - x8;
        const R t1 = x9 - t0;
        const R t2 = x1 - t1;
        const R t3 = x10 - x12;
        const R t4 = x11 + t3;
        const R t5 = x0 - x4;
        const R t6 = x6 + t4;
        const R t7 = x3 + t5;
        out[0][j * out_step] = x8 + x14;
        out[1][j * out_step] = x14 - x5 - x11 - x13;
        out[2][j * out_step] = x0 + x12 + t0;
        out[3][j * out_step] = x5 + t6 - t7;
        out[4][j * out_step] = t6;
        out[5][j * out_step] = x3 - t4;
        out[6][j * out_step] = t2;
        out[7][j * out_step] = x2 + t2 + t7;
        out[8][j * out_step] = t1 - x0;
    }
}

FMM_INLINE void FMM_NAME(level4_left_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V t0 = x3 + x4;
        const V t1 = x5 - t0;
        const V t2 = x6 + x7;
        const V t3 = x3 - x7;
        const V t4 = x2 - x8;
        const V t5 = t2 + t4;
        FMM_NAME(store)(non_temporal, out[0] + j, t2 - x8);
        FMM_NAME(store)(non_temporal, out[1] + j, t2);
        FMM_NAME(store)(non_temporal, out[2] + j, t3 - x5);
        FMM_NAME(store)(non_temporal, out[3] + j, t3);
        FMM_NAME(store)(non_temporal, out[4] + j, -t1);
        FMM_NAME(store)(non_temporal, out[5] + j, t0);
        FMM_NAME(store)(non_temporal, out[6] + j, x2 + t1);
        FMM_NAME(store)(non_temporal, out[7] + j, t4 - t3);
        FMM_NAME(store)(non_temporal, out[8] + j, t5);
        FMM_NAME(store)(non_temporal, out[9] + j, x1 + t1);
        FMM_NAME(store)(non_temporal, out[10] + j, x1 - x3);
        FMM_NAME(store)(non_temporal, out[11] + j, x0 - t5);
        FMM_NAME(store)(non_temporal, out[12] + j, x0 + x1);
    }
}

static FMM_TARGET void FMM_NAME(level4_left)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 13)) {
            FMM_NAME(level4_left_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level4_left_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R t0 = x3 + x4;
        const R t1 = x5 - t0;
        const R t2 = x6 + x7;
        const R t3 = x3 - x7;
        const R t4 = x2 - x8;
        const R t5 = t2 + t4;
        out[0][j * out_step] = t2 - x8;
        out[1][j * out_step] = t2;
        out[2][j * out_step] = t3 - x5;
        out[3][j * out_step] = t3;
        out[4][j * out_step] = -t1;
        out[5][j * out_step] = t0;
        out[6][j * out_step] = x2 + t1;
        out[7][j * out_step] = t4 - t3;
        out[8][j * out_step] = t5;
        out[9][j * out_step] = x1 + t1;
        out[10][j * out_step] = x1 - x3;
        out[11][j * out_step] = x0 - t5;
        out[12][j * out_step] = x0 + x1;
    }
}

FMM_INLINE void FMM_NAME(level4_right_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V t0 = x1 + x5;
        const V t1 = x0 - x2;
        const V t2 = x3 - t1;
        const V t3 = x4 + t0;
        FMM_NAME(store)(non_temporal, out[0] + j, x1 - t2);
        FMM_NAME(store)(non_temporal, out[1] + j, x4 + x5);
        FMM_NAME(store)(non_temporal, out[2] + j, x0 + t3);
        FMM_NAME(store)(non_temporal, out[3] + j, x3 + x5);
        FMM_NAME(store)(non_temporal, out[4] + j, t0 + t1);
        FMM_NAME(store)(non_temporal, out[5] + j, x3 - x4);
        FMM_NAME(store)(non_temporal, out[6] + j, x2 + x4);
        FMM_NAME(store)(non_temporal, out[7] + j, t0);
        FMM_NAME(store)(non_temporal, out[8] + j, t3);
        FMM_NAME(store)(non_temporal, out[9] + j, t1);
        FMM_NAME(store)(non_temporal, out[10] + j, -t2);
    }
}

static FMM_TARGET void FMM_NAME(level4_right)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 11)) {
            FMM_NAME(level4_right_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level4_right_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R t0 = x1 + x5;
        const R t1 = x0 - x2;
        const R t2 = x3 - t1;
        const R t3 = x4 + t0;
        out[0][j * out_step] = x1 - t2;
        out[1][j * out_step] = x4 + x5;
        out[2][j * out_step] = x0 + t3;
        out[3][j * out_step] = x3 + x5;
        out[4][j * out_step] = t0 + t1;
        out[5][j * out_step] = x3 - x4;
        out[6][j * out_step] = x2 + x4;
        out[7][j * out_step] = t0;
        out[8][j * out_step] = t3;
        out[9][j * out_step] = t1;
        out[10][j * out_step] = -t2;
    }
}

FMM_INLINE void FMM_NAME(level4_output_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V t0 = x5 + x10;
        const V t1 = x7 - t0;
        const V t2 = x11 - x12;
        const V t3 = x9 - t1;
        const V t4 = x4 + t2;
        const V t5 = x8 - t3;
        const V t6 = x0 + t4;
        FMM_NAME(store)(non_temporal, out[0] + j, x14 + t1 - x12);
        FMM_NAME(store)(non_temporal, out[1] + j, x13 + t3 - x1);
        FMM_NAME(store)(non_temporal, out[2] + j, x6 + t0 - t2);
        FMM_NAME(store)(non_temporal, out[3] + j, t6 - x3 - x10);
        FMM_NAME(store)(non_temporal, out[4] + j, x2 + t4 + t5);
        FMM_NAME(store)(non_temporal, out[5] + j, -x1 - t5 - t6);
    }
}

static FMM_TARGET void FMM_NAME(level4_output)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 6)) {
            FMM_NAME(level4_output_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level4_output_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R t0 = x5 + x10;
        const R t1 = x7 - t0;
        const R t2 = x11 - x12;
        const R t3 = x9 - t1;
        const R t4 = x4 + t2;
        const R t5 = x8 - t3;
        const R t6 = x0 + t4;
        out[0][j * out_step] = x14 + t1 - x12;
        out[1][j * out_step] = x13 + t3 - x1;
        out[2][j * out_step] = x6 + t0 - t2;
        out[3][j * out_step] = t6 - x3 - x10;
        out[4][j * out_step] = x2 + t4 + t5;
        out[5][j * out_step] = -x1 - t5 - t6;
    }
}

FMM_INLINE void FMM_NAME(level5_left_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V t0 = x5 + x9;
        const V t1 = x2 - x3;
        const V t2 = x1 + t0;
        const V t3 = x4 + x8;
        const V t4 = x6 + x10;
        const V t5 = x11 - t1;
        const V t6 = x0 + x1;
        const V t7 = x1 + x9;
        const V t8 = x11 - t3;
        const V t9 = x5 - x6;
        const V t10 = x7 + t0;
        const V t11 = x7 + t2;
        const V t12 = t4 - t5;
        const V t13 = x7 - t1;
        const V t14 = x8 + x9;
        const V t15 = x0 - x9;
        FMM_NAME(store)(non_temporal, out[0] + j, x8 - x11);
        FMM_NAME(store)(non_temporal, out[1] + j, t14 - x10);
        FMM_NAME(store)(non_temporal, out[2] + j, t14);
        FMM_NAME(store)(non_temporal, out[3] + j, t9);
        FMM_NAME(store)(non_temporal, out[4] + j, t0 - x6);
        FMM_NAME(store)(non_temporal, out[5] + j, t0);
        FMM_NAME(store)(non_temporal, out[6] + j, x5 + x7);
        FMM_NAME(store)(non_temporal, out[7] + j, t10);
        FMM_NAME(store)(non_temporal, out[8] + j, -x7 - t8);
        FMM_NAME(store)(non_temporal, out[9] + j, x4 - x9);
        FMM_NAME(store)(non_temporal, out[10] + j, -t8);
        FMM_NAME(store)(non_temporal, out[11] + j, t3);
        FMM_NAME(store)(non_temporal, out[12] + j, x4 + t9);
        FMM_NAME(store)(non_temporal, out[13] + j, x4 + x5);
        FMM_NAME(store)(non_temporal, out[14] + j, x3 + x11);
        FMM_NAME(store)(non_temporal, out[15] + j, x3 + x7);
        FMM_NAME(store)(non_temporal, out[16] + j, -t5);
        FMM_NAME(store)(non_temporal, out[17] + j, x10 - t5);
        FMM_NAME(store)(non_temporal, out[18] + j, t12 - x7);
        FMM_NAME(store)(non_temporal, out[19] + j, t4 - t13);
        FMM_NAME(store)(non_temporal, out[20] + j, t12);
        FMM_NAME(store)(non_temporal, out[21] + j, t0 - t13);
        FMM_NAME(store)(non_temporal, out[22] + j, t1 + t10);
        FMM_NAME(store)(non_temporal, out[23] + j, x2 + t4);
        FMM_NAME(store)(non_temporal, out[24] + j, t7);
        FMM_NAME(store)(non_temporal, out[25] + j, x6 + t7);
        FMM_NAME(store)(non_temporal, out[26] + j, t2);
        FMM_NAME(store)(non_temporal, out[27] + j, t11);
        FMM_NAME(store)(non_temporal, out[28] + j, x4 + t2);
        FMM_NAME(store)(non_temporal, out[29] + j, x0 - x3 - t11);
        FMM_NAME(store)(non_temporal, out[30] + j, t15);
        FMM_NAME(store)(non_temporal, out[31] + j, x10 + t15);
        FMM_NAME(store)(non_temporal, out[32] + j, x0 + x11);
        FMM_NAME(store)(non_temporal, out[33] + j, x0 + x8);
        FMM_NAME(store)(non_temporal, out[34] + j, t6 - x2);
        FMM_NAME(store)(non_temporal, out[35] + j, t6);
        FMM_NAME(store)(non_temporal, out[36] + j, x0 + t2);
    }
}

static FMM_TARGET void FMM_NAME(level5_left)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 37)) {
            FMM_NAME(level5_left_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level5_left_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R t0 = x5 + x9;
        const R t1 = x2 - x3;
        const R t2 = x1 + t0;
        const R t3 = x4 + x8;
        const R t4 = x6 + x10;
        const R t5 = x11 - t1;
        const R t6 = x0 + x1;
        const R t7 = x1 + x9;
        const R t8 = x11 - t3;
        const R t9 = x5 - x6;
        const R t10 = x7 + t0;
        const R t11 = x7 + t2;
        const R t12 = t4 - t5;
        const R t13 = x7 - t1;
        const R t14 = x8 + x9;
        const R t15 = x0 - x9;
        out[0][j * out_step] = x8 - x11;
        out[1][j * out_step] = t14 - x10;
        out[2][j * out_step] = t14;
        out[3][j * out_step] = t9;
        out[4][j * out_step] = t0 - x6;
        out[5][j * out_step] = t0;
        out[6][j * out_step] = x5 + x7;
        out[7][j * out_step] = t10;
        out[8][j * out_step] = -x7 - t8;
        out[9][j * out_step] = x4 - x9;
        out[10][j * out_step] = -t8;
        out[11][j * out_step] = t3;
        out[12][j * out_step] = x4 + t9;
        out[13][j * out_step] = x4 + x5;
        out[14][j * out_step] = x3 + x11;
        out[15][j * out_step] = x3 + x7;
        out[16][j * out_step] = -t5;
        out[17][j * out_step] = x10 - t5;
        out[18][j * out_step] = t12 - x7;
        out[19][j * out_step] = t4 - t13;
        out[20][j * out_step] = t12;
        out[21][j * out_step] = t0 - t13;
        out[22][j * out_step] = t1 + t10;
        out[23][j * out_step] = x2 + t4;
        out[24][j * out_step] = t7;
        out[25][j * out_step] = x6 + t7;
        out[26][j * out_step] = t2;
        out[27][j * out_step] = t11;
        out[28][j * out_step] = x4 + t2;
        out[29][j * out_step] = x0 - x3 - t11;
        out[30][j * out_step] = t15;
        out[31][j * out_step] = x10 + t15;
        out[32][j * out_step] = x0 + x11;
        out[33][j * out_step] = x0 + x8;
        out[34][j * out_step] = t6 - x2;
        out[35][j * out_step] = t6;
        out[36][j * out_step] = x0 + t2;
    }
}

FMM_INLINE void FMM_NAME(level5_right_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V x16 = *(const U *)(in[16] + j);
        const V x17 = *(const U *)(in[17] + j);
        const V x18 = *(const U *)(in[18] + j);
        const V x19 = *(const U *)(in[19] + j);
        const V t0 = x4 - x9;
        const V t1 = x6 - x8;
        const V t2 = x17 + x19;
        const V t3 = t0 - t1;
        const V t4 = x12 + x14;
        const V t5 = x5 + t3;
        const V t6 = x9 + t4;
        const V t7 = x6 - x18;
        const V t8 = x7 + t6;
        const V t9 = x16 - x18;
        const V t10 = x15 - x19;
        const V t11 = x1 + t9;
        const V t12 = x3 - t5;
        const V t13 = t10 - t11;
        const V t14 = x10 - t0;
        const V t15 = x0 + t12;
        const V t16 = x7 - t2;
        const V t17 = x2 - t16;
        const V t18 = t1 + t8;
        const V t19 = x3 - t17;
        const V t20 = t3 - t19;
        FMM_NAME(store)(non_temporal, out[0] + j, t11);
        FMM_NAME(store)(non_temporal, out[1] + j, x11 - x13);
        FMM_NAME(store)(non_temporal, out[2] + j, x4 + x14 - x10);
        FMM_NAME(store)(non_temporal, out[3] + j, x3 + t1);
        FMM_NAME(store)(non_temporal, out[4] + j, t7 - x15);
        FMM_NAME(store)(non_temporal, out[5] + j, x9 + x11 + x14);
        FMM_NAME(store)(non_temporal, out[6] + j, -x13 - t14);
        FMM_NAME(store)(non_temporal, out[7] + j, t0);
        FMM_NAME(store)(non_temporal, out[8] + j, -t14);
        FMM_NAME(store)(non_temporal, out[9] + j, x5 + x10 - t7);
        FMM_NAME(store)(non_temporal, out[10] + j, t7);
        FMM_NAME(store)(non_temporal, out[11] + j, t10 - t9);
        FMM_NAME(store)(non_temporal, out[12] + j, t12);
        FMM_NAME(store)(non_temporal, out[13] + j, t15);
        FMM_NAME(store)(non_temporal, out[14] + j, -t13);
        FMM_NAME(store)(non_temporal, out[15] + j, x0 + t13);
        FMM_NAME(store)(non_temporal, out[16] + j, t5);
        FMM_NAME(store)(non_temporal, out[17] + j, x11 + x16 + t2);
        FMM_NAME(store)(non_temporal, out[18] + j, x10 + x15);
        FMM_NAME(store)(non_temporal, out[19] + j, x11 + x18);
        FMM_NAME(store)(non_temporal, out[20] + j, x10 + x19);
        FMM_NAME(store)(non_temporal, out[21] + j, x11 - x19);
        FMM_NAME(store)(non_temporal, out[22] + j, x13 + x18);
        FMM_NAME(store)(non_temporal, out[23] + j, x12 - x19);
        FMM_NAME(store)(non_temporal, out[24] + j, x6 + t8);
        FMM_NAME(store)(non_temporal, out[25] + j, t6);
        FMM_NAME(store)(non_temporal, out[26] + j, t15 - t17);
        FMM_NAME(store)(non_temporal, out[27] + j, x6 + t2);
        FMM_NAME(store)(non_temporal, out[28] + j, t15 - x2);
        FMM_NAME(store)(non_temporal, out[29] + j, t2);
        FMM_NAME(store)(non_temporal, out[30] + j, x3 + t18);
        FMM_NAME(store)(non_temporal, out[31] + j, x4 + t4);
        FMM_NAME(store)(non_temporal, out[32] + j, t20);
        FMM_NAME(store)(non_temporal, out[33] + j, x1 - t2);
        FMM_NAME(store)(non_temporal, out[34] + j, x1 + x2);
        FMM_NAME(store)(non_temporal, out[35] + j, t4);
        FMM_NAME(store)(non_temporal, out[36] + j, t18);
        FMM_NAME(store)(non_temporal, out[37] + j, x0 - t20);
    }
}

static FMM_TARGET void FMM_NAME(level5_right)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 38)) {
            FMM_NAME(level5_right_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level5_right_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R x16 = in[16][j * in_step];
        const R x17 = in[17][j * in_step];
        const R x18 = in[18][j * in_step];
        const R x19 = in[19][j * in_step];
        const R t0 = x4 - x9;
        const R t1 = x6 - x8;
        const R t2 = x17 + x19;
        const R t3 = t0 - t1;
        const R t4 = x12 + x14;
        const R t5 = x5 + t3;
        const R t6 = x9 + t4;
        const R t7 = x6 - x18;
        const R t8 = x7 + t6;
        const R t9 = x16 - x18;
        const R t10 = x15 - x19;
        const R t11 = x1 + t9;
        const R t12 = x3 - t5;
        const R t13 = t10 - t11;
        const R t14 = x10 - t0;
        const R t15 = x0 + t12;
        const R t16 = x7 - t2;
        const R t17 = x2 - t16;
        const R t18 = t1 + t8;
        const R t19 = x3 - t17;
        const R t20 = t3 - t19;
        out[0][j * out_step] = t11;
        out[1][j * out_step] = x11 - x13;
        out[2][j * out_step] = x4 + x14 - x10;
        out[3][j * out_step] = x3 + t1;
        out[4][j * out_step] = t7 - x15;
        out[5][j * out_step] = x9 + x11 + x14;
        out[6][j * out_step] = -x13 - t14;
        out[7][j * out_step] = t0;
        out[8][j * out_step] = -t14;
        out[9][j * out_step] = x5 + x10 - t7;
        out[10][j * out_step] = t7;
        out[11][j * out_step] = t10 - t9;
        out[12][j * out_step] = t12;
        out[13][j * out_step] = t15;
        out[14][j * out_step] = -t13;
        out[15][j * out_step] = x0 + t13;
        out[16][j * out_step] = t5;
        out[17][j * out_step] = x11 + x16 + t2;
        out[18][j * out_step] = x10 + x15;
        out[19][j * out_step] = x11 + x18;
        out[20][j * out_step] = x10 + x19;
        out[21][j * out_step] = x11 - x19;
        out[22][j * out_step] = x13 + x18;
        out[23][j * out_step] = x12 - x19;
        out[24][j * out_step] = x6 + t8;
        out[25][j * out_step] = t6;
        out[26][j * out_step] = t15 - t17;
        out[27][j * out_step] = x6 + t2;
        out[28][j * out_step] = t15 - x2;
        out[29][j * out_step] = t2;
        out[30][j * out_step] = x3 + t18;
        out[31][j * out_step] = x4 + t4;
        out[32][j * out_step] = t20;
        out[33][j * out_step] = x1 - t2;
        out[34][j * out_step] = x1 + x2;
        out[35][j * out_step] = t4;
        out[36][j * out_step] = t18;
        out[37][j * out_step] = x0 - t20;
    }
}

FMM_INLINE void FMM_NAME(level5_output_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V x16 = *(const U *)(in[16] + j);
        const V x17 = *(const U *)(in[17] + j);
        const V x18 = *(const U *)(in[18] + j);
        const V x19 = *(const U *)(in[19] + j);
        const V x20 = *(const U *)(in[20] + j);
        const V x21 = *(const U *)(in[21] + j);
        const V x22 = *(const U *)(in[22] + j);
        const V x23 = *(const U *)(in[23] + j);
        const V x24 = *(const U *)(in[24] + j);
        const V x25 = *(const U *)(in[25] + j);
        const V x26 = *(const U *)(in[26] + j);
        const V x27 = *(const U *)(in[27] + j);
        const V x28 = *(const U *)(in[28] + j);
        const V x29 = *(const U *)(in[29] + j);
        const V x30 = *(const U *)(in[30] + j);
        const V x31 = *(const U *)(in[31] + j);
        const V x32 = *(const U *)(in[32] + j);
        const V x33 = *(const U *)(in[33] + j);
        const V x34 = *(const U *)(in[34] + j);
        const V x35 = *(const U *)(in[35] + j);
        const V x36 = *(const U *)(in[36] + j);
        const V x37 = *(const U *)(in[37] + j);
        const V x38 = *(const U *)(in[38] + j);
        const V x39 = *(const U *)(in[39] + j);
        const V x40 = *(const U *)(in[40] + j);
        const V x41 = *(const U *)(in[41] + j);
        const V x42 = *(const U *)(in[42] + j);
        const V x43 = *(const U *)(in[43] + j);
        const V x44 = *(const U *)(in[44] + j);
        const V x45 = *(const U *)(in[45] + j);
        const V x46 = *(const U *)(in[46] + j);
        const V t0 = x25 - x28;
        const V t1 = x26 - t0;
        const V t2 = x27 - x29;
        const V t3 = x10 + t2;
        const V t4 = x14 + x30;
        const V t5 = x8 - t1;
        const V t6 = x2 + t3;
        const V t7 = x11 - t6;
        const V t8 = x12 + x14;
        const V t9 = x11 - x16;
        const V t10 = x3 - t9;
        const V t11 = x17 - t10;
        const V t12 = x7 - t8;
        const V t13 = x4 - x13;
        const V t14 = x24 - t4;
        const V t15 = x0 - t14;
        const V t16 = x26 + t7;
        const V t17 = x3 + x39;
        const V t18 = x13 + x33;
        const V t19 = x41 + t17;
        const V t20 = x36 + x38;
        const V t21 = x34 - t5;
        const V t22 = x32 - t7;
        const V t23 = t18 - t21;
        const V t24 = x40 - t19;
        FMM_NAME(store)(non_temporal, out[0] + j, x23 + x29 + x41 + x46 + t12 - x35);
        FMM_NAME(store)(non_temporal, out[1] + j, x22 + x42 + t20 - t15);
        FMM_NAME(store)(non_temporal, out[2] + j, t22 + t23 - t20 - t24);
        FMM_NAME(store)(non_temporal, out[3] + j, x31 + t17 + t18 - x45 - t4);
        FMM_NAME(store)(non_temporal, out[4] + j, x40 + t21 - x44 - t22);
        FMM_NAME(store)(non_temporal, out[5] + j, t11 - x10 - t12);
        FMM_NAME(store)(non_temporal, out[6] + j, x15 + x18 + t1 - x7 - t13);
        FMM_NAME(store)(non_temporal, out[7] + j, x17 + x35 + x36 - x37 - t23);
        FMM_NAME(store)(non_temporal, out[8] + j, x13 + x21 + t10 - x9 - t8);
        FMM_NAME(store)(non_temporal, out[9] + j, x20 + t5 - x10);
        FMM_NAME(store)(non_temporal, out[10] + j, x0 + x18 + x19 + t3 - x26 - t11);
        FMM_NAME(store)(non_temporal, out[11] + j, x25 + t13 + t15);
        FMM_NAME(store)(non_temporal, out[12] + j, x43 + t16 + t24 - x4 - x42);
        FMM_NAME(store)(non_temporal, out[13] + j, x6 + x25 - x1 - x3 - x13 - t14);
        FMM_NAME(store)(non_temporal, out[14] + j, x5 - t16);
    }
}

static FMM_TARGET void FMM_NAME(level5_output)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 15)) {
            FMM_NAME(level5_output_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level5_output_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R x16 = in[16][j * in_step];
        const R x17 = in[17][j * in_step];
        const R x18 = in[18][j * in_step];
        const R x19 = in[19][j * in_step];
        const R x20 = in[20][j * in_step];
        const R x21 = in[21][j * in_step];
        const R x22 = in[22][j * in_step];
        const R x23 = in[23][j * in_step];
        const R x24 = in[24][j * in_step];
        const R x25 = in[25][j * in_step];
        const R x26 = in[26][j * in_step];
        const R x27 = in[27][j * in_step];
        const R x28 = in[28][j * in_step];
        const R x29 = in[29][j * in_step];
        const R x30 = in[30][j * in_step];
        const R x31 = in[31][j * in_step];
        const R x32 = in[32][j * in_step];
        const R x33 = in[33][j * in_step];
        const R x34 = in[34][j * in_step];
        const R x35 = in[35][j * in_step];
        const R x36 = in[36][j * in_step];
        const R x37 = in[37][j * in_step];
        const R x38 = in[38][j * in_step];
        const R x39 = in[39][j * in_step];
        const R x40 = in[40][j * in_step];
        const R x41 = in[41][j * in_step];
        const R x42 = in[42][j * in_step];
        const R x43 = in[43][j * in_step];
        const R x44 = in[44][j * in_step];
        const R x45 = in[45][j * in_step];
        const R x46 = in[46][j * in_step];
        const R t0 = x25 - x28;
        const R t1 = x26 - t0;
        const R t2 = x27 - x29;
        const R t3 = x10 + t2;
        const R t4 = x14 + x30;
        const R t5 = x8 - t1;
        const R t6 = x2 + t3;
        const R t7 = x11 - t6;
        const R t8 = x12 + x14;
        const R t9 = x11 - x16;
        const R t10 = x3 - t9;
        const R t11 = x17 - t10;
        const R t12 = x7 - t8;
        const R t13 = x4 - x13;
        const R t14 = x24 - t4;
        const R t15 = x0 - t14;
        const R t16 = x26 + t7;
        const R t17 = x3 + x39;
        const R t18 = x13 + x33;
        const R t19 = x41 + t17;
        const R t20 = x36 + x38;
        const R t21 = x34 - t5;
        const R t22 = x32 - t7;
        const R t23 = t18 - t21;
        const R t24 = x40 - t19;
        out[0][j * out_step] = x23 + x29 + x41 + x46 + t12 - x35;
        out[1][j * out_step] = x22 + x42 + t20 - t15;
        out[2][j * out_step] = t22 + t23 - t20 - t24;
        out[3][j * out_step] = x31 + t17 + t18 - x45 - t4;
        out[4][j * out_step] = x40 + t21 - x44 - t22;
        out[5][j * out_step] = t11 - x10 - t12;
        out[6][j * out_step] = x15 + x18 + t1 - x7 - t13;
        out[7][j * out_step] = x17 + x35 + x36 - x37 - t23;
        out[8][j * out_step] = x13 + x21 + t10 - x9 - t8;
        out[9][j * out_step] = x20 + t5 - x10;
        out[10][j * out_step] = x0 + x18 + x19 + t3 - x26 - t11;
        out[11][j * out_step] = x25 + t13 + t15;
        out[12][j * out_step] = x43 + t16 + t24 - x4 - x42;
        out[13][j * out_step] = x6 + x25 - x1 - x3 - x13 - t14;
        out[14][j * out_step] = x5 - t16;
    }
}

FMM_INLINE void FMM_NAME(level6_left_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V t0 = x2 - x4;
        const V t1 = x12 - t0;
        const V t2 = x14 - t1;
        const V t3 = x10 + t2;
        const V t4 = x7 - t0;
        const V t5 = x1 - x11;
        const V t6 = x5 - x8;
        const V t7 = x9 - t4;
        const V t8 = x6 - x11;
        const V t9 = x13 - t5;
        const V t10 = x2 + x3;
        const V t11 = x0 - t6;
        const V t12 = x1 - x2;
        const V t13 = x10 - t6;
        const V t14 = x3 - t9;
        const V t15 = x13 - t8;
        const V t16 = x12 - t10;
        const V t17 = x7 - t10;
        FMM_NAME(store)(non_temporal, out[0] + j, x12 + t8);
        FMM_NAME(store)(non_temporal, out[1] + j, x6 + x10);
        FMM_NAME(store)(non_temporal, out[2] + j, -t13);
        FMM_NAME(store)(non_temporal, out[3] + j, x5 + x7 - x10);
        FMM_NAME(store)(non_temporal, out[4] + j, t3 - x5 - x9);
        FMM_NAME(store)(non_temporal, out[5] + j, t3 - t6);
        FMM_NAME(store)(non_temporal, out[6] + j, t7 - x6);
        FMM_NAME(store)(non_temporal, out[7] + j, t7 + t15);
        FMM_NAME(store)(non_temporal, out[8] + j, x9 + t3 - x6 - x7);
        FMM_NAME(store)(non_temporal, out[9] + j, -t4);
        FMM_NAME(store)(non_temporal, out[10] + j, t7);
        FMM_NAME(store)(non_temporal, out[11] + j, -t1);
        FMM_NAME(store)(non_temporal, out[12] + j, t2);
        FMM_NAME(store)(non_temporal, out[13] + j, t0);
        FMM_NAME(store)(non_temporal, out[14] + j, t3);
        FMM_NAME(store)(non_temporal, out[15] + j, t13 - x13 - t16);
        FMM_NAME(store)(non_temporal, out[16] + j, -t17);
        FMM_NAME(store)(non_temporal, out[17] + j, -t16);
        FMM_NAME(store)(non_temporal, out[18] + j, x8 - t15 - t17);
        FMM_NAME(store)(non_temporal, out[19] + j, t12);
        FMM_NAME(store)(non_temporal, out[20] + j, x7 + t12);
        FMM_NAME(store)(non_temporal, out[21] + j, t5 - x10);
        FMM_NAME(store)(non_temporal, out[22] + j, -t9);
        FMM_NAME(store)(non_temporal, out[23] + j, x1 - x12);
        FMM_NAME(store)(non_temporal, out[24] + j, t14);
        FMM_NAME(store)(non_temporal, out[25] + j, x0 - t3);
        FMM_NAME(store)(non_temporal, out[26] + j, x0 - x5 - x6);
        FMM_NAME(store)(non_temporal, out[27] + j, t11);
        FMM_NAME(store)(non_temporal, out[28] + j, x0 - x7);
        FMM_NAME(store)(non_temporal, out[29] + j, x0 + x2 - x12);
        FMM_NAME(store)(non_temporal, out[30] + j, t11 + t14);
    }
}

static FMM_TARGET void FMM_NAME(level6_left)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 31)) {
            FMM_NAME(level6_left_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level6_left_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R t0 = x2 - x4;
        const R t1 = x12 - t0;
        const R t2 = x14 - t1;
        const R t3 = x10 + t2;
        const R t4 = x7 - t0;
        const R t5 = x1 - x11;
        const R t6 = x5 - x8;
        const R t7 = x9 - t4;
        const R t8 = x6 - x11;
        const R t9 = x13 - t5;
        const R t10 = x2 + x3;
        const R t11 = x0 - t6;
        const R t12 = x1 - x2;
        const R t13 = x10 - t6;
        const R t14 = x3 - t9;
        const R t15 = x13 - t8;
        const R t16 = x12 - t10;
        const R t17 = x7 - t10;
        out[0][j * out_step] = x12 + t8;
        out[1][j * out_step] = x6 + x10;
        out[2][j * out_step] = -t13;
        out[3][j * out_step] = x5 + x7 - x10;
        out[4][j * out_step] = t3 - x5 - x9;
        out[5][j * out_step] = t3 - t6;
        out[6][j * out_step] = t7 - x6;
        out[7][j * out_step] = t7 + t15;
        out[8][j * out_step] = x9 + t3 - x6 - x7;
        out[9][j * out_step] = -t4;
        out[10][j * out_step] = t7;
        out[11][j * out_step] = -t1;
        out[12][j * out_step] = t2;
        out[13][j * out_step] = t0;
        out[14][j * out_step] = t3;
        out[15][j * out_step] = t13 - x13 - t16;
        out[16][j * out_step] = -t17;
        out[17][j * out_step] = -t16;
        out[18][j * out_step] = x8 - t15 - t17;
        out[19][j * out_step] = t12;
        out[20][j * out_step] = x7 + t12;
        out[21][j * out_step] = t5 - x10;
        out[22][j * out_step] = -t9;
        out[23][j * out_step] = x1 - x12;
        out[24][j * out_step] = t14;
        out[25][j * out_step] = x0 - t3;
        out[26][j * out_step] = x0 - x5 - x6;
        out[27][j * out_step] = t11;
        out[28][j * out_step] = x0 - x7;
        out[29][j * out_step] = x0 + x2 - x12;
        out[30][j * out_step] = t11 + t14;
    }
}

FMM_INLINE void FMM_NAME(level6_right_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V x16 = *(const U *)(in[16] + j);
        const V x17 = *(const U *)(in[17] + j);
        const V x18 = *(const U *)(in[18] + j);
        const V x19 = *(const U *)(in[19] + j);
        const V t0 = x16 - x17;
        const V t1 = x5 - x13;
        const V t2 = x11 + x19;
        const V t3 = t0 - t1;
        const V t4 = x10 + x18;
        const V t5 = x1 + t3;
        const V t6 = x17 + t4;
        const V t7 = x5 - x15;
        const V t8 = x9 + t6;
        const V t9 = x7 - x15;
        const V t10 = x3 - x19;
        const V t11 = x4 + t9;
        const V t12 = x12 - t5;
        const V t13 = x2 - t0;
        const V t14 = t10 - t11;
        const V t15 = x0 + t12;
        const V t16 = x9 - t2;
        const V t17 = x8 - t16;
        const V t18 = x12 + t1;
        const V t19 = x12 - t17;
        const V t20 = t3 - t19;
        FMM_NAME(store)(non_temporal, out[0] + j, x6 - x14);
        FMM_NAME(store)(non_temporal, out[1] + j, x4 + x8);
        FMM_NAME(store)(non_temporal, out[2] + j, x0 + t14);
        FMM_NAME(store)(non_temporal, out[3] + j, x14 + t13);
        FMM_NAME(store)(non_temporal, out[4] + j, t5);
        FMM_NAME(store)(non_temporal, out[5] + j, t15 - x8);
        FMM_NAME(store)(non_temporal, out[6] + j, t10 - t9);
        FMM_NAME(store)(non_temporal, out[7] + j, t14);
        FMM_NAME(store)(non_temporal, out[8] + j, -t12);
        FMM_NAME(store)(non_temporal, out[9] + j, t15);
        FMM_NAME(store)(non_temporal, out[10] + j, t4);
        FMM_NAME(store)(non_temporal, out[11] + j, x14 + x15);
        FMM_NAME(store)(non_temporal, out[12] + j, t1 + t8);
        FMM_NAME(store)(non_temporal, out[13] + j, t0);
        FMM_NAME(store)(non_temporal, out[14] + j, t13);
        FMM_NAME(store)(non_temporal, out[15] + j, x6 - x19);
        FMM_NAME(store)(non_temporal, out[16] + j, t6);
        FMM_NAME(store)(non_temporal, out[17] + j, x6 + x17 + x18);
        FMM_NAME(store)(non_temporal, out[18] + j, x16 + t4);
        FMM_NAME(store)(non_temporal, out[19] + j, x2 - x16 - x18);
        FMM_NAME(store)(non_temporal, out[20] + j, x10 - x19);
        FMM_NAME(store)(non_temporal, out[21] + j, x2 + x19);
        FMM_NAME(store)(non_temporal, out[22] + j, t18);
        FMM_NAME(store)(non_temporal, out[23] + j, x5 + t8);
        FMM_NAME(store)(non_temporal, out[24] + j, t8 + t18);
        FMM_NAME(store)(non_temporal, out[25] + j, t2);
        FMM_NAME(store)(non_temporal, out[26] + j, x5 + t2);
        FMM_NAME(store)(non_temporal, out[27] + j, t11);
        FMM_NAME(store)(non_temporal, out[28] + j, x6 + x15);
        FMM_NAME(store)(non_temporal, out[29] + j, x4 - t2);
        FMM_NAME(store)(non_temporal, out[30] + j, x6 + x7 + t2);
        FMM_NAME(store)(non_temporal, out[31] + j, x3 - t7);
        FMM_NAME(store)(non_temporal, out[32] + j, x1 + x2 - t7);
        FMM_NAME(store)(non_temporal, out[33] + j, t15 - t17);
        FMM_NAME(store)(non_temporal, out[34] + j, x2 + x3);
        FMM_NAME(store)(non_temporal, out[35] + j, x0 - t20);
        FMM_NAME(store)(non_temporal, out[36] + j, -t20);
        FMM_NAME(store)(non_temporal, out[37] + j, t7);
    }
}

static FMM_TARGET void FMM_NAME(level6_right)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 38)) {
            FMM_NAME(level6_right_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level6_right_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R x16 = in[16][j * in_step];
        const R x17 = in[17][j * in_step];
        const R x18 = in[18][j * in_step];
        const R x19 = in[19][j * in_step];
        const R t0 = x16 - x17;
        const R t1 = x5 - x13;
        const R t2 = x11 + x19;
        const R t3 = t0 - t1;
        const R t4 = x10 + x18;
        const R t5 = x1 + t3;
        const R t6 = x17 + t4;
        const R t7 = x5 - x15;
        const R t8 = x9 + t6;
        const R t9 = x7 - x15;
        const R t10 = x3 - x19;
        const R t11 = x4 + t9;
        const R t12 = x12 - t5;
        const R t13 = x2 - t0;
        const R t14 = t10 - t11;
        const R t15 = x0 + t12;
        const R t16 = x9 - t2;
        const R t17 = x8 - t16;
        const R t18 = x12 + t1;
        const R t19 = x12 - t17;
        const R t20 = t3 - t19;
        out[0][j * out_step] = x6 - x14;
        out[1][j * out_step] = x4 + x8;
        out[2][j * out_step] = x0 + t14;
        out[3][j * out_step] = x14 + t13;
        out[4][j * out_step] = t5;
        out[5][j * out_step] = t15 - x8;
        out[6][j * out_step] = t10 - t9;
        out[7][j * out_step] = t14;
        out[8][j * out_step] = -t12;
        out[9][j * out_step] = t15;
        out[10][j * out_step] = t4;
        out[11][j * out_step] = x14 + x15;
        out[12][j * out_step] = t1 + t8;
        out[13][j * out_step] = t0;
        out[14][j * out_step] = t13;
        out[15][j * out_step] = x6 - x19;
        out[16][j * out_step] = t6;
        out[17][j * out_step] = x6 + x17 + x18;
        out[18][j * out_step] = x16 + t4;
        out[19][j * out_step] = x2 - x16 - x18;
        out[20][j * out_step] = x10 - x19;
        out[21][j * out_step] = x2 + x19;
        out[22][j * out_step] = t18;
        out[23][j * out_step] = x5 + t8;
        out[24][j * out_step] = t8 + t18;
        out[25][j * out_step] = t2;
        out[26][j * out_step] = x5 + t2;
        out[27][j * out_step] = t11;
        out[28][j * out_step] = x6 + x15;
        out[29][j * out_step] = x4 - t2;
        out[30][j * out_step] = x6 + x7 + t2;
        out[31][j * out_step] = x3 - t7;
        out[32][j * out_step] = x1 + x2 - t7;
        out[33][j * out_step] = t15 - t17;
        out[34][j * out_step] = x2 + x3;
        out[35][j * out_step] = x0 - t20;
        out[36][j * out_step] = -t20;
        out[37][j * out_step] = t7;
    }
}

FMM_INLINE void FMM_NAME(level6_output_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V x16 = *(const U *)(in[16] + j);
        const V x17 = *(const U *)(in[17] + j);
        const V x18 = *(const U *)(in[18] + j);
        const V x19 = *(const U *)(in[19] + j);
        const V x20 = *(const U *)(in[20] + j);
        const V x21 = *(const U *)(in[21] + j);
        const V x22 = *(const U *)(in[22] + j);
        const V x23 = *(const U *)(in[23] + j);
        const V x24 = *(const U *)(in[24] + j);
        const V x25 = *(const U *)(in[25] + j);
        const V x26 = *(const U *)(in[26] + j);
        const V x27 = *(const U *)(in[27] + j);
        const V x28 = *(const U *)(in[28] + j);
        const V x29 = *(const U *)(in[29] + j);
        const V x30 = *(const U *)(in[30] + j);
        const V x31 = *(const U *)(in[31] + j);
        const V x32 = *(const U *)(in[32] + j);
        const V x33 = *(const U *)(in[33] + j);
        const V x34 = *(const U *)(in[34] + j);
        const V x35 = *(const U *)(in[35] + j);
        const V x36 = *(const U *)(in[36] + j);
        const V x37 = *(const U *)(in[37] + j);
        const V x38 = *(const U *)(in[38] + j);
        const V x39 = *(const U *)(in[39] + j);
        const V x40 = *(const U *)(in[40] + j);
        const V x41 = *(const U *)(in[41] + j);
        const V x42 = *(const U *)(in[42] + j);
        const V x43 = *(const U *)(in[43] + j);
        const V x44 = *(const U *)(in[44] + j);
        const V x45 = *(const U *)(in[45] + j);
        const V x46 = *(const U *)(in[46] + j);
        const V t0 = x19 + x21;
        const V t1 = x38 - x39;
        const V t2 = x20 - t0;
        const V t3 = x32 - x33;
        const V t4 = x8 + t3;
        const V t5 = x42 - x44;
        const V t6 = x26 + x27;
        const V t7 = x10 - x11;
        const V t8 = t4 + t5;
        const V t9 = x35 + t2;
        const V t10 = x17 + x18;
        const V t11 = x41 + x46;
        const V t12 = x24 - x30;
        const V t13 = t1 + t8;
        const V t14 = x5 + x7;
        const V t15 = x4 + t7;
        const V t16 = x0 + x1;
        const V t17 = x27 - x43;
        const V t18 = t1 - t9;
        const V t19 = x22 - x29;
        const V t20 = t11 + t13;
        const V t21 = x14 + x16;
        FMM_NAME(store)(non_temporal, out[0] + j, x3 + x32 + x36 + x44 - x45 - t12 - t21);
        FMM_NAME(store)(non_temporal, out[1] + j, -t8 - t19 - t21);
        FMM_NAME(store)(non_temporal, out[2] + j, x14 + x15 + t6 - t18);
        FMM_NAME(store)(non_temporal, out[3] + j, x37 + t18 - x32 - t17);
        FMM_NAME(store)(non_temporal, out[4] + j, x12 + x13 + t14 + t15 - x8);
        FMM_NAME(store)(non_temporal, out[5] + j, x31 + t10 + t14 - t20);
        FMM_NAME(store)(non_temporal, out[6] + j, x6 + x23 + t6 - x5 - x22 - t0 - t10);
        FMM_NAME(store)(non_temporal, out[7] + j, x21 + x31 - x10 - x38 - x39 - x40 - x46 - t3 - t17);
        FMM_NAME(store)(non_temporal, out[8] + j, x3 + t15 + t16 - x9);
        FMM_NAME(store)(non_temporal, out[9] + j, x18 + x28 + t12 + t16 - x12 - t19 - t20);
        FMM_NAME(store)(non_temporal, out[10] + j, t2 + t6 - x0 - x2 - x24 - x25);
        FMM_NAME(store)(non_temporal, out[11] + j, x9 + x36 + x37 - x34 - t7 - t9);
    }
}

static FMM_TARGET void FMM_NAME(level6_output)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 12)) {
            FMM_NAME(level6_output_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level6_output_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R x16 = in[16][j * in_step];
        const R x17 = in[17][j * in_step];
        const R x18 = in[18][j * in_step];
        const R x19 = in[19][j * in_step];
        const R x20 = in[20][j * in_step];
        const R x21 = in[21][j * in_step];
        const R x22 = in[22][j * in_step];
        const R x23 = in[23][j * in_step];
        const R x24 = in[24][j * in_step];
        const R x25 = in[25][j * in_step];
        const R x26 = in[26][j * in_step];
        const R x27 = in[27][j * in_step];
        const R x28 = in[28][j * in_step];
        const R x29 = in[29][j * in_step];
        const R x30 = in[30][j * in_step];
        const R x31 = in[31][j * in_step];
        const R x32 = in[32][j * in_step];
        const R x33 = in[33][j * in_step];
        const R x34 = in[34][j * in_step];
        const R x35 = in[35][j * in_step];
        const R x36 = in[36][j * in_step];
        const R x37 = in[37][j * in_step];
        const R x38 = in[38][j * in_step];
        const R x39 = in[39][j * in_step];
        const R x40 = in[40][j * in_step];
        const R x41 = in[41][j * in_step];
        const R x42 = in[42][j * in_step];
        const R x43 = in[43][j * in_step];
        const R x44 = in[44][j * in_step];
        const R x45 = in[45][j * in_step];
        const R x46 = in[46][j * in_step];
        const R t0 = x19 + x21;
        const R t1 = x38 - x39;
        const R t2 = x20 - t0;
        const R t3 = x32 - x33;
        const R t4 = x8 + t3;
        const R t5 = x42 - x44;
        const R t6 = x26 + x27;
        const R t7 = x10 - x11;
        const R t8 = t4 + t5;
        const R t9 = x35 + t2;
        const R t10 = x17 + x18;
        const R t11 = x41 + x46;
        const R t12 = x24 - x30;
        const R t13 = t1 + t8;
        const R t14 = x5 + x7;
        const R t15 = x4 + t7;
        const R t16 = x0 + x1;
        const R t17 = x27 - x43;
        const R t18 = t1 - t9;
        const R t19 = x22 - x29;
        const R t20 = t11 + t13;
        const R t21 = x14 + x16;
        out[0][j * out_step] = x3 + x32 + x36 + x44 - x45 - t12 - t21;
        out[1][j * out_step] = -t8 - t19 - t21;
        out[2][j * out_step] = x14 + x15 + t6 - t18;
        out[3][j * out_step] = x37 + t18 - x32 - t17;
        out[4][j * out_step] = x12 + x13 + t14 + t15 - x8;
        out[5][j * out_step] = x31 + t10 + t14 - t20;
        out[6][j * out_step] = x6 + x23 + t6 - x5 - x22 - t0 - t10;
        out[7][j * out_step] = x21 + x31 - x10 - x38 - x39 - x40 - x46 - t3 - t17;
        out[8][j * out_step] = x3 + t15 + t16 - x9;
        out[9][j * out_step] = x18 + x28 + t12 + t16 - x12 - t19 - t20;
        out[10][j * out_step] = t2 + t6 - x0 - x2 - x24 - x25;
        out[11][j * out_step] = x9 + x36 + x37 - x34 - t7 - t9;
    }
}

FMM_INLINE void FMM_NAME(level7_left_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V t0 = x4 + x5;
        const V t1 = x6 - x9;
        const V t2 = x3 + t0;
        const V t3 = x7 + x8;
        const V t4 = x11 - t1;
        const V t5 = x2 - x11;
        const V t6 = x0 + x3;
        const V t7 = x1 + t5;
        const V t8 = x9 + x10;
        const V t9 = x10 - t1;
        const V t10 = x1 + x4;
        const V t11 = x3 + x5;
        const V t12 = x10 + t0;
        const V t13 = t3 - t4;
        const V t14 = x0 - x5;
        const V t15 = x2 + x5;
        FMM_NAME(store)(non_temporal, out[0] + j, x9 + x11);
        FMM_NAME(store)(non_temporal, out[1] + j, t8);
        FMM_NAME(store)(non_temporal, out[2] + j, -t4);
        FMM_NAME(store)(non_temporal, out[3] + j, x8 - t4);
        FMM_NAME(store)(non_temporal, out[4] + j, t13 - x10);
        FMM_NAME(store)(non_temporal, out[5] + j, t3 - t9);
        FMM_NAME(store)(non_temporal, out[6] + j, t13);
        FMM_NAME(store)(non_temporal, out[7] + j, x6 + t3);
        FMM_NAME(store)(non_temporal, out[8] + j, x4 - x7);
        FMM_NAME(store)(non_temporal, out[9] + j, x4 + x10);
        FMM_NAME(store)(non_temporal, out[10] + j, t0 - x7);
        FMM_NAME(store)(non_temporal, out[11] + j, t0);
        FMM_NAME(store)(non_temporal, out[12] + j, t12);
        FMM_NAME(store)(non_temporal, out[13] + j, t0 - t9);
        FMM_NAME(store)(non_temporal, out[14] + j, t1 + t12);
        FMM_NAME(store)(non_temporal, out[15] + j, t11);
        FMM_NAME(store)(non_temporal, out[16] + j, x7 + t11);
        FMM_NAME(store)(non_temporal, out[17] + j, t2);
        FMM_NAME(store)(non_temporal, out[18] + j, x10 + t2);
        FMM_NAME(store)(non_temporal, out[19] + j, t5);
        FMM_NAME(store)(non_temporal, out[20] + j, t15 - x8);
        FMM_NAME(store)(non_temporal, out[21] + j, t15);
        FMM_NAME(store)(non_temporal, out[22] + j, x1 - x5);
        FMM_NAME(store)(non_temporal, out[23] + j, t10 - x7);
        FMM_NAME(store)(non_temporal, out[24] + j, t10);
        FMM_NAME(store)(non_temporal, out[25] + j, x1 + t2);
        FMM_NAME(store)(non_temporal, out[26] + j, t7 - x10);
        FMM_NAME(store)(non_temporal, out[27] + j, t7);
        FMM_NAME(store)(non_temporal, out[28] + j, x1 + x2);
        FMM_NAME(store)(non_temporal, out[29] + j, x0 - t2 - t8);
        FMM_NAME(store)(non_temporal, out[30] + j, t14);
        FMM_NAME(store)(non_temporal, out[31] + j, x8 + t14);
        FMM_NAME(store)(non_temporal, out[32] + j, x0 + x11);
        FMM_NAME(store)(non_temporal, out[33] + j, t6 - x6);
        FMM_NAME(store)(non_temporal, out[34] + j, t6);
        FMM_NAME(store)(non_temporal, out[35] + j, x0 + t2);
        FMM_NAME(store)(non_temporal, out[36] + j, x0 + x2);
    }
}

static FMM_TARGET void FMM_NAME(level7_left)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 37)) {
            FMM_NAME(level7_left_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level7_left_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R t0 = x4 + x5;
        const R t1 = x6 - x9;
        const R t2 = x3 + t0;
        const R t3 = x7 + x8;
        const R t4 = x11 - t1;
        const R t5 = x2 - x11;
        const R t6 = x0 + x3;
        const R t7 = x1 + t5;
        const R t8 = x9 + x10;
        const R t9 = x10 - t1;
        const R t10 = x1 + x4;
        const R t11 = x3 + x5;
        const R t12 = x10 + t0;
        const R t13 = t3 - t4;
        const R t14 = x0 - x5;
        const R t15 = x2 + x5;
        out[0][j * out_step] = x9 + x11;
        out[1][j * out_step] = t8;
        out[2][j * out_step] = -t4;
        out[3][j * out_step] = x8 - t4;
        out[4][j * out_step] = t13 - x10;
        out[5][j * out_step] = t3 - t9;
        out[6][j * out_step] = t13;
        out[7][j * out_step] = x6 + t3;
        out[8][j * out_step] = x4 - x7;
        out[9][j * out_step] = x4 + x10;
        out[10][j * out_step] = t0 - x7;
        out[11][j * out_step] = t0;
        out[12][j * out_step] = t12;
        out[13][j * out_step] = t0 - t9;
        out[14][j * out_step] = t1 + t12;
        out[15][j * out_step] = t11;
        out[16][j * out_step] = x7 + t11;
        out[17][j * out_step] = t2;
        out[18][j * out_step] = x10 + t2;
        out[19][j * out_step] = t5;
        out[20][j * out_step] = t15 - x8;
        out[21][j * out_step] = t15;
        out[22][j * out_step] = x1 - x5;
        out[23][j * out_step] = t10 - x7;
        out[24][j * out_step] = t10;
        out[25][j * out_step] = x1 + t2;
        out[26][j * out_step] = t7 - x10;
        out[27][j * out_step] = t7;
        out[28][j * out_step] = x1 + x2;
        out[29][j * out_step] = x0 - t2 - t8;
        out[30][j * out_step] = t14;
        out[31][j * out_step] = x8 + t14;
        out[32][j * out_step] = x0 + x11;
        out[33][j * out_step] = t6 - x6;
        out[34][j * out_step] = t6;
        out[35][j * out_step] = x0 + t2;
        out[36][j * out_step] = x0 + x2;
    }
}

FMM_INLINE void FMM_NAME(level7_right_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V t0 = x2 - x4;
        const V t1 = x2 - x12;
        const V t2 = x14 - x12;
        const V t3 = t0 - x7;
        const V t4 = x3 + t1;
        const V t5 = x2 + x3 - x7;
        const V t6 = x1 - x2;
        const V t7 = x11 + x13;
        const V t8 = x1 - t7;
        const V t9 = x6 - x11;
        const V t10 = x0 - x5;
        const V t11 = x5 - x10;
        const V t12 = x8 - t11;
        const V t13 = x8 + t10;
        const V t14 = t0 + t2;
        const V t15 = x9 + t3;
        const V t16 = x3 + t8;
        const V t17 = x10 + t14;
        const V t18 = t15 - x6;
        FMM_NAME(store)(non_temporal, out[0] + j, x1 - x10 - x11);
        FMM_NAME(store)(non_temporal, out[1] + j, t10 - x6);
        FMM_NAME(store)(non_temporal, out[2] + j, t14);
        FMM_NAME(store)(non_temporal, out[3] + j, t15);
        FMM_NAME(store)(non_temporal, out[4] + j, t8);
        FMM_NAME(store)(non_temporal, out[5] + j, t7 + t18);
        FMM_NAME(store)(non_temporal, out[6] + j, x10 + t2 + t18);
        FMM_NAME(store)(non_temporal, out[7] + j, t17);
        FMM_NAME(store)(non_temporal, out[8] + j, t18);
        FMM_NAME(store)(non_temporal, out[9] + j, t0);
        FMM_NAME(store)(non_temporal, out[10] + j, t4 + t12 - x13);
        FMM_NAME(store)(non_temporal, out[11] + j, t17 - x5 - x9);
        FMM_NAME(store)(non_temporal, out[12] + j, x8 + t5 + t9 - x13);
        FMM_NAME(store)(non_temporal, out[13] + j, t12 + t14);
        FMM_NAME(store)(non_temporal, out[14] + j, t13);
        FMM_NAME(store)(non_temporal, out[15] + j, t13 + t16);
        FMM_NAME(store)(non_temporal, out[16] + j, x0 - t17);
        FMM_NAME(store)(non_temporal, out[17] + j, t16);
        FMM_NAME(store)(non_temporal, out[18] + j, t5);
        FMM_NAME(store)(non_temporal, out[19] + j, t3);
        FMM_NAME(store)(non_temporal, out[20] + j, x0 - x7);
        FMM_NAME(store)(non_temporal, out[21] + j, x7 + t6);
        FMM_NAME(store)(non_temporal, out[22] + j, x12 + t9);
        FMM_NAME(store)(non_temporal, out[23] + j, -t12);
        FMM_NAME(store)(non_temporal, out[24] + j, x7 + t11);
        FMM_NAME(store)(non_temporal, out[25] + j, x6 + x10);
        FMM_NAME(store)(non_temporal, out[26] + j, t6);
        FMM_NAME(store)(non_temporal, out[27] + j, t4);
        FMM_NAME(store)(non_temporal, out[28] + j, t1 - x4);
        FMM_NAME(store)(non_temporal, out[29] + j, x0 + t1);
        FMM_NAME(store)(non_temporal, out[30] + j, x1 - x12);
    }
}

static FMM_TARGET void FMM_NAME(level7_right)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 31)) {
            FMM_NAME(level7_right_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level7_right_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R t0 = x2 - x4;
        const R t1 = x2 - x12;
        const R t2 = x14 - x12;
        const R t3 = t0 - x7;
        const R t4 = x3 + t1;
        const R t5 = x2 + x3 - x7;
        const R t6 = x1 - x2;
        const R t7 = x11 + x13;
        const R t8 = x1 - t7;
        const R t9 = x6 - x11;
        const R t10 = x0 - x5;
        const R t11 = x5 - x10;
        const R t12 = x8 - t11;
        const R t13 = x8 + t10;
        const R t14 = t0 + t2;
        const R t15 = x9 + t3;
        const R t16 = x3 + t8;
        const R t17 = x10 + t14;
        const R t18 = t15 - x6;
        out[0][j * out_step] = x1 - x10 - x11;
        out[1][j * out_step] = t10 - x6;
        out[2][j * out_step] = t14;
        out[3][j * out_step] = t15;
        out[4][j * out_step] = t8;
        out[5][j * out_step] = t7 + t18;
        out[6][j * out_step] = x10 + t2 + t18;
        out[7][j * out_step] = t17;
        out[8][j * out_step] = t18;
        out[9][j * out_step] = t0;
        out[10][j * out_step] = t4 + t12 - x13;
        out[11][j * out_step] = t17 - x5 - x9;
        out[12][j * out_step] = x8 + t5 + t9 - x13;
        out[13][j * out_step] = t12 + t14;
        out[14][j * out_step] = t13;
        out[15][j * out_step] = t13 + t16;
        out[16][j * out_step] = x0 - t17;
        out[17][j * out_step] = t16;
        out[18][j * out_step] = t5;
        out[19][j * out_step] = t3;
        out[20][j * out_step] = x0 - x7;
        out[21][j * out_step] = x7 + t6;
        out[22][j * out_step] = x12 + t9;
        out[23][j * out_step] = -t12;
        out[24][j * out_step] = x7 + t11;
        out[25][j * out_step] = x6 + x10;
        out[26][j * out_step] = t6;
        out[27][j * out_step] = t4;
        out[28][j * out_step] = t1 - x4;
        out[29][j * out_step] = x0 + t1;
        out[30][j * out_step] = x1 - x12;
    }
}

FMM_INLINE void FMM_NAME(level7_output_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V x16 = *(const U *)(in[16] + j);
        const V x17 = *(const U *)(in[17] + j);
        const V x18 = *(const U *)(in[18] + j);
        const V x19 = *(const U *)(in[19] + j);
        const V x20 = *(const U *)(in[20] + j);
        const V x21 = *(const U *)(in[21] + j);
        const V x22 = *(const U *)(in[22] + j);
        const V x23 = *(const U *)(in[23] + j);
        const V x24 = *(const U *)(in[24] + j);
        const V x25 = *(const U *)(in[25] + j);
        const V x26 = *(const U *)(in[26] + j);
        const V x27 = *(const U *)(in[27] + j);
        const V x28 = *(const U *)(in[28] + j);
        const V x29 = *(const U *)(in[29] + j);
        const V x30 = *(const U *)(in[30] + j);
        const V x31 = *(const U *)(in[31] + j);
        const V x32 = *(const U *)(in[32] + j);
        const V x33 = *(const U *)(in[33] + j);
        const V x34 = *(const U *)(in[34] + j);
        const V x35 = *(const U *)(in[35] + j);
        const V x36 = *(const U *)(in[36] + j);
        const V x37 = *(const U *)(in[37] + j);
        const V x38 = *(const U *)(in[38] + j);
        const V x39 = *(const U *)(in[39] + j);
        const V x40 = *(const U *)(in[40] + j);
        const V x41 = *(const U *)(in[41] + j);
        const V x42 = *(const U *)(in[42] + j);
        const V x43 = *(const U *)(in[43] + j);
        const V x44 = *(const U *)(in[44] + j);
        const V x45 = *(const U *)(in[45] + j);
        const V x46 = *(const U *)(in[46] + j);
        const V t0 = x41 - x45;
        const V t1 = x25 + x34;
        const V t2 = x39 - x44;
        const V t3 = x31 - t1;
        const V t4 = x36 - x37;
        const V t5 = x23 + t2;
        const V t6 = x30 - t3;
        const V t7 = x35 - t4;
        const V t8 = x33 + t6;
        const V t9 = x15 - t0;
        const V t10 = t8 - t9;
        const V t11 = x19 - x20;
        const V t12 = x1 + t11;
        const V t13 = x0 + t7;
        const V t14 = x24 - t5;
        const V t15 = x7 - t14;
        const V t16 = x40 + x43;
        const V t17 = x25 + t0;
        const V t18 = x6 + x18;
        const V t19 = x5 - t18;
        const V t20 = t0 + t8;
        const V t21 = x16 + t20;
        const V t22 = x26 + t17;
        const V t23 = x38 - x42;
        const V t24 = x2 + t23;
        const V t25 = t22 + t24;
        FMM_NAME(store)(non_temporal, out[0] + j, x37 + x45 + t3);
        FMM_NAME(store)(non_temporal, out[1] + j, x42 + x46 + t4 - x0 - x27);
        FMM_NAME(store)(non_temporal, out[2] + j, x46 + t0 + t1);
        FMM_NAME(store)(non_temporal, out[3] + j, x29 + x39 + t9 - t6);
        FMM_NAME(store)(non_temporal, out[4] + j, x28 + x32 + t19 + t21 - x40);
        FMM_NAME(store)(non_temporal, out[5] + j, t8 - x19);
        FMM_NAME(store)(non_temporal, out[6] + j, x17 + x26 + t5 + t12 - t10);
        FMM_NAME(store)(non_temporal, out[7] + j, t5 - t17);
        FMM_NAME(store)(non_temporal, out[8] + j, t10 - t2);
        FMM_NAME(store)(non_temporal, out[9] + j, t15 + t18 - t21);
        FMM_NAME(store)(non_temporal, out[10] + j, x3 + x12 + x21 - x19 - t19);
        FMM_NAME(store)(non_temporal, out[11] + j, x2 + x7 + x8 + x10 - x4 - x13);
        FMM_NAME(store)(non_temporal, out[12] + j, x14 - t14 - t16);
        FMM_NAME(store)(non_temporal, out[13] + j, x4 + x6 + x9);
        FMM_NAME(store)(non_temporal, out[14] + j, x5 + t15 - t16);
        FMM_NAME(store)(non_temporal, out[15] + j, x3 + t7 - x1);
        FMM_NAME(store)(non_temporal, out[16] + j, x2 - t13);
        FMM_NAME(store)(non_temporal, out[17] + j, t25);
        FMM_NAME(store)(non_temporal, out[18] + j, x8 + x9 + t13 - x22 - t12);
        FMM_NAME(store)(non_temporal, out[19] + j, x12 + x13 + t25 - x11 - x14 - t7);
    }
}

static FMM_TARGET void FMM_NAME(level7_output)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 20)) {
            FMM_NAME(level7_output_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level7_output_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R x16 = in[16][j * in_step];
        const R x17 = in[17][j * in_step];
        const R x18 = in[18][j * in_step];
        const R x19 = in[19][j * in_step];
        const R x20 = in[20][j * in_step];
        const R x21 = in[21][j * in_step];
        const R x22 = in[22][j * in_step];
        const R x23 = in[23][j * in_step];
        const R x24 = in[24][j * in_step];
        const R x25 = in[25][j * in_step];
        const R x26 = in[26][j * in_step];
        const R x27 = in[27][j * in_step];
        const R x28 = in[28][j * in_step];
        const R x29 = in[29][j * in_step];
        const R x30 = in[30][j * in_step];
        const R x31 = in[31][j * in_step];
        const R x32 = in[32][j * in_step];
        const R x33 = in[33][j * in_step];
        const R x34 = in[34][j * in_step];
        const R x35 = in[35][j * in_step];
        const R x36 = in[36][j * in_step];
        const R x37 = in[37][j * in_step];
        const R x38 = in[38][j * in_step];
        const R x39 = in[39][j * in_step];
        const R x40 = in[40][j * in_step];
        const R x41 = in[41][j * in_step];
        const R x42 = in[42][j * in_step];
        const R x43 = in[43][j * in_step];
        const R x44 = in[44][j * in_step];
        const R x45 = in[45][j * in_step];
        const R x46 = in[46][j * in_step];
        const R t0 = x41 - x45;
        const R t1 = x25 + x34;
        const R t2 = x39 - x44;
        const R t3 = x31 - t1;
        const R t4 = x36 - x37;
        const R t5 = x23 + t2;
        const R t6 = x30 - t3;
        const R t7 = x35 - t4;
        const R t8 = x33 + t6;
        const R t9 = x15 - t0;
        const R t10 = t8 - t9;
        const R t11 = x19 - x20;
        const R t12 = x1 + t11;
        const R t13 = x0 + t7;
        const R t14 = x24 - t5;
        const R t15 = x7 - t14;
        const R t16 = x40 + x43;
        const R t17 = x25 + t0;
        const R t18 = x6 + x18;
        const R t19 = x5 - t18;
        const R t20 = t0 + t8;
        const R t21 = x16 + t20;
        const R t22 = x26 + t17;
        const R t23 = x38 - x42;
        const R t24 = x2 + t23;
        const R t25 = t22 + t24;
        out[0][j * out_step] = x37 + x45 + t3;
        out[1][j * out_step] = x42 + x46 + t4 - x0 - x27;
        out[2][j * out_step] = x46 + t0 + t1;
        out[3][j * out_step] = x29 + x39 + t9 - t6;
        out[4][j * out_step] = x28 + x32 + t19 + t21 - x40;
        out[5][j * out_step] = t8 - x19;
        out[6][j * out_step] = x17 + x26 + t5 + t12 - t10;
        out[7][j * out_step] = t5 - t17;
        out[8][j * out_step] = t10 - t2;
        out[9][j * out_step] = t15 + t18 - t21;
        out[10][j * out_step] = x3 + x12 + x21 - x19 - t19;
        out[11][j * out_step] = x2 + x7 + x8 + x10 - x4 - x13;
        out[12][j * out_step] = x14 - t14 - t16;
        out[13][j * out_step] = x4 + x6 + x9;
        out[14][j * out_step] = x5 + t15 - t16;
        out[15][j * out_step] = x3 + t7 - x1;
        out[16][j * out_step] = x2 - t13;
        out[17][j * out_step] = t25;
        out[18][j * out_step] = x8 + x9 + t13 - x22 - t12;
        out[19][j * out_step] = x12 + x13 + t25 - x11 - x14 - t7;
    }
}

FMM_INLINE void FMM_NAME(level8_left_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V x16 = *(const U *)(in[16] + j);
        const V x17 = *(const U *)(in[17] + j);
        const V x18 = *(const U *)(in[18] + j);
        const V x19 = *(const U *)(in[19] + j);
        const V t0 = x4 - x9;
        const V t1 = x6 - x8;
        const V t2 = x17 + x19;
        const V t3 = t0 - t1;
        const V t4 = x12 + x14;
        const V t5 = x5 + t3;
        const V t6 = x9 + t4;
        const V t7 = x6 - x18;
        const V t8 = x7 + t6;
        const V t9 = x16 - x18;
        const V t10 = x15 - x19;
        const V t11 = x1 + t9;
        const V t12 = x3 - t5;
        const V t13 = t10 - t11;
        const V t14 = x10 - t0;
        const V t15 = x0 + t12;
        const V t16 = x7 - t2;
        const V t17 = x2 - t16;
        const V t18 = t1 + t8;
        const V t19 = x3 - t17;
        const V t20 = t3 - t19;
        FMM_NAME(store)(non_temporal, out[0] + j, t2);
        FMM_NAME(store)(non_temporal, out[1] + j, t10 - t9);
        FMM_NAME(store)(non_temporal, out[2] + j, x13 + x18);
        FMM_NAME(store)(non_temporal, out[3] + j, x12 - x19);
        FMM_NAME(store)(non_temporal, out[4] + j, t4);
        FMM_NAME(store)(non_temporal, out[5] + j, x11 - x13);
        FMM_NAME(store)(non_temporal, out[6] + j, x11 - x19);
        FMM_NAME(store)(non_temporal, out[7] + j, x11 + x18);
        FMM_NAME(store)(non_temporal, out[8] + j, x11 + x16 + t2);
        FMM_NAME(store)(non_temporal, out[9] + j, x10 + x19);
        FMM_NAME(store)(non_temporal, out[10] + j, x10 + x15);
        FMM_NAME(store)(non_temporal, out[11] + j, t6);
        FMM_NAME(store)(non_temporal, out[12] + j, x9 + x11 + x14);
        FMM_NAME(store)(non_temporal, out[13] + j, t7 - x15);
        FMM_NAME(store)(non_temporal, out[14] + j, t7);
        FMM_NAME(store)(non_temporal, out[15] + j, x6 + t2);
        FMM_NAME(store)(non_temporal, out[16] + j, t18);
        FMM_NAME(store)(non_temporal, out[17] + j, x6 + t8);
        FMM_NAME(store)(non_temporal, out[18] + j, x5 + x10 - t7);
        FMM_NAME(store)(non_temporal, out[19] + j, -x13 - t14);
        FMM_NAME(store)(non_temporal, out[20] + j, -t14);
        FMM_NAME(store)(non_temporal, out[21] + j, t0);
        FMM_NAME(store)(non_temporal, out[22] + j, x4 + x14 - x10);
        FMM_NAME(store)(non_temporal, out[23] + j, x4 + t4);
        FMM_NAME(store)(non_temporal, out[24] + j, t5);
        FMM_NAME(store)(non_temporal, out[25] + j, t12);
        FMM_NAME(store)(non_temporal, out[26] + j, x3 + t1);
        FMM_NAME(store)(non_temporal, out[27] + j, x3 + t18);
        FMM_NAME(store)(non_temporal, out[28] + j, t20);
        FMM_NAME(store)(non_temporal, out[29] + j, -t13);
        FMM_NAME(store)(non_temporal, out[30] + j, x1 - t2);
        FMM_NAME(store)(non_temporal, out[31] + j, t11);
        FMM_NAME(store)(non_temporal, out[32] + j, x1 + x2);
        FMM_NAME(store)(non_temporal, out[33] + j, x0 + t13);
        FMM_NAME(store)(non_temporal, out[34] + j, t15 - x2);
        FMM_NAME(store)(non_temporal, out[35] + j, t15 - t17);
        FMM_NAME(store)(non_temporal, out[36] + j, x0 - t20);
        FMM_NAME(store)(non_temporal, out[37] + j, t15);
    }
}

static FMM_TARGET void FMM_NAME(level8_left)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 38)) {
            FMM_NAME(level8_left_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level8_left_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R x16 = in[16][j * in_step];
        const R x17 = in[17][j * in_step];
        const R x18 = in[18][j * in_step];
        const R x19 = in[19][j * in_step];
        const R t0 = x4 - x9;
        const R t1 = x6 - x8;
        const R t2 = x17 + x19;
        const R t3 = t0 - t1;
        const R t4 = x12 + x14;
        const R t5 = x5 + t3;
        const R t6 = x9 + t4;
        const R t7 = x6 - x18;
        const R t8 = x7 + t6;
        const R t9 = x16 - x18;
        const R t10 = x15 - x19;
        const R t11 = x1 + t9;
        const R t12 = x3 - t5;
        const R t13 = t10 - t11;
        const R t14 = x10 - t0;
        const R t15 = x0 + t12;
        const R t16 = x7 - t2;
        const R t17 = x2 - t16;
        const R t18 = t1 + t8;
        const R t19 = x3 - t17;
        const R t20 = t3 - t19;
        out[0][j * out_step] = t2;
        out[1][j * out_step] = t10 - t9;
        out[2][j * out_step] = x13 + x18;
        out[3][j * out_step] = x12 - x19;
        out[4][j * out_step] = t4;
        out[5][j * out_step] = x11 - x13;
        out[6][j * out_step] = x11 - x19;
        out[7][j * out_step] = x11 + x18;
        out[8][j * out_step] = x11 + x16 + t2;
        out[9][j * out_step] = x10 + x19;
        out[10][j * out_step] = x10 + x15;
        out[11][j * out_step] = t6;
        out[12][j * out_step] = x9 + x11 + x14;
        out[13][j * out_step] = t7 - x15;
        out[14][j * out_step] = t7;
        out[15][j * out_step] = x6 + t2;
        out[16][j * out_step] = t18;
        out[17][j * out_step] = x6 + t8;
        out[18][j * out_step] = x5 + x10 - t7;
        out[19][j * out_step] = -x13 - t14;
        out[20][j * out_step] = -t14;
        out[21][j * out_step] = t0;
        out[22][j * out_step] = x4 + x14 - x10;
        out[23][j * out_step] = x4 + t4;
        out[24][j * out_step] = t5;
        out[25][j * out_step] = t12;
        out[26][j * out_step] = x3 + t1;
        out[27][j * out_step] = x3 + t18;
        out[28][j * out_step] = t20;
        out[29][j * out_step] = -t13;
        out[30][j * out_step] = x1 - t2;
        out[31][j * out_step] = t11;
        out[32][j * out_step] = x1 + x2;
        out[33][j * out_step] = x0 + t13;
        out[34][j * out_step] = t15 - x2;
        out[35][j * out_step] = t15 - t17;
        out[36][j * out_step] = x0 - t20;
        out[37][j * out_step] = t15;
    }
}

FMM_INLINE void FMM_NAME(level8_right_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V t0 = x6 - x8;
        const V t1 = x6 - x7;
        const V t2 = x6 - x12;
        const V t3 = t1 - x12;
        const V t4 = x3 - x6;
        const V t5 = x9 + t1;
        const V t6 = -x9 - t0;
        const V t7 = x14 - x8;
        const V t8 = -x5 - x11;
        const V t9 = x3 + t8;
        const V t10 = x4 - x5;
        const V t11 = x0 - x1;
        const V t12 = x1 - x2;
        const V t13 = t12 - x10;
        const V t14 = x10 + t11;
        const V t15 = -t2 - t7;
        const V t16 = x13 + t3;
        const V t17 = x9 + t9;
        const V t18 = t15 - x2;
        const V t19 = t16 - x4;
        FMM_NAME(store)(non_temporal, out[0] + j, x2 + t7 + t19);
        FMM_NAME(store)(non_temporal, out[1] + j, t17);
        FMM_NAME(store)(non_temporal, out[2] + j, t4);
        FMM_NAME(store)(non_temporal, out[3] + j, t2);
        FMM_NAME(store)(non_temporal, out[4] + j, -t19);
        FMM_NAME(store)(non_temporal, out[5] + j, t8 - t19);
        FMM_NAME(store)(non_temporal, out[6] + j, t9);
        FMM_NAME(store)(non_temporal, out[7] + j, x0 + t18);
        FMM_NAME(store)(non_temporal, out[8] + j, -t18);
        FMM_NAME(store)(non_temporal, out[9] + j, t3);
        FMM_NAME(store)(non_temporal, out[10] + j, t16);
        FMM_NAME(store)(non_temporal, out[11] + j, t11 - x4);
        FMM_NAME(store)(non_temporal, out[12] + j, t14 + t17);
        FMM_NAME(store)(non_temporal, out[13] + j, x10 + t5 + t10 - x11);
        FMM_NAME(store)(non_temporal, out[14] + j, x7 + t4);
        FMM_NAME(store)(non_temporal, out[15] + j, t5);
        FMM_NAME(store)(non_temporal, out[16] + j, t14);
        FMM_NAME(store)(non_temporal, out[17] + j, t13 + t15);
        FMM_NAME(store)(non_temporal, out[18] + j, x1 + x13 + t18);
        FMM_NAME(store)(non_temporal, out[19] + j, -t15);
        FMM_NAME(store)(non_temporal, out[20] + j, t0 - x12);
        FMM_NAME(store)(non_temporal, out[21] + j, t13);
        FMM_NAME(store)(non_temporal, out[22] + j, x11 + t6 + t13);
        FMM_NAME(store)(non_temporal, out[23] + j, -t6);
        FMM_NAME(store)(non_temporal, out[24] + j, x0 + t0);
        FMM_NAME(store)(non_temporal, out[25] + j, x2 + x4);
        FMM_NAME(store)(non_temporal, out[26] + j, x3 - x8);
        FMM_NAME(store)(non_temporal, out[27] + j, x8 + t10);
        FMM_NAME(store)(non_temporal, out[28] + j, x2 + x5 - x3);
        FMM_NAME(store)(non_temporal, out[29] + j, x0 - x7);
        FMM_NAME(store)(non_temporal, out[30] + j, x7 + t12);
    }
}

static FMM_TARGET void FMM_NAME(level8_right)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 31)) {
            FMM_NAME(level8_right_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level8_right_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R t0 = x6 - x8;
        const R t1 = x6 - x7;
        const R t2 = x6 - x12;
        const R t3 = t1 - x12;
        const R t4 = x3 - x6;
        const R t5 = x9 + t1;
        const R t6 = -x9 - t0;
        const R t7 = x14 - x8;
        const R t8 = -x5 - x11;
        const R t9 = x3 + t8;
        const R t10 = x4 - x5;
        const R t11 = x0 - x1;
        const R t12 = x1 - x2;
        const R t13 = t12 - x10;
        const R t14 = x10 + t11;
        const R t15 = -t2 - t7;
        const R t16 = x13 + t3;
        const R t17 = x9 + t9;
        const R t18 = t15 - x2;
        const R t19 = t16 - x4;
        out[0][j * out_step] = x2 + t7 + t19;
        out[1][j * out_step] = t17;
        out[2][j * out_step] = t4;
        out[3][j * out_step] = t2;
        out[4][j * out_step] = -t19;
        out[5][j * out_step] = t8 - t19;
        out[6][j * out_step] = t9;
        out[7][j * out_step] = x0 + t18;
        out[8][j * out_step] = -t18;
        out[9][j * out_step] = t3;
        out[10][j * out_step] = t16;
        out[11][j * out_step] = t11 - x4;
        out[12][j * out_step] = t14 + t17;
        out[13][j * out_step] = x10 + t5 + t10 - x11;
        out[14][j * out_step] = x7 + t4;
        out[15][j * out_step] = t5;
        out[16][j * out_step] = t14;
        out[17][j * out_step] = t13 + t15;
        out[18][j * out_step] = x1 + x13 + t18;
        out[19][j * out_step] = -t15;
        out[20][j * out_step] = t0 - x12;
        out[21][j * out_step] = t13;
        out[22][j * out_step] = x11 + t6 + t13;
        out[23][j * out_step] = -t6;
        out[24][j * out_step] = x0 + t0;
        out[25][j * out_step] = x2 + x4;
        out[26][j * out_step] = x3 - x8;
        out[27][j * out_step] = x8 + t10;
        out[28][j * out_step] = x2 + x5 - x3;
        out[29][j * out_step] = x0 - x7;
        out[30][j * out_step] = x7 + t12;
    }
}

FMM_INLINE void FMM_NAME(level8_output_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V x16 = *(const U *)(in[16] + j);
        const V x17 = *(const U *)(in[17] + j);
        const V x18 = *(const U *)(in[18] + j);
        const V x19 = *(const U *)(in[19] + j);
        const V x20 = *(const U *)(in[20] + j);
        const V x21 = *(const U *)(in[21] + j);
        const V x22 = *(const U *)(in[22] + j);
        const V x23 = *(const U *)(in[23] + j);
        const V x24 = *(const U *)(in[24] + j);
        const V x25 = *(const U *)(in[25] + j);
        const V x26 = *(const U *)(in[26] + j);
        const V x27 = *(const U *)(in[27] + j);
        const V x28 = *(const U *)(in[28] + j);
        const V x29 = *(const U *)(in[29] + j);
        const V x30 = *(const U *)(in[30] + j);
        const V x31 = *(const U *)(in[31] + j);
        const V x32 = *(const U *)(in[32] + j);
        const V x33 = *(const U *)(in[33] + j);
        const V x34 = *(const U *)(in[34] + j);
        const V x35 = *(const U *)(in[35] + j);
        const V x36 = *(const U *)(in[36] + j);
        const V x37 = *(const U *)(in[37] + j);
        const V x38 = *(const U *)(in[38] + j);
        const V x39 = *(const U *)(in[39] + j);
        const V x40 = *(const U *)(in[40] + j);
        const V x41 = *(const U *)(in[41] + j);
        const V x42 = *(const U *)(in[42] + j);
        const V x43 = *(const U *)(in[43] + j);
        const V x44 = *(const U *)(in[44] + j);
        const V x45 = *(const U *)(in[45] + j);
        const V x46 = *(const U *)(in[46] + j);
        const V t0 = x8 - x9;
        const V t1 = x0 - x13;
        const V t2 = x3 + x37;
        const V t3 = x5 - t1;
        const V t4 = x10 + t0;
        const V t5 = x1 + x18;
        const V t6 = x43 + x44;
        const V t7 = x45 - t6;
        const V t8 = x20 - t5;
        const V t9 = x6 + x21;
        const V t10 = x42 + t2;
        const V t11 = x28 + x33;
        const V t12 = x30 - x35;
        const V t13 = x26 - x29;
        const V t14 = x1 - t4;
        const V t15 = x14 + t1;
        const V t16 = x12 - t15;
        const V t17 = x2 + t16;
        const V t18 = x15 - x22;
        const V t19 = x2 - t7;
        const V t20 = x12 - x23;
        const V t21 = x19 + t8;
        const V t22 = t19 - t20;
        const V t23 = x25 - t22;
        FMM_NAME(store)(non_temporal, out[0] + j, x2 + x36 + x38 + x41 + x45 - t9 - t12);
        FMM_NAME(store)(non_temporal, out[1] + j, x29 + x31 + x46 + t10 - x32 - x43);
        FMM_NAME(store)(non_temporal, out[2] + j, x41 + t10 + t11 - x39);
        FMM_NAME(store)(non_temporal, out[3] + j, x20 - t9 - t18 - t19);
        FMM_NAME(store)(non_temporal, out[4] + j, x31 + t21 + t23 - t13);
        FMM_NAME(store)(non_temporal, out[5] + j, x32 + t8 + t11 + t12 + t23 - x34 - t18);
        FMM_NAME(store)(non_temporal, out[6] + j, x4 + x6 + x12 + t3 - t14);
        FMM_NAME(store)(non_temporal, out[7] + j, x8 + x16 + t3 + t13 - x15 - x24 - x25);
        FMM_NAME(store)(non_temporal, out[8] + j, x27 + t0 + t3 - x7 - x28 - x30);
        FMM_NAME(store)(non_temporal, out[9] + j, x11 + t14 - t17);
        FMM_NAME(store)(non_temporal, out[10] + j, x17 + t21 - x3 - t17);
        FMM_NAME(store)(non_temporal, out[11] + j, x0 + x11 + x38 + x39 + x40 - t2 - t4);
    }
}

static FMM_TARGET void FMM_NAME(level8_output)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 12)) {
            FMM_NAME(level8_output_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level8_output_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R x16 = in[16][j * in_step];
        const R x17 = in[17][j * in_step];
        const R x18 = in[18][j * in_step];
        const R x19 = in[19][j * in_step];
        const R x20 = in[20][j * in_step];
        const R x21 = in[21][j * in_step];
        const R x22 = in[22][j * in_step];
        const R x23 = in[23][j * in_step];
        const R x24 = in[24][j * in_step];
        const R x25 = in[25][j * in_step];
        const R x26 = in[26][j * in_step];
        const R x27 = in[27][j * in_step];
        const R x28 = in[28][j * in_step];
        const R x29 = in[29][j * in_step];
        const R x30 = in[30][j * in_step];
        const R x31 = in[31][j * in_step];
        const R x32 = in[32][j * in_step];
        const R x33 = in[33][j * in_step];
        const R x34 = in[34][j * in_step];
        const R x35 = in[35][j * in_step];
        const R x36 = in[36][j * in_step];
        const R x37 = in[37][j * in_step];
        const R x38 = in[38][j * in_step];
        const R x39 = in[39][j * in_step];
        const R x40 = in[40][j * in_step];
        const R x41 = in[41][j * in_step];
        const R x42 = in[42][j * in_step];
        const R x43 = in[43][j * in_step];
        const R x44 = in[44][j * in_step];
        const R x45 = in[45][j * in_step];
        const R x46 = in[46][j * in_step];
        const R t0 = x8 - x9;
        const R t1 = x0 - x13;
        const R t2 = x3 + x37;
        const R t3 = x5 - t1;
        const R t4 = x10 + t0;
        const R t5 = x1 + x18;
        const R t6 = x43 + x44;
        const R t7 = x45 - t6;
        const R t8 = x20 - t5;
        const R t9 = x6 + x21;
        const R t10 = x42 + t2;
        const R t11 = x28 + x33;
        const R t12 = x30 - x35;
        const R t13 = x26 - x29;
        const R t14 = x1 - t4;
        const R t15 = x14 + t1;
        const R t16 = x12 - t15;
        const R t17 = x2 + t16;
        const R t18 = x15 - x22;
        const R t19 = x2 - t7;
        const R t20 = x12 - x23;
        const R t21 = x19 + t8;
        const R t22 = t19 - t20;
        const R t23 = x25 - t22;
        out[0][j * out_step] = x2 + x36 + x38 + x41 + x45 - t9 - t12;
        out[1][j * out_step] = x29 + x31 + x46 + t10 - x32 - x43;
        out[2][j * out_step] = x41 + t10 + t11 - x39;
        out[3][j * out_step] = x20 - t9 - t18 - t19;
        out[4][j * out_step] = x31 + t21 + t23 - t13;
        out[5][j * out_step] = x32 + t8 + t11 + t12 + t23 - x34 - t18;
        out[6][j * out_step] = x4 + x6 + x12 + t3 - t14;
        out[7][j * out_step] = x8 + x16 + t3 + t13 - x15 - x24 - x25;
        out[8][j * out_step] = x27 + t0 + t3 - x7 - x28 - x30;
        out[9][j * out_step] = x11 + t14 - t17;
        out[10][j * out_step] = x17 + t21 - x3 - t17;
        out[11][j * out_step] = x0 + x11 + x38 + x39 + x40 - t2 - t4;
    }
}

FMM_INLINE void FMM_NAME(level9_left_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V t0 = x6 - x12;
        const V t1 = x6 - x8;
        const V t2 = t0 - x7;
        const V t3 = x3 - x6;
        const V t4 = x6 + x9 - x7;
        const V t5 = x9 + t1;
        const V t6 = x14 - x8;
        const V t7 = -x5 - x11;
        const V t8 = x3 + t7;
        const V t9 = x4 - x5;
        const V t10 = x0 - x1;
        const V t11 = x1 - x2;
        const V t12 = t11 - x10;
        const V t13 = x10 + t10;
        const V t14 = -t0 - t6;
        const V t15 = x13 + t2;
        const V t16 = x9 + t8;
        const V t17 = t14 - x2;
        const V t18 = t15 - x4;
        FMM_NAME(store)(non_temporal, out[0] + j, t2);
        FMM_NAME(store)(non_temporal, out[1] + j, t15);
        FMM_NAME(store)(non_temporal, out[2] + j, t4);
        FMM_NAME(store)(non_temporal, out[3] + j, t1 - x12);
        FMM_NAME(store)(non_temporal, out[4] + j, -t14);
        FMM_NAME(store)(non_temporal, out[5] + j, t5);
        FMM_NAME(store)(non_temporal, out[6] + j, t0);
        FMM_NAME(store)(non_temporal, out[7] + j, t7 - t18);
        FMM_NAME(store)(non_temporal, out[8] + j, x8 + t9);
        FMM_NAME(store)(non_temporal, out[9] + j, x10 + t4 + t9 - x11);
        FMM_NAME(store)(non_temporal, out[10] + j, -t18);
        FMM_NAME(store)(non_temporal, out[11] + j, t8);
        FMM_NAME(store)(non_temporal, out[12] + j, t16);
        FMM_NAME(store)(non_temporal, out[13] + j, t3);
        FMM_NAME(store)(non_temporal, out[14] + j, x7 + t3);
        FMM_NAME(store)(non_temporal, out[15] + j, x3 - x8);
        FMM_NAME(store)(non_temporal, out[16] + j, x2 + x5 - x3);
        FMM_NAME(store)(non_temporal, out[17] + j, x2 + t6 + t18);
        FMM_NAME(store)(non_temporal, out[18] + j, -t17);
        FMM_NAME(store)(non_temporal, out[19] + j, x2 + x4);
        FMM_NAME(store)(non_temporal, out[20] + j, x11 + t12 - t5);
        FMM_NAME(store)(non_temporal, out[21] + j, t12 + t14);
        FMM_NAME(store)(non_temporal, out[22] + j, x1 + x13 + t17);
        FMM_NAME(store)(non_temporal, out[23] + j, t12);
        FMM_NAME(store)(non_temporal, out[24] + j, x7 + t11);
        FMM_NAME(store)(non_temporal, out[25] + j, t10 - x4);
        FMM_NAME(store)(non_temporal, out[26] + j, t13);
        FMM_NAME(store)(non_temporal, out[27] + j, t13 + t16);
        FMM_NAME(store)(non_temporal, out[28] + j, x0 + t17);
        FMM_NAME(store)(non_temporal, out[29] + j, x0 - x7);
        FMM_NAME(store)(non_temporal, out[30] + j, x0 + t1);
    }
}

static FMM_TARGET void FMM_NAME(level9_left)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 31)) {
            FMM_NAME(level9_left_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level9_left_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R t0 = x6 - x12;
        const R t1 = x6 - x8;
        const R t2 = t0 - x7;
        const R t3 = x3 - x6;
        const R t4 = x6 + x9 - x7;
        const R t5 = x9 + t1;
        const R t6 = x14 - x8;
        const R t7 = -x5 - x11;
        const R t8 = x3 + t7;
        const R t9 = x4 - x5;
        const R t10 = x0 - x1;
        const R t11 = x1 - x2;
        const R t12 = t11 - x10;
        const R t13 = x10 + t10;
        const R t14 = -t0 - t6;
        const R t15 = x13 + t2;
        const R t16 = x9 + t8;
        const R t17 = t14 - x2;
        const R t18 = t15 - x4;
        out[0][j * out_step] = t2;
        out[1][j * out_step] = t15;
        out[2][j * out_step] = t4;
        out[3][j * out_step] = t1 - x12;
        out[4][j * out_step] = -t14;
        out[5][j * out_step] = t5;
        out[6][j * out_step] = t0;
        out[7][j * out_step] = t7 - t18;
        out[8][j * out_step] = x8 + t9;
        out[9][j * out_step] = x10 + t4 + t9 - x11;
        out[10][j * out_step] = -t18;
        out[11][j * out_step] = t8;
        out[12][j * out_step] = t16;
        out[13][j * out_step] = t3;
        out[14][j * out_step] = x7 + t3;
        out[15][j * out_step] = x3 - x8;
        out[16][j * out_step] = x2 + x5 - x3;
        out[17][j * out_step] = x2 + t6 + t18;
        out[18][j * out_step] = -t17;
        out[19][j * out_step] = x2 + x4;
        out[20][j * out_step] = x11 + t12 - t5;
        out[21][j * out_step] = t12 + t14;
        out[22][j * out_step] = x1 + x13 + t17;
        out[23][j * out_step] = t12;
        out[24][j * out_step] = x7 + t11;
        out[25][j * out_step] = t10 - x4;
        out[26][j * out_step] = t13;
        out[27][j * out_step] = t13 + t16;
        out[28][j * out_step] = x0 + t17;
        out[29][j * out_step] = x0 - x7;
        out[30][j * out_step] = x0 + t1;
    }
}

FMM_INLINE void FMM_NAME(level9_right_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V t0 = x5 + x9;
        const V t1 = x2 - x3;
        const V t2 = x1 + t0;
        const V t3 = x4 + x8;
        const V t4 = x6 + x10;
        const V t5 = x11 - t1;
        const V t6 = x0 + x1;
        const V t7 = x1 + x9;
        const V t8 = x11 - t3;
        const V t9 = x5 - x6;
        const V t10 = x7 + t0;
        const V t11 = x7 + t2;
        const V t12 = t4 - t5;
        const V t13 = x7 - t1;
        const V t14 = x8 + x9;
        const V t15 = x0 - x9;
        FMM_NAME(store)(non_temporal, out[0] + j, t14 - x10);
        FMM_NAME(store)(non_temporal, out[1] + j, x4 + t9);
        FMM_NAME(store)(non_temporal, out[2] + j, t6 - x2);
        FMM_NAME(store)(non_temporal, out[3] + j, t14);
        FMM_NAME(store)(non_temporal, out[4] + j, x4 + x5);
        FMM_NAME(store)(non_temporal, out[5] + j, t6);
        FMM_NAME(store)(non_temporal, out[6] + j, x0 + x8);
        FMM_NAME(store)(non_temporal, out[7] + j, x4 + t2);
        FMM_NAME(store)(non_temporal, out[8] + j, x6 + t7);
        FMM_NAME(store)(non_temporal, out[9] + j, t7);
        FMM_NAME(store)(non_temporal, out[10] + j, x10 + t15);
        FMM_NAME(store)(non_temporal, out[11] + j, t15);
        FMM_NAME(store)(non_temporal, out[12] + j, x2 + t4);
        FMM_NAME(store)(non_temporal, out[13] + j, x10 - t5);
        FMM_NAME(store)(non_temporal, out[14] + j, x8 - x11);
        FMM_NAME(store)(non_temporal, out[15] + j, x5 + x7);
        FMM_NAME(store)(non_temporal, out[16] + j, t12);
        FMM_NAME(store)(non_temporal, out[17] + j, -x7 - t8);
        FMM_NAME(store)(non_temporal, out[18] + j, -t5);
        FMM_NAME(store)(non_temporal, out[19] + j, t1 + t10);
        FMM_NAME(store)(non_temporal, out[20] + j, x0 - x3 - t11);
        FMM_NAME(store)(non_temporal, out[21] + j, t11);
        FMM_NAME(store)(non_temporal, out[22] + j, x0 + x11);
        FMM_NAME(store)(non_temporal, out[23] + j, x3 + x11);
        FMM_NAME(store)(non_temporal, out[24] + j, t12 - x7);
        FMM_NAME(store)(non_temporal, out[25] + j, t3);
        FMM_NAME(store)(non_temporal, out[26] + j, t4 - t13);
        FMM_NAME(store)(non_temporal, out[27] + j, -t8);
        FMM_NAME(store)(non_temporal, out[28] + j, t0 - x6);
        FMM_NAME(store)(non_temporal, out[29] + j, t9);
        FMM_NAME(store)(non_temporal, out[30] + j, x4 - x9);
        FMM_NAME(store)(non_temporal, out[31] + j, t0);
        FMM_NAME(store)(non_temporal, out[32] + j, t10);
        FMM_NAME(store)(non_temporal, out[33] + j, t0 - t13);
        FMM_NAME(store)(non_temporal, out[34] + j, t2);
        FMM_NAME(store)(non_temporal, out[35] + j, x3 + x7);
        FMM_NAME(store)(non_temporal, out[36] + j, x0 + t2);
    }
}

static FMM_TARGET void FMM_NAME(level9_right)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 37)) {
            FMM_NAME(level9_right_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level9_right_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R t0 = x5 + x9;
        const R t1 = x2 - x3;
        const R t2 = x1 + t0;
        const R t3 = x4 + x8;
        const R t4 = x6 + x10;
        const R t5 = x11 - t1;
        const R t6 = x0 + x1;
        const R t7 = x1 + x9;
        const R t8 = x11 - t3;
        const R t9 = x5 - x6;
        const R t10 = x7 + t0;
        const R t11 = x7 + t2;
        const R t12 = t4 - t5;
        const R t13 = x7 - t1;
        const R t14 = x8 + x9;
        const R t15 = x0 - x9;
        out[0][j * out_step] = t14 - x10;
        out[1][j * out_step] = x4 + t9;
        out[2][j * out_step] = t6 - x2;
        out[3][j * out_step] = t14;
        out[4][j * out_step] = x4 + x5;
        out[5][j * out_step] = t6;
        out[6][j * out_step] = x0 + x8;
        out[7][j * out_step] = x4 + t2;
        out[8][j * out_step] = x6 + t7;
        out[9][j * out_step] = t7;
        out[10][j * out_step] = x10 + t15;
        out[11][j * out_step] = t15;
        out[12][j * out_step] = x2 + t4;
        out[13][j * out_step] = x10 - t5;
        out[14][j * out_step] = x8 - x11;
        out[15][j * out_step] = x5 + x7;
        out[16][j * out_step] = t12;
        out[17][j * out_step] = -x7 - t8;
        out[18][j * out_step] = -t5;
        out[19][j * out_step] = t1 + t10;
        out[20][j * out_step] = x0 - x3 - t11;
        out[21][j * out_step] = t11;
        out[22][j * out_step] = x0 + x11;
        out[23][j * out_step] = x3 + x11;
        out[24][j * out_step] = t12 - x7;
        out[25][j * out_step] = t3;
        out[26][j * out_step] = t4 - t13;
        out[27][j * out_step] = -t8;
        out[28][j * out_step] = t0 - x6;
        out[29][j * out_step] = t9;
        out[30][j * out_step] = x4 - x9;
        out[31][j * out_step] = t0;
        out[32][j * out_step] = t10;
        out[33][j * out_step] = t0 - t13;
        out[34][j * out_step] = t2;
        out[35][j * out_step] = x3 + x7;
        out[36][j * out_step] = x0 + t2;
    }
}

FMM_INLINE void FMM_NAME(level9_output_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V x16 = *(const U *)(in[16] + j);
        const V x17 = *(const U *)(in[17] + j);
        const V x18 = *(const U *)(in[18] + j);
        const V x19 = *(const U *)(in[19] + j);
        const V x20 = *(const U *)(in[20] + j);
        const V x21 = *(const U *)(in[21] + j);
        const V x22 = *(const U *)(in[22] + j);
        const V x23 = *(const U *)(in[23] + j);
        const V x24 = *(const U *)(in[24] + j);
        const V x25 = *(const U *)(in[25] + j);
        const V x26 = *(const U *)(in[26] + j);
        const V x27 = *(const U *)(in[27] + j);
        const V x28 = *(const U *)(in[28] + j);
        const V x29 = *(const U *)(in[29] + j);
        const V x30 = *(const U *)(in[30] + j);
        const V x31 = *(const U *)(in[31] + j);
        const V x32 = *(const U *)(in[32] + j);
        const V x33 = *(const U *)(in[33] + j);
        const V x34 = *(const U *)(in[34] + j);
        const V x35 = *(const U *)(in[35] + j);
        const V x36 = *(const U *)(in[36] + j);
        const V x37 = *(const U *)(in[37] + j);
        const V x38 = *(const U *)(in[38] + j);
        const V x39 = *(const U *)(in[39] + j);
        const V x40 = *(const U *)(in[40] + j);
        const V x41 = *(const U *)(in[41] + j);
        const V x42 = *(const U *)(in[42] + j);
        const V x43 = *(const U *)(in[43] + j);
        const V x44 = *(const U *)(in[44] + j);
        const V x45 = *(const U *)(in[45] + j);
        const V x46 = *(const U *)(in[46] + j);
        const V t0 = x43 - x45;
        const V t1 = x46 + t0;
        const V t2 = x10 - x38;
        const V t3 = x8 - x16;
        const V t4 = x37 + t2;
        const V t5 = x13 - t3;
        const V t6 = x6 + t4;
        const V t7 = x31 - x33;
        const V t8 = t1 + t6;
        const V t9 = x22 + t7;
        const V t10 = x11 - t5;
        const V t11 = x5 - x35;
        const V t12 = x40 - x41;
        const V t13 = x25 - x27;
        const V t14 = t1 + t13;
        const V t15 = x29 - t9;
        const V t16 = x36 + t11;
        const V t17 = x2 + x14;
        const V t18 = x26 + t14;
        const V t19 = t10 + t17;
        const V t20 = x28 + t18;
        const V t21 = t8 - t16;
        const V t22 = x39 + t12;
        const V t23 = x34 + t8;
        FMM_NAME(store)(non_temporal, out[0] + j, x31 - t0 - t2);
        FMM_NAME(store)(non_temporal, out[1] + j, x43 + t6 - x40);
        FMM_NAME(store)(non_temporal, out[2] + j, x32 + x42 + x44 + t11 - x15 - x40);
        FMM_NAME(store)(non_temporal, out[3] + j, x44 + t9 - x39);
        FMM_NAME(store)(non_temporal, out[4] + j, x9 + x27 + x29 - x19 - t7);
        FMM_NAME(store)(non_temporal, out[5] + j, x20 + x26 + t5 + t22 - t23);
        FMM_NAME(store)(non_temporal, out[6] + j, x12 + x21 + x23 + x28 - x3 - x18);
        FMM_NAME(store)(non_temporal, out[7] + j, x28 + t15);
        FMM_NAME(store)(non_temporal, out[8] + j, x9 + x10 + t1);
        FMM_NAME(store)(non_temporal, out[9] + j, t5 - t1);
        FMM_NAME(store)(non_temporal, out[10] + j, x17 - t19);
        FMM_NAME(store)(non_temporal, out[11] + j, t20);
        FMM_NAME(store)(non_temporal, out[12] + j, x4 + x16 - x34 - t1 - t4);
        FMM_NAME(store)(non_temporal, out[13] + j, t3 + t23);
        FMM_NAME(store)(non_temporal, out[14] + j, x3 + x5 + x7);
        FMM_NAME(store)(non_temporal, out[15] + j, x7 + x23 - x24 - t15 - t22);
        FMM_NAME(store)(non_temporal, out[16] + j, x0 + x1 + x15 + t21 - x14);
        FMM_NAME(store)(non_temporal, out[17] + j, x12 - t10 - t21);
        FMM_NAME(store)(non_temporal, out[18] + j, x12 + x15 - t19);
        FMM_NAME(store)(non_temporal, out[19] + j, x32 + t20 - x17 - x21 - x30 - t9);
    }
}

static FMM_TARGET void FMM_NAME(level9_output)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 20)) {
            FMM_NAME(level9_output_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level9_output_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R x16 = in[16][j * in_step];
        const R x17 = in[17][j * in_step];
        const R x18 = in[18][j * in_step];
        const R x19 = in[19][j * in_step];
        const R x20 = in[20][j * in_step];
        const R x21 = in[21][j * in_step];
        const R x22 = in[22][j * in_step];
        const R x23 = in[23][j * in_step];
        const R x24 = in[24][j * in_step];
        const R x25 = in[25][j * in_step];
        const R x26 = in[26][j * in_step];
        const R x27 = in[27][j * in_step];
        const R x28 = in[28][j * in_step];
        const R x29 = in[29][j * in_step];
        const R x30 = in[30][j * in_step];
        const R x31 = in[31][j * in_step];
        const R x32 = in[32][j * in_step];
        const R x33 = in[33][j * in_step];
        const R x34 = in[34][j * in_step];
        const R x35 = in[35][j * in_step];
        const R x36 = in[36][j * in_step];
        const R x37 = in[37][j * in_step];
        const R x38 = in[38][j * in_step];
        const R x39 = in[39][j * in_step];
        const R x40 = in[40][j * in_step];
        const R x41 = in[41][j * in_step];
        const R x42 = in[42][j * in_step];
        const R x43 = in[43][j * in_step];
        const R x44 = in[44][j * in_step];
        const R x45 = in[45][j * in_step];
        const R x46 = in[46][j * in_step];
        const R t0 = x43 - x45;
        const R t1 = x46 + t0;
        const R t2 = x10 - x38;
        const R t3 = x8 - x16;
        const R t4 = x37 + t2;
        const R t5 = x13 - t3;
        const R t6 = x6 + t4;
        const R t7 = x31 - x33;
        const R t8 = t1 + t6;
        const R t9 = x22 + t7;
        const R t10 = x11 - t5;
        const R t11 = x5 - x35;
        const R t12 = x40 - x41;
        const R t13 = x25 - x27;
        const R t14 = t1 + t13;
        const R t15 = x29 - t9;
        const R t16 = x36 + t11;
        const R t17 = x2 + x14;
        const R t18 = x26 + t14;
        const R t19 = t10 + t17;
        const R t20 = x28 + t18;
        const R t21 = t8 - t16;
        const R t22 = x39 + t12;
        const R t23 = x34 + t8;
        out[0][j * out_step] = x31 - t0 - t2;
        out[1][j * out_step] = x43 + t6 - x40;
        out[2][j * out_step] = x32 + x42 + x44 + t11 - x15 - x40;
        out[3][j * out_step] = x44 + t9 - x39;
        out[4][j * out_step] = x9 + x27 + x29 - x19 - t7;
        out[5][j * out_step] = x20 + x26 + t5 + t22 - t23;
        out[6][j * out_step] = x12 + x21 + x23 + x28 - x3 - x18;
        out[7][j * out_step] = x28 + t15;
        out[8][j * out_step] = x9 + x10 + t1;
        out[9][j * out_step] = t5 - t1;
        out[10][j * out_step] = x17 - t19;
        out[11][j * out_step] = t20;
        out[12][j * out_step] = x4 + x16 - x34 - t1 - t4;
        out[13][j * out_step] = t3 + t23;
        out[14][j * out_step] = x3 + x5 + x7;
        out[15][j * out_step] = x7 + x23 - x24 - t15 - t22;
        out[16][j * out_step] = x0 + x1 + x15 + t21 - x14;
        out[17][j * out_step] = x12 - t10 - t21;
        out[18][j * out_step] = x12 + x15 - t19;
        out[19][j * out_step] = x32 + t20 - x17 - x21 - x30 - t9;
    }
}

FMM_INLINE void FMM_NAME(level10_left_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V x16 = *(const U *)(in[16] + j);
        const V x17 = *(const U *)(in[17] + j);
        const V x18 = *(const U *)(in[18] + j);
        const V x19 = *(const U *)(in[19] + j);
        const V t0 = x16 - x17;
        const V t1 = x5 - x13;
        const V t2 = x11 + x19;
        const V t3 = t0 - t1;
        const V t4 = x10 + x18;
        const V t5 = x1 + t3;
        const V t6 = x17 + t4;
        const V t7 = x5 - x15;
        const V t8 = x9 + t6;
        const V t9 = x7 - x15;
        const V t10 = x3 - x19;
        const V t11 = x4 + t9;
        const V t12 = x12 - t5;
        const V t13 = x2 - t0;
        const V t14 = t10 - t11;
        const V t15 = x0 + t12;
        const V t16 = x9 - t2;
        const V t17 = x8 - t16;
        const V t18 = x12 + t1;
        const V t19 = x12 - t17;
        const V t20 = t3 - t19;
        FMM_NAME(store)(non_temporal, out[0] + j, t0);
        FMM_NAME(store)(non_temporal, out[1] + j, x14 + x15);
        FMM_NAME(store)(non_temporal, out[2] + j, t2);
        FMM_NAME(store)(non_temporal, out[3] + j, x10 - x19);
        FMM_NAME(store)(non_temporal, out[4] + j, t4);
        FMM_NAME(store)(non_temporal, out[5] + j, t6);
        FMM_NAME(store)(non_temporal, out[6] + j, x16 + t4);
        FMM_NAME(store)(non_temporal, out[7] + j, x6 - x14);
        FMM_NAME(store)(non_temporal, out[8] + j, x6 - x19);
        FMM_NAME(store)(non_temporal, out[9] + j, x6 + x17 + x18);
        FMM_NAME(store)(non_temporal, out[10] + j, x6 + x15);
        FMM_NAME(store)(non_temporal, out[11] + j, x6 + x7 + t2);
        FMM_NAME(store)(non_temporal, out[12] + j, -t20);
        FMM_NAME(store)(non_temporal, out[13] + j, t7);
        FMM_NAME(store)(non_temporal, out[14] + j, t18);
        FMM_NAME(store)(non_temporal, out[15] + j, x5 + t2);
        FMM_NAME(store)(non_temporal, out[16] + j, t1 + t8);
        FMM_NAME(store)(non_temporal, out[17] + j, x5 + t8);
        FMM_NAME(store)(non_temporal, out[18] + j, t8 + t18);
        FMM_NAME(store)(non_temporal, out[19] + j, x4 - t2);
        FMM_NAME(store)(non_temporal, out[20] + j, x4 + x8);
        FMM_NAME(store)(non_temporal, out[21] + j, t11);
        FMM_NAME(store)(non_temporal, out[22] + j, t14);
        FMM_NAME(store)(non_temporal, out[23] + j, x3 - t7);
        FMM_NAME(store)(non_temporal, out[24] + j, t10 - t9);
        FMM_NAME(store)(non_temporal, out[25] + j, x2 - x16 - x18);
        FMM_NAME(store)(non_temporal, out[26] + j, t13);
        FMM_NAME(store)(non_temporal, out[27] + j, x2 + x19);
        FMM_NAME(store)(non_temporal, out[28] + j, x14 + t13);
        FMM_NAME(store)(non_temporal, out[29] + j, x2 + x3);
        FMM_NAME(store)(non_temporal, out[30] + j, -t12);
        FMM_NAME(store)(non_temporal, out[31] + j, t5);
        FMM_NAME(store)(non_temporal, out[32] + j, x1 + x2 - t7);
        FMM_NAME(store)(non_temporal, out[33] + j, t15 - x8);
        FMM_NAME(store)(non_temporal, out[34] + j, t15 - t17);
        FMM_NAME(store)(non_temporal, out[35] + j, t15);
        FMM_NAME(store)(non_temporal, out[36] + j, x0 - t20);
        FMM_NAME(store)(non_temporal, out[37] + j, x0 + t14);
    }
}

static FMM_TARGET void FMM_NAME(level10_left)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 38)) {
            FMM_NAME(level10_left_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level10_left_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R x16 = in[16][j * in_step];
        const R x17 = in[17][j * in_step];
        const R x18 = in[18][j * in_step];
        const R x19 = in[19][j * in_step];
        const R t0 = x16 - x17;
        const R t1 = x5 - x13;
        const R t2 = x11 + x19;
        const R t3 = t0 - t1;
        const R t4 = x10 + x18;
        const R t5 = x1 + t3;
        const R t6 = x17 + t4;
        const R t7 = x5 - x15;
        const R t8 = x9 + t6;
        const R t9 = x7 - x15;
        const R t10 = x3 - x19;
        const R t11 = x4 + t9;
        const R t12 = x12 - t5;
        const R t13 = x2 - t0;
        const R t14 = t10 - t11;
        const R t15 = x0 + t12;
        const R t16 = x9 - t2;
        const R t17 = x8 - t16;
        const R t18 = x12 + t1;
        const R t19 = x12 - t17;
        const R t20 = t3 - t19;
        out[0][j * out_step] = t0;
        out[1][j * out_step] = x14 + x15;
        out[2][j * out_step] = t2;
        out[3][j * out_step] = x10 - x19;
        out[4][j * out_step] = t4;
        out[5][j * out_step] = t6;
        out[6][j * out_step] = x16 + t4;
        out[7][j * out_step] = x6 - x14;
        out[8][j * out_step] = x6 - x19;
        out[9][j * out_step] = x6 + x17 + x18;
        out[10][j * out_step] = x6 + x15;
        out[11][j * out_step] = x6 + x7 + t2;
        out[12][j * out_step] = -t20;
        out[13][j * out_step] = t7;
        out[14][j * out_step] = t18;
        out[15][j * out_step] = x5 + t2;
        out[16][j * out_step] = t1 + t8;
        out[17][j * out_step] = x5 + t8;
        out[18][j * out_step] = t8 + t18;
        out[19][j * out_step] = x4 - t2;
        out[20][j * out_step] = x4 + x8;
        out[21][j * out_step] = t11;
        out[22][j * out_step] = t14;
        out[23][j * out_step] = x3 - t7;
        out[24][j * out_step] = t10 - t9;
        out[25][j * out_step] = x2 - x16 - x18;
        out[26][j * out_step] = t13;
        out[27][j * out_step] = x2 + x19;
        out[28][j * out_step] = x14 + t13;
        out[29][j * out_step] = x2 + x3;
        out[30][j * out_step] = -t12;
        out[31][j * out_step] = t5;
        out[32][j * out_step] = x1 + x2 - t7;
        out[33][j * out_step] = t15 - x8;
        out[34][j * out_step] = t15 - t17;
        out[35][j * out_step] = t15;
        out[36][j * out_step] = x0 - t20;
        out[37][j * out_step] = x0 + t14;
    }
}

FMM_INLINE void FMM_NAME(level10_right_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V t0 = x4 + x5;
        const V t1 = x6 - x9;
        const V t2 = x3 + t0;
        const V t3 = x7 + x8;
        const V t4 = x11 - t1;
        const V t5 = x2 - x11;
        const V t6 = x0 + x3;
        const V t7 = x1 + t5;
        const V t8 = x9 + x10;
        const V t9 = x10 - t1;
        const V t10 = x1 + x4;
        const V t11 = x3 + x5;
        const V t12 = x10 + t0;
        const V t13 = t3 - t4;
        const V t14 = x0 - x5;
        const V t15 = x2 + x5;
        FMM_NAME(store)(non_temporal, out[0] + j, t13 - x10);
        FMM_NAME(store)(non_temporal, out[1] + j, x4 - x7);
        FMM_NAME(store)(non_temporal, out[2] + j, t15 - x8);
        FMM_NAME(store)(non_temporal, out[3] + j, t10 - x7);
        FMM_NAME(store)(non_temporal, out[4] + j, t1 + t12);
        FMM_NAME(store)(non_temporal, out[5] + j, t15);
        FMM_NAME(store)(non_temporal, out[6] + j, x0 - t2 - t8);
        FMM_NAME(store)(non_temporal, out[7] + j, x6 + t3);
        FMM_NAME(store)(non_temporal, out[8] + j, t6 - x6);
        FMM_NAME(store)(non_temporal, out[9] + j, x7 + t11);
        FMM_NAME(store)(non_temporal, out[10] + j, x8 + t14);
        FMM_NAME(store)(non_temporal, out[11] + j, t13);
        FMM_NAME(store)(non_temporal, out[12] + j, x8 - t4);
        FMM_NAME(store)(non_temporal, out[13] + j, -t4);
        FMM_NAME(store)(non_temporal, out[14] + j, x9 + x11);
        FMM_NAME(store)(non_temporal, out[15] + j, t12);
        FMM_NAME(store)(non_temporal, out[16] + j, x4 + x10);
        FMM_NAME(store)(non_temporal, out[17] + j, x10 + t2);
        FMM_NAME(store)(non_temporal, out[18] + j, t6);
        FMM_NAME(store)(non_temporal, out[19] + j, t11);
        FMM_NAME(store)(non_temporal, out[20] + j, t14);
        FMM_NAME(store)(non_temporal, out[21] + j, x0 + x11);
        FMM_NAME(store)(non_temporal, out[22] + j, t5);
        FMM_NAME(store)(non_temporal, out[23] + j, x0 + x2);
        FMM_NAME(store)(non_temporal, out[24] + j, t7);
        FMM_NAME(store)(non_temporal, out[25] + j, t7 - x10);
        FMM_NAME(store)(non_temporal, out[26] + j, t0 - x7);
        FMM_NAME(store)(non_temporal, out[27] + j, t0 - t9);
        FMM_NAME(store)(non_temporal, out[28] + j, t3 - t9);
        FMM_NAME(store)(non_temporal, out[29] + j, t8);
        FMM_NAME(store)(non_temporal, out[30] + j, x1 - x5);
        FMM_NAME(store)(non_temporal, out[31] + j, t10);
        FMM_NAME(store)(non_temporal, out[32] + j, t0);
        FMM_NAME(store)(non_temporal, out[33] + j, x1 + t2);
        FMM_NAME(store)(non_temporal, out[34] + j, t2);
        FMM_NAME(store)(non_temporal, out[35] + j, x0 + t2);
        FMM_NAME(store)(non_temporal, out[36] + j, x1 + x2);
    }
}

static FMM_TARGET void FMM_NAME(level10_right)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 37)) {
            FMM_NAME(level10_right_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level10_right_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R t0 = x4 + x5;
        const R t1 = x6 - x9;
        const R t2 = x3 + t0;
        const R t3 = x7 + x8;
        const R t4 = x11 - t1;
        const R t5 = x2 - x11;
        const R t6 = x0 + x3;
        const R t7 = x1 + t5;
        const R t8 = x9 + x10;
        const R t9 = x10 - t1;
        const R t10 = x1 + x4;
        const R t11 = x3 + x5;
        const R t12 = x10 + t0;
        const R t13 = t3 - t4;
        const R t14 = x0 - x5;
        const R t15 = x2 + x5;
        out[0][j * out_step] = t13 - x10;
        out[1][j * out_step] = x4 - x7;
        out[2][j * out_step] = t15 - x8;
        out[3][j * out_step] = t10 - x7;
        out[4][j * out_step] = t1 + t12;
        out[5][j * out_step] = t15;
        out[6][j * out_step] = x0 - t2 - t8;
        out[7][j * out_step] = x6 + t3;
        out[8][j * out_step] = t6 - x6;
        out[9][j * out_step] = x7 + t11;
        out[10][j * out_step] = x8 + t14;
        out[11][j * out_step] = t13;
        out[12][j * out_step] = x8 - t4;
        out[13][j * out_step] = -t4;
        out[14][j * out_step] = x9 + x11;
        out[15][j * out_step] = t12;
        out[16][j * out_step] = x4 + x10;
        out[17][j * out_step] = x10 + t2;
        out[18][j * out_step] = t6;
        out[19][j * out_step] = t11;
        out[20][j * out_step] = t14;
        out[21][j * out_step] = x0 + x11;
        out[22][j * out_step] = t5;
        out[23][j * out_step] = x0 + x2;
        out[24][j * out_step] = t7;
        out[25][j * out_step] = t7 - x10;
        out[26][j * out_step] = t0 - x7;
        out[27][j * out_step] = t0 - t9;
        out[28][j * out_step] = t3 - t9;
        out[29][j * out_step] = t8;
        out[30][j * out_step] = x1 - x5;
        out[31][j * out_step] = t10;
        out[32][j * out_step] = t0;
        out[33][j * out_step] = x1 + t2;
        out[34][j * out_step] = t2;
        out[35][j * out_step] = x0 + t2;
        out[36][j * out_step] = x1 + x2;
    }
}

FMM_INLINE void FMM_NAME(level10_output_vectors)(const int non_temporal, const R *const *in,
                                       R *const *out, int64_t end) {
    for (int64_t j = 0; j < end; j += FMM_LANES) {
        const V x0 = *(const U *)(in[0] + j);
        const V x1 = *(const U *)(in[1] + j);
        const V x2 = *(const U *)(in[2] + j);
        const V x3 = *(const U *)(in[3] + j);
        const V x4 = *(const U *)(in[4] + j);
        const V x5 = *(const U *)(in[5] + j);
        const V x6 = *(const U *)(in[6] + j);
        const V x7 = *(const U *)(in[7] + j);
        const V x8 = *(const U *)(in[8] + j);
        const V x9 = *(const U *)(in[9] + j);
        const V x10 = *(const U *)(in[10] + j);
        const V x11 = *(const U *)(in[11] + j);
        const V x12 = *(const U *)(in[12] + j);
        const V x13 = *(const U *)(in[13] + j);
        const V x14 = *(const U *)(in[14] + j);
        const V x15 = *(const U *)(in[15] + j);
        const V x16 = *(const U *)(in[16] + j);
        const V x17 = *(const U *)(in[17] + j);
        const V x18 = *(const U *)(in[18] + j);
        const V x19 = *(const U *)(in[19] + j);
        const V x20 = *(const U *)(in[20] + j);
        const V x21 = *(const U *)(in[21] + j);
        const V x22 = *(const U *)(in[22] + j);
        const V x23 = *(const U *)(in[23] + j);
        const V x24 = *(const U *)(in[24] + j);
        const V x25 = *(const U *)(in[25] + j);
        const V x26 = *(const U *)(in[26] + j);
        const V x27 = *(const U *)(in[27] + j);
        const V x28 = *(const U *)(in[28] + j);
        const V x29 = *(const U *)(in[29] + j);
        const V x30 = *(const U *)(in[30] + j);
        const V x31 = *(const U *)(in[31] + j);
        const V x32 = *(const U *)(in[32] + j);
        const V x33 = *(const U *)(in[33] + j);
        const V x34 = *(const U *)(in[34] + j);
        const V x35 = *(const U *)(in[35] + j);
        const V x36 = *(const U *)(in[36] + j);
        const V x37 = *(const U *)(in[37] + j);
        const V x38 = *(const U *)(in[38] + j);
        const V x39 = *(const U *)(in[39] + j);
        const V x40 = *(const U *)(in[40] + j);
        const V x41 = *(const U *)(in[41] + j);
        const V x42 = *(const U *)(in[42] + j);
        const V x43 = *(const U *)(in[43] + j);
        const V x44 = *(const U *)(in[44] + j);
        const V x45 = *(const U *)(in[45] + j);
        const V x46 = *(const U *)(in[46] + j);
        const V t0 = x13 - x14;
        const V t1 = x0 + t0;
        const V t2 = x35 - x36;
        const V t3 = x1 - t2;
        const V t4 = x4 + x19;
        const V t5 = x15 - t1;
        const V t6 = x33 - t3;
        const V t7 = x34 - t6;
        const V t8 = x19 + x41;
        const V t9 = x34 - x39;
        const V t10 = x21 + t9;
        const V t11 = x44 - t10;
        const V t12 = x31 + t8;
        const V t13 = x20 - x27;
        const V t14 = x16 - t4;
        const V t15 = x14 - t14;
        const V t16 = x7 + x22;
        const V t17 = x20 + x24;
        const V t18 = x10 - t5;
        const V t19 = x21 + x25;
        const V t20 = x0 - t7;
        const V t21 = x18 - t19;
        const V t22 = x8 + t7;
        const V t23 = t17 - t18;
        const V t24 = x11 + t21;
        FMM_NAME(store)(non_temporal, out[0] + j, x35 + x38 + x45 - x18 - x43 - t12);
        FMM_NAME(store)(non_temporal, out[1] + j, t11 + t12 - x1);
        FMM_NAME(store)(non_temporal, out[2] + j, x29 + x46 + t3 - x0 - x30 - t11);
        FMM_NAME(store)(non_temporal, out[3] + j, x17 + x26 + t14 + t16 - x29);
        FMM_NAME(store)(non_temporal, out[4] + j, x31 + x32 + t1 + t13 - x30);
        FMM_NAME(store)(non_temporal, out[5] + j, x29 + t15 - t13);
        FMM_NAME(store)(non_temporal, out[6] + j, t22 + t23 - t16 - t24);
        FMM_NAME(store)(non_temporal, out[7] + j, x22 + x43 + x44 - x42 - t23);
        FMM_NAME(store)(non_temporal, out[8] + j, x28 + t20 + t24 - x26 - x27);
        FMM_NAME(store)(non_temporal, out[9] + j, x5 + t17 + t19 - x23 - t4);
        FMM_NAME(store)(non_temporal, out[10] + j, x20 + x37 + x40 + t10 - t8);
        FMM_NAME(store)(non_temporal, out[11] + j, x6 + t15 - x12 - x20 - x21);
        FMM_NAME(store)(non_temporal, out[12] + j, x11 + t18 - x9 - t22);
        FMM_NAME(store)(non_temporal, out[13] + j, x3 + t5 - x1);
        FMM_NAME(store)(non_temporal, out[14] + j, x2 - t20);
    }
}

static FMM_TARGET void FMM_NAME(level10_output)(const R *const *in, int64_t in_step, R *const *out,
                                          int64_t out_step, int64_t count, int non_temporal) {
    int64_t j = 0;
    if (in_step == 1 && out_step == 1) {
        j = count / FMM_LANES * FMM_LANES;
        if (non_temporal && FMM_NAME(aligned)(out, 15)) {
            FMM_NAME(level10_output_vectors)(1, in, out, j);
        } else {
            FMM_NAME(level10_output_vectors)(0, in, out, j);
        }
    }
    for (; j < count; j++) {
        const R x0 = in[0][j * in_step];
        const R x1 = in[1][j * in_step];
        const R x2 = in[2][j * in_step];
        const R x3 = in[3][j * in_step];
        const R x4 = in[4][j * in_step];
        const R x5 = in[5][j * in_step];
        const R x6 = in[6][j * in_step];
        const R x7 = in[7][j * in_step];
        const R x8 = in[8][j * in_step];
        const R x9 = in[9][j * in_step];
        const R x10 = in[10][j * in_step];
        const R x11 = in[11][j * in_step];
        const R x12 = in[12][j * in_step];
        const R x13 = in[13][j * in_step];
        const R x14 = in[14][j * in_step];
        const R x15 = in[15][j * in_step];
        const R x16 = in[16][j * in_step];
        const R x17 = in[17][j * in_step];
        const R x18 = in[18][j * in_step];
        const R x19 = in[19][j * in_step];
        const R x20 = in[20][j * in_step];
        const R x21 = in[21][j * in_step];
        const R x22 = in[22][j * in_step];
        const R x23 = in[23][j * in_step];
        const R x24 = in[24][j * in_step];
        const R x25 = in[25][j * in_step];
        const R x26 = in[26][j * in_step];
        const R x27 = in[27][j * in_step];
        const R x28 = in[28][j * in_step];
        const R x29 = in[29][j * in_step];
        const R x30 = in[30][j * in_step];
        const R x31 = in[31][j * in_step];
        const R x32 = in[32][j * in_step];
        const R x33 = in[33][j * in_step];
        const R x34 = in[34][j * in_step];
        const R x35 = in[35][j * in_step];
        const R x36 = in[36][j * in_step];
        const R x37 = in[37][j * in_step];
        const R x38 = in[38][j * in_step];
        const R x39 = in[39][j * in_step];
        const R x40 = in[40][j * in_step];
        const R x41 = in[41][j * in_step];
        const R x42 = in[42][j * in_step];
        const R x43 = in[43][j * in_step];
        const R x44 = in[44][j * in_step];
        const R x45 = in[45][j * in_step];
        const R x46 = in[46][j * in_step];
        const R t0 = x13 - x14;
        const R t1 = x0 + t0;
        const R t2 = x35 - x36;
        const R t3 = x1 - t2;
        const R t4 = x4 + x19;
        const R t5 = x15 - t1;
        const R t6 = x33 - t3;
        const R t7 = x34 - t6;
        const R t8 = x19 + x41;
        const R t9 = x34 - x39;
        const R t10 = x21 + t9;
        const R t11 = x44 - t10;
        const R t12 = x31 + t8;
        const R t13 = x20 - x27;
        const R t14 = x16 - t4;
        const R t15 = x14 - t14;
        const R t16 = x7 + x22;
        const R t17 = x20 + x24;
        const R t18 = x10 - t5;
        const R t19 = x21 + x25;
        const R t20 = x0 - t7;
        const R t21 = x18 - t19;
        const R t22 = x8 + t7;
        const R t23 = t17 - t18;
        const R t24 = x11 + t21;
        out[0][j * out_step] = x35 + x38 + x45 - x18 - x43 - t12;
        out[1][j * out_step] = t11 + t12 - x1;
        out[2][j * out_step] = x29 + x46 + t3 - x0 - x30 - t11;
        out[3][j * out_step] = x17 + x26 + t14 + t16 - x29;
        out[4][j * out_step] = x31 + x32 + t1 + t13 - x30;
        out[5][j * out_step] = x29 + t15 - t13;
        out[6][j * out_step] = t22 + t23 - t16 - t24;
        out[7][j * out_step] = x22 + x43 + x44 - x42 - t23;
        out[8][j * out_step] = x28 + t20 + t24 - x26 - x27;
        out[9][j * out_step] = x5 + t17 + t19 - x23 - t4;
        out[10][j * out_step] = x20 + x37 + x40 + t10 - t8;
        out[11][j * out_step] = x6 + t15 - x12 - x20 - x21;
        out[12][j * out_step] = x11 + t18 - x9 - t22;
        out[13][j * out_step] = x3 + t5 - x1;
        out[14][j * out_step] = x2 - t20;
    }
}

typedef void FMM_NAME(sums_fn)(const R *const *, int64_t, R *const *, int64_t, int64_t, int);
typedef struct {
    FMM_NAME(sums_fn) *left, *right, *output;
} FMM_NAME(level_sums);
static const FMM_NAME(level_sums) FMM_NAME(all_sums)[] = {
    {FMM_NAME(level0_left), FMM_NAME(level0_right), FMM_NAME(level0_output)},
    {FMM_NAME(level1_left), FMM_NAME(level1_right), FMM_NAME(level1_output)},
    {FMM_NAME(level2_left), FMM_NAME(level2_right), FMM_NAME(level2_output)},
    {FMM_NAME(level3_left), FMM_NAME(level3_right), FMM_NAME(level3_output)},
    {FMM_NAME(level4_left), FMM_NAME(level4_right), FMM_NAME(level4_output)},
    {FMM_NAME(level5_left), FMM_NAME(level5_right), FMM_NAME(level5_output)},
    {FMM_NAME(level6_left), FMM_NAME(level6_right), FMM_NAME(level6_output)},
    {FMM_NAME(level7_left), FMM_NAME(level7_right), FMM_NAME(level7_output)},
    {FMM_NAME(level8_left), FMM_NAME(level8_right), FMM_NAME(level8_output)},
    {FMM_NAME(level9_left), FMM_NAME(level9_right), FMM_NAME(level9_output)},
    {FMM_NAME(level10_left), FMM_NAME(level10_right), FMM_NAME(level10_output)},
};

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
