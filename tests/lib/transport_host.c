/*
 * A stand-in for the core, for tests of transports. Threads: see transport_host.h.
 */
#include "tests/lib/transport_host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct setting {
	const char *section, *name, *value;
};

static struct setting settings[32];
static unsigned settings_len;
static GAsyncQueue *requests, *gone;
static GMutex log_lock;
static GString *log_text;
static int last_port;

void (*test_on_receive)(uint64_t client, uint64_t request, json_t *msg);
uint64_t test_session;
const char *test_apisecret;

void test_option(const char *section, const char *name, const char *value)
{
	g_assert_cmpuint(settings_len, <, G_N_ELEMENTS(settings));
	settings[settings_len++] = (struct setting){ section, name, value };
}

void test_options_clear(void)
{
	settings_len = 0;
}

static const char *find(const struct limen_module_head *head, const char *section, const char *name)
{
	for (unsigned i = settings_len; i > 0; i--)
		if (!strcmp(settings[i - 1].section, section) &&
			!strcmp(settings[i - 1].name, name))
			return settings[i - 1].value;
	for (const struct limen_option *o = head->options; o->section; o++)
		if (!strcmp(o->section, section) && !strcmp(o->name, name))
			return o->fallback;
	g_error("the module asks for %s.%s, which is not in its table", section, name);
}

static const char *option_string(
	const struct limen_module_head *head, const char *section, const char *name)
{
	return find(head, section, name);
}

static bool option_bool(const struct limen_module_head *head, const char *section, const char *name)
{
	return !g_strcmp0(find(head, section, name), "true");
}

static int64_t option_int(
	const struct limen_module_head *head, const char *section, const char *name)
{
	const char *value = find(head, section, name);

	return value ? g_ascii_strtoll(value, NULL, 10) : 0;
}

static bool log_wanted(enum limen_log_level level)
{
	return level <= LIMEN_LOG_INFO;
}

static void log_write(enum limen_log_level level, const char *topic, uint64_t session,
	uint64_t handle, const char *format, ...)
{
	g_autofree char *line = NULL;
	va_list args;

	(void)level, (void)topic, (void)session, (void)handle;
	va_start(args, format);
	line = g_strdup_vprintf(format, args);
	va_end(args);
	g_mutex_lock(&log_lock);
	g_string_append_printf(log_text, "%s\n", line);
	if (strstr(line, "listening on ") && !strstr(line, "(admin"))
		last_port = (int)g_ascii_strtoll(strrchr(line, ':') + 1, NULL, 10);
	g_mutex_unlock(&log_lock);
}

static void fill_random(void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)g_random_int();
}

static void emit(const struct limen_module_head *head, unsigned type, uint64_t session,
	uint64_t handle, json_t *body)
{
	(void)head, (void)type, (void)session, (void)handle;
	g_assert_nonnull(body);
	json_decref(body);
}

static void receive(
	const struct limen_transport *t, uint64_t client, uint64_t request, bool admin, json_t *msg)
{
	struct test_request *r;

	g_assert_true(t == &limen_module);
	if (test_on_receive) {
		test_on_receive(client, request, msg);
		return;
	}
	r = g_new(struct test_request, 1);
	*r = (struct test_request){ client, request, admin, msg };
	g_async_queue_push(requests, r);
}

static void client_gone(const struct limen_transport *t, uint64_t client)
{
	g_assert_true(t == &limen_module);
	g_async_queue_push(gone, GSIZE_TO_POINTER((gsize)client));
}

static bool authorized(const char *apisecret, const char *token)
{
	(void)token;
	return !test_apisecret || !g_strcmp0(apisecret, test_apisecret);
}

static bool touch(const struct limen_transport *t, uint64_t session)
{
	(void)t;
	return session && session == test_session;
}

static int64_t now_us(void)
{
	return g_get_monotonic_time();
}

static int64_t wall_us(void)
{
	return g_get_real_time();
}

static const struct limen_transport_services services = {
	.abi = LIMEN_ABI,
	.size = sizeof(services),
	.base = { .log_wanted = log_wanted,
		.log_write = log_write,
		.option_bool = option_bool,
		.option_int = option_int,
		.option_string = option_string,
		.now_us = now_us,
		.wall_us = wall_us,
		.random = fill_random,
		.emit = emit },
	.receive = receive,
	.gone = client_gone,
	.authorized = authorized,
	.touch = touch,
};

void test_host_init(void)
{
	requests = g_async_queue_new();
	gone = g_async_queue_new();
	log_text = g_string_new(NULL);
	*limen_module.head.services = &services;
}

struct test_request *test_next_request(void)
{
	return g_async_queue_timeout_pop(requests, TEST_CLIENT_MS * 1000);
}

void test_request_free(struct test_request *r)
{
	if (r)
		json_decref(r->msg);
	g_free(r);
}

uint64_t test_next_gone(void)
{
	return GPOINTER_TO_SIZE(g_async_queue_timeout_pop(gone, TEST_CLIENT_MS * 1000));
}

int test_port(void)
{
	int port;

	g_mutex_lock(&log_lock);
	port = last_port;
	g_mutex_unlock(&log_lock);
	return port;
}

bool test_logged(const char *text)
{
	bool found;

	g_mutex_lock(&log_lock);
	found = strstr(log_text->str, text) != NULL;
	g_mutex_unlock(&log_lock);
	return found;
}

int test_connect(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval limit = { .tv_sec = TEST_CLIENT_MS / 1000 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(fd, >=, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		close(fd);
		return -1;
	}
	return fd;
}

void test_write(int fd, const void *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = send(fd, (const char *)bytes + at, len - at, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* cut off: what the test reads next tells */
		at += (size_t)n;
	}
}

GString *test_read_until(int fd, const char *text)
{
	GString *all = g_string_new(NULL);
	char bytes[4096];
	ssize_t n;

	while (!strstr(all->str, text) && (n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		g_string_append_len(all, bytes, n);
	return all;
}

bool test_read(int fd, void *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = recv(fd, (char *)bytes + at, len - at, 0);

		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

bool test_closed(int fd)
{
	char bytes[4096];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		;
	return n == 0 || errno == ECONNRESET;
}
