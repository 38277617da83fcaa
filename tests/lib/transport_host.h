/*
 * A stand-in for the core, for tests of transports: options from a table, received requests in a
 * queue, and a blocking TCP client. Threads: the test's own; the services are called from the
 * transport's thread.
 */
#ifndef LIMEN_TESTS_TRANSPORT_HOST_H
#define LIMEN_TESTS_TRANSPORT_HOST_H

#include <limen/transport.h>

#define TEST_CLIENT_MS 5000

struct test_request {
	uint64_t client, request;
	bool admin;
	json_t *msg;
};

/* The module under test: linked into the test itself. */
extern const struct limen_transport limen_module;

/* Sets an option as text, before start ("general", "ws_port", "0"); strings borrowed. */
void test_option(const char *section, const char *name, const char *value);
void test_options_clear(void);
/* Gives the module its services; start it with limen_module.start(). */
void test_host_init(void);

/* When set, requests are answered on the transport's thread instead of being queued. Takes msg. */
extern void (*test_on_receive)(uint64_t client, uint64_t request, json_t *msg);
/* The only session that touch() knows, and the only secret that is accepted (NULL: everybody). */
extern uint64_t test_session;
extern const char *test_apisecret;

/* The next request or NULL after a while; the caller frees it. */
struct test_request *test_next_request(void);
void test_request_free(struct test_request *r);
/* The next client reported as gone, or 0 after a while. */
uint64_t test_next_gone(void);
/* The port named in the last "listening" line of the log. */
int test_port(void);
/* Has an error line with this text been logged? */
bool test_logged(const char *text);

/* A TCP connection to the port with a read time-out; -1 on failure. */
int test_connect(int port);
void test_write(int fd, const void *bytes, size_t len);
/* Reads until the text is in what was read, the peer closes, or time is up. Returns what was read.
 */
GString *test_read_until(int fd, const char *text);
/* Reads exactly len bytes; false when the peer closed or time is up. */
bool test_read(int fd, void *bytes, size_t len);
/* Has the peer closed (after at most a while)? What still arrives is dropped. */
bool test_closed(int fd);

#endif
