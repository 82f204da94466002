/* Sends numbered events to a gateway: as fast as answers come, or at a fixed rate whatever they do.
 *
 *     sender BOARD EVENTS PORT REQUEST CONNECTIONS RATE SECONDS FIRST COUNT
 *
 * REQUEST is a file with one whole HTTP request: ten `@` in a row stand for the event's number, four `#` for
 * one of 5,000 customers. RATE is in requests a second, 0 for "as fast as answers come". Ends after COUNT
 * requests or SECONDS, whatever is first; events are numbered from FIRST. The board gets the moment each
 * event was answered 200. With a rate, latency counts from the moment a request was due, so that a server
 * that stalls cannot hide the requests that waited (coordinated omission).
 * Prints one JSON object; counters of the board: 0 sent, 1 answered 200, 2 answered otherwise.
 */
#define _GNU_SOURCE
#include "board.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

enum { MARKS = 16, BUFFER = 1 << 16, CUSTOMERS = 5000, STATUSES = 600 };

struct link {
    int socket;
    int busy;
    int64_t event;
    int64_t due;
    size_t held;
    char *request;
    char data[BUFFER];
};

static struct board board;
static char *template;
static size_t length, sent_marks[MARKS], customer_marks[MARKS];
static int sent_count, customer_count;
static struct link *links;
static struct link **idle;
static int idle_count, busy_count;
static int64_t first, next_event, last_event, broken;
static int64_t statuses[STATUSES];
static double *latencies;
static int64_t answered;
static struct sockaddr_in place;
static int poll_file;

static void read_template(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail(path);
    fseek(file, 0, SEEK_END);
    length = (size_t)ftell(file);
    rewind(file);
    template = malloc(length);
    if (template == NULL || fread(template, 1, length, file) != length) fail(path);
    fclose(file);
    for (size_t at = 0; at + 10 <= length; at++) {
        if (memcmp(template + at, "@@@@@@@@@@", 10) == 0 && sent_count < MARKS) sent_marks[sent_count++] = at;
        if (memcmp(template + at, "####", 4) == 0 && customer_count < MARKS) customer_marks[customer_count++] = at;
    }
}

static void digits(char *at, int width, int64_t number) {
    for (int i = width - 1; i >= 0; i--, number /= 10) at[i] = (char)('0' + number % 10);
}

static void open_link(struct link *link) {
    int one = 1;
    link->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(link->socket, (struct sockaddr *)&place, sizeof place) != 0) fail("connect");
    setsockopt(link->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(link->socket, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = link}};
    epoll_ctl(poll_file, EPOLL_CTL_ADD, link->socket, &event);
}

static void begin(struct link *link, int64_t due) {
    if (link->socket < 0) open_link(link);
    link->event = next_event++;
    link->due = due;
    link->held = 0;
    for (int i = 0; i < sent_count; i++) digits(link->request + sent_marks[i], 10, FIRST_NUMBER + link->event);
    for (int i = 0; i < customer_count; i++) digits(link->request + customer_marks[i], 4, link->event % CUSTOMERS);
    link->busy = 1;
    busy_count++;
    board.counters[0]++;
    if (write(link->socket, link->request, length) != (ssize_t)length) fail("write");
}

/* Take in an answer or the end of a link; true when it may send again. */
static int take(struct link *link) {
    ssize_t got = read(link->socket, link->data + link->held, BUFFER - link->held);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got <= 0) {
        /* A server may close a connection that was idle for long; one that waits for an answer is lost. */
        int lost = link->busy;
        close(link->socket);
        link->socket = -1;
        link->busy = 0;
        broken += lost;
        busy_count -= lost;
        return lost;
    }
    link->held += (size_t)got;
    size_t head = 0;
    int64_t whole = message_length(link->data, link->held, &head);
    if (whole == 0) return 0;
    int64_t now = now_ns();
    int status = atoi(link->data + 9);
    statuses[status < STATUSES && status > 0 ? status : 0]++;
    latencies[answered++] = (double)(now - link->due) / 1e6;
    if (status == 200) {
        board.moments[link->event] = now;
        board.counters[1]++;
    } else {
        board.counters[2]++;
    }
    link->busy = 0;
    busy_count--;
    return 1;
}

