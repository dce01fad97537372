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
