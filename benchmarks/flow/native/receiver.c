/* A destination that costs next to nothing: answers every request at once and notes when each event came.
 *
 *     receiver BOARD EVENTS STATUS HEADERS
 *
 * Listens on a free port of the loopback, which it prints. An event is the ten digits after `"number":` in
 * a body. STATUS is the status of every answer, HEADERS is 0 or the number of further headers in it, up to 12.
 * Counters of the board: 0 requests, 1 different events, 2 events that came again, 3 requests without a
 * known number, 4 connections, 5 moment of the newest request, 6 requests without Idempotency-Key.
 * Ends with SIGTERM, or when standard input ends.
 */
#define _GNU_SOURCE
#include "board.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { BUFFER = 1 << 18, MOST = 1024, AT_ONCE = 64, ANSWER = 4096 };

static const char *const MORE[12] = {
    "date: Sat, 28 Nov 2026 12:00:00 GMT",
    "server: receiver/1.0 (benchmark)",
    "cache-control: no-store, no-cache, must-revalidate",
    "x-request-id: 5f0c4c5e-6a3b-4f57-9a83-0d4a3dd0f2aa",
    "x-runtime: 0.004112",
    "strict-transport-security: max-age=63072000; includeSubDomains",
    "x-content-type-options: nosniff",
    "x-frame-options: SAMEORIGIN",
    "referrer-policy: strict-origin-when-cross-origin",
    "vary: Accept-Encoding, Origin",
    "x-ratelimit-limit: 100000",
    "x-ratelimit-remaining: 99874",
};

struct link {
    int socket;
    size_t held;
    char *data;
};

static struct board board;
static char answer[ANSWER];
static size_t answer_length;

static void prepare_answer(int status, int headers) {
    const char *body = "{\"status\":\"queued\"}";
    int at = snprintf(answer, ANSWER, "HTTP/1.1 %d Answer\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n",
                      status, strlen(body));
    for (int i = 0; i < headers; i++) at += snprintf(answer + at, ANSWER - (size_t)at, "%s\r\n", MORE[i]);
    at += snprintf(answer + at, ANSWER - (size_t)at, "\r\n%s", body);
    answer_length = (size_t)at;
}

static void note(const char *data, size_t head, size_t whole) {
    int64_t now = now_ns();
    board.counters[0]++;
    board.counters[5] = now;
    if (memmem(data, head, "dempotency-", 11) == NULL) board.counters[6]++;
    const char *at = memmem(data + head, whole - head, "\"number\":", 9);
    int64_t event = -1;
    if (at != NULL && (size_t)(at - data) + 19 <= whole) event = strtoll(at + 9, NULL, 10) - FIRST_NUMBER;
    if (event < 0 || event >= board.events) {
        board.counters[3]++;
    } else if (board.moments[event] != 0) {
        board.counters[2]++;
    } else {
        board.moments[event] = now;
        board.counters[1]++;
    }
}

/* Answer every whole request that is held; false when the link is to be closed. */
static int serve(struct link *link) {
    size_t done = 0;
    while (done < link->held) {
        size_t head = 0;
        int64_t whole = message_length(link->data + done, link->held - done, &head);
        if (whole == 0) break;
        if (whole < 0) return 0;
        note(link->data + done, head, (size_t)whole);
        if (write(link->socket, answer, answer_length) != (ssize_t)answer_length) return 0;
        done += (size_t)whole;
    }
    link->held -= done;
    memmove(link->data, link->data + done, link->held);
    return link->held < BUFFER;
}

static int read_some(struct link *link) {
    ssize_t got = read(link->socket, link->data + link->held, BUFFER - link->held);
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return 0;
    link->held += (size_t)got;
    return serve(link);
}

static int listening(void) {
    int one = 1;
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof place;
    int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server, (struct sockaddr *)&place, size) != 0 || listen(server, MOST) != 0) fail("listen");
    getsockname(server, (struct sockaddr *)&place, &size);
    printf("%d\n", ntohs(place.sin_port));
    fflush(stdout);
    return server;
}

static void watch(int poll, int socket, void *with) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = with}};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event) != 0) fail("epoll_ctl");
}

static void take(int poll, int server) {
    int one = 1;
    int socket;
    while ((socket = accept4(server, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct link *link = malloc(sizeof *link);
        if (link == NULL || (link->data = malloc(BUFFER)) == NULL) fail("malloc");
        link->socket = socket;
        link->held = 0;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(poll, socket, link);
        board.counters[4]++;
    }
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "usage: receiver BOARD EVENTS STATUS HEADERS\n");
        return 2;
    }
    board = open_board(words[1], atoll(words[2]));
    prepare_answer(atoi(words[3]), atoi(words[4]));
    int server = listening();
    int poll = epoll_create1(0);
    watch(poll, server, &server);
    watch(poll, 0, NULL);
    for (;;) {
        struct epoll_event events[AT_ONCE];
        int ready = epoll_wait(poll, events, AT_ONCE, -1);
        for (int i = 0; i < ready; i++) {
            struct link *link = events[i].data.ptr;
            if (link == NULL) return 0;
            if ((void *)link == (void *)&server) {
                take(poll, server);
            } else if (!read_some(link)) {
                close(link->socket);
                free(link->data);
                free(link);
            }
        }
    }
}
