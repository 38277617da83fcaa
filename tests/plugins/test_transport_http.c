/*
 * Drives the HTTP transport over loopback with hand-made requests: REST, long poll, CORS, files,
 * and what hostile clients send.
 */
#include "tests/lib/transport_host.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENT G_GUINT64_CONSTANT(0x7fffffffffffffff) /* all who poll are one to the core */
#define SESSION 7777
#define S "7777"

static int port;
static char *folder;

struct answer {
	int status;
	char *head; /* in lower case */
	char *body;
};

static void answer_clear(struct answer *a)
{
	g_free(a->head);
	g_free(a->body);
}

/* Reads one answer by its content length. */
static struct answer read_answer(int fd)
{
	struct answer a = { .status = 0 };
	g_autoptr(GString) head = g_string_new(NULL);
	const char *length;
	size_t len = 0;
	char c;

	while (!g_str_has_suffix(head->str, "\r\n\r\n") && test_read(fd, &c, 1))
		g_string_append_c(head, c);
	a.head = g_ascii_strdown(head->str, -1);
	sscanf(a.head, "http/1.1 %d", &a.status);
	if ((length = strstr(a.head, "content-length:")))
		len = (size_t)g_ascii_strtoull(length + strlen("content-length:"), NULL, 10);
	a.body = g_malloc0(len + 1);
	if (len > 0)
		g_assert_true(test_read(fd, a.body, len));
	return a;
}

static void request(
	int fd, const char *method, const char *path, const char *headers, const char *body)
{
	g_autofree char *length =
		body ? g_strdup_printf("Content-Length: %zu\r\n", strlen(body)) : g_strdup("");
	g_autofree char *text = g_strdup_printf("%s %s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n%s",
		method, path, headers, length, body ? body : "");

	test_write(fd, text, strlen(text));
}

static void expect(int fd, int status, const char *body)
{
	struct answer a = read_answer(fd);

	g_assert_cmpint(a.status, ==, status);
	if (body)
		g_assert_cmpstr(a.body, ==, body);
	answer_clear(&a);
}

/* Waits for a request and answers it with {"ok":<number of members>}. */
static void serve(const char *wanted)
{
	struct test_request *r = test_next_request();
	g_autofree char *text = NULL;

	g_assert_nonnull(r);
	text = json_dumps(r->msg, JSON_COMPACT);
	g_assert_cmpstr(text, ==, wanted);
	limen_module.send(
		r->client, r->request, 0, json_pack("{s:i}", "ok", (int)json_object_size(r->msg)));
	test_request_free(r);
}

static void test_post(void)
{
	int fd = test_connect(port);
	struct answer a;

	request(fd, "POST", "/janus", "Content-Type: text/plain\r\n", "{\"janus\":\"create\"}");
	serve("{\"janus\":\"create\"}");
	a = read_answer(fd);
	g_assert_cmpint(a.status, ==, 200);
	g_assert_cmpstr(a.body, ==, "{\"ok\":1}");
	g_assert_nonnull(strstr(a.head, "content-type: application/json\r\n"));
	g_assert_nonnull(strstr(a.head, "access-control-allow-origin: *\r\n"));
	answer_clear(&a);
	/* The same connection goes on; ids of the path are merged. */
	request(fd, "POST", "/janus/" S, "", "{\"janus\":\"attach\"}");
	serve("{\"janus\":\"attach\",\"session_id\":7777}");
	expect(fd, 200, "{\"ok\":2}");
	request(fd, "POST", "/janus/" S "/5", "", "{\"janus\":\"message\",\"session_id\":7777}");
	serve("{\"janus\":\"message\",\"session_id\":7777,\"handle_id\":5}");
	expect(fd, 200, "{\"ok\":3}");
	request(fd, "POST", "/janus/" S, "",
		"{\"janus\":\"attach\",\"session_id\":1,\"transaction\":\"x\"}");
	expect(fd, 200,
		"{\"janus\":\"error\",\"error\":{\"code\":457,\"reason\":\"Conflicting session ID "
		"(payload and path)\"}}");
	request(fd, "POST", "/janus/" S "/5", "", "{\"handle_id\":6}");
	expect(fd, 200,
		"{\"janus\":\"error\",\"error\":{\"code\":457,\"reason\":\"Conflicting handle ID "
		"(payload and path)\"}}");
	request(fd, "POST", "/janus", "", "not");
	expect(fd, 200,
		"{\"janus\":\"error\",\"error\":{\"code\":454,\"reason\":\"JSON error: on line 1: "
		"'[' or '{' expected near 'not'\"}}");
	request(fd, "POST", "/janus", "", "[1]");
	expect(fd, 200,
		"{\"janus\":\"error\",\"error\":{\"code\":455,\"reason\":\"JSON error: not an "
		"object\"}}");
	request(fd, "POST", "/janus/info", "", "{}");
	expect(fd, 400, "");
	request(fd, "PUT", "/janus/" S, "", "{\"janus\":\"x\"}");
	expect(fd, 200,
		"{\"janus\":\"error\",\"error\":{\"code\":450,\"reason\":\"Unsupported method "
		"PUT\"}}");
	request(fd, "DELETE", "/janus", "", NULL);
	expect(fd, 200,
		"{\"janus\":\"error\",\"error\":{\"code\":450,\"reason\":\"Unsupported method "
		"DELETE\"}}");
	request(fd, "POST", "/janus", "", NULL);
	g_assert_true(test_closed(fd));
	close(fd);
}

