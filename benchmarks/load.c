/* Load generator: many WebSockets to one server, in one thread. It counts frames by their headers and reads no payload.
 *
 *   load PORT PATH CONTROL [TEXT…]     the first data frames are answered with one TEXT each; one more, and it is open
 *
 * Commands on stdin, one JSON answer each on stdout:
 *   offer EXTENSIONS                   what the coming connections offer (Sec-WebSocket-Extensions); the server has to take it
 *   open COUNT                         so many connections more
 *   stall COUNT                        the first ones read nothing any more
 *   run ROUNDS BURST SIZE TIMEOUT_MS   asks the server by CONTROL to publish, waits until everybody has everything, again
 *   pump COUNT WINDOW TEXT             each connection sends TEXT (each '%' a number) COUNT times, WINDOW at a time
 *   close | abort                      ends all connections: with a close frame, or without a word
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 20000
#define OPENING 16 /* upgrades under way at a time */
#define BATCH 512
#define OPEN_TIMEOUT_US 60000000
#define FIRST_NUMBER 1000000

struct connection {
    int fd;
    int stalled;
    int scripted;      /* texts that were sent */
    int upgraded, open;
    int header_size;
    uint8_t header[10];
    uint64_t payload;  /* bytes of the current frame that are still to come */
    long frames;       /* data frames of at least `counted_size` bytes */
    long sent;
    long number;
};

static struct connection connections[MAX_CONNECTIONS];
static int connection_count, open_count, closed_count, stalled_count;
static int poller, control;
static struct sockaddr_in address;
static const char *path;
static char **texts;
static int text_count;
static char offered[512]; /* a header line, or nothing */
static uint64_t counted_size, received_bytes;
static char buffer[1 << 18];

/* What the current command waits for. */
static long received, expected_each, done_count;
static double round_start, *latencies;
static long latency_count, latency_room;
static long pump_count, pump_window;
static const char *pump_text;

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void write_all(int fd, const char *data, size_t size) {
    while (size) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EAGAIN) continue;
            return; /* the reader will see the end */
        }
        data += n;
        size -= n;
    }
}

/* A masked frame, as clients send them; returns its size. */
static size_t frame(char *out, int opcode, const char *text, size_t size) {
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    size_t n = 0;
    out[n++] = (char)(0x80 | opcode);
    if (size < 126) {
        out[n++] = (char)(0x80 | size);
    } else {
        out[n++] = (char)(0x80 | 126);
        out[n++] = (char)(size >> 8);
        out[n++] = (char)size;
    }
    memcpy(out + n, mask, 4);
    n += 4;
    for (size_t i = 0; i < size; i++) out[n + i] = (char)(text[i] ^ mask[i & 3]);
    return n + size;
}

static void send_frame(struct connection *c, int opcode, const char *text, size_t size) {
    char out[16384];
    write_all(c->fd, out, frame(out, opcode, text, size));
}

static void become_open(struct connection *c) {
    c->open = 1;
    open_count++;
}

/* `pump_text` with the number wherever a '%' stands; returns its size. */
static size_t numbered(char *out, size_t room, long number) {
    size_t size = 0;
    for (const char *p = pump_text; *p && size + 24 < room; p++)
        if (*p == '%')
            size += sprintf(out + size, "%ld", number);
        else
            out[size++] = *p;
    return size;
}

static void pump_window_of(struct connection *c) {
    static char out[1 << 16];
    char text[1024];
    size_t size = 0;
    for (long i = 0; i < pump_window && c->sent < pump_count; i++, c->sent++)
        size += frame(out + size, 1, text, numbered(text, sizeof text, c->number++));
    write_all(c->fd, out, size);
}

static void data_frame(struct connection *c) {
    if (!c->open) {
        if (c->scripted < text_count) {
            send_frame(c, 1, texts[c->scripted], strlen(texts[c->scripted]));
            c->scripted++;
        } else {
            become_open(c);
        }
        return;
    }
    c->frames++;
    received++;
    if (latencies && latency_count < latency_room) latencies[latency_count++] = now_us() - round_start;
    if (c->frames == expected_each) done_count++;
    if (pump_text && c->frames == c->sent && c->sent < pump_count) pump_window_of(c);
}

