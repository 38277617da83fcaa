/*
 * The registry of clients: numbers, order, limits, and that a batch wakes once.
 */
#include "kit/clients.h"

#include <stdlib.h>
#include <string.h>

struct seen {
	unsigned calls, cut;
	void *last;
};

static void on_ready(void *owner, bool cut, void *arg)
{
	struct seen *s = arg;

	s->calls++;
	s->cut += cut;
	s->last = owner;
}

static int push(struct limen_clients *c, uint64_t client, const char *text, bool *wake)
{
	return limen_clients_push(c, client, strdup(text), strlen(text), wake);
}

static void expect_pop(
	struct limen_clients *c, uint64_t client, const char *wanted, bool more_wanted)
{
	size_t len = 0;
	bool more;
	char *text = limen_clients_pop(c, client, &len, &more);

	g_assert_cmpmem(text, len, wanted, wanted ? strlen(wanted) : 0);
	g_assert_cmpint(more, ==, more_wanted);
	free(text);
}

static void test_order(void)
{
	struct limen_clients *c = limen_clients_new(10, 1000);
	struct seen seen = { 0 };
	int owner;
	uint64_t id = limen_clients_add(c, &owner);
	bool wake;

	g_assert_cmpuint(id, >, 0);
	g_assert_cmpint(push(c, id, "one", &wake), ==, 0);
	g_assert_true(wake);
	g_assert_cmpint(push(c, id, "two", &wake), ==, 0);
	g_assert_false(wake);
	limen_clients_ready(c, on_ready, &seen);
	g_assert_cmpuint(seen.calls, ==, 1);
	g_assert_true(seen.last == &owner);
	limen_clients_ready(c, on_ready, &seen);
	g_assert_cmpuint(seen.calls, ==, 1);
	expect_pop(c, id, "one", true);
	expect_pop(c, id, "two", false);
	expect_pop(c, id, NULL, false);
	g_assert_cmpint(push(c, id, "three", &wake), ==, 0);
	g_assert_true(wake);
	limen_clients_free(c);
}

static void test_numbers(void)
{
	struct limen_clients *c = limen_clients_new(10, 1000);
	struct seen seen = { 0 };
	uint64_t first = limen_clients_add(c, &seen), second;
	bool wake;

	g_assert_cmpint(push(c, first, "late", &wake), ==, 0);
	limen_clients_remove(c, first);
	limen_clients_remove(c, first);
	second = limen_clients_add(c, &seen);
	g_assert_cmpuint(second, !=, first);
	g_assert_cmpint(push(c, first, "nobody", &wake), ==, LIMEN_ENOENT);
	g_assert_false(wake);
	/* A client that went before its turn is passed over. */
	limen_clients_ready(c, on_ready, &seen);
	g_assert_cmpuint(seen.calls, ==, 0);
	expect_pop(c, second, NULL, false);
	g_assert_cmpuint(limen_clients_count(c), ==, 1);
	limen_clients_free(c);
}

static void expect_cut(struct limen_clients *c, uint64_t full, uint64_t other)
{
	struct seen seen = { 0 };
	bool wake;

	g_assert_cmpint(push(c, full, "x", &wake), ==, LIMEN_ELIMIT);
	g_assert_cmpint(push(c, full, "y", &wake), ==, LIMEN_ESTATE);
	g_assert_false(wake);
	g_assert_cmpuint(limen_clients_cut(c), ==, 1);
	g_assert_cmpint(push(c, other, "fine", &wake), ==, 0);
	limen_clients_ready(c, on_ready, &seen);
	g_assert_cmpuint(seen.calls, ==, 2);
	g_assert_cmpuint(seen.cut, ==, 1);
	expect_pop(c, full, NULL, false);
	expect_pop(c, other, "fine", false);
	limen_clients_free(c);
}

static void test_message_limit(void)
{
	struct limen_clients *c = limen_clients_new(3, 1000);
	uint64_t id = limen_clients_add(c, c), other = limen_clients_add(c, c);
	bool wake;

	for (int i = 0; i < 3; i++)
		g_assert_cmpint(push(c, id, "12345", &wake), ==, 0);
	expect_cut(c, id, other);
}

static void test_byte_limit(void)
{
	struct limen_clients *c = limen_clients_new(100, 10);
	uint64_t id = limen_clients_add(c, c), other = limen_clients_add(c, c);
	bool wake;

	g_assert_cmpint(push(c, id, "12345", &wake), ==, 0);
	expect_pop(c, id, "12345", false);
	g_assert_cmpint(push(c, id, "1234567890", &wake), ==, 0);
	expect_cut(c, id, other);
}

#define PUSHES 2000

struct pusher {
	struct limen_clients *c;
	uint64_t id;
};

static void *push_many(void *arg)
{
	struct pusher *p = arg;
	bool wake;

	for (int i = 0; i < PUSHES; i++)
		g_assert_cmpint(push(p->c, p->id, "text", &wake), ==, 0);
	return NULL;
}

static void test_threads(void)
{
	struct limen_clients *c = limen_clients_new(2 * PUSHES, 100000);
	struct pusher p = { c, limen_clients_add(c, c) };
	GThread *one = g_thread_new("one", push_many, &p),
		*two = g_thread_new("two", push_many, &p);
	unsigned got = 0;

	while (got < 2 * PUSHES) {
		size_t len;
		bool more;
		char *text = limen_clients_pop(c, p.id, &len, &more);

		got += text != NULL;
		free(text);
	}
	g_thread_join(one);
	g_thread_join(two);
	expect_pop(c, p.id, NULL, false);
	limen_clients_free(c);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/clients/order", test_order);
	g_test_add_func("/clients/numbers", test_numbers);
	g_test_add_func("/clients/message-limit", test_message_limit);
	g_test_add_func("/clients/byte-limit", test_byte_limit);
	g_test_add_func("/clients/threads", test_threads);
	return g_test_run();
}
