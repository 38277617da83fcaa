/*
 * A client of a peer under test. Thread: the test's.
 */
#include "tests/lib/client.h"
#include <string.h>
#include "core/base/clock.h"
#include "core/media/demux.h"

static void on_gathered(void *arg)
{
	(void)arg;
}

static void on_candidate(const char *candidate, void *arg)
{
	(void)candidate, (void)arg;
}

static void on_state(enum limen_ice_state state, void *arg)
{
	struct client *c = arg;

	if (state == LIMEN_ICE_CONNECTED && c->dtls && !c->silent)
		limen_dtls_start(c->dtls);
}

static void on_sender(const struct limen_rtcp_sender *sr, void *arg)
{
	const struct client_sr s = { *sr, limen_now_us() };

	g_array_append_val(((struct client *)arg)->senders, s);
}

static void on_block(const struct limen_rtcp_block *block, void *arg)
{
	g_array_append_val(((struct client *)arg)->blocks, *block);
}

static void on_keyframe(uint32_t ssrc, void *arg)
{
	struct client *c = arg;

	g_array_append_val(c->plis, ssrc);
	c->pli_us = limen_now_us();
}

static void on_nack(uint32_t ssrc, uint16_t seq, void *arg)
{
	(void)ssrc;
	g_array_append_val(((struct client *)arg)->nacks, seq);
}

static void on_remb(uint64_t bps, void *arg)
{
	g_array_append_val(((struct client *)arg)->rembs, bps);
}

static const struct limen_rtcp_events rtcp_events = { .on_sender = on_sender,
	.on_block = on_block,
	.on_keyframe = on_keyframe,
	.on_nack = on_nack,
	.on_remb = on_remb };

static void take_rtp(struct client *c, const uint8_t *bytes, size_t len)
{
	struct client_rtp *r = g_new0(struct client_rtp, 1);

	memcpy(r->bytes, bytes, len);
	r->len = len;
	r->at_us = limen_now_us();
	if (limen_srtp_unprotect(c->srtp, r->bytes, &r->len) ||
		limen_rtp_parse(r->bytes, r->len, &r->rtp)) {
		c->garbage++;
		g_free(r);
		return;
	}
	g_ptr_array_add(c->rtp, r);
}

static void take_rtcp(struct client *c, const uint8_t *bytes, size_t len)
{
	uint8_t copy[CLIENT_MAX];

	memcpy(copy, bytes, len);
	if (limen_srtp_unprotect_rtcp(c->srtp, copy, &len) ||
		limen_rtcp_read(copy, len, &rtcp_events, c))
		c->garbage++;
}

static void on_datagram(const uint8_t *bytes, size_t len, void *arg)
{
	struct client *c = arg;
	const enum limen_datagram kind = limen_demux(bytes, len);

	if (c->silent)
		return;
	if (kind == LIMEN_DATAGRAM_DTLS && c->dtls)
		limen_dtls_feed(c->dtls, bytes, len);
	else if (kind == LIMEN_DATAGRAM_RTP && c->srtp && len <= CLIENT_MAX)
		take_rtp(c, bytes, len);
	else if (kind == LIMEN_DATAGRAM_RTCP && c->srtp && len <= CLIENT_MAX)
		take_rtcp(c, bytes, len);
	else
		c->garbage++;
}

static const struct limen_ice_events ice_events = {
	.on_gathered = on_gathered,
	.on_candidate = on_candidate,
	.on_state = on_state,
	.on_datagram = on_datagram,
};

static void on_dtls_send(const uint8_t *bytes, size_t len, void *arg)
{
	client_send_datagram(arg, bytes, len);
}

static void on_dtls_up(const struct limen_srtp_keys *keys, void *arg)
{
	g_assert_cmpint(limen_srtp_new(&((struct client *)arg)->srtp, keys), ==, 0);
}

static void on_dtls_closed(void *arg)
{
	((struct client *)arg)->closed = true;
}

static void on_dtls_failed(const char *why, void *arg)
{
	struct client *c = arg;

	g_free(c->failure);
	c->failure = g_strdup(why);
}

static void on_dtls_data(const uint8_t *bytes, size_t len, void *arg)
{
	(void)bytes, (void)len, (void)arg;
}

static const struct limen_dtls_events dtls_events = { on_dtls_send, on_dtls_up, on_dtls_closed,
	on_dtls_failed, on_dtls_data };

struct client *client_new(struct limen_loop *loop)
{
	static const struct limen_ice_config cfg;
	struct client *c = g_new0(struct client, 1);

	c->loop = loop;
	g_assert_cmpint(limen_cert_new(&c->cert), ==, 0);
	g_assert_cmpint(fake_ice.create(&c->ice, loop, &cfg, &ice_events, c), ==, 0);
	c->rtp = g_ptr_array_new_with_free_func(g_free);
	c->senders = g_array_new(FALSE, FALSE, sizeof(struct client_sr));
	c->blocks = g_array_new(FALSE, FALSE, sizeof(struct limen_rtcp_block));
	c->nacks = g_array_new(FALSE, FALSE, sizeof(uint16_t));
	c->plis = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	c->rembs = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	return c;
}

