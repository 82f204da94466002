/* A file of 64-bit numbers that both programs write and the benchmark reads while they run.
 *
 * Eight counters, then one moment per event: CLOCK_MONOTONIC in nanoseconds, 0 for "not yet". The clock is
 * one for all processes of a machine, so moments of two boards can be subtracted.
 */
#ifndef BOARD_H
#define BOARD_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { COUNTERS = 8 };

/* Events are numbered from here on, so that each number has ten digits. */
static const int64_t FIRST_NUMBER = 1000000000;

struct board {
    volatile int64_t *counters;
    volatile int64_t *moments;
    int64_t events;
};

static inline int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void fail(const char *what) {
    perror(what);
    exit(1);
}

static inline struct board open_board(const char *path, int64_t events) {
    size_t size = (size_t)(COUNTERS + events) * sizeof(int64_t);
    int file = open(path, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, (off_t)size) != 0) fail(path);
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (at == MAP_FAILED) fail("mmap");
    close(file);
    struct board board = {at, (volatile int64_t *)at + COUNTERS, events};
    return board;
}

/* Return the length of an HTTP/1.1 message at `data`, or 0 while it is incomplete; -1 when it has no
 * Content-Length. `head` becomes the length of its head. */
static inline int64_t message_length(const char *data, size_t held, size_t *head) {
    const char *end = memmem(data, held, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    *head = (size_t)(end - data) + 4;
    for (const char *line = data; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end + 2 - line));
        if (next == NULL) break;
        if (strncasecmp(line, "content-length:", 15) == 0) {
            int64_t whole = (int64_t)*head + strtoll(line + 15, NULL, 10);
            return whole <= (int64_t)held ? whole : 0;
        }
        line = next + 1;
    }
    return -1;
}

#endif
