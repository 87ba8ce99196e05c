/* Holds thousands of viewers of one MJPEG stream, checks every part that they are sent, and says how old it was.
 *
 * usage: viewers [-H HEADER]... [-f FPS] [-a VIEWERS] ADDRESS PORT PATH GROUP...
 *
 * A GROUP is NAME:COUNT and any of
 *   :rate=BYTES     each reads so many bytes per second, 0 none at all and comes again when it is let go
 *   :life=SECONDS   each leaves after so long, and another one comes
 *   :buffer=BYTES   what the kernel may hold for each (SO_RCVBUF)
 * -f says how many frames a second there are, for servers that do not number them.  -a puts so many on each address.
 *
 * Prints "ready" when each that reads has a picture.  Then, for each line with a number of seconds on stdin, watches
 * so long and prints one line of JSON; ends with stdin.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "groups.h"
#include "parts.h"

#define PACE 0.005  /* s between two looks at those that read slowly or leave */
#define PATIENCE 60 /* s until each has had its first picture */
#define CONNECTS 25 /* at each of these, so that no server's backlog overflows */

struct viewer {
    struct group *group;
    int fd, number;
    bool shown; /* had a picture */
    double since, allowance;
    long first, last, frames; /* sequences, in this window */
    struct parts parts;
};

static struct viewer *viewers;
static int viewer_count, connected, epoll, per_address;
static char request[4096], buffer[256 * 1024];
static struct sockaddr_in server = {.sin_family = AF_INET};
static double fps;

