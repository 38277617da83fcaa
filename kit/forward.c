/*
 * RTP forwarders. The object is counted: its owner, each line and the back channel hold it, because
 * their last callbacks may come after _free; the socket goes with the last. Threads: packets and
 * data on the loop of the sources, feedback on the loop of the back channel, all else anywhere. The
 * lock guards the list of lines; a keyframe is asked for under it, so that the fan-out is still
 * there.
 */
#include "kit/forward.h"
#include <stdatomic.h>
#include <string.h>
#include "kit/address.h"
#include "kit/feedback.h"
#include "kit/sdes.h"

#define TRAILER 64u /* room for what SRTP adds */
#define HEADER 12u  /* RFC 3550 §5.1, no CSRC */
#define FEEDBACK_MAX 1500u

struct line {
	struct limen_forward *owner;
	struct limen_forward_line how;
	struct limen_fanout *fanout; /* borrowed while in the list */
	struct limen_tap *tap;
};

struct limen_forward {
	gint refs;
	gint closed; /* atomic */
	struct sockaddr_storage to;
	struct limen_udp *out, *rtcp;
	struct limen_crypto *crypto;   /* the loop of the sources */
	struct limen_crypto *feedback; /* the loop of the back channel */
	GMutex lock;
	GPtrArray *lines; /* struct line * */
	uint16_t data_seq;
	atomic_uint_fast64_t packets, bytes, dropped;
};

int limen_forward_check_srtp(int64_t suite, const char *crypto)
{
	uint8_t key[LIMEN_SDES_KEY];

	return limen_sdes_suite(suite) ? limen_sdes_key(crypto, key) : LIMEN_ENOTSUP;
}

static void unref(void *arg)
{
	struct limen_forward *f = arg;

	if (!g_atomic_int_dec_and_test(&f->refs))
		return;
	limen->media->udp_close(f->out);
	limen->media->crypto_free(f->crypto);
	limen->media->crypto_free(f->feedback);
	g_ptr_array_unref(f->lines);
	g_mutex_clear(&f->lock);
	g_free(f);
}

static void count(atomic_uint_fast64_t *counter, uint64_t by)
{
	atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static void send_bytes(struct limen_forward *f, const uint8_t *bytes, size_t len)
{
	if (limen->media->udp_send(f->out, &f->to, bytes, len) != 0) {
		count(&f->dropped, 1);
		return;
	}
	count(&f->packets, 1);
	count(&f->bytes, len);
}

/* An RTP packet in a buffer that has TRAILER more bytes. */
static void send_rtp(struct limen_forward *f, uint8_t *bytes, size_t len)
{
	if (len > 0 &&
		(!f->crypto || limen->media->protect(f->crypto, bytes, &len, len + TRAILER) == 0))
		send_bytes(f, bytes, len);
	else
		count(&f->dropped, 1);
}

static void on_packet(struct limen_packet *pkt, const struct limen_numbers *numbers, void *arg)
{
	const struct line *l = arg;
	const struct limen_forward_line *how = &l->how;
	uint8_t bytes[LIMEN_PACKET_MAX + TRAILER];
	uint32_t ssrc = how->ssrc;

	if (g_atomic_int_get(&l->owner->closed) ||
		(how->what == LIMEN_FORWARD_SUBSTREAM && pkt->substream != how->substream))
		return;
	if (ssrc && how->what == LIMEN_FORWARD_ALL)
		ssrc += (uint32_t)pkt->substream;
	send_rtp(l->owner, bytes,
		limen->media->packet_write(pkt, how->what == LIMEN_FORWARD_BEST ? numbers : NULL,
			how->pt ? how->pt : -1, ssrc, bytes, LIMEN_PACKET_MAX));
}

/* Does a request for this SSRC mean this line? A destination with one stream may name it as it
 * likes. */
static bool is_meant(const struct line *l, uint32_t ssrc)
{
	return l->how.video &&
		(l->how.what != LIMEN_FORWARD_ALL || !l->how.ssrc ||
			ssrc - l->how.ssrc < LIMEN_LAYERS_MAX);
}

static void on_keyframe(uint32_t ssrc, void *arg)
{
	struct limen_forward *f = arg;
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&f->lock);

	for (guint i = 0; i < f->lines->len; i++) {
		const struct line *l = g_ptr_array_index(f->lines, i);

		if (is_meant(l, ssrc))
			limen->media->fanout_keyframe(l->fanout);
	}
}