void client_free(struct client *c)
{
	limen_dtls_free(c->dtls);
	limen_srtp_free(c->srtp);
	fake_ice.destroy(c->ice);
	limen_cert_free(c->cert);
	g_ptr_array_unref(c->rtp);
	g_array_unref(c->senders);
	g_array_unref(c->blocks);
	g_array_unref(c->nacks);
	g_array_unref(c->plis);
	g_array_unref(c->rembs);
	g_free(c->failure);
	g_free(c);
}

void client_forget(struct client *c)
{
	g_ptr_array_set_size(c->rtp, 0);
	g_array_set_size(c->senders, 0);
	g_array_set_size(c->blocks, 0);
	g_array_set_size(c->nacks, 0);
	g_array_set_size(c->plis, 0);
	g_array_set_size(c->rembs, 0);
}

char *client_describe(const struct client *c, const char *setup, const char *lines)
{
	g_autoptr(GPtrArray) candidates = fake_ice.candidates(c->ice);

	return g_strdup_printf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
			       "a=fingerprint:sha-256 %s\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
			       "a=setup:%s\r\na=%s\r\n%s",
		limen_cert_fingerprint(c->cert), fake_ice.ufrag(c->ice), fake_ice.pwd(c->ice),
		setup, (char *)candidates->pdata[0], lines);
}

void client_connect(struct client *c, const struct limen_sdp *remote)
{
	const struct limen_sdp_transport *t = limen_sdp_fingerprint(remote),
					 *first = limen_sdp_line(remote, 0)->transport;
	const struct limen_dtls_config cfg = {
		.cert = c->cert,
		.client = limen_sdp_setup(remote) == LIMEN_SETUP_PASSIVE,
		.mtu = 1200,
		.hash = t->hash,
		.fingerprint = t->fingerprint,
	};

	g_assert_cmpint(limen_dtls_new(&c->dtls, &cfg, &dtls_events, c), ==, 0);
	fake_ice.set_remote(c->ice, limen_sdp_ufrag(remote), limen_sdp_pwd(remote));
	g_assert_cmpuint(first->candidates->len, >, 0);
	g_assert_cmpint(
		fake_ice.add_candidate(c->ice, g_ptr_array_index(first->candidates, 0)), ==, 0);
}

void client_vp8(uint8_t out[CLIENT_VP8], uint8_t picture_id, bool key)
{
	static const uint8_t payload[CLIENT_VP8] = { 0x90, 0x80, 0, 0x10, 0x02, 0x00, 0x9d, 0x01,
		0x2a, 0x40, 0x01, 0xf0, 0x00, 0, 0, 0 };

	memcpy(out, payload, sizeof(payload));
	out[2] = picture_id & 0x7f;
	out[3] |= key ? 0 : 1;
}

void client_send(struct client *c, const struct client_packet *p)
{
	uint8_t bytes[2048], vp8[CLIENT_VP8];
	const size_t payload_len = p->payload ? p->payload_len : sizeof(vp8);
	size_t len = limen_rtp_write(
		bytes, p->marker, p->pt, p->seq, p->ts, p->ssrc, p->elements, p->element_count);

	client_vp8(vp8, (uint8_t)p->seq, p->key);
	g_assert_cmpuint(len + payload_len, <=, LIMEN_PACKET_MAX);
	memcpy(bytes + len, p->payload ? p->payload : vp8, payload_len);
	g_assert_true(client_send_raw(c, bytes, len + payload_len));
}

bool client_send_raw(struct client *c, const uint8_t *bytes, size_t len)
{
	uint8_t copy[2048];

	g_assert_cmpuint(len, <=, sizeof(copy) - LIMEN_SRTP_TRAILER);
	memcpy(copy, bytes, len);
	if (limen_srtp_protect(c->srtp, copy, &len, sizeof(copy)))
		return false;
	client_send_datagram(c, copy, len);
	return true;
}

void client_send_datagram(struct client *c, const uint8_t *bytes, size_t len)
{
	fake_ice.send(c->ice, bytes, len);
}

void client_send_rtcp(struct client *c, struct limen_rtcp_writer *w)
{
	size_t len = w->len;

	g_assert_false(w->full);
	g_assert_cmpint(limen_srtp_protect_rtcp(c->srtp, w->bytes, &len, sizeof(w->bytes)), ==, 0);
	client_send_datagram(c, w->bytes, len);
}

unsigned client_count(const struct client *c, uint32_t ssrc)
{
	unsigned n = 0;

	for (guint i = 0; i < c->rtp->len; i++)
		n += client_got(c, i)->rtp.ssrc == ssrc;
	return n;
}
