/* Groups of like viewers: how they are asked for, and what they saw. */
#ifndef GROUPS_H
#define GROUPS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BINS 300000 /* of 0.1 ms: 30 s */

struct group {
    char name[32];
    long count, rate, buffer; /* rate is -1 for as fast as it goes */
    double life;
    long frames, bytes, bad, refused, ended, cut, came;
    const char *fault;
    unsigned *ages;
};

static struct group groups[16];
static int group_count;

/* Reads NAME:COUNT and what else was said of it; returns the count. */
static long add_group(char *text)
{
    struct group *g = &groups[group_count++];
    char *field = strtok(text, ":");

    snprintf(g->name, sizeof g->name, "%s", field);
    g->rate = -1;
    g->ages = calloc(BINS, sizeof *g->ages);
    g->count = (field = strtok(NULL, ":")) ? atol(field) : 0;
    while ((field = strtok(NULL, ":")))
        if (sscanf(field, "rate=%ld", &g->rate) + sscanf(field, "life=%lf", &g->life)
            + sscanf(field, "buffer=%ld", &g->buffer) < 1) {
            fprintf(stderr, "%s: expected rate=, life= or buffer=\n", field);
            exit(2);
        }
    return g->count;
}

static void note_age(struct group *g, double age)
{
    g->frames++;
    g->ages[age < 0 ? 0 : age * 1e4 >= BINS ? BINS - 1 : (int)(age * 1e4)]++;
}

static double percentile(const struct group *g, double share)
{
    long before = 0;

    for (int i = 0; i < BINS; i++)
        if (g->frames && (before += g->ages[i]) >= share * g->frames)
            return (i + 1) / 1e4;
    return 0;
}

/* One member of a JSON object. */
static void print_group(const struct group *g, double due, double least)
{
    printf("%s\"%s\": {\"viewers\": %ld, \"frames\": %ld, \"bytes\": %ld, \"fraction\": %.5f, \"least\": %.5f,"
           " \"bad\": %ld, \"refused\": %ld, \"ended\": %ld, \"cut\": %ld, \"came\": %ld, \"fault\": \"%s\","
           " \"age_p50\": %.4f, \"age_p95\": %.4f, \"age_p99\": %.4f, \"age_max\": %.4f}",
           g == groups ? "" : ", ", g->name, g->count, g->frames, g->bytes, due > 0 ? g->frames / due : 0, least,
           g->bad, g->refused, g->ended, g->cut, g->came, g->fault ? g->fault : "",
           percentile(g, 0.5), percentile(g, 0.95), percentile(g, 0.99), percentile(g, 1));
}

#endif