/* A receiver that protects its RTCP uses our key; one that does not is heard too: more than a
 * keyframe it cannot ask for. */
static void on_feedback(
	const uint8_t *bytes, size_t len, const struct sockaddr_storage *from, void *arg)
{
	struct limen_forward *f = arg;
	uint8_t clear[FEEDBACK_MAX];
	size_t clear_len = len;

	(void)from;
	if (g_atomic_int_get(&f->closed))
		return;
	if (f->feedback && len <= sizeof(clear)) {
		memcpy(clear, bytes, len);
		if (limen->media->unprotect_rtcp(f->feedback, clear, &clear_len) == 0) {
			limen_feedback_read(clear, clear_len, on_keyframe, f);
			return;
		}
	}
	limen_feedback_read(bytes, len, on_keyframe, f);
}

static int make_crypto(struct limen_crypto **out, const struct limen_forward_config *cfg)
{
	const char *suite = limen_sdes_suite(cfg->srtp_suite);
	uint8_t key[LIMEN_SDES_KEY];

	if (!suite)
		return LIMEN_ENOTSUP;
	if (limen_sdes_key(cfg->srtp_crypto, key) != 0)
		return LIMEN_EINVAL;
	return limen->media->crypto_new(out, suite, key, key, sizeof(key));
}

/* A socket of the destination's family, so that it takes its addresses as they are. */
static int open_socket(struct limen_forward *f, struct limen_udp **out, struct limen_loop *loop,
	limen_udp_fn received, void (*done)(void *arg))
{
	const struct limen_udp_config cfg = {
		.address = f->to.ss_family == AF_INET6 ? "::" : "0.0.0.0",
		.received = received,
		.arg = f,
		.done = done,
	};

	return limen->media->udp_open(out, loop, &cfg);
}

static int open_back_channel(struct limen_forward *f, struct limen_loop *loop, uint16_t port)
{
	static const uint8_t empty[HEADER] = { 0x80 };
	struct sockaddr_storage to = f->to;
	int err;

	g_atomic_int_inc(&f->refs);
	if ((err = open_socket(f, &f->rtcp, loop, on_feedback, unref))) {
		f->rtcp = NULL;
		unref(f);
		return err;
	}
	limen_address_set_port(&to, port);
	limen->media->udp_send(f->rtcp, &to, empty, sizeof(empty));
	limen->media->udp_send(f->rtcp, &to, empty, sizeof(empty));
	return 0;
}

static int set_up(
	struct limen_forward *f, struct limen_loop *loop, const struct limen_forward_config *cfg)
{
	int err;

	if (cfg->srtp_suite && (err = make_crypto(&f->crypto, cfg)))
		return err;
	if (cfg->srtp_suite && cfg->rtcp_port && (err = make_crypto(&f->feedback, cfg)))
		return err;
	if ((err = open_socket(f, &f->out, loop, NULL, NULL)))
		return err;
	return cfg->rtcp_port ? open_back_channel(f, loop, cfg->rtcp_port) : 0;
}

int limen_forward_new(
	struct limen_forward **out, struct limen_loop *loop, const struct limen_forward_config *cfg)
{
	struct limen_forward *f = g_new0(struct limen_forward, 1);
	int err;

	*out = NULL;
	f->refs = 1;
	f->to = cfg->to;
	f->lines = g_ptr_array_new();
	g_mutex_init(&f->lock);
	if ((err = set_up(f, loop, cfg))) {
		limen_forward_free(f);
		return err;
	}
	*out = f;
	return 0;
}

