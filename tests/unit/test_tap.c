/*
 * Taps: every packet as it came, or one continuous stream out of substreams; whom they ask for
 * keyframes; their end, from inside and from elsewhere.
 */
#include "core/media/tap.h"
#include <string.h>
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/fanout.h"
#include "core/media/feed.h"
#include "core/media/rtp.h"

#define MS INT64_C(1000)

static struct {
	struct limen_loop *loop;
	struct limen_home home;
	struct limen_fanout *f;
	struct limen_tap *tap;
	int refs; /* to the source */
	unsigned asked;
	GArray *numbers;    /* struct limen_numbers */
	GArray *substreams; /* int8_t, of the packets */
	unsigned done, ends_after;
	int8_t told[3]; /* the last layers */
	unsigned tells;
} t;

static void *ref(void *of)
{
	t.refs++;
	return of;
}

static void unref(void *of)
{
	(void)of;
	t.refs--;
}

static struct limen_home *home_of(void *of)
{
	(void)of;
	return &t.home;
}

static void ask(void *of, uint16_t mindex)
{
	(void)of;
	g_assert_cmpuint(mindex, ==, 4);
	t.asked++;
}

static const struct limen_source_ops ops = { ref, unref, home_of, ask };

static void on_packet(struct limen_packet *pkt, const struct limen_numbers *numbers, void *arg)
{
	g_assert_true(arg == &t);
	g_assert_cmpuint(t.done, ==, 0);
	g_array_append_val(t.numbers, *numbers);
	g_array_append_val(t.substreams, pkt->substream);
	if (t.ends_after && --t.ends_after == 0)
		limen_tap_free(g_steal_pointer(&t.tap));
}

static void on_layer(int8_t substream, int8_t temporal, int8_t spatial, void *arg)
{
	g_assert_true(arg == &t);
	t.told[0] = substream;
	t.told[1] = temporal;
	t.told[2] = spatial;
	t.tells++;
}

static void on_done(void *arg)
{
	g_assert_true(arg == &t);
	t.done++;
}

static void run(void)
{
	while (limen_loop_step(t.loop))
		;
}

static void set_up(bool select)
{
	const struct limen_source source = { &ops, &t, 4 };
	const struct limen_tap_config cfg = {
		.select = select, .packet = on_packet, .layer = on_layer, .arg = &t, .done = on_done
	};

	memset(&t, 0, sizeof(t));
	limen_clock_simulate(10000 * MS);
	g_assert_cmpint(limen_loop_new_manual(&t.loop, 0), ==, 0);
	limen_home_init(&t.home, t.loop);
	t.numbers = g_array_new(FALSE, FALSE, sizeof(struct limen_numbers));
	t.substreams = g_array_new(FALSE, FALSE, sizeof(int8_t));
	t.f = limen_fanout_new_of(&source, 0);
	g_assert_cmpint(limen_tap_new(&t.tap, t.f, &cfg), ==, 0);
}

static void tear_down(void)
{
	limen_fanout_close(t.f);
	limen_fanout_unref(t.f);
	limen_tap_free(t.tap);
	run();
	g_assert_cmpuint(t.done, ==, 1);
	g_assert_cmpint(t.refs, ==, 0);
	g_array_unref(t.numbers);
	g_array_unref(t.substreams);
	limen_home_clear(&t.home);
	limen_loop_free(t.loop);
}

static const struct limen_numbers *got(guint i)
{
	g_assert_cmpuint(i, <, t.numbers->len);
	return &g_array_index(t.numbers, struct limen_numbers, i);
}

/* A picture of one packet, 40 ms after the one before it in its substream. */
static void publish(int substream, unsigned n, bool key)
{
	struct limen_packet *p = limen_packet_new();

	p->source = 7;
	p->kind = LIMEN_VIDEO;
	p->codec = LIMEN_VP8;
	p->simulcast = true;
	p->substream = (int8_t)substream;
	p->ssrc = 100u + (unsigned)substream;
	p->seq = (uint16_t)(1000 * substream + (int)n);
	p->ts = (uint32_t)substream * 5000000u + n * 3600;
	p->marker = true;
	p->header_len = 12;
	p->payload_len = 1;
	p->layer.keyframe = key;
	p->layer.start = true;
	p->layer.picture_id = (int32_t)n + 100 * substream;
	p->layer.tl0_pic_idx = (int16_t)(n & 0xff);
	limen_fanout_publish(t.f, p);
	limen_packet_unref(p);
}

