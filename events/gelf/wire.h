/*
 * GELF messages on their way: datagrams, in chunks where they are long, or a TCP stream in which
 * each ends with a NUL. Thread: one at a time.
 */
#ifndef LIMEN_EVENTS_GELF_WIRE_H
#define LIMEN_EVENTS_GELF_WIRE_H

#include <limen/event.h>

#define GELF_CHUNK_HEAD 12u
#define GELF_CHUNKS_MAX 128u

struct gelf_wire {
	int fd; /* -1 = not connected */
	bool tcp;
};

/* Connects; waits a few seconds at most. LIMEN_EIO */
int gelf_wire_open(struct gelf_wire *w, const char *host, int port, bool tcp);
void gelf_wire_close(struct gelf_wire *w);
/* TCP: text and its NUL. LIMEN_EIO: it is closed. */
int gelf_wire_stream(struct gelf_wire *w, const char *text, size_t len);
/* UDP: in datagrams of at most max bytes. LIMEN_ELIMIT: too long for GELF_CHUNKS_MAX of them */
int gelf_wire_datagrams(const struct gelf_wire *w, const uint8_t *bytes, size_t len, size_t max);

#endif
