/*
 * Remote publishers, receiving. The object is counted: its owner, its sockets and its streams hold
 * it, for their last callbacks may come late. What the loop uses is only changed and freed there,
 * by tasks that the owner's calls post: a datagram is never overtaken by the end of its stream.
 * Thread: remote.h.
 */
#include "kit/remote.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#define SSRC_FIRST 1000u /* of substream 0 of m-line 0 */
#define SSRC_STEP 10u    /* from one m-line to the next */
#define HEADER 12u       /* RFC 3550 §5.1 */
#define DATA_TEXT 0u     /* payload types of messages */
#define DATA_BINARY 1u
#define DATAGRAM_MAX 2048u /* longer ones cannot be protected ones of ours */
#define PLI_PT 206u        /* RFC 4585 §6.3.1 */
#define PLI_FMT 1u

struct stream {
	gint refs;
	struct limen_remote *remote; /* a reference */
	struct limen_remote_stream is;
	struct limen_feed *feed; /* NULL for data */
	struct limen_tap *tap;
	/* the loop */
	bool ended;
	bool owed; /* a keyframe was wanted when nobody knew whom to ask */
};

struct limen_remote {
	gint refs;
	struct limen_loop *loop;
	struct limen_remote_config cfg; /* its borrowed texts are not used after _new */
	char *ip;
	uint16_t port, rtcp_port;
	struct stream *owned[LIMEN_REMOTE_STREAMS_MAX]; /* by index; the owner's */
	/* the loop */
	struct stream *live[LIMEN_REMOTE_STREAMS_MAX];
	struct limen_udp *rtp, *rtcp;
	struct limen_crypto *crypto;
	bool known; /* where the source's RTCP comes from */
	struct sockaddr_storage source;
};

static void unref(void *arg)
{
	struct limen_remote *r = arg;

	if (!g_atomic_int_dec_and_test(&r->refs))
		return;
	limen->media->crypto_free(r->crypto);
	if (r->cfg.done)
		r->cfg.done(r->cfg.arg);
	g_free(r->ip);
	g_free(r);
}

static void stream_unref(void *arg)
{
	struct stream *s = arg;

	if (!g_atomic_int_dec_and_test(&s->refs))
		return;
	unref(s->remote);
	g_free(s);
}

static struct stream *stream_ref(struct stream *s)
{
	g_atomic_int_inc(&s->refs);
	return s;
}

static uint32_t read32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void write32(uint8_t *b, uint32_t n)
{
	b[0] = (uint8_t)(n >> 24);
	b[1] = (uint8_t)(n >> 16);
	b[2] = (uint8_t)(n >> 8);
	b[3] = (uint8_t)n;
}

/* Not protected, also with SRTP: that is the format, and all that it can cause is a keyframe. */
static void send_pli(struct stream *s)
{
	struct limen_remote *r = s->remote;
	uint8_t pli[12] = { 0x80 | PLI_FMT, PLI_PT, 0, 2 };

	s->owed = !r->known;
	if (s->owed || !r->rtcp)
		return;
	write32(pli + 4, SSRC_FIRST);
	write32(pli + 8, SSRC_FIRST + SSRC_STEP * s->is.index);
	limen->media->udp_send(r->rtcp, &r->source, pli, sizeof(pli));
}

static void on_keyframe(void *arg)
{
	struct stream *s = arg;

	if (!s->ended)
		send_pli(s);
}

/* The source may have a new address at any time; what is answered to a datagram is only what was
 * asked for before, so that nobody can multiply his packets here. */
static void on_rtcp(
	const uint8_t *bytes, size_t len, const struct sockaddr_storage *from, void *arg)
{
	struct limen_remote *r = arg;

	if (len < 8 || bytes[0] >> 6 != 2)
		return;
	r->source = *from;
	r->known = true;
	for (size_t i = 0; i < LIMEN_REMOTE_STREAMS_MAX; i++)
		if (r->live[i] && r->live[i]->owed)
			send_pli(r->live[i]);
}

/* A message is what follows the fixed header; senders write no more than that. */
static void take_data(
	struct limen_remote *r, const struct stream *s, const uint8_t *bytes, size_t len)
{
	const unsigned pt = bytes[1] & 0x7f;

	if (bytes[0] == 0x80 && pt <= DATA_BINARY && r->cfg.data)
		r->cfg.data(
			s->is.mindex, pt == DATA_BINARY, bytes + HEADER, len - HEADER, r->cfg.arg);
}