/* All substreams up to a top one, from picture first on. */
static void play(int top, unsigned first, unsigned count, bool key)
{
	for (unsigned i = first; i < first + count; i++) {
		for (int k = 0; k <= top; k++)
			publish(k, i, key && i == first);
		run();
		limen_clock_advance(40 * MS);
	}
}

static void test_every_packet(void)
{
	set_up(false);
	play(2, 1, 3, false);
	g_assert_cmpuint(t.numbers->len, ==, 9);
	for (guint i = 0; i < 9; i++) {
		const int k = (int)i % 3, n = (int)i / 3 + 1;

		g_assert_cmpuint(got(i)->seq, ==, 1000 * k + n);
		g_assert_cmpuint(got(i)->ts, ==, (uint32_t)k * 5000000u + (uint32_t)n * 3600);
		g_assert_cmpuint(got(i)->picture_id, ==, n + 100 * k);
		g_assert_cmpuint(got(i)->tl0_pic_idx, ==, n);
		g_assert_true(got(i)->marker);
	}
	g_assert_cmpuint(t.asked, ==, 0);
	g_assert_cmpuint(t.tells, ==, 0);
	tear_down();
}

/* Numbers follow each other, times go on by a picture. */
static void expect_continuous(guint from, guint to)
{
	for (guint i = from + 1; i < to; i++) {
		g_assert_cmpuint(got(i)->seq, ==, (uint16_t)(got(i - 1)->seq + 1));
		g_assert_cmpuint(got(i)->picture_id, ==, (got(i - 1)->picture_id + 1) & 0x7fff);
		g_assert_cmpuint(got(i)->ts - got(i - 1)->ts, ==, 3600);
	}
}

/* Up by keyframes, down by one when the upper substreams have fallen silent. */
static void test_select(void)
{
	static const int8_t expected[] = { 0, 1, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0 };

	set_up(true);
	g_assert_cmpuint(t.asked, ==, 1); /* for a beginning */
	play(2, 1, 2, false);
	g_assert_cmpuint(t.numbers->len, ==, 0);
	play(2, 3, 5, true);
	g_assert_cmpint(t.told[0], ==, 2);
	play(0, 8, 20, false); /* the upper ones fall silent */
	g_assert_cmpuint(t.asked, >, 1);
	play(0, 28, 5, true);
	g_assert_cmpint(t.told[0], ==, 0);
	g_assert_cmpuint(got(7)->seq, ==, (uint16_t)(got(6)->seq + 1));
	g_assert_cmpuint(t.substreams->len, ==, G_N_ELEMENTS(expected));
	for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
		g_assert_cmpint(g_array_index(t.substreams, int8_t, i), ==, expected[i]);
	expect_continuous(2, 7);
	expect_continuous(7, 12);
	tear_down();
}

/* A lower target takes effect with a keyframe, and one is asked for. */
static void test_layers(void)
{
	const struct limen_layers want = { .substream = 1, .temporal = -1, .spatial = -1 };
	guint before;

	set_up(true);
	play(2, 1, 5, true);
	before = t.asked;
	limen_tap_layers(t.tap, &want);
	play(2, 6, 2, false);
	g_assert_cmpuint(t.asked, ==, before + 1);
	g_assert_cmpint(t.told[0], ==, 2);
	play(2, 8, 3, true);
	g_assert_cmpint(t.told[0], ==, 1);
	g_assert_cmpint(t.told[1], ==, -1);
	g_assert_cmpint(g_array_index(t.substreams, int8_t, t.substreams->len - 1), ==, 1);
	expect_continuous(2, t.numbers->len);
	tear_down();
}

/* Freed in the middle of a batch. */
static void test_end_inside(void)
{
	set_up(false);
	t.ends_after = 2;
	publish(0, 1, true);
	publish(0, 2, false);
	publish(0, 3, false);
	run();
	g_assert_cmpuint(t.numbers->len, ==, 2);
	g_assert_cmpuint(t.done, ==, 1);
	publish(0, 4, false);
	run();
	g_assert_cmpuint(t.numbers->len, ==, 2);
	tear_down();
}

/* Freed with packets pending: they do not come. Its layers are on their way. */
static void test_end_pending(void)
{
	const struct limen_layers want = { 0, -1, -1, 0, -1, -1 };

	set_up(false);
	publish(0, 1, true);
	limen_tap_layers(t.tap, &want);
	limen_tap_free(g_steal_pointer(&t.tap));
	g_assert_cmpuint(t.done, ==, 0);
	run();
	g_assert_cmpuint(t.numbers->len, ==, 0);
	g_assert_cmpuint(t.done, ==, 1);
	tear_down();
}

