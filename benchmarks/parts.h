/* Reads an MJPEG response from bytes as they come, chunked or not, and checks every part: whole, a JPEG, in order.
 *
 * Knows no sockets.  Only parts that say their Content-Length are understood (length framing).
 */
#ifndef PARTS_H
#define PARTS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct parts {
    enum { HEAD, SIZE, CHUNK, CHUNK_END, PLAIN, ENDED } state;
    size_t chunk_left;
    char line[24];          /* a chunk's size, as far as it has come */
    size_t line_size;
    char text[2048];        /* the response's head, or a part's */
    size_t text_size;
    char delimiter[100];    /* "--" and the boundary */
    size_t jpeg_size, left; /* of the part that is being read; left is 0 between parts */
    unsigned char ends[4];  /* its first two bytes and its last two */
    long sequence;          /* of the last part; 0 if the server does not number them */
    double timestamp;       /* in seconds since the epoch; 0 if the server does not say */
};

/* What is done with each whole part. */
typedef void (*parts_take)(void *context, const struct parts *parts);

static const char *parts_field(const char *head, const char *name)
{
    size_t size = strlen(name);

    for (const char *line = head; (line = strstr(line, "\r\n")); ) {
        line += 2;
        if (!strncasecmp(line, name, size) && line[size] == ':')
            return line + size + 1 + strspn(line + size + 1, " ");
    }
    return NULL;
}

static const char *parts_begin_response(struct parts *p)
{
    const char *type = parts_field(p->text, "Content-Type"), *coding = parts_field(p->text, "Transfer-Encoding");
    const char *boundary = type ? strstr(type, "boundary=") : NULL;
    int status = 0;

    if (sscanf(p->text, "HTTP/%*s %d", &status) != 1 || status != 200)
        return "the response is not a 200";
    if (!boundary)
        return "the response has no boundary";
    boundary += strlen("boundary=");
    snprintf(p->delimiter, sizeof p->delimiter, "--%.*s", (int)strcspn(boundary, "\r; "), boundary);
    p->state = coding && !strncasecmp(coding, "chunked", 7) ? SIZE : PLAIN;
    return NULL;
}

static const char *parts_begin(struct parts *p)
{
    const char *head = p->text + strspn(p->text, "\r\n"), *size, *sequence, *timestamp;
    size_t delimiter = strlen(p->delimiter);

    if (strncmp(head, p->delimiter, delimiter) || strncmp(head + delimiter, "\r\n", 2))
        return "no delimiter where a part should begin";
    if (!(size = parts_field(head, "Content-Length")) || (p->jpeg_size = strtoul(size, NULL, 10)) < 4)
        return "a part without a Content-Length that could be one";
    sequence = parts_field(head, "X-Sequence");
    timestamp = parts_field(head, "X-Timestamp");
    if (sequence && strtol(sequence, NULL, 10) <= p->sequence)
        return "the sequence does not rise";
    p->sequence = sequence ? strtol(sequence, NULL, 10) : 0;
    p->timestamp = timestamp ? strtod(timestamp, NULL) : 0;
    p->left = p->jpeg_size;
    return NULL;
}

/* Collects text up to an empty line; true when that has come. */
static bool parts_collect(struct parts *p, const char **data, size_t *size)
{
    while (*size && p->text_size < sizeof p->text - 1) {
        p->text[p->text_size++] = *(*data)++;
        --*size;
        if (p->text_size >= 4 && !memcmp(p->text + p->text_size - 4, "\r\n\r\n", 4)) {
            p->text[p->text_size] = 0;
            p->text_size = 0;
            return true;
        }
    }
    return false;
}

static const char *parts_body(struct parts *p, const char *data, size_t size, parts_take take, void *context)
{
    const char *fault;

    while (size) {
        if (!p->left) {
            if (parts_collect(p, &data, &size) && (fault = parts_begin(p)))
                return fault;
            if (p->text_size == sizeof p->text - 1)
                return "a part's head without an end";
            continue;
        }
        size_t now = size < p->left ? size : p->left, offset = p->jpeg_size - p->left;
        for (size_t i = offset; i < 2 && i < offset + now; i++)
            p->ends[i] = data[i - offset];
        for (size_t i = now > 2 ? now - 2 : 0; i < now; i++)
            if (offset + i >= p->jpeg_size - 2)
                p->ends[2 + offset + i - (p->jpeg_size - 2)] = data[i];
        p->left -= now;
        data += now;
        size -= now;
        if (!p->left) {
            if (memcmp(p->ends, "\xff\xd8\xff\xd9", 4))
                return "a part that is no JPEG from its first byte to its last";
            take(context, p);
        }
    }
    return NULL;
}

/* Reads on; returns what is wrong, or NULL.  A fault is final. */
static const char *parts_read(struct parts *p, const char *data, size_t size, parts_take take, void *context)
{
    const char *fault = NULL;

    while (size && !fault) {
        size_t now = size;
        switch (p->state) {
        case HEAD:
            if (parts_collect(p, &data, &size))
                fault = parts_begin_response(p);
            else if (p->text_size == sizeof p->text - 1)
                fault = "the response's head has no end";
            continue;
        case SIZE:
            if (*data == '\n') {
                p->line[p->line_size] = 0;
                p->line_size = 0;
                p->chunk_left = strtoul(p->line, NULL, 16);
                p->state = p->chunk_left ? CHUNK : ENDED;
            } else if (p->line_size < sizeof p->line - 1) {
                p->line[p->line_size++] = *data;
            } else {
                fault = "a chunk's size without an end";
            }
            now = 1;
            break;
        case CHUNK:
            now = size < p->chunk_left ? size : p->chunk_left;
            fault = parts_body(p, data, now, take, context);
            if (!(p->chunk_left -= now))
                p->state = CHUNK_END;
            break;
        case CHUNK_END:
            if (*data == '\n')
                p->state = SIZE;
            else if (*data != '\r')
                fault = "a chunk that is longer than it said";
            now = 1;
            break;
        case PLAIN:
            fault = parts_body(p, data, size, take, context);
            break;
        case ENDED:
            break;
        }
        data += now;
        size -= now;
    }
    return fault;
}

#endif
