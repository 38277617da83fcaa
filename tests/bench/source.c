/*
 * Frames, packets, sender reports. Thread: the main loop.
 */
#include "tests/bench/source.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "core/media/rtcp.h"
#include "core/media/rtp.h"
#include "tests/bench/api.h"

#define PACKET_MAX 1500u
#define PAYLOAD_MAX 1180u
#define FRAME_PACKETS_MAX 128u
#define FPS 30u
#define KEYFRAME_FRAMES 300u /* one in ten seconds */
#define KEYFRAME_TIMES 8u    /* as big as a delta frame */
#define EVEN_PACKETS 5u      /* in a frame */
#define OPUS_US 20000
#define SILENT_FRAMES 20u /* of which one is sent in silence (RFC 7587 §3.1.3) */
#define REPORT_US 1000000
#define DESCRIPTOR 4u /* X, I, 15-bit picture id (RFC 7741 §4.2) */

struct bench_source {
	struct bench_peer *peer;
	enum bench_shape shape;
	GRand *sizes;
	uint32_t ssrc, frame;
	uint16_t seq;
	unsigned delta_bytes; /* mean of a delta frame */
	unsigned part;        /* BENCH_EVEN: next packet of its frame */
	int64_t start_us, report_us;
	uint64_t sent, octets, even_sent;
	uint8_t packets[FRAME_PACKETS_MAX][PACKET_MAX];
	size_t lengths[FRAME_PACKETS_MAX];
};

struct bench_source *bench_source_new(struct bench_peer *peer, enum bench_shape shape,
	unsigned bitrate, uint32_t ssrc, int64_t start_us, guint32 seed)
{
	struct bench_source *s = g_new0(struct bench_source, 1);

	s->peer = peer;
	s->shape = shape;
	s->sizes = g_rand_new_with_seed(seed);
	s->ssrc = ssrc;
	s->seq = (uint16_t)g_rand_int_range(s->sizes, 0, 32768);
	s->start_us = start_us;
	s->report_us = start_us + REPORT_US;
	/* KEYFRAME_FRAMES frames, of which one counts KEYFRAME_TIMES */
	s->delta_bytes = (unsigned)((uint64_t)bitrate / 8 * KEYFRAME_FRAMES / FPS /
		(KEYFRAME_FRAMES + KEYFRAME_TIMES - 1));
	return s;
}

void bench_source_free(struct bench_source *s)
{
	if (!s)
		return;
	g_rand_free(s->sizes);
	g_free(s);
}

static int64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * G_GINT64_CONSTANT(1000000000) + now.tv_nsec;
}

static bool is_audio(const struct bench_source *s)
{
	return s->shape == BENCH_OPUS || s->shape == BENCH_SILENT;
}

static uint32_t timestamp(const struct bench_source *s)
{
	return is_audio(s) ? s->frame * 960u : s->frame * (90000u / FPS);
}

/* The extension elements of a packet and their bytes, which need at most four each. */
struct elements {
	size_t count;
	struct limen_rtp_element list[LIMEN_RTP_ELEMENTS_MAX];
	uint8_t data[LIMEN_RTP_ELEMENTS_MAX][4];
};

static void add_element(
	const struct bench_source *s, struct elements *e, uint8_t id, uint32_t value, uint8_t len)
{
	uint8_t *data = e->data[e->count];

	if (!s->peer->remote.ext[id])
		return;
	for (uint8_t i = 0; i < len; i++)
		data[i] = (uint8_t)(value >> 8 * (len - 1 - i));
	e->list[e->count++] = (struct limen_rtp_element){ id, len, data };
}

static size_t write_header(struct bench_source *s, uint8_t *out, bool marker)
{
	struct elements e = { 0 };
	const bool audio = is_audio(s);
	/* Seconds as 6.18 fixed point (abs-send-time) */
	const uint32_t time18 = (uint32_t)((limen_ntp(wall_ns() / 1000) >> 14) & 0xffffff);

	if (audio)
		add_element(s, &e, BENCH_EXT_LEVEL, 0x80 | 40, 1);
	else
		add_element(s, &e, BENCH_EXT_TIME, time18, 3);
	add_element(s, &e, BENCH_EXT_TWCC, s->peer->twcc++, 2);
	return limen_rtp_write(out, marker, audio ? BENCH_PT_AUDIO : BENCH_PT_VIDEO, s->seq++,
		timestamp(s), s->ssrc, e.list, e.count);
}

/* RFC 7741 §4.2, §4.3: descriptor, and on the first packet of a frame the payload header; a
 * keyframe's tells its size. */
static void write_vp8(const struct bench_source *s, uint8_t *payload, bool first)
{
	static const uint8_t size_640_360[] = { 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01 };
	const bool key = s->frame % KEYFRAME_FRAMES == 0;

	payload[0] = (uint8_t)(0x80 | (first ? 0x10 : 0));
	payload[1] = 0x80;
	payload[2] = (uint8_t)(0x80 | (s->frame >> 8 & 0x7f));
	payload[3] = (uint8_t)s->frame;
	if (!first)
		return;
	payload[DESCRIPTOR] = key ? 0x10 : 0x11; /* show_frame, and P where it is no keyframe */
	if (key)
		memcpy(payload + DESCRIPTOR + 3, size_640_360, sizeof(size_640_360));
}