/* The header is complete: how much payload follows. */
static void frame_begins(struct connection *c) {
    int opcode = c->header[0] & 15, size = c->header[1] & 127;
    uint64_t payload = size < 126 ? size : 0;
    for (int i = 2; i < c->header_size; i++) payload = payload << 8 | c->header[i];
    c->payload = payload;
    received_bytes += c->header_size + payload;
    c->header_size = 0;
    if (opcode == 9) send_frame(c, 10, "", 0);
    if (opcode == 1 && (!c->open || payload >= counted_size)) data_frame(c);
}

static void parse(struct connection *c, const uint8_t *data, size_t size) {
    while (size) {
        if (c->payload) {
            size_t n = c->payload < size ? c->payload : size;
            c->payload -= n;
            data += n;
            size -= n;
            continue;
        }
        c->header[c->header_size++] = *data++;
        size--;
        if (c->header_size < 2) continue;
        int length = c->header[1] & 127;
        if (c->header_size == 2 + (length == 126 ? 2 : length == 127 ? 8 : 0)) frame_begins(c);
    }
}

static void end(struct connection *c) {
    close(c->fd);
    c->fd = -1;
    closed_count++;
}

static void readable(struct connection *c) {
    ssize_t n = recv(c->fd, buffer, sizeof buffer - 1, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        end(c);
        return;
    }
    const char *data = buffer;
    if (!c->upgraded) {
        buffer[n] = 0;
        char *header_end = strstr(buffer, "\r\n\r\n"); /* the answers are short and come in one piece */
        if (strncmp(buffer, "HTTP/1.1 101", 12) || !header_end) {
            fprintf(stderr, "load: %.*s\n", (int)n, buffer);
            exit(1);
        }
        if (*offered && !strcasestr(buffer, "\r\nSec-WebSocket-Extensions:")) {
            fprintf(stderr, "load: the server took no extension\n");
            exit(1);
        }
        c->upgraded = 1;
        data = header_end + 4;
        if (!text_count) become_open(c);
    }
    parse(c, (const uint8_t *)data, n - (data - buffer));
}

/* One turn; `wait_ms` 0 spins, so that no server pays for waking a sleeper. */
static void turn(int wait_ms) {
    struct epoll_event events[BATCH];
    int n = epoll_wait(poller, events, BATCH, wait_ms);
    for (int i = 0; i < n; i++)
        if (events[i].data.u32 != UINT32_MAX) readable(&connections[events[i].data.u32]);
}

static void connect_one(void) {
    if (connection_count == MAX_CONNECTIONS) {
        fprintf(stderr, "load: too many connections\n");
        exit(1);
    }
    struct connection *c = &connections[connection_count];
    memset(c, 0, sizeof *c);
    c->number = FIRST_NUMBER;
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = connection_count++};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    char request[1024];
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                     path, ntohs(address.sin_port), offered);
    write_all(c->fd, request, n);
}

static void offer(const char *extensions) {
    snprintf(offered, sizeof offered, "Sec-WebSocket-Extensions: %.400s\r\n", extensions);
    printf("{}\n");
}

static void open_connections(int count) {
    int until = open_count + count;
    double start = now_us();
    while (open_count < until) {
        while (connection_count < until && connection_count - open_count < OPENING) connect_one();
        turn(0);
        if (closed_count || now_us() - start > OPEN_TIMEOUT_US) {
            fprintf(stderr, "load: %d of %d open, %d closed by the server\n", open_count, until, closed_count);
            exit(1);
        }
    }
    printf("{\"opened\": %d, \"seconds\": %.6f}\n", count, (now_us() - start) / 1e6);
}

static void stall(int count) {
    for (int i = stalled_count; i < count && i < connection_count; i++) {
        connections[i].stalled = 1;
        epoll_ctl(poller, EPOLL_CTL_DEL, connections[i].fd, NULL);
        stalled_count++;
    }
    printf("{\"stalled\": %d}\n", stalled_count);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double *values, long count, double q) {
    return count ? values[(long)(q * (count - 1) + 0.5)] : 0;
}

static void start_counting(uint64_t size) {
    received = received_bytes = 0;
    counted_size = size;
    for (int i = 0; i < connection_count; i++) connections[i].frames = connections[i].sent = 0;
}

