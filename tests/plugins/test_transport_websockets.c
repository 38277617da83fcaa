/*
 * Drives the WebSockets transport over loopback with hand-made frames, so that what a browser never
 * sends is tested too.
 */
#include "tests/lib/transport_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX "2048"

enum { FIN = 0x80, CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

static int port;

static GString *handshake(int fd, const char *more)
{
	g_autofree char *text =
		g_strdup_printf("GET /any/path HTTP/1.1\r\nHost: localhost\r\nUpgrade: "
				"websocket\r\nConnection: Upgrade\r\n"
				"Sec-WebSocket-Key: "
				"dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
			more);

	test_write(fd, text, strlen(text));
	return test_read_until(fd, "\r\n\r\n");
}

static int open_client(void)
{
	int fd = test_connect(port);
	GString *answer;

	g_assert_cmpint(fd, >=, 0);
	answer = handshake(fd, "Sec-WebSocket-Protocol: janus-protocol\r\n");
	g_assert_true(g_str_has_prefix(answer->str, "HTTP/1.1 101"));
	g_string_free(answer, TRUE);
	return fd;
}

static void send_frame(int fd, int head, const char *bytes, size_t len)
{
	g_autoptr(GByteArray) frame = g_byte_array_new();
	const uint8_t mask[4] = { 1, 2, 3, 4 };
	uint8_t start[10] = { (uint8_t)head, 0x80 };
	unsigned start_len = 2;

	if (len < 126) {
		start[1] |= (uint8_t)len;
	} else {
		start[1] |= 126;
		start[2] = (uint8_t)(len >> 8);
		start[3] = (uint8_t)len;
		start_len = 4;
	}
	g_byte_array_append(frame, start, start_len);
	g_byte_array_append(frame, mask, 4);
	for (size_t i = 0; i < len; i++) {
		uint8_t b = (uint8_t)bytes[i] ^ mask[i & 3];

		g_byte_array_append(frame, &b, 1);
	}
	test_write(fd, frame->data, frame->len);
}

static void send_text(int fd, const char *text)
{
	send_frame(fd, FIN | TEXT, text, strlen(text));
}

/* One whole message; *opcode of its first frame. NULL when the connection has ended. */
static char *read_message(int fd, int *opcode)
{
	g_autoptr(GString) text = g_string_new(NULL);
	uint8_t head[2], ext[8];
	bool first = true;

	do {
		size_t len;
		g_autofree char *bytes = NULL;

		if (!test_read(fd, head, 2))
			return NULL;
		len = head[1] & 0x7f;
		if (len == 126 && test_read(fd, ext, 2))
			len = (size_t)ext[0] << 8 | ext[1];
		bytes = g_malloc(len + 1);
		if (!test_read(fd, bytes, len))
			return NULL;
		if (first)
			*opcode = head[0] & 0x0f;
		first = false;
		g_string_append_len(text, bytes, (gssize)len);
	} while (!(head[0] & FIN));
	return g_strdup(text->str);
}

static void expect(int fd, const char *wanted)
{
	int opcode = 0;
	g_autofree char *text = read_message(fd, &opcode);

	g_assert_cmpstr(text, ==, wanted);
	g_assert_cmpint(opcode, ==, TEXT);
}

static void expect_request(const char *janus, struct test_request **out)
{
	struct test_request *r = test_next_request();

	g_assert_nonnull(r);
	g_assert_false(r->admin);
	g_assert_cmpuint(r->request, >, 0);
	g_assert_cmpstr(json_string_value(json_object_get(r->msg, "janus")), ==, janus);
	if (out)
		*out = r;
	else
		test_request_free(r);
}

static void test_handshake(void)
{
	static const struct {
		const char *headers;
		bool good;
	} cases[] = {
		{ "Sec-WebSocket-Protocol: janus-protocol\r\n", true },
		{ "Sec-WebSocket-Protocol: other, janus-protocol\r\n", true },
		{ "Sec-WebSocket-Protocol: Janus-Protocol\r\n", false },
		{ "Sec-WebSocket-Protocol: janus-admin-protocol\r\n", false },
		{ "Sec-WebSocket-Protocol: http-only\r\n", false },
		{ "", false },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		int fd = test_connect(port);
		GString *answer = handshake(fd, cases[i].headers);

		g_assert_cmpint(cases[i].good, ==, strstr(answer->str, " 101 ") != NULL);
		if (cases[i].good) {
			g_autofree char *lower = g_ascii_strdown(answer->str, -1);

			g_assert_nonnull(
				strstr(lower, "sec-websocket-protocol: janus-protocol\r\n"));
			g_assert_nonnull(strstr(lower, "access-control-allow-origin: *\r\n"));
		}
		g_string_free(answer, TRUE);
		close(fd);
		if (cases[i].good)
			g_assert_cmpuint(test_next_gone(), >, 0);
	}
}

static void test_plain_http(void)
{
	int fd = test_connect(port);
	const char *get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
	const char *h2c = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, "
			  "HTTP2-Settings\r\nUpgrade: h2c\r\n"
			  "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
	GString *answer;

	test_write(fd, get, strlen(get));
	answer = test_read_until(fd, "\r\n\r\n");
	g_assert_true(g_str_has_prefix(answer->str, "HTTP/1.1 403"));
	g_string_free(answer, TRUE);
	close(fd);
	fd = test_connect(port);
	test_write(fd, h2c, strlen(h2c));
	answer = test_read_until(fd, "\r\n\r\n");
	g_assert_null(strstr(answer->str, " 101 "));
	g_string_free(answer, TRUE);
	close(fd);
}

static void test_requests(void)
{
	int fd = open_client(), opcode = 0;
	struct test_request *one, *two, *three;
	g_autofree char *pong = NULL;

	send_text(fd, "{\"janus\":\"a\"}\n{\"janus\":\"b\"} ");
	expect_request("a", &one);
	expect_request("b", &two);
	g_assert_cmpuint(one->client, ==, two->client);
	send_frame(fd, BINARY, "{\"jan", 5);
	send_frame(fd, FIN | PING, "hi", 2);
	send_frame(fd, CONTINUATION, "us\":", 4);
	send_frame(fd, FIN | CONTINUATION, "\"c\"}", 4);
	expect_request("c", &three);
	pong = read_message(fd, &opcode);
	g_assert_cmpint(opcode, ==, PONG);
	for (int i = 0; i < 50; i++)
		limen_module.send(one->client, 0, 7, json_pack("{s:i}", "n", i));
	for (int i = 0; i < 50; i++) {
		g_autofree char *wanted = g_strdup_printf("{\"n\":%d}", i);

		expect(fd, wanted);
	}
	close(fd);
	g_assert_cmpuint(test_next_gone(), ==, one->client);
	/* Nobody is there any more: dropped. */
	limen_module.send(one->client, one->request, 0, json_object());
	test_request_free(one);
	test_request_free(two);
	test_request_free(three);
}

static void test_long_reply(void)
{
	int fd = open_client(), opcode = 0;
	g_autofree char *filler = g_strnfill(100000, 'x');
	g_autofree char *got = NULL;
	struct test_request *r;

	send_text(fd, "{\"janus\":\"long\"}");
	expect_request("long", &r);
	limen_module.send(r->client, r->request, 0, json_pack("{s:s}", "text", filler));
	got = read_message(fd, &opcode);
	g_assert_nonnull(got);
	g_assert_cmpuint(strlen(got), ==, 100000 + strlen("{\"text\":\"\"}"));
	test_request_free(r);
	close(fd);
	test_next_gone();
}

static void test_bad_requests(void)
{
	int fd = open_client();
	g_autofree char *big = g_strnfill(3000, ' ');

	send_text(fd, "nope");
	expect(fd,
		"{\"janus\":\"error\",\"error\":{\"code\":454,\"reason\":"
		"\"Invalid Janus API request - <string>(1,4): '[' or '{' expected near 'nope'\"}}");
	/* One bad document spoils the others of its message. */
	send_text(fd, "{\"janus\":\"lost\"}{");
	expect(fd,
		"{\"janus\":\"error\",\"error\":{\"code\":454,\"reason\":"
		"\"Invalid Janus API request - <string>(1,1): string or '}' expected near end of "
		"file\"}}");
	send_frame(fd, TEXT, big, 1500);
	send_frame(fd, CONTINUATION, big, 1500);
	send_frame(fd, FIN | CONTINUATION, "{\"janus\":\"tail\"}", 16);
	expect(fd,
		"{\"janus\":\"error\",\"error\":{\"code\":454,\"reason\":"
		"\"Invalid Janus API request - <string>(1,1): message longer than the limit "
		"of " MESSAGE_MAX " bytes\"}}");
	send_text(fd, "{\"janus\":\"fine\"}");
	expect_request("fine", NULL);
	close(fd);
	test_next_gone();
}

static void test_unread(void)
{
	int fd = open_client(), other = open_client();
	g_autofree char *filler = g_strnfill(100000, 'x');
	struct test_request *r;

	send_text(fd, "{\"janus\":\"slow\"}");
	expect_request("slow", &r);
	for (int i = 0; i < 400; i++)
		limen_module.send(r->client, 0, 0, json_pack("{s:s}", "text", filler));
	g_assert_cmpuint(test_next_gone(), ==, r->client);
	g_assert_true(test_logged("does not read"));
	send_text(other, "{\"janus\":\"undisturbed\"}");
	expect_request("undisturbed", NULL);
	test_request_free(r);
	close(fd);
	close(other);
	test_next_gone();
}

static void test_restart(void)
{
	int fd = open_client();

	limen_module.stop();
	g_assert_true(test_closed(fd));
	close(fd);
	g_assert_cmpuint(test_next_gone(), >, 0);
	test_option("general", "wss", "true");
	g_assert_cmpint(limen_module.start(), <, 0);
	g_assert_true(test_logged("certificates.cert_pem"));
	test_option("general", "wss", "false");
	test_option("general", "ws_acl", "10.,192.168.");
	g_assert_cmpint(limen_module.start(), ==, 0);
	fd = test_connect(test_port());
	g_assert_true(fd < 0 || test_closed(fd));
	if (fd >= 0)
		close(fd);
	limen_module.stop();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	test_host_init();
	test_option("general", "ws_port", "0");
	test_option("general", "ws_ip", "127.0.0.1");
	test_option("general", "max_message", MESSAGE_MAX);
	g_assert_cmpint(limen_module.start(), ==, 0);
	port = test_port();
	g_assert_cmpint(port, >, 0);
	g_test_add_func("/websockets/handshake", test_handshake);
	g_test_add_func("/websockets/plain-http", test_plain_http);
	g_test_add_func("/websockets/requests", test_requests);
	g_test_add_func("/websockets/long-reply", test_long_reply);
	g_test_add_func("/websockets/bad-requests", test_bad_requests);
	g_test_add_func("/websockets/unread", test_unread);
	g_test_add_func("/websockets/restart", test_restart);
	return g_test_run();
}