static void take(struct limen_remote *r, const uint8_t *bytes, size_t len)
{
	uint32_t number;
	struct stream *s;

	if (len < HEADER || bytes[0] >> 6 != 2)
		return;
	number = read32(bytes + 8) - SSRC_FIRST;
	if (number / SSRC_STEP >= LIMEN_REMOTE_STREAMS_MAX)
		return;
	if (!(s = r->live[number / SSRC_STEP]))
		return;
	number %= SSRC_STEP;
	if (!s->feed && number == 0)
		take_data(r, s, bytes, len);
	else if (s->feed && number < (s->is.simulcast ? (unsigned)LIMEN_LAYERS_MAX : 1u))
		limen->media->feed_rtp(s->feed, (int)number, bytes, len);
}

static void on_rtp(const uint8_t *bytes, size_t len, const struct sockaddr_storage *from, void *arg)
{
	struct limen_remote *r = arg;
	uint8_t clear[DATAGRAM_MAX];

	(void)from;
	if (!r->crypto) {
		take(r, bytes, len);
		return;
	}
	if (len > sizeof(clear))
		return;
	memcpy(clear, bytes, len);
	if (limen->media->unprotect(r->crypto, clear, &len) == 0)
		take(r, clear, len);
}

/* The address of an interface that was named, IPv4 rather than IPv6; new, NULL = there is none. */
static char *interface_address(const char *name)
{
	char text[INET6_ADDRSTRLEN], *found = NULL;
	struct ifaddrs *all;

	if (inet_pton(AF_INET, name, text) == 1 || inet_pton(AF_INET6, name, text) == 1)
		return g_strdup(name);
	if (getifaddrs(&all) != 0)
		return NULL;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		const int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
		const void *bytes = family == AF_INET
			? (const void *)&((const struct sockaddr_in *)(const void *)i->ifa_addr)
				  ->sin_addr
			: (const void *)&((const struct sockaddr_in6 *)(const void *)i->ifa_addr)
				  ->sin6_addr;

		if ((family != AF_INET && family != AF_INET6) || strcmp(i->ifa_name, name) != 0 ||
			(found && family == AF_INET6))
			continue;
		inet_ntop(family, bytes, text, sizeof(text));
		g_free(found);
		found = g_strdup(text);
	}
	freeifaddrs(all);
	return found;
}

static int open_socket(struct limen_remote *r, struct limen_udp **out,
	const struct limen_udp_config *where, limen_udp_fn received)
{
	struct limen_udp_config cfg = *where;
	int err;

	cfg.received = received;
	cfg.arg = r;
	cfg.done = unref;
	g_atomic_int_inc(&r->refs);
	if ((err = limen->media->udp_open(out, r->loop, &cfg)))
		g_atomic_int_add(&r->refs, -1); /* done is not called */
	return err;
}

static int open_rtp(struct limen_remote *r, struct limen_udp_config *where)
{
	const struct limen_remote_config *cfg = &r->cfg;
	int err;

	where->group = cfg->group;
	where->interface = cfg->group ? cfg->interface : NULL;
	where->port_min = cfg->port ? cfg->port : cfg->port_min;
	where->port_max = cfg->port ? cfg->port : cfg->port_max;
	where->even = cfg->port == 0;
	if ((err = open_socket(r, &r->rtp, where, on_rtp)))
		return err;
	r->port = limen->media->udp_port(r->rtp);
	return 0;
}

/* Unless it was chosen: the port after that of RTP (RFC 3550 §11), or any of the range. */
static int open_rtcp(struct limen_remote *r, struct limen_udp_config *where)
{
	const struct limen_remote_config *cfg = &r->cfg;
	const bool next = r->port >= cfg->port_min && r->port < cfg->port_max;
	int err = LIMEN_EEXIST;

	where->group = where->interface = NULL;
	where->even = false;
	where->port_min = where->port_max =
		cfg->rtcp_port ? cfg->rtcp_port : (uint16_t)(r->port + 1);
	if (cfg->rtcp_port || next)
		err = open_socket(r, &r->rtcp, where, on_rtcp);
	if (err == LIMEN_EEXIST && !cfg->rtcp_port) {
		where->port_min = cfg->port_min;
		where->port_max = cfg->port_max;
		err = open_socket(r, &r->rtcp, where, on_rtcp);
	}
	if (!err)
		r->rtcp_port = limen->media->udp_port(r->rtcp);
	return err;
}

