/*
 * Packets: fresh facts each time, life until the last reference, and packets that begin on one
 * thread and end on another.
 */
#include "core/base/packet.h"
#include <glib.h>
#include <string.h>

#define MANY 1000 /* more than a thread's free list holds */

static void expect_fresh(const struct limen_packet *p)
{
	g_assert_cmpint(p->refs, ==, 1);
	g_assert_cmpuint(p->source, ==, 0);
	g_assert_cmpint(p->codec, ==, LIMEN_CODEC_NONE);
	g_assert_cmpint(p->arrived_us, ==, 0);
	g_assert_cmpuint(p->len, ==, 0);
	g_assert_cmpuint(p->header_len, ==, 0);
	g_assert_cmpuint(p->ssrc, ==, 0);
	g_assert_false(p->marker || p->simulcast || p->svc || p->voice || p->layer.keyframe);
	g_assert_cmpint(p->layer.spatial, ==, -1);
	g_assert_cmpint(p->layer.temporal, ==, -1);
	g_assert_cmpint(p->layer.picture_id, ==, -1);
	g_assert_cmpint(p->layer.tl0_pic_idx, ==, -1);
	g_assert_cmpuint(p->audio_level, ==, 255);
	g_assert_cmpint(p->orientation, ==, -1);
	g_assert_cmpint(p->playout_min, ==, -1);
	g_assert_cmpint(p->playout_max, ==, -1);
}

/* What a packet said must not be seen in the next one from the same memory. */
static void test_fresh(void)
{
	for (int i = 0; i < 3; i++) {
		struct limen_packet *p = limen_packet_new();

		expect_fresh(p);
		memset((char *)p + offsetof(struct limen_packet, arrived_us), 0x5a,
			sizeof(*p) - offsetof(struct limen_packet, arrived_us));
		limen_packet_unref(p);
	}
	limen_packet_unref(NULL);
}

static void test_references(void)
{
	struct limen_packet *p = limen_packet_new(), *other;

	g_assert_true(limen_packet_ref(p) == p);
	p->seq = 77;
	p->header_len = 12;
	g_assert_true(limen_packet_payload(p) == p->data + 12);
	limen_packet_unref(p);
	other = limen_packet_new();
	g_assert_true(other != p);
	g_assert_cmpuint(p->seq, ==, 77);
	limen_packet_unref(other);
	limen_packet_unref(p);
}

/* More at once than the free list keeps: all distinct, all can be let go. */
static void test_many(void)
{
	g_autoptr(GHashTable) live = g_hash_table_new(NULL, NULL);
	GHashTableIter iter;
	gpointer p;

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++) {
			struct limen_packet *fresh = limen_packet_new();

			expect_fresh(fresh);
			memset(fresh->data, i, sizeof(fresh->data));
			g_assert_true(g_hash_table_add(live, fresh));
		}
		g_hash_table_iter_init(&iter, live);
		while (g_hash_table_iter_next(&iter, &p, NULL))
			limen_packet_unref(p);
		g_hash_table_remove_all(live);
	}
}

static void *let_go(void *arg)
{
	struct limen_packet **packets = arg;
	uint64_t sum = 0;

	for (int i = 0; i < MANY; i++) {
		sum += packets[i]->seq;
		limen_packet_unref(packets[i]);
	}
	g_assert_cmpuint(sum, ==, (uint64_t)MANY * (MANY - 1) / 2);
	return NULL;
}

/* Shared by three threads; whoever is last frees. */
static void test_threads(void)
{
	static struct limen_packet *packets[MANY];
	GThread *threads[2];

	for (int i = 0; i < MANY; i++) {
		packets[i] = limen_packet_new();
		packets[i]->seq = (uint16_t)i;
		limen_packet_ref(packets[i]);
		limen_packet_ref(packets[i]);
	}
	for (int i = 0; i < 2; i++)
		threads[i] = g_thread_new("reader", let_go, packets);
	let_go(packets);
	for (int i = 0; i < 2; i++)
		g_thread_join(threads[i]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/packet/fresh", test_fresh);
	g_test_add_func("/packet/references", test_references);
	g_test_add_func("/packet/many", test_many);
	g_test_add_func("/packet/threads", test_threads);
	return g_test_run();
}