static void test_split_body(void)
{
	int fd = test_connect(port);
	const char *head = "POST /janus HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n{\"a";

	test_write(fd, head, strlen(head));
	g_usleep(50 * 1000);
	test_write(fd, "\":\"bcd\"}", 8);
	serve("{\"a\":\"bcd\"}");
	expect(fd, 200, "{\"ok\":1}");
	close(fd);
}

static void test_get(void)
{
	int fd = test_connect(port);
	struct test_request *r;
	struct answer a;

	request(fd, "GET", "/janus/info", "", NULL);
	r = test_next_request();
	g_assert_cmpstr(json_string_value(json_object_get(r->msg, "janus")), ==, "info");
	g_assert_cmpuint(strlen(json_string_value(json_object_get(r->msg, "transaction"))), ==, 11);
	limen_module.send(r->client, r->request, 0, json_pack("{s:s}", "janus", "server_info"));
	test_request_free(r);
	expect(fd, 200, "{\"janus\":\"server_info\"}");
	request(fd, "GET", "/janus", "", NULL);
	expect(fd, 404, "");
	request(fd, "GET", "/janus/abc", "", NULL);
	expect(fd, 404, "");
	request(fd, "GET", "/janus/" S "/5/6", "", NULL);
	expect(fd, 404, "");
	request(fd, "GET", "/janus/1234", "", NULL);
	expect(fd, 404, "");
	request(fd, "GET", "/janus/" S "/5", "", NULL);
	a = read_answer(fd);
	g_assert_cmpint(a.status, ==, 302);
	g_assert_nonnull(strstr(a.head, "location: /janus/" S "\r\n"));
	answer_clear(&a);
	request(fd, "OPTIONS", "/janus/" S,
		"Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: "
		"content-type\r\n",
		NULL);
	a = read_answer(fd);
	g_assert_cmpint(a.status, ==, 200);
	g_assert_nonnull(strstr(a.head, "access-control-allow-methods: post\r\n"));
	g_assert_nonnull(strstr(a.head, "access-control-allow-headers: content-type\r\n"));
	g_assert_nonnull(strstr(a.head, "access-control-max-age: 86400\r\n"));
	answer_clear(&a);
	close(fd);
}

static void event(int n)
{
	limen_module.send(CLIENT, 0, SESSION, json_pack("{s:i}", "n", n));
}

static void test_poll(void)
{
	int one = test_connect(port), two = test_connect(port);

	limen_module.session(CLIENT, SESSION, LIMEN_SESSION_CREATED);
	for (int i = 1; i <= 5; i++)
		event(i);
	request(one, "GET", "/janus/" S "?rid=1&maxev=3", "", NULL);
	expect(one, 200, "[{\"n\":1},{\"n\":2},{\"n\":3}]");
	request(one, "GET", "/janus/" S "?rid=2", "", NULL);
	expect(one, 200, "{\"n\":4}");
	request(one, "GET", "/janus/" S "?rid=2&maxev=10", "", NULL);
	expect(one, 200, "[{\"n\":5}]");
	/* Two that wait: one gets the event, the other a keepalive. */
	request(one, "GET", "/janus/" S "?maxev=10", "", NULL);
	g_usleep(100 * 1000);
	request(two, "GET", "/janus/" S "?maxev=1", "", NULL);
	g_usleep(100 * 1000);
	event(6);
	expect(one, 200, "[{\"n\":6}]");
	expect(two, 200, "{\"janus\":\"keepalive\"}");
	/* Nothing at all (the time-out is a second here). */
	request(one, "GET", "/janus/" S "?maxev=2", "", NULL);
	expect(one, 200, "[{\"janus\":\"keepalive\"}]");
	/* A poll that was given up takes no event with it. */
	request(two, "GET", "/janus/" S, "", NULL);
	g_usleep(100 * 1000);
	close(two);
	g_usleep(100 * 1000);
	event(7);
	request(one, "GET", "/janus/" S, "", NULL);
	expect(one, 200, "{\"n\":7}");
	/* Claimed elsewhere: the poll ends. Timed out: the last event still comes. */
	request(one, "GET", "/janus/" S, "", NULL);
	g_usleep(100 * 1000);
	limen_module.session(CLIENT, SESSION, LIMEN_SESSION_LOST);
	expect(one, 200, "{\"janus\":\"keepalive\"}");
	limen_module.session(CLIENT, SESSION, LIMEN_SESSION_CLAIMED);
	request(one, "GET", "/janus/" S, "", NULL);
	g_usleep(100 * 1000);
	event(8);
	limen_module.session(CLIENT, SESSION, LIMEN_SESSION_TIMEOUT);
	expect(one, 200, "{\"n\":8}");
	close(one);
}

