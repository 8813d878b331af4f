/* Findings for people, for programs (JSON) and for Graphviz. */
#ifndef FINI_SHOW_H
#define FINI_SHOW_H

#include <stddef.h>
#include <stdio.h>

struct finding;
struct findings;
struct picture;

void show_text(FILE *to, const struct findings *findings,
    const struct picture *picture);
void show_json(FILE *to, const struct findings *findings,
    const struct picture *picture);
void show_dot(FILE *to, const struct findings *findings,
    const struct picture *picture);

/* What of the host was not seen, and why: lines that begin with `before`. */
void show_sight(FILE *to, const char *before, const struct picture *picture);

/*
 * "docker container 0123456789ab", "podman container NAME (0123456789ab)"; or
 * the namespace's number.
 */
void show_name(const struct picture *picture, int namespace, char *text,
    size_t size);

/* "10.1 s", "2 min 3 s"; "for an unknown time" if it is negative. Returns text. */
const char *show_time(long long ms, char *text, size_t size);

/*
 * What comes from a container, harmless: every byte that is no printable ASCII,
 * and '"' and '\\', as \ooo. In one of a few static buffers.
 */
const char *harmless(const char *text);

#endif
