/* The limit that others are compared with: a WebSocket server that writes a ready frame once to each connection, in C.
 *
 *   peer PORT CONTROL      publishes by "publish BURST SIZE" on the Unix socket CONTROL
 *
 * It reads no frames and doesn't compute the handshake's key: it talks to the load generator alone.
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
#include <unistd.h>

#define MAX_FD 20100
#define MAX_SIZE 65535

static int clients[MAX_FD], client_count; /* file descriptors; 0: gone */
static int is_control[MAX_FD];
static char frame[MAX_SIZE + 4];

static const char UPGRADE[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

static void publish(int burst, int size) {
    static char fill = 'a';
    size_t header = size < 126 ? 2 : 4;
    frame[0] = (char)0x81;
    frame[1] = (char)(size < 126 ? size : 126);
    if (header == 4) {
        frame[2] = (char)(size >> 8);
        frame[3] = (char)size;
    }
    for (int i = 0; i < burst; i++) {
        memset(frame + header, fill, size); /* new content each time */
        fill = fill == 'z' ? 'a' : fill + 1;
        for (int j = 0; j < client_count; j++)
            if (clients[j] && send(clients[j], frame, header + size, MSG_NOSIGNAL) < 0 && errno != EAGAIN) clients[j] = 0;
    }
}

static void add(int poller, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    fcntl(fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void forget(int fd) {
    for (int j = 0; j < client_count; j++)
        if (clients[j] == fd) clients[j] = clients[--client_count];
    is_control[fd] = 0;
    close(fd);
}

static void readable(int fd) {
    char data[16384];
    ssize_t n = recv(fd, data, sizeof data - 1, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) forget(fd);
        return;
    }
    data[n] = 0;
    if (is_control[fd]) {
        int burst, size;
        if (sscanf(data, "publish %d %d", &burst, &size) == 2 && size <= MAX_SIZE) publish(burst, size);
    } else if (!strncmp(data, "GET ", 4)) {
        clients[client_count++] = fd;
        send(fd, UPGRADE, sizeof UPGRADE - 1, MSG_NOSIGNAL);
    } else if ((uint8_t)data[0] == 0x88) {
        forget(fd);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int one = 1, poller = epoll_create1(0);
    int web = socket(AF_INET, SOCK_STREAM, 0), control = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sockaddr_un control_address = {.sun_family = AF_UNIX};
    snprintf(control_address.sun_path, sizeof control_address.sun_path, "%s", argv[2]);
    setsockopt(web, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(web, (struct sockaddr *)&address, sizeof address) || listen(web, 1024) ||
        bind(control, (struct sockaddr *)&control_address, sizeof control_address) || listen(control, 4)) {
        perror("peer");
        return 1;
    }
    add(poller, web);
    add(poller, control);
    for (;;) {
        struct epoll_event events[256];
        int n = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd != web && fd != control) {
                readable(fd);
                continue;
            }
            int accepted = accept(fd, NULL, NULL);
            if (accepted < 0 || accepted >= MAX_FD) continue;
            if (fd == web) setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            is_control[accepted] = fd == control;
            add(poller, accepted);
        }
    }
}