static void line_free(void *arg)
{
	struct line *l = arg;

	unref(l->owner);
	g_free(l);
}

void limen_forward_free(struct limen_forward *f)
{
	if (!f)
		return;
	g_atomic_int_set(&f->closed, 1);
	limen->media->udp_close(g_steal_pointer(&f->rtcp));
	for (;;) {
		struct line *l = NULL;

		g_mutex_lock(&f->lock);
		if (f->lines->len > 0)
			l = g_ptr_array_steal_index_fast(f->lines, f->lines->len - 1);
		g_mutex_unlock(&f->lock);
		if (!l)
			break;
		limen->media->tap_free(l->tap);
	}
	unref(f);
}

int limen_forward_add(
	struct limen_forward *f, struct limen_fanout *fanout, const struct limen_forward_line *how)
{
	struct line *l = g_new0(struct line, 1);
	const struct limen_tap_config cfg = { .select = how->what == LIMEN_FORWARD_BEST,
		.packet = on_packet,
		.arg = l,
		.done = line_free };
	int err;

	l->owner = f;
	l->how = *how;
	l->fanout = fanout;
	if ((err = limen->media->tap_new(&l->tap, fanout, &cfg))) {
		g_free(l);
		return err;
	}
	g_atomic_int_inc(&f->refs);
	g_mutex_lock(&f->lock);
	g_ptr_array_add(f->lines, l);
	g_mutex_unlock(&f->lock);
	return 0;
}

static struct line *take_line(struct limen_forward *f, const struct limen_fanout *fanout)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&f->lock);

	for (guint i = 0; i < f->lines->len; i++)
		if (((struct line *)g_ptr_array_index(f->lines, i))->fanout == fanout)
			return g_ptr_array_steal_index_fast(f->lines, i);
	return NULL;
}

void limen_forward_remove(struct limen_forward *f, struct limen_fanout *fanout)
{
	struct line *l = take_line(f, fanout);

	if (l)
		limen->media->tap_free(l->tap);
}

void limen_forward_data(struct limen_forward *f, const uint8_t *bytes, size_t len)
{
	if (len <= LIMEN_FORWARD_DATA_MAX)
		send_bytes(f, bytes, len);
	else
		count(&f->dropped, 1);
}

void limen_forward_data_rtp(
	struct limen_forward *f, uint8_t pt, uint32_t ssrc, const uint8_t *bytes, size_t len)
{
	const uint32_t ts = (uint32_t)(limen->base.now_us() / 1000);
	const uint16_t seq = f->data_seq++;
	const uint8_t head[HEADER] = { 0x80, pt & 0x7f, (uint8_t)(seq >> 8), (uint8_t)seq,
		(uint8_t)(ts >> 24), (uint8_t)(ts >> 16), (uint8_t)(ts >> 8), (uint8_t)ts,
		(uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8), (uint8_t)ssrc };
	g_autofree uint8_t *packet = NULL;

	if (len > LIMEN_FORWARD_DATA_MAX) {
		count(&f->dropped, 1);
		return;
	}
	packet = g_malloc(HEADER + len + TRAILER);
	memcpy(packet, head, HEADER);
	memcpy(packet + HEADER, bytes, len);
	send_rtp(f, packet, HEADER + len);
}

uint16_t limen_forward_rtcp_port(const struct limen_forward *f)
{
	return f->rtcp ? limen->media->udp_port(f->rtcp) : 0;
}

void limen_forward_stats(struct limen_forward *f, struct limen_forward_stats *out)
{
	out->packets = atomic_load_explicit(&f->packets, memory_order_relaxed);
	out->bytes = atomic_load_explicit(&f->bytes, memory_order_relaxed);
	out->dropped = atomic_load_explicit(&f->dropped, memory_order_relaxed);
}
