/*
 * The clients of a transport by number, each with a bounded queue of texts to send. Any thread may
 * push; one thread, the transport's service thread, adds, removes and takes out. A client that does
 * not read what it is sent is cut off, and counted. Locking: one mutex for the table and its
 * queues. It is held for a look-up and a pointer move, never while printing or sending, so a lock
 * per client would buy nothing.
 */
#ifndef LIMEN_KIT_CLIENTS_H
#define LIMEN_KIT_CLIENTS_H

#include <glib.h>
#include <limen/types.h>

#define LIMEN_CLIENTS_MESSAGES_MAX 4096u             /* texts waiting for one client */
#define LIMEN_CLIENTS_BYTES_MAX (8u * 1024u * 1024u) /* their bytes */

struct limen_clients;

/* Called once per client that became ready, without a lock. cut: its queue overflowed, close it. */
typedef void (*limen_clients_ready_fn)(void *owner, bool cut, void *arg);

struct limen_clients *limen_clients_new(size_t messages_max, size_t bytes_max);
/* NULL is fine. Nobody else may use it any more. */
void limen_clients_free(struct limen_clients *c);

/* A number > 0 that was never given before. owner: borrowed until remove. Service thread */
uint64_t limen_clients_add(struct limen_clients *c, void *owner);
/* Forgets the client and its texts; an unknown number is fine. Service thread */
void limen_clients_remove(struct limen_clients *c, uint64_t client);

/*
 * Queues a text (takes it: free()). *wake: the service thread has to be woken (only the first push
 * of a batch says so). LIMEN_ENOENT: no such client. LIMEN_ELIMIT: the queue is full; the client is
 * cut by this. LIMEN_ESTATE: it was cut before. Any thread
 */
int limen_clients_push(
	struct limen_clients *c, uint64_t client, char *text, size_t len, bool *wake);

/* The next text, the caller's from now on (free()); NULL when there is none. *more: others wait.
 * Service thread */
char *limen_clients_pop(struct limen_clients *c, uint64_t client, size_t *len, bool *more);

/* Calls fn for each client that got something since the last call. Service thread */
void limen_clients_ready(struct limen_clients *c, limen_clients_ready_fn fn, void *arg);

unsigned limen_clients_count(struct limen_clients *c);
/* How many were cut so far. */
uint64_t limen_clients_cut(struct limen_clients *c);

#endif