static int set_up(struct limen_remote *r)
{
	g_autofree char *address = NULL;
	struct limen_udp_config where = { 0 };
	int err;

	if (r->cfg.interface && !(address = interface_address(r->cfg.interface)))
		return LIMEN_EINVAL;
	if (r->cfg.suite &&
		(err = limen->media->crypto_new(
			 &r->crypto, r->cfg.suite, r->cfg.key, r->cfg.key, sizeof(r->cfg.key))))
		return err;
	where.address = r->cfg.group ? NULL : address;
	if ((err = open_rtp(r, &where)))
		return err;
	where.address = address;
	r->ip = g_strdup(r->cfg.group ? r->cfg.group : address);
	return open_rtcp(r, &where);
}

int limen_remote_new(struct limen_remote **out, const struct limen_remote_config *cfg)
{
	struct limen_remote *r = g_new0(struct limen_remote, 1);
	int err;

	*out = NULL;
	r->refs = 1;
	r->loop = limen->media->loop(NULL);
	r->cfg = *cfg;
	if ((err = set_up(r))) {
		r->cfg.done = NULL;
		limen_remote_free(r);
		return err;
	}
	*out = r;
	return 0;
}

uint16_t limen_remote_port(const struct limen_remote *r)
{
	return r->port;
}

uint16_t limen_remote_rtcp_port(const struct limen_remote *r)
{
	return r->rtcp_port;
}

const char *limen_remote_ip(const struct limen_remote *r)
{
	return r->ip;
}

static void insert(void *arg)
{
	struct stream *s = arg;

	s->remote->live[s->is.index] = s;
}

static void on_tapped(struct limen_packet *pkt, const struct limen_numbers *numbers, void *arg)
{
	const struct stream *s = arg;

	(void)numbers;
	if (!s->ended)
		s->remote->cfg.packet(pkt, s->remote->cfg.arg);
}

static void make_feed(struct stream *s, struct limen_fanout **fanout)
{
	struct limen_feed_config feed = {
		.kind = s->is.kind,
		.codec = s->is.codec,
		.mindex = s->is.mindex,
		.simulcast = s->is.simulcast,
		.keyframe = s->is.kind == LIMEN_VIDEO ? on_keyframe : NULL,
		.arg = s,
		.done = stream_unref,
	};
	const struct limen_tap_config tap = { .packet = on_tapped, .arg = s, .done = stream_unref };

	memcpy(feed.ext_id, s->is.ext_id, sizeof(feed.ext_id));
	stream_ref(s);
	s->feed = limen->media->feed_new(s->remote->loop, &feed, fanout);
	if (!s->remote->cfg.packet)
		return;
	stream_ref(s);
	if (limen->media->tap_new(&s->tap, *fanout, &tap) != 0)
		stream_unref(s);
}

int limen_remote_add(struct limen_remote *r, const struct limen_remote_stream *stream,
	struct limen_fanout **fanout)
{
	struct stream *s;

	*fanout = NULL;
	if (stream->index >= LIMEN_REMOTE_STREAMS_MAX)
		return LIMEN_ELIMIT;
	if (r->owned[stream->index])
		return LIMEN_EEXIST;
	s = g_new0(struct stream, 1);
	s->refs = 1;
	g_atomic_int_inc(&r->refs);
	s->remote = r;
	s->is = *stream;
	if (stream->kind != LIMEN_DATA)
		make_feed(s, fanout);
	r->owned[stream->index] = s;
	limen->media->post(r->loop, insert, s);
	return 0;
}

/* Takes the owner's reference. Behind insert(): tasks keep their order. */
static void drop(void *arg)
{
	struct stream *s = arg;

	s->ended = true;
	s->remote->live[s->is.index] = NULL;
	limen->media->tap_free(s->tap);
	limen->media->feed_free(s->feed);
	stream_unref(s);
}

void limen_remote_remove(struct limen_remote *r, uint16_t index)
{
	if (index < LIMEN_REMOTE_STREAMS_MAX && r->owned[index])
		limen->media->post(r->loop, drop, g_steal_pointer(&r->owned[index]));
}

/* Takes the owner's reference. */
static void shut(void *arg)
{
	struct limen_remote *r = arg;

	limen->media->udp_close(g_steal_pointer(&r->rtp));
	limen->media->udp_close(g_steal_pointer(&r->rtcp));
	unref(r);
}

void limen_remote_free(struct limen_remote *r)
{
	if (!r)
		return;
	for (uint16_t i = 0; i < LIMEN_REMOTE_STREAMS_MAX; i++)
		limen_remote_remove(r, i);
	limen->media->post(r->loop, shut, r);
}
