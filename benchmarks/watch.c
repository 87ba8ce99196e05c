/* Viewers as cheap as can be: read MJPEG streams and note how old each picture is when its last byte is there.
 *
 * usage: watch HOST PORT PATH VIEWERS SECONDS
 *
 * Each asks by HTTP/1.0, so that nothing is chunked, for parts with their length and X-Timestamp.  After one second,
 * which is not counted, prints for each picture of the SECONDS its age in microseconds, a line each.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct viewer {
    int socket;
    size_t head_size; /* of the header lines read so far */
    size_t body_left; /* of the picture that is being read */
    double timestamp;
    char head[4096];
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int dial(const char *host, const char *port, const char *path)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    char request[1024];
    int s, size = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s:%s\r\n\r\n", path, host, port);

    if (getaddrinfo(host, port, &hints, &found))
        exit(2);
    s = socket(found->ai_family, SOCK_STREAM, 0);
    if (connect(s, found->ai_addr, found->ai_addrlen) || write(s, request, size) != size) {
        perror(host);
        exit(1);
    }
    return s;
}

/* The response's head, a boundary and a part's head are all lines up to an empty one; a length says what follows. */
static void take(struct viewer *v, const char *bytes, size_t size, double counted_from)
{
    while (size) {
        if (v->body_left) {
            size_t n = size < v->body_left ? size : v->body_left;
            bytes += n;
            size -= n;
            v->body_left -= n;
            if (!v->body_left) {
                double t = now();
                if (t >= counted_from)
                    printf("%.0f\n", (t - v->timestamp) * 1e6);
            }
            continue;
        }
        if (v->head_size == sizeof v->head - 1)
            exit(3);
        v->head[v->head_size++] = *bytes++;
        size--;
        if (v->head_size >= 4 && !memcmp(v->head + v->head_size - 4, "\r\n\r\n", 4)) {
            char *length, *timestamp;
            v->head[v->head_size] = 0;
            length = strstr(v->head, "Content-Length: ");
            timestamp = strstr(v->head, "X-Timestamp: ");
            if (!strncmp(v->head, "HTTP/", 5) && strncmp(v->head + 8, " 200", 4)) {
                fputs(v->head, stderr);
                exit(4);
            }
            if (length && timestamp) {
                v->body_left = strtoul(length + 16, NULL, 10);
                v->timestamp = strtod(timestamp + 13, NULL);
            }
            v->head_size = 0;
        }
    }
}

int main(int argc, char **argv)
{
    static char buffer[256 * 1024];
    static char output[1 << 20];
    struct epoll_event event, events[64];
    struct viewer *viewers;
    int i, count, poll = epoll_create1(0);
    double begin, end;

    if (argc != 6)
        return 2;
    setvbuf(stdout, output, _IOFBF, sizeof output);
    count = atoi(argv[4]);
    viewers = calloc(count, sizeof *viewers);
    for (i = 0; i < count; i++) {
        viewers[i].socket = dial(argv[1], argv[2], argv[3]);
        event.events = EPOLLIN;
        event.data.ptr = &viewers[i];
        epoll_ctl(poll, EPOLL_CTL_ADD, viewers[i].socket, &event);
    }
    begin = now() + 1;
    end = begin + atof(argv[5]);
    while (now() < end) {
        int n = epoll_wait(poll, events, 64, 100);
        for (i = 0; i < n; i++) {
            struct viewer *v = events[i].data.ptr;
            ssize_t size = read(v->socket, buffer, sizeof buffer);
            if (size <= 0)
                return 5;
            take(v, buffer, size, begin);
        }
    }
    return 0;
}
