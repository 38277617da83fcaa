/*
 * The media services of the fake host: thin doors to the core that count what is open and check
 * what the plugin names. Thread: the test's.
 */
#include "tests/lib/fake_media.h"
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/base/tick.h"
#include "core/media/codec.h"
#include "core/media/crypto.h"
#include "core/media/fanout.h"
#include "core/media/feed.h"
#include "core/media/packet_write.h"
#include "core/media/rtp.h"
#include "core/media/tap.h"
#include "core/media/udp.h"
#include "tests/lib/fake_host.h"

/* What is known of a fan-out of the core. */
struct fake_fanout {
	struct limen_fanout *core;
	struct fake_client *source; /* NULL: a feed */
	uint16_t mindex;
	bool open;
	GPtrArray *receivers; /* struct fake_line * */
	GPtrArray *packets;   /* struct limen_packet *: references to all that it carried */
	struct limen_tap *record;
};

static struct limen_loop *loop;
static struct limen_home home;
static GPtrArray *fanouts; /* struct fake_fanout * */
static int live;           /* what the plugin opened and did not free */

void fake_media_start(void)
{
	limen_clock_simulate(fake_now_us);
	g_assert_cmpint(limen_loop_new_manual(&loop, 0), ==, 0);
	limen_home_init(&home, loop);
	fanouts = g_ptr_array_new();
	live = 0;
}

bool fake_media_step(void)
{
	bool any = false;

	if (fake_now_us > limen_now_us())
		limen_clock_advance(fake_now_us - limen_now_us());
	while (limen_loop_step(loop))
		any = true;
	return any;
}

void fake_media_stop(void)
{
	fake_media_step();
	g_assert_cmpint(live, ==, 0);
	g_assert_cmpuint(fanouts->len, ==, 0);
	g_clear_pointer(&fanouts, g_ptr_array_unref);
	limen_home_clear(&home);
	g_clear_pointer(&loop, limen_loop_free);
}

static void *ref_client(void *client)
{
	return client;
}

static void unref_client(void *client)
{
	(void)client;
}

static struct limen_home *home_of(void *client)
{
	(void)client;
	return &home;
}

static void ask_client(void *client, uint16_t mindex)
{
	(void)mindex;
	((struct fake_client *)client)->keyframes++;
}

static void note_packet(struct limen_packet *pkt, const struct limen_numbers *numbers, void *arg)
{
	(void)numbers;
	g_ptr_array_add(arg, limen_packet_ref(pkt));
}

static void unref_packets(void *arg)
{
	g_ptr_array_unref(arg);
}

/* References all that a fan-out carries. */
static struct limen_tap *record(struct limen_fanout *f, GPtrArray *packets)
{
	const struct limen_tap_config cfg = {
		.packet = note_packet, .arg = g_ptr_array_ref(packets), .done = unref_packets
	};
	struct limen_tap *t;

	g_assert_cmpint(limen_tap_new(&t, f, &cfg), ==, 0);
	return t;
}

/* A fan-out that the plugin names must be alive. */
static struct fake_fanout *fanout_of(const struct limen_fanout *core)
{
	for (guint i = 0; i < fanouts->len; i++) {
		struct fake_fanout *f = g_ptr_array_index(fanouts, i);

		if (f->core == core)
			return f;
	}
	g_error("%s: a fan-out is used after its end", fake_where);
}

static void begin(struct limen_fanout *core, struct fake_client *source, uint16_t mindex)
{
	struct fake_fanout *f = g_new0(struct fake_fanout, 1);

	f->core = core;
	f->source = source;
	f->mindex = mindex;
	f->open = true;
	f->receivers = g_ptr_array_new();
	f->packets = g_ptr_array_new_with_free_func((GDestroyNotify)limen_packet_unref);
	f->record = record(core, f->packets);
	g_ptr_array_add(fanouts, f);
}

struct limen_fanout *fake_media_fanout_new(struct limen_handle *h, uint16_t mindex)
{
	static const struct limen_source_ops ops = { ref_client, unref_client, home_of,
		ask_client };
	const struct limen_source source = { &ops, h,
		mindex }; /* a client begins with its handle */
	struct limen_fanout *f = limen_fanout_new_of(&source, 0);

	g_assert_null(fake_host_line(h, mindex)->to);
	fake_host_line(h, mindex)->to = f;
	begin(f, (struct fake_client *)(void *)h, mindex);
	return f;
}

void fake_media_fanout_free(struct limen_fanout *core)
{
	struct fake_fanout *f;

	if (!core)
		return;
	f = fanout_of(core);
	g_ptr_array_remove(fanouts, f);
	for (guint i = 0; i < f->receivers->len; i++)
		((struct fake_line *)g_ptr_array_index(f->receivers, i))->from = NULL;
	if (f->source)
		fake_host_line(&f->source->handle, f->mindex)->to = NULL;
	limen_tap_free(f->record);
	limen_fanout_close(core);
	limen_fanout_unref(core);
	g_ptr_array_unref(f->receivers);
	g_ptr_array_unref(f->packets);
	g_free(f);
}

int fake_media_fanout_add(struct limen_fanout *f, struct limen_handle *receiver, uint16_t mindex)
{
	struct fake_line *l = fake_host_line(receiver, mindex);

	g_assert_null(l->from);
	l->from = f;
	g_ptr_array_add(fanout_of(f)->receivers, l);
	return 0;
}

void fake_media_fanout_remove(
	struct limen_fanout *f, struct limen_handle *receiver, uint16_t mindex)
{
	struct fake_line *l = fake_host_line(receiver, mindex);