static void connect_all(int port, int count) {
    place = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    links = calloc((size_t)count, sizeof *links);
    idle = calloc((size_t)count, sizeof *idle);
    if (links == NULL || idle == NULL) fail("calloc");
    for (int i = 0; i < count; i++) {
        struct link *link = links + i;
        link->request = malloc(length);
        if (link->request == NULL) fail("malloc");
        memcpy(link->request, template, length);
        open_link(link);
        idle[idle_count++] = link;
    }
}

static int by_size(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double quantile(double share) {
    if (answered == 0) return 0;
    int64_t at = (int64_t)(share * (double)answered);
    return latencies[at < answered ? at : answered - 1];
}

static void report(int64_t began, int64_t ended) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    qsort(latencies, (size_t)answered, sizeof *latencies, by_size);
    printf("{\"began_ns\":%ld,\"ended_ns\":%ld,\"sent\":%ld,\"answered\":%ld,\"broken\":%ld,\"cpu_s\":%.4f,",
           began, ended, next_event - first, answered, broken, cpu);
    printf("\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"statuses\":{", quantile(0.5), quantile(0.99),
           quantile(1));
    for (int i = 0, shown = 0; i < STATUSES; i++) {
        if (statuses[i]) printf("%s\"%d\":%ld", shown++ ? "," : "", i, statuses[i]);
    }
    printf("}}\n");
}

int main(int count, char **words) {
    if (count != 10) {
        fprintf(stderr, "usage: sender BOARD EVENTS PORT REQUEST CONNECTIONS RATE SECONDS FIRST COUNT\n");
        return 2;
    }
    board = open_board(words[1], atoll(words[2]));
    read_template(words[4]);
    double rate = atof(words[6]);
    first = next_event = atoll(words[8]);
    last_event = first + atoll(words[9]);
    if (last_event > board.events) last_event = board.events;
    latencies = malloc((size_t)(last_event - first + 1) * sizeof *latencies);
    if (latencies == NULL) fail("malloc");
    signal(SIGPIPE, SIG_IGN);
    poll_file = epoll_create1(0);
    connect_all(atoi(words[3]), atoi(words[5]));
    int64_t began = now_ns();
    int64_t until = began + (int64_t)(atof(words[7]) * 1e9);
    int64_t scheduled = 0;
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event tick = {.events = EPOLLIN, .data = {.ptr = NULL}};
    epoll_ctl(poll_file, EPOLL_CTL_ADD, timer, &tick);
    for (;;) {
        int64_t now = now_ns();
        int more = next_event < last_event && now < until;
        if (!more && busy_count == 0) break;
        if (now > until + 30000000000) break; /* a server that never answers */
        if (rate == 0) {
            while (more && idle_count > 0 && next_event < last_event) begin(idle[--idle_count], now_ns());
        } else {
            while (more && idle_count > 0 && next_event < last_event) {
                int64_t due = began + (int64_t)((double)scheduled * 1e9 / rate);
                if (due > now) {
                    struct itimerspec at = {.it_value = {due / 1000000000, due % 1000000000}};
                    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
                    break;
                }
                scheduled++;
                begin(idle[--idle_count], due);
            }
        }
        struct epoll_event events[64];
        int ready = epoll_wait(poll_file, events, 64, 1000);
        for (int i = 0; i < ready; i++) {
            struct link *link = events[i].data.ptr;
            if (link == NULL) {
                uint64_t ticks;
                if (read(timer, &ticks, sizeof ticks) < 0 && errno != EAGAIN) fail("timer");
            } else if (take(link)) {
                idle[idle_count++] = link;
            }
        }
    }
    report(began, now_ns());
    return broken > 0 && answered == 0;
}