static void test_closed(void)
{
	const struct limen_tap_config cfg = { .packet = on_packet, .arg = &t, .done = on_done };
	struct limen_tap *other;

	set_up(true);
	limen_fanout_close(t.f);
	g_assert_cmpint(limen_tap_new(&other, t.f, &cfg), ==, LIMEN_ESTATE);
	g_assert_null(other);
	publish(0, 1, true);
	run();
	g_assert_cmpuint(t.numbers->len, ==, 0);
	limen_tap_free(NULL);
	tear_down();
}

/* Many, and one too many; those before and after one that goes stay. */
static void test_many(void)
{
	const struct limen_tap_config cfg = { .packet = on_packet, .arg = &t };
	struct limen_tap *taps[LIMEN_FANOUT_TAPS_MAX - 1], *more;

	set_up(false);
	for (unsigned i = 0; i < G_N_ELEMENTS(taps); i++)
		g_assert_cmpint(limen_tap_new(&taps[i], t.f, &cfg), ==, 0);
	g_assert_cmpint(limen_tap_new(&more, t.f, &cfg), ==, LIMEN_ELIMIT);
	g_assert_null(more);
	limen_tap_free(taps[3]);
	publish(0, 1, true);
	run();
	g_assert_cmpuint(t.numbers->len, ==, LIMEN_FANOUT_TAPS_MAX - 1);
	for (unsigned i = 0; i < G_N_ELEMENTS(taps); i++)
		if (i != 3)
			limen_tap_free(taps[i]);
	tear_down();
}

static struct {
	gint came, done; /* atomic */
	uint16_t seq;    /* the loop */
} there;

static void come_there(struct limen_packet *pkt, const struct limen_numbers *numbers, void *arg)
{
	(void)pkt, (void)numbers;
	limen_loop_assert(arg);
	g_assert_cmpint(g_atomic_int_get(&there.done), ==, 0);
	g_atomic_int_inc(&there.came);
}

static void end_there(void *arg)
{
	limen_loop_assert(arg);
	g_atomic_int_inc(&there.done);
}

static void feed_there(void *feed)
{
	uint8_t bytes[13] = { 0x80, 111, (uint8_t)(there.seq >> 8), (uint8_t)there.seq };

	there.seq++;
	g_assert_cmpint(limen_feed_rtp(feed, 0, bytes, sizeof(bytes)), ==, 0);
}

/* Made, aimed and freed here while packets come there. */
static void test_threads(void)
{
	const struct limen_feed_config cfg = { .kind = LIMEN_AUDIO, .codec = LIMEN_OPUS };
	const struct limen_layers want = { .substream = 0, .temporal = 0, .spatial = 0 };
	struct limen_tap_config tap = { .select = true, .packet = come_there, .done = end_there };
	struct limen_loop *loop;
	struct limen_fanout *f;
	struct limen_feed *feed;
	struct limen_tap *made;

	g_assert_cmpint(limen_loop_new(&loop, 0), ==, 0);
	tap.arg = loop;
	feed = limen_feed_new(loop, &cfg, 0, &f);
	for (unsigned i = 0; i < 50; i++) {
		g_atomic_int_set(&there.came, 0);
		g_atomic_int_set(&there.done, 0);
		g_assert_cmpint(limen_tap_new(&made, f, &tap), ==, 0);
		limen_tap_layers(made, &want);
		while (g_atomic_int_get(&there.came) < 5) {
			limen_loop_post(loop, feed_there, feed);
			g_usleep(50);
		}
		limen_tap_free(made);
		while (!g_atomic_int_get(&there.done)) {
			limen_loop_post(loop, feed_there, feed);
			g_usleep(50);
		}
	}
	limen_feed_free(feed);
	limen_fanout_close(f);
	limen_fanout_unref(f);
	limen_loop_free(loop);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unit/tap/every-packet", test_every_packet);
	g_test_add_func("/unit/tap/select", test_select);
	g_test_add_func("/unit/tap/layers", test_layers);
	g_test_add_func("/unit/tap/end-inside", test_end_inside);
	g_test_add_func("/unit/tap/end-pending", test_end_pending);
	g_test_add_func("/unit/tap/closed", test_closed);
	g_test_add_func("/unit/tap/many", test_many);
	g_test_add_func("/unit/tap/threads", test_threads);
	return g_test_run();
}