	g_assert_true(l->from == f);
	l->from = NULL;
	g_ptr_array_remove(fanout_of(f)->receivers, l);
}

void fake_media_meeting(struct limen_handle *h, const char *id, bool participant)
{
	(void)h, (void)id, (void)participant;
}

void fake_media_fanout_gate(struct limen_fanout *f, bool open)
{
	fanout_of(f)->open = open;
	limen_fanout_gate(f, open);
}

void fake_fanout_push(struct limen_fanout *f, struct limen_packet *pkt)
{
	fanout_of(f);
	limen_fanout_publish(f, pkt);
	fake_run(0);
}

const GPtrArray *fake_fanout_packets(const struct limen_fanout *f)
{
	return fanout_of(f)->packets;
}

guint fake_host_fanouts(void)
{
	return fanouts->len;
}

guint fake_host_receivers(void)
{
	guint n = 0;

	for (guint i = 0; i < fanouts->len; i++)
		n += ((struct fake_fanout *)g_ptr_array_index(fanouts, i))->receivers->len;
	return n;
}

bool fake_fanout_is_open(const struct limen_fanout *f)
{
	return fanout_of(f)->open;
}

static struct limen_loop *svc_loop(const struct limen_handle *h)
{
	if (h)
		fake_host_line(h, 0);
	return loop;
}

static struct limen_tick *tick_new(
	struct limen_loop *l, unsigned period_ms, void (*fn)(void *arg), void *arg)
{
	live++;
	return limen_tick_new(l, period_ms, fn, arg);
}

static void tick_free(struct limen_tick *t, void (*done)(void *arg))
{
	live -= t != NULL;
	limen_tick_free(t, done);
}

static int udp_open(
	struct limen_udp **out, struct limen_loop *l, const struct limen_udp_config *cfg)
{
	const int err = limen_udp_open(out, l, cfg);

	live += !err;
	return err;
}

static void udp_close(struct limen_udp *u)
{
	live -= u != NULL;
	limen_udp_close(u);
}

static int crypto_new(struct limen_crypto **out, const char *suite, const uint8_t *local,
	const uint8_t *remote, size_t len)
{
	const int err = limen_crypto_new(out, suite, local, remote, len);

	live += !err;
	return err;
}

static void crypto_free(struct limen_crypto *c)
{
	live -= c != NULL;
	limen_crypto_free(c);
}

static struct limen_feed *feed_new(
	struct limen_loop *l, const struct limen_feed_config *cfg, struct limen_fanout **fanout)
{
	struct limen_feed *f = limen_feed_new(l, cfg, 0, fanout);

	live++;
	begin(*fanout, NULL, 0);
	return f;
}

static void feed_free(struct limen_feed *f)
{
	live -= f != NULL;
	limen_feed_free(f);
}

static int tap_new(
	struct limen_tap **out, struct limen_fanout *f, const struct limen_tap_config *cfg)
{
	int err;

	fanout_of(f);
	err = limen_tap_new(out, f, cfg);
	live += !err;
	return err;
}

static void tap_free(struct limen_tap *t)
{
	live -= t != NULL;
	limen_tap_free(t);
}

static void fanout_keyframe(struct limen_fanout *f)
{
	fanout_of(f);
	limen_fanout_keyframe(f);
}

static bool fanout_clock(struct limen_fanout *f, int substream, int64_t wall_us, uint32_t *ts)
{
	fanout_of(f);
	return limen_fanout_clock(f, substream, wall_us, ts);
}

const struct limen_media_services fake_media_services = {
	.loop = svc_loop,
	.post = limen_loop_post,
	.tick_new = tick_new,
	.tick_free = tick_free,
	.udp_open = udp_open,
	.udp_close = udp_close,
	.udp_port = limen_udp_port,
	.udp_send = limen_udp_send,
	.crypto_new = crypto_new,
	.crypto_free = crypto_free,
	.protect = limen_crypto_protect,
	.protect_rtcp = limen_crypto_protect_rtcp,
	.unprotect = limen_crypto_unprotect,
	.unprotect_rtcp = limen_crypto_unprotect_rtcp,
	.feed_new = feed_new,
	.feed_free = feed_free,
	.feed_rtp = limen_feed_rtp,
	.feed_clock = limen_feed_clock,
	.feed_stats = limen_feed_stats,
	.tap_new = tap_new,
	.tap_free = tap_free,
	.tap_layers = limen_tap_layers,
	.fanout_keyframe = fanout_keyframe,
	.fanout_clock = fanout_clock,
	.packet_write = limen_packet_write,
};

struct limen_packet *fake_packet(
	enum limen_kind kind, enum limen_codec codec, const uint8_t *bytes, size_t len)
{
	static const uint8_t no_exts[LIMEN_EXTS];
	struct limen_packet *pkt = limen_packet_new();
	struct limen_rtp rtp;

	g_assert_cmpint(limen_rtp_parse(bytes, len, &rtp), ==, 0);
	limen_rtp_describe(&rtp, no_exts, pkt);
	memcpy(pkt->data, bytes, len);
	pkt->len = (uint16_t)(pkt->header_len + pkt->payload_len);
	pkt->arrived_us = fake_now_us;
	pkt->source = 1;
	pkt->kind = kind;
	pkt->codec = codec;
	if (kind == LIMEN_VIDEO)
		limen_codec_inspect(
			codec, limen_packet_payload(pkt), pkt->payload_len, &pkt->layer);
	pkt->svc = pkt->layer.spatial >= 0;
	return pkt;
}