static double seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static double cpu(void)
{
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static void take(void *context, const struct parts *parts)
{
    struct viewer *v = context;

    v->shown = true;
    v->first = v->first ? v->first : parts->sequence;
    v->last = parts->sequence;
    v->frames++;
    note_age(v->group, parts->timestamp ? seconds(CLOCK_REALTIME) - parts->timestamp : 0);
}

static void join(struct viewer *v)
{
    struct group *g = v->group;
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct epoll_event event = {.data.ptr = v, .events = EPOLLRDHUP | (g->rate < 0 ? EPOLLIN : 0)};
    int yes = 1;

    memset(&v->parts, 0, sizeof v->parts);
    v->since = seconds(CLOCK_MONOTONIC);
    v->allowance = 0;
    v->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (g->buffer)
        setsockopt(v->fd, SOL_SOCKET, SO_RCVBUF, &(int){g->buffer}, sizeof(int));
    if (per_address) { /* all of 127.0.0.0/8 is this machine */
        from.sin_addr.s_addr = htonl(0x7f010001 + v->number / per_address);
        setsockopt(v->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        if (bind(v->fd, (void *)&from, sizeof from))
            perror("bind");
    }
    if (v->fd < 0 || connect(v->fd, (void *)&server, sizeof server) || send(v->fd, request, strlen(request), 0) < 0) {
        perror("connect");
        exit(1);
    }
    fcntl(v->fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(epoll, EPOLL_CTL_ADD, v->fd, &event);
    g->came++;
}

static void leave(struct viewer *v)
{
    close(v->fd);
    v->fd = -1;
    v->first = v->last = 0; /* a later one in its place has a count of its own */
    if (v->group->rate == 0 || v->group->life > 0)
        join(v);
}

static void receive(struct viewer *v, long most)
{
    struct group *g = v->group;
    const char *fault;
    ssize_t size = recv(v->fd, buffer, most < (long)sizeof buffer ? most : (long)sizeof buffer, 0);

    if (size > 0) {
        g->bytes += size;
        v->allowance -= size;
        if (!(fault = parts_read(&v->parts, buffer, size, take, v)))
            return;
        if (v->parts.delimiter[0])
            g->bad++;
        else
            g->refused++;
        g->fault = fault;
    } else if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    } else {
        g->ended++;
        g->cut += v->parts.left > 0;
    }
    leave(v);
}

static void look_after(double now, double passed)
{
    for (int i = 0; i < viewer_count; i++) {
        struct viewer *v = &viewers[i];
        if (i >= connected && connected < viewer_count) {
            for (int many = 0; many < CONNECTS && connected < viewer_count; many++)
                join(&viewers[connected++]);
            return;
        }
        if (v->fd < 0)
            continue;
        if (v->group->life > 0 && now - v->since > v->group->life) {
            leave(v);
        } else if (v->group->rate > 0) {
            v->allowance += v->group->rate * passed;
            if (v->allowance >= 1)
                receive(v, v->allowance);
        }
    }
}

static bool all_shown(void)
{
    for (int i = 0; i < viewer_count; i++)
        if (!viewers[i].shown && viewers[i].group->rate != 0 && viewers[i].group->life == 0)
            return false;
    return connected == viewer_count;
}

static void begin(void)
{
    for (struct group *g = groups; g < groups + group_count; g++) {
        g->frames = g->bytes = g->bad = g->refused = g->ended = g->cut = g->came = 0;
        memset(g->ages, 0, BINS * sizeof *g->ages);
    }
    for (int i = 0; i < viewer_count; i++)
        viewers[i].first = viewers[i].last = viewers[i].frames = 0;
}

/* What a viewer should have got: all that were published while it watched.  A frame more or less at either end of the
 * window was on its way. */
static double expected(const struct viewer *v, long first, long last, double passed)
{
    if (!last)
        return fps * passed;
    if (v->group->life > 0)
        return v->last ? v->last - v->first + 1 : 0;
    return (v->last >= last - 1 ? v->last : last) - (v->first && v->first <= first + 1 ? v->first : first) + 1;
}

static void print(double passed, double spent)
{
    long first = 0, last = 0;

    for (struct viewer *v = viewers; v < viewers + viewer_count; v++) {
        first = v->first && (!first || v->first < first) ? v->first : first;
        last = v->last > last ? v->last : last;
    }
    printf("{\"seconds\": %.3f, \"cpu\": %.3f, \"groups\": {", passed, spent);
    for (struct group *g = groups; g < groups + group_count; g++) {
        double due = 0, least = 1;
        for (struct viewer *v = viewers; v < viewers + viewer_count; v++) {
            double own = v->group == g ? expected(v, first, last, passed) : 0;
            if (own > 0 && v->frames / own < least)
                least = v->frames / own;
            due += own;
        }
        print_group(g, due, least);
    }
    printf("}}\n");
    fflush(stdout);
}

static void watch(void)
{
    struct epoll_event events[512], input = {.events = EPOLLIN};
    double looked = seconds(CLOCK_MONOTONIC), began = looked, started = 0, end = 0, spent = 0;
    bool ready = false, busy = true;
    char line[32];

    epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    for (;;) {
        int many = epoll_wait(epoll, events, 512, busy || end > 0 ? (int)(PACE * 1000) : 1000);
        for (int i = 0; i < many; i++) {
            struct viewer *v = events[i].data.ptr;
            if (v && v->fd >= 0 && v->group->rate >= 0 && !(events[i].events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)))
                continue;
            if (v && v->fd >= 0)
                receive(v, sizeof buffer);
            if (v)
                continue;
            ssize_t size = read(STDIN_FILENO, line, sizeof line - 1);
            if (size <= 0)
                return;
            line[size] = 0;
            begin();
            started = seconds(CLOCK_MONOTONIC);
            spent = cpu();
            end = started + strtod(line, NULL);
        }
        double now = seconds(CLOCK_MONOTONIC);
        if (busy && now - looked >= PACE) {
            look_after(now, now - looked);
            looked = now;
        }
        if (!ready && all_shown()) {
            ready = true;
            busy = false;
            for (struct group *g = groups; g < groups + group_count; g++)
                busy = busy || g->life > 0 || g->rate > 0;
            printf("ready\n");
            fflush(stdout);
        } else if (!ready && now - began > PATIENCE) {
            fprintf(stderr, "not all had a picture after %d s: %s\n", PATIENCE, groups[0].fault ? groups[0].fault : "none came");
            exit(1);
        }
        if (end > 0 && now >= end) {
            print(now - started, cpu() - spent);
            end = 0;
        }
    }
}

int main(int argc, char **argv)
{
    struct rlimit files = {65536, 65536};
    char headers[2048] = "";
    int option, next = 0;

    while ((option = getopt(argc, argv, "H:f:a:")) > 0) {
        if (option == 'H')
            snprintf(headers + strlen(headers), sizeof headers - strlen(headers), "%s\r\n", optarg);
        else if (option == 'f')
            fps = atof(optarg);
        else if (option == 'a')
            per_address = atoi(optarg);
        else
            return 2;
    }
    if (argc - optind < 4) {
        fprintf(stderr, "usage: viewers [-H HEADER]... [-f FPS] [-a VIEWERS] ADDRESS PORT PATH GROUP...\n");
        return 2;
    }
    setrlimit(RLIMIT_NOFILE, &files);
    server.sin_port = htons(atoi(argv[optind + 1]));
    inet_pton(AF_INET, argv[optind], &server.sin_addr);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%s\r\n%s\r\n", argv[optind + 2], argv[optind],
             argv[optind + 1], headers);
    for (int i = optind + 3; i < argc; i++)
        viewer_count += add_group(argv[i]);
    viewers = calloc(viewer_count, sizeof *viewers);
    epoll = epoll_create1(0);
    for (struct group *g = groups; g < groups + group_count; g++)
        for (long i = 0; i < g->count; i++, next++)
            viewers[next] = (struct viewer){.group = g, .fd = -1, .number = next};
    watch();
    return 0;
}