static void test_secret(void)
{
	int fd = test_connect(port);

	limen_module.session(CLIENT, SESSION, LIMEN_SESSION_CREATED);
	event(1);
	test_apisecret = "s&1";
	request(fd, "GET", "/janus/" S "?apisecret=wrong", "", NULL);
	expect(fd, 403, "");
	request(fd, "GET", "/janus/" S "?rid=1&apisecret=s%261", "", NULL);
	expect(fd, 200, "{\"n\":1}");
	test_apisecret = NULL;
	limen_module.session(CLIENT, SESSION, LIMEN_SESSION_OVER);
	close(fd);
}

static void test_no_answer(void)
{
	int fd = test_connect(port), other = test_connect(port);
	struct test_request *r;
	g_autofree char *big = g_strnfill(5000, ' ');

	request(fd, "POST", "/janus", "", "{\"janus\":\"lost\"}");
	r = test_next_request();
	g_assert_nonnull(r);
	g_assert_true(test_closed(fd));
	limen_module.send(r->client, r->request, 0, json_object());
	test_request_free(r);
	request(other, "POST", "/janus", "", big);
	expect(other, 413, "");
	close(fd);
	close(other);
}

static void test_files(void)
{
	static const char *const bad[] = { "/missing.html", "/../secret.txt", "/%2e%2e/secret.txt",
		"/..%2fsecret.txt", "/link.txt", "/.hidden", "/index.html%00.txt",
		"/out/secret.txt", "/sub/../../secret.txt", "/index.html/" };
	int fd = test_connect(port);
	g_autofree char *tag = NULL, *header = NULL;
	struct answer a;

	request(fd, "GET", "/", "", NULL);
	a = read_answer(fd);
	g_assert_cmpint(a.status, ==, 200);
	g_assert_cmpstr(a.body, ==, "<p>index</p>");
	g_assert_nonnull(strstr(a.head, "content-type: text/html; charset=utf-8\r\n"));
	g_assert_null(strstr(a.head, "access-control-allow-origin"));
	tag = g_strdup(strstr(a.head, "etag: ") + 6);
	*strchr(tag, '\r') = '\0';
	answer_clear(&a);
	header = g_strdup_printf("If-None-Match: %s\r\n", tag);
	request(fd, "GET", "/", header, NULL);
	expect(fd, 304, "");
	request(fd, "GET", "/sub", "", NULL);
	expect(fd, 302, "");
	request(fd, "GET", "/sub/big.js?x=1", "", NULL);
	a = read_answer(fd);
	g_assert_cmpint(a.status, ==, 200);
	g_assert_cmpuint(strlen(a.body), ==, 300000);
	answer_clear(&a);
	close(fd);
	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		fd = test_connect(port);
		request(fd, "GET", bad[i], "", NULL);
		a = read_answer(fd);
		g_assert_cmpint(a.status, !=, 200);
		g_assert_null(strstr(a.body, "secret"));
		answer_clear(&a);
		close(fd);
	}
}