/* Makes a packet ready to be sent. */
static void make(struct bench_source *s, unsigned index, size_t payload_len, bool first, bool last)
{
	uint8_t *bytes = s->packets[index];
	const bool audio = is_audio(s);
	const size_t header = write_header(s, bytes, !audio && last);
	const struct bench_stamp stamp = { BENCH_STAMP_MAGIC, wall_ns(), s->ssrc };
	size_t len = header + payload_len;

	if (audio)
		bytes[header] = 0x78; /* CELT, full band, 20 ms, mono (RFC 6716 §3.1) */
	else
		write_vp8(s, bytes + header, first);
	memcpy(bytes + header + BENCH_STAMP_AT, &stamp, sizeof(stamp));
	s->octets += payload_len;
	if (limen_srtp_protect(s->peer->srtp, bytes, &len, PACKET_MAX))
		bench_die("a packet could not be encrypted");
	s->lengths[index] = len;
}

static void send_made(struct bench_source *s, unsigned count)
{
	struct mmsghdr messages[FRAME_PACKETS_MAX] = { 0 };
	struct iovec parts[FRAME_PACKETS_MAX];
	unsigned done = 0;

	for (unsigned i = 0; i < count; i++) {
		parts[i] = (struct iovec){ s->packets[i], s->lengths[i] };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (done < count) {
		int n = sendmmsg(s->peer->fd, messages + done, count - done, 0);

		if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
			bench_die("sending failed: %s", g_strerror(errno));
		if (n > 0)
			done += (unsigned)n;
	}
	s->sent += count;
}

static void send_frame(struct bench_source *s)
{
	const bool key = s->frame % KEYFRAME_FRAMES == 0;
	const double vary = key ? KEYFRAME_TIMES : g_rand_double_range(s->sizes, 0.7, 1.3);
	const unsigned size = MAX((unsigned)(s->delta_bytes * vary), BENCH_PAYLOAD_MIN);
	const unsigned count = MIN((size + PAYLOAD_MAX - 1) / PAYLOAD_MAX, FRAME_PACKETS_MAX);

	for (unsigned i = 0; i < count; i++)
		make(s, i, MIN(size / count + (i < size % count), PAYLOAD_MAX), i == 0,
			i == count - 1);
	send_made(s, count);
	s->frame++;
}

static void send_even(struct bench_source *s)
{
	make(s, 0, PAYLOAD_MAX, s->part == 0, s->part == EVEN_PACKETS - 1);
	send_made(s, 1);
	s->even_sent++;
	if (++s->part < EVEN_PACKETS)
		return;
	s->part = 0;
	s->frame++;
}

static void send_opus(struct bench_source *s)
{
	make(s, 0, (size_t)g_rand_int_range(s->sizes, 80, 121), true, true);
	send_made(s, 1);
	s->frame += s->shape == BENCH_SILENT ? SILENT_FRAMES : 1;
}

static void send_report(struct bench_source *s)
{
	struct limen_rtcp_writer w;
	struct limen_rtcp_sender sr = { .ssrc = s->ssrc,
		.ntp = limen_ntp(g_get_real_time()),
		.ts = timestamp(s),
		.packets = (uint32_t)s->sent,
		.octets = (uint32_t)s->octets };

	limen_rtcp_begin(&w);
	limen_rtcp_add_sr(&w, &sr);
	limen_rtcp_add_cname(&w, s->ssrc, "bench");
	bench_peer_send_rtcp(s->peer, w.bytes, w.len, sizeof(w.bytes));
}

/* When the packet or frame to come is due. Counted from the start, so that no error adds up. */
static int64_t due_us(const struct bench_source *s)
{
	switch (s->shape) {
	case BENCH_OPUS:
	case BENCH_SILENT:
		return s->start_us + (int64_t)s->frame * OPUS_US;
	case BENCH_FRAMES:
		return s->start_us + (int64_t)s->frame * G_USEC_PER_SEC / FPS;
	default: {
		const uint64_t frame_bytes = (uint64_t)s->delta_bytes * FPS *
			(KEYFRAME_FRAMES + KEYFRAME_TIMES - 1) / KEYFRAME_FRAMES;

		return s->start_us +
			(int64_t)(s->even_sent * PAYLOAD_MAX * G_USEC_PER_SEC / frame_bytes);
	}
	}
}

int64_t bench_source_send(struct bench_source *s, int64_t now_us)
{
	while (now_us >= due_us(s)) {
		if (s->shape == BENCH_FRAMES)
			send_frame(s);
		else if (s->shape == BENCH_EVEN)
			send_even(s);
		else
			send_opus(s);
	}
	if (now_us >= s->report_us) {
		s->report_us += REPORT_US;
		send_report(s);
	}
	return due_us(s);
}

uint64_t bench_source_sent(const struct bench_source *s)
{
	return s->sent;
}
