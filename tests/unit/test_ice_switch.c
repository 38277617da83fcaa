/*
 * Switches of two loops without the objects behind them: names, paths, and what one loop passes to
 * the other.
 */
#include "core/media/ice_switch.h"
#include <limen/types.h>
#include <string.h>
#include <unistd.h>
#include "tests/lib/ice_client.h"

/* Stands for two objects: only their addresses matter here. */
static char objects[2];
#define ICE(i) ((struct limen_ice *)(void *)&objects[i])

static struct {
	struct limen_loop *loop[2];
	struct limen_ice_switch *at[2];
	struct limen_ice_config cfg;
	unsigned checks, data;
	struct limen_ice *ice; /* of the last arrival */
	struct limen_ice_switch *via;
	struct limen_path from;
	bool known, refuse;
} t;

static void note(struct limen_ice *ice, const struct limen_ice_arrival *a)
{
	t.ice = ice;
	t.via = a->via;
	t.from = *a->from;
	t.known = a->known;
}

static bool on_check(struct limen_ice *ice, const struct limen_ice_arrival *a)
{
	t.checks++;
	note(ice, a);
	return !t.refuse;
}

static void on_data(struct limen_ice *ice, const struct limen_ice_arrival *a)
{
	t.data++;
	note(ice, a);
}

static void on_closed(struct limen_ice *ice, struct limen_ice_tcp_conn *conn)
{
	(void)ice, (void)conn;
}

static const struct limen_ice_switch_events events = { on_check, on_data, on_closed };

static void set_up(void)
{
	static char *enforce[] = { (char *)"127.0.0.1", NULL };
	g_autofree char *reason = NULL;

	memset(&t, 0, sizeof(t));
	t.cfg = (struct limen_ice_config){ .ipv6 = true, .enforce = enforce };
	for (unsigned i = 0; i < 2; i++)
		g_assert_cmpint(limen_loop_new_manual(&t.loop[i], i), ==, 0);
	g_assert_cmpint(limen_ice_switch_start(t.loop, 2, &t.cfg, &events, &reason), ==, 0);
	for (unsigned i = 0; i < 2; i++)
		t.at[i] = limen_ice_switch_of(t.loop[i]);
}

static void tear_down(void)
{
	limen_ice_switch_quiet();
	for (unsigned i = 0; i < 2; i++)
		limen_loop_free(t.loop[i]);
	limen_ice_switch_stop();
}

static void run(void)
{
	for (unsigned i = 0; i < 10; i++)
		for (unsigned l = 0; l < 2; l++)
			while (limen_loop_step(t.loop[l]))
				;
}

static void send_check(int fd, const char *ufrag)
{
	const struct ice_check c = { .ufrag = ufrag, .pwd = "any" };
	uint8_t bytes[512];
	const size_t len = ice_check_write(&c, bytes, sizeof(bytes));

	g_assert_cmpint(send(fd, bytes, len, 0), ==, (ssize_t)len);
	run();
}

static void send_data(int fd)
{
	const uint8_t bytes[12] = { 0x80, 96 };

	g_assert_cmpint(send(fd, bytes, sizeof(bytes), 0), ==, sizeof(bytes));
	run();
}

/* A socket, and where its datagrams arrive: found by checks for an object at each loop. */
static int socket_at(struct limen_ice_switch *wanted)
{
	for (unsigned i = 0; i < 64; i++) {
		const int fd = ice_client_socket(limen_ice_switch_number());

		send_check(fd, "objectA1");
		if (t.via == wanted)
			return fd;
		close(fd);
	}
	g_error("no socket is served by the wanted loop");
}

static void test_names(void)
{
	int fd;

	set_up();
	g_assert_true(limen_ice_switch_name(t.at[0], "objectA1", ICE(0)));
	g_assert_false(limen_ice_switch_name(t.at[1], "objectA1", ICE(1)));
	g_assert_true(limen_ice_switch_name(t.at[1], "objectB2", ICE(1)));
	fd = socket_at(t.at[1]);
	send_check(fd, "objectB2");
	g_assert_true(t.ice == ICE(1) && t.via == t.at[1] && !t.known);
	t.checks = 0;
	send_check(fd, "objectA1"); /* lives on the other loop */
	g_assert_true(t.ice == ICE(0) && t.via == t.at[1] && t.checks == 1);
	limen_ice_switch_rename(t.at[1], "objectA1");
	send_check(fd, "objectA1");
	g_assert_cmpuint(t.checks, ==, 2);
	limen_ice_switch_unname("objectA1");
	send_check(fd, "objectA1");
	send_check(fd, "objectA");
	send_check(fd, "objectA12");
	g_assert_cmpuint(t.checks, ==, 2);
	close(fd);
	tear_down();
}

