/* The floor of fan-out: one epoll loop that writes the newest JPEG to every viewer which took the last one whole, as
 * little as a C program can do.  Same framing, same rule and same socket options as mjpeg-viewer.
 *
 * usage: broadcast FPS FILE...     prints its port, on 127.0.0.1
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define BOUNDARY "0123456789abcdef01234567"
#define MOST 65536
#define UNSENT 16384 /* as in mjpeg_viewer/web/writing.py */

struct part {
    int users;
    size_t size;
    char bytes[];
};

struct viewer {
    int fd;
    bool watching;
    long seen;           /* the part it was sent last */
    struct part *taking; /* what it has not taken whole yet */
    size_t taken;
};

static struct viewer *viewers[MOST]; /* by descriptor */
static struct part *newest;
static long number;
static int highest;

static void drop(struct part *part)
{
    if (part && --part->users == 0)
        free(part);
}

static void leave(struct viewer *v)
{
    drop(v->taking);
    viewers[v->fd] = NULL;
    close(v->fd);
    free(v);
}

/* Writes until the viewer has the newest or takes no more. */
static void serve(struct viewer *v)
{
    while (v->taking || v->seen < number) {
        if (!v->taking) {
            v->taking = newest;
            v->taking->users++;
            v->taken = 0;
            v->seen = number;
        }
        ssize_t sent = send(v->fd, v->taking->bytes + v->taken, v->taking->size - v->taken, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EAGAIN)
                return;
            v->watching = false; /* epoll will say that it is gone */
            drop(v->taking);
            v->taking = NULL;
            return;
        }
        if ((v->taken += sent) < v->taking->size)
            return;
        drop(v->taking);
        v->taking = NULL;
    }
}

static struct part *frame(const char *jpeg, size_t size)
{
    struct part *part = malloc(sizeof *part + size + 512);
    struct timespec now;
    char head[256];
    int head_size, all;

    clock_gettime(CLOCK_REALTIME, &now);
    head_size = sprintf(head, "Content-Type: image/jpeg\r\nContent-Length: %zu\r\nX-Pulse-Id: %ld\r\nX-Sequence: %ld\r\n"
                        "X-Timestamp: %ld.%06ld\r\n\r\n", size, number, number, now.tv_sec, now.tv_nsec / 1000);
    all = sprintf(part->bytes, "%zx\r\n%s", head_size + size + strlen("\r\n--" BOUNDARY "\r\n"), head);
    memcpy(part->bytes + all, jpeg, size);
    all += size;
    all += sprintf(part->bytes + all, "\r\n--" BOUNDARY "\r\n\r\n");
    part->size = all;
    part->users = 1;
    return part;
}

static void begin(struct viewer *v)
{
    static const char head[] =
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=" BOUNDARY "\r\n"
        "Cache-Control: no-store\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        "1c\r\n--" BOUNDARY "\r\n\r\n";

    v->watching = send(v->fd, head, sizeof head - 1, MSG_NOSIGNAL) == sizeof head - 1;
    v->seen = number;
}

static void join(int epoll, int fd)
{
    struct viewer *v = calloc(1, sizeof *v);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = v};

    v->fd = fd;
    viewers[fd] = v;
    highest = fd > highest ? fd : highest;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){UNSENT}, sizeof(int));
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_size = sizeof address;
    int epoll = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), files = argc - 2;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    long period = argc > 2 ? 1e9 / atof(argv[1]) : 0;
    struct itimerspec pace = {{period / 1000000000, period % 1000000000}, {period / 1000000000, period % 1000000000}};
    struct rlimit most = {MOST, MOST};
    static struct epoll_event events[512];
    static char request[8192];
    char **jpegs = calloc(files, sizeof *jpegs);
    size_t *sizes = calloc(files, sizeof *sizes);

    if (files < 1)
        return 2;
    for (int i = 0; i < files; i++) {
        FILE *file = fopen(argv[i + 2], "rb");
        if (!file) {
            perror(argv[i + 2]);
            return 1;
        }
        jpegs[i] = malloc(16 << 20);
        sizes[i] = fread(jpegs[i], 1, 16 << 20, file);
        fclose(file);
    }
    setrlimit(RLIMIT_NOFILE, &most);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 1024)) {
        perror("listen");
        return 1;
    }
    getsockname(listener, (void *)&address, &address_size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &listener});
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &timer});
    timerfd_settime(timer, 0, &pace, NULL);
    for (;;) {
        int many = epoll_wait(epoll, events, 512, -1);
        for (int i = 0; i < many; i++) {
            struct viewer *v = events[i].data.ptr;
            if (events[i].data.ptr == &listener) {
                for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0; )
                    join(epoll, fd);
            } else if (events[i].data.ptr == &timer) {
                uint64_t ticks;
                if (read(timer, &ticks, sizeof ticks) < 0)
                    continue;
                drop(newest);
                number += ticks; /* a tick that it was too late for is a frame that nobody gets */
                newest = frame(jpegs[number % files], sizes[number % files]);
                for (int fd = 0; fd <= highest; fd++)
                    if (viewers[fd] && viewers[fd]->watching && !viewers[fd]->taking)
                        serve(viewers[fd]);
            } else if (events[i].events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) {
                leave(v);
            } else if (events[i].events & EPOLLIN && !v->watching && recv(v->fd, request, sizeof request, 0) > 0) {
                begin(v); /* who asks gets the stream, whatever is asked */
            } else if (v->taking) {
                serve(v);
            }
        }
    }
}