static void run(int rounds, int burst, int size, int timeout_ms) {
    int readers = connection_count - stalled_count - closed_count, round = 0;
    double *last = calloc(rounds, sizeof *last), start = now_us();
    latency_room = (long)readers * burst * rounds;
    latencies = malloc(sizeof *latencies * latency_room);
    latency_count = 0;
    start_counting(*offered ? 1 : size / 2); /* a compressed one may be short */
    for (; round < rounds; round++) {
        char command[64];
        int n = snprintf(command, sizeof command, "publish %d %d\n", burst, size);
        expected_each = (long)(round + 1) * burst;
        done_count = 0;
        round_start = now_us();
        write_all(control, command, n);
        while (done_count < readers && now_us() - start < timeout_ms * 1e3) turn(0);
        if (done_count < readers) break;
        last[round] = now_us() - round_start;
    }
    qsort(latencies, latency_count, sizeof *latencies, ascending);
    qsort(last, round, sizeof *last, ascending);
    printf("{\"seconds\": %.6f, \"frames\": %ld, \"bytes\": %lu, \"expected\": %ld, \"closed\": %d, \"frame_p50_us\": %.1f, "
           "\"frame_p99_us\": %.1f, \"last_p50_us\": %.1f, \"last_p99_us\": %.1f}\n",
           (now_us() - start) / 1e6, received, received_bytes, latency_room, closed_count, quantile(latencies, latency_count, .5),
           quantile(latencies, latency_count, .99), quantile(last, round, .5), quantile(last, round, .99));
    free(latencies);
    free(last);
    latencies = NULL;
    expected_each = 0;
}

static void pump(long count, long window, const char *text) {
    double start = now_us();
    start_counting(1);
    pump_count = count;
    pump_window = window;
    pump_text = text;
    for (int i = 0; i < connection_count; i++) pump_window_of(&connections[i]);
    while (received < count * connection_count && !closed_count && now_us() - start < OPEN_TIMEOUT_US) turn(0);
    printf("{\"seconds\": %.6f, \"frames\": %ld, \"expected\": %ld, \"closed\": %d}\n", (now_us() - start) / 1e6,
           received, count * connection_count, closed_count);
    pump_text = NULL;
}

static void close_all(int politely) {
    for (int i = 0; i < connection_count; i++) {
        struct connection *c = &connections[i];
        if (c->fd < 0) continue;
        if (politely) {
            send_frame(c, 8, "\x03\xe8", 2);
        } else {
            end(c);
        }
    }
    double start = now_us();
    while (closed_count < connection_count && now_us() - start < OPEN_TIMEOUT_US) turn(1);
    printf("{\"closed\": %d}\n", closed_count);
    connection_count = open_count = closed_count = stalled_count = 0;
}

static void obey(char *line) {
    int a, b, c, d, offset = 0;
    if (!strncmp(line, "offer ", 6)) offer(line + 6);
    else if (sscanf(line, "open %d", &a) == 1) open_connections(a);
    else if (sscanf(line, "stall %d", &a) == 1) stall(a);
    else if (sscanf(line, "run %d %d %d %d", &a, &b, &c, &d) == 4) run(a, b, c, d);
    else if (sscanf(line, "pump %d %d %n", &a, &b, &offset) == 2) pump(a, b, line + offset);
    else if (!strcmp(line, "close")) close_all(1);
    else if (!strcmp(line, "abort")) close_all(0);
    else printf("{\"error\": \"unknown command\"}\n");
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    path = argv[2];
    texts = argv + 4;
    text_count = argc - 4;
    struct sockaddr_un control_address = {.sun_family = AF_UNIX};
    snprintf(control_address.sun_path, sizeof control_address.sun_path, "%s", argv[3]);
    control = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(control, (struct sockaddr *)&control_address, sizeof control_address)) fail("control");
    poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    static char line[8192];
    size_t size = 0;
    for (;;) {
        ssize_t n = read(STDIN_FILENO, line + size, sizeof line - size - 1);
        if (n == 0) return 0;
        if (n < 0) {
            turn(-1); /* answers pings while nothing is asked */
            continue;
        }
        size += n;
        char *end_of_line = memchr(line, '\n', size);
        if (!end_of_line) continue;
        *end_of_line = 0;
        obey(line); /* the runner sends one command at a time */
        size = 0;
    }
}