static void test_paths(void)
{
	struct limen_path path;
	uint8_t bytes[16];
	int fd;

	set_up();
	g_assert_true(limen_ice_switch_name(t.at[0], "objectA1", ICE(0)));
	fd = socket_at(t.at[1]);
	path = t.from;
	send_data(fd);
	g_assert_cmpuint(t.data, ==, 0);
	limen_ice_switch_add(t.at[0], &path, ICE(0));
	limen_ice_switch_point(t.at[0], &path, t.at[1], (const uint8_t *)"reply", 5);
	run();
	g_assert_cmpint(ice_client_read(fd, bytes, sizeof(bytes)), ==, 5);
	send_data(fd);
	g_assert_true(t.data == 1 && t.ice == ICE(0) && t.known);
	limen_ice_switch_add(t.at[1], &path, ICE(1)); /* another takes the path over */
	send_data(fd);
	g_assert_true(t.data == 2 && t.ice == ICE(1));
	limen_ice_switch_unpoint(t.at[0], &path); /* which the first does not undo */
	limen_ice_switch_remove(t.at[1], &path, ICE(0));
	run();
	send_data(fd);
	g_assert_cmpuint(t.data, ==, 3);
	limen_ice_switch_remove(t.at[1], &path, ICE(1));
	send_data(fd);
	g_assert_cmpuint(t.data, ==, 3);
	limen_ice_switch_pass(t.at[1], &path, t.at[0]);
	send_data(fd);
	g_assert_true(t.data == 4 && t.ice == ICE(0));
	limen_ice_switch_unpoint(t.at[0], &path);
	run();
	send_data(fd);
	g_assert_cmpuint(t.data, ==, 4);
	close(fd);
	tear_down();
}

/* Two loops that each take the other for a path's home give a datagram up in the end. */
static void test_circle(void)
{
	uint64_t counts[LIMEN_ICE_COUNTS];
	struct limen_path path;
	int fd;

	set_up();
	g_assert_true(limen_ice_switch_name(t.at[0], "objectA1", ICE(0)));
	fd = socket_at(t.at[1]);
	path = t.from;
	limen_ice_switch_pass(t.at[0], &path, t.at[1]);
	limen_ice_switch_pass(t.at[1], &path, t.at[0]);
	send_data(fd);
	limen_ice_switch_counts(counts);
	g_assert_cmpuint(counts[LIMEN_ICE_COUNT_JUNK], ==, 1);
	t.checks = 0;
	send_check(fd, "objectA1"); /* by its name it finds its way */
	g_assert_cmpuint(t.checks, ==, 1);
	g_assert_false(t.known && t.via == t.at[0]);
	close(fd);
	tear_down();
}

/* The path's object does not own the name: the name decides, and via is known to be wrong. */
static void test_stale_path(void)
{
	struct limen_path path;
	int fd;

	set_up();
	g_assert_true(limen_ice_switch_name(t.at[0], "objectA1", ICE(0)));
	fd = socket_at(t.at[1]);
	path = t.from;
	limen_ice_switch_add(t.at[1], &path, ICE(1));
	t.refuse = true;
	t.checks = 0;
	send_check(fd, "objectA1");
	g_assert_cmpuint(t.checks, ==, 2);
	g_assert_true(t.ice == ICE(0) && t.via == t.at[1] && !t.known);
	close(fd);
	tear_down();
}

/* Another process has the number, be it with SO_REUSEPORT: its clients are not ours to share. */
static void test_port_in_use(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	struct limen_loop *loop;
	g_autofree char *reason = NULL;
	const int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), ==, 0);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&a, size), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&a, &size), ==, 0);
	t.cfg = (struct limen_ice_config){ .port = ntohs(a.sin_port), .ipv6 = true };
	g_assert_cmpint(limen_loop_new_manual(&loop, 0), ==, 0);
	g_assert_cmpint(
		limen_ice_switch_start(&loop, 1, &t.cfg, &events, &reason), ==, LIMEN_EEXIST);
	g_assert_nonnull(strstr(reason, "in use"));
	g_assert_null(limen_ice_switch_of(loop));
	limen_loop_free(loop);
	close(fd);
}

/* The number is free for UDP and not for TCP: the start fails and leaves nothing open. */
static void test_tcp_in_use(void)
{
	static char *enforce[] = { (char *)"127.0.0.1", NULL };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	struct limen_loop *loop;
	g_autofree char *reason = NULL, *none = NULL;
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&a, size), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&a, &size), ==, 0);
	g_assert_cmpint(listen(fd, 1), ==, 0);
	t.cfg = (struct limen_ice_config){
		.port = ntohs(a.sin_port), .ipv6 = true, .tcp = true, .enforce = enforce
	};
	g_assert_cmpint(limen_loop_new(&loop, 0), ==, 0);
	g_assert_cmpint(limen_ice_switch_start(&loop, 1, &t.cfg, &events, &reason), ==, LIMEN_EIO);
	g_assert_nonnull(strstr(reason, "cannot be opened"));
	close(fd);
	g_assert_cmpint(limen_ice_switch_start(&loop, 1, &t.cfg, &events, &none), ==, 0);
	g_assert_cmpuint(limen_ice_switch_number(), ==, t.cfg.port);
	limen_ice_switch_quiet();
	limen_loop_free(loop);
	limen_ice_switch_stop();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice-switch/names", test_names);
	g_test_add_func("/ice-switch/paths", test_paths);
	g_test_add_func("/ice-switch/circle", test_circle);
	g_test_add_func("/ice-switch/stale-path", test_stale_path);
	g_test_add_func("/ice-switch/port-in-use", test_port_in_use);
	g_test_add_func("/ice-switch/tcp-in-use", test_tcp_in_use);
	return g_test_run();
}