static void test_hostile(void)
{
	int fd = test_connect(port), idle[200];
	g_autofree char *long_header = g_strnfill(60000, 'x');
	g_autofree char *headers =
		g_strdup_printf("X-Long: %s\r\nAuthorization: %s\r\n", long_header, long_header);
	const char *upgrade = "Upgrade: h2c\r\nConnection: Upgrade, "
			      "HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
	GString *rest;

	for (unsigned i = 0; i < G_N_ELEMENTS(idle); i++)
		g_assert_cmpint(idle[i] = test_connect(port), >=, 0);
	request(fd, "GET", "/janus/info", headers, NULL);
	rest = test_read_until(fd, "\r\n\r\n");
	g_assert_null(strstr(rest->str, " 200 "));
	g_string_free(rest, TRUE);
	close(fd);
	fd = test_connect(port);
	request(fd, "GET", "/", upgrade, NULL);
	rest = test_read_until(fd, "\r\n\r\n");
	g_assert_null(strstr(rest->str, " 101 "));
	g_string_free(rest, TRUE);
	close(fd);
	fd = test_connect(port);
	test_write(fd, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15);
	close(fd);
	fd = test_connect(port);
	request(fd, "POST", "/janus", "", "{\"a\":1}");
	serve("{\"a\":1}");
	expect(fd, 200, "{\"ok\":1}");
	close(fd);
	for (unsigned i = 0; i < G_N_ELEMENTS(idle); i++)
		close(idle[i]);
}

static void test_enforced(void)
{
	int fd;
	struct answer a;

	limen_module.stop();
	test_option("general", "https", "true");
	g_assert_cmpint(limen_module.start(), <, 0);
	g_assert_true(test_logged("certificates.cert_pem"));
	test_option("general", "https", "false");
	test_option("cors", "allow_origin", "https://good.example");
	test_option("cors", "enforce_cors", "true");
	g_assert_cmpint(limen_module.start(), ==, 0);
	fd = test_connect(test_port());
	request(fd, "POST", "/janus", "Origin: https://evil.example\r\n", "{\"a\":1}");
	expect(fd, 403, "");
	request(fd, "POST", "/janus", "Origin: https://good.example\r\n", "{\"a\":1}");
	serve("{\"a\":1}");
	a = read_answer(fd);
	g_assert_cmpint(a.status, ==, 200);
	g_assert_nonnull(strstr(a.head, "access-control-allow-origin: https://good.example\r\n"));
	g_assert_nonnull(strstr(a.head, "vary: origin\r\n"));
	answer_clear(&a);
	close(fd);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static char *make_folder(void)
{
	char *top = g_dir_make_tmp("limen-http-XXXXXX", NULL);
	g_autofree char *html = g_build_filename(top, "html", NULL),
			*sub = g_build_filename(html, "sub", NULL);
	g_autofree char *link = g_build_filename(html, "link.txt", NULL),
			*out = g_build_filename(html, "out", NULL);
	g_autofree char *big = g_strnfill(300000, 'j');

	g_assert_nonnull(top);
	g_assert_cmpint(g_mkdir_with_parents(sub, 0700), ==, 0);
	write_file(top, "secret.txt", "secret");
	write_file(html, "index.html", "<p>index</p>");
	write_file(html, ".hidden", "secret");
	write_file(sub, "big.js", big);
	g_assert_cmpint(symlink("../secret.txt", link), ==, 0);
	g_assert_cmpint(symlink("..", out), ==, 0);
	return top;
}

static void remove_folder(const char *top)
{
	static const char *const names[] = { "html/sub/big.js", "html/sub", "html/link.txt",
		"html/out", "html/.hidden", "html/index.html", "html", "secret.txt" };

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(top, names[i], NULL);

		g_remove(path);
	}
	g_rmdir(top);
}

int main(int argc, char **argv)
{
	g_autofree char *html = NULL;
	int failed;

	g_test_init(&argc, &argv, NULL);
	folder = make_folder();
	html = g_build_filename(folder, "html", NULL);
	test_host_init();
	test_session = SESSION;
	test_option("general", "port", "0");
	test_option("admin", "admin_port", "0");
	test_option("general", "ip", "127.0.0.1");
	test_option("general", "static_dir", html);
	test_option("general", "max_body", "4096");
	test_option("general", "poll_timeout", "1");
	test_option("general", "answer_timeout", "1");
	g_assert_cmpint(limen_module.start(), ==, 0);
	port = test_port();
	g_test_add_func("/http/post", test_post);
	g_test_add_func("/http/split-body", test_split_body);
	g_test_add_func("/http/get", test_get);
	g_test_add_func("/http/poll", test_poll);
	g_test_add_func("/http/secret", test_secret);
	g_test_add_func("/http/no-answer", test_no_answer);
	g_test_add_func("/http/files", test_files);
	g_test_add_func("/http/hostile", test_hostile);
	g_test_add_func("/http/enforced", test_enforced);
	failed = g_test_run();
	limen_module.stop();
	remove_folder(folder);
	g_free(folder);
	return failed;
}
