/*
 * Datagrams are told apart and handed on; each arrives with the kernel's own time of receipt, so
 * that latency does not depend on how often the sockets are read. Thread: the main loop.
 */
#include "tests/bench/peer.h"
#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <limen/types.h>
#include "core/media/demux.h"
#include "tests/bench/api.h"

#define BATCH 16u
#define DATAGRAM_MAX 65536u /* what UDP_GRO may put together */
#define RECEIVE_BUFFER (2 * 1024 * 1024)
#define MTU 1200u
#define CHECK_US 50000
#define CONSENT_US 5000000 /* RFC 7675 §5.1 */

static int open_socket(bool gro, uint16_t *port)
{
	const int on = 1, size = RECEIVE_BUFFER;
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t len = sizeof(any);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
		getsockname(fd, (struct sockaddr *)&any, &len) ||
		setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)))
		bench_die("no UDP socket; is the limit of open files (ulimit -n) too low?");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (gro && setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)))
		bench_die("this kernel has no UDP_GRO; use --no-gro");
	*port = ntohs(any.sin_port);
	return fd;
}

struct bench_peer *bench_peer_new(const struct bench_peer_config *cfg)
{
	struct bench_peer *p = g_new0(struct bench_peer, 1);

	p->cfg = cfg;
	bench_ice_init(&p->ice);
	bench_inbound_init(&p->inbound);
	p->fd = open_socket(cfg->gro, &p->local.port);
	p->local.ufrag = p->ice.ufrag;
	p->local.pwd = p->ice.pwd;
	p->local.fingerprint = limen_cert_fingerprint(cfg->cert);
	return p;
}

void bench_peer_free(struct bench_peer *p)
{
	if (!p)
		return;
	limen_dtls_free(p->dtls);
	limen_srtp_free(p->srtp);
	bench_ice_clear(&p->ice);
	bench_inbound_clear(&p->inbound);
	bench_remote_clear(&p->remote);
	close(p->fd);
	g_free(p);
}

static void on_send(const uint8_t *bytes, size_t len, void *arg)
{
	struct bench_peer *p = arg;

	/* Lost datagrams are sent again by the handshake itself. */
	(void)!send(p->fd, bytes, len, 0);
}

static void on_up(const struct limen_srtp_keys *keys, void *arg)
{
	struct bench_peer *p = arg;

	if (limen_srtp_new(&p->srtp, keys))
		bench_die("no SRTP session with profile %d", keys->profile);
	p->profile = keys->profile;
	p->up = true;
}

static void on_closed(void *arg)
{
	struct bench_peer *p = arg;

	p->closed = true;
}

static void on_failed(const char *why, void *arg)
{
	struct bench_peer *p = arg;

	if (!p->up && !p->cfg->patient)
		bench_die("DTLS: %s", why);
	p->closed = true;
}

static void on_data(const uint8_t *bytes, size_t len, void *arg)
{
	(void)bytes, (void)len, (void)arg;
}

static const struct limen_dtls_events dtls_events = { on_send, on_up, on_closed, on_failed,
	on_data };

int bench_peer_connect(struct bench_peer *p, const char *sdp, bool offerer)
{
	struct limen_dtls_config cfg = { .cert = p->cfg->cert, .mtu = MTU };
	int err = bench_remote_read(&p->remote, sdp);

	if (err)
		return err;
	if (connect(p->fd, (struct sockaddr *)&p->remote.address, sizeof(p->remote.address)))
		return LIMEN_EIO;
	bench_ice_start(&p->ice, p->remote.ufrag, p->remote.pwd, offerer || p->remote.lite);
	cfg.client = !p->remote.active;
	cfg.hash = p->remote.hash;
	cfg.fingerprint = p->remote.fingerprint;
	if ((err = limen_dtls_new(&p->dtls, &cfg, &dtls_events, p)))
		return err;
	p->check_us = g_get_monotonic_time();
	return 0;
}

int bench_peer_update(struct bench_peer *p, const char *sdp, bool offerer)
{
	struct bench_remote fresh;
	int err = bench_remote_read(&fresh, sdp);

	if (err)
		return err;
	if (strcmp(fresh.ufrag, p->remote.ufrag) != 0) {
		bench_ice_start(&p->ice, fresh.ufrag, fresh.pwd, offerer || fresh.lite);
		p->check_us = g_get_monotonic_time();
	}
	bench_remote_clear(&p->remote);
	p->remote = fresh;
	return 0;
}

static void take_stun(struct bench_peer *p, const uint8_t *bytes, size_t len)
{
	uint8_t reply[BENCH_ICE_MAX];
	size_t reply_len;

	if (!p->dtls)
		return; /* before the answer came; the server will check again */
	reply_len = bench_ice_feed(&p->ice, bytes, len, &p->remote.address, reply);
	if (reply_len)
		(void)!send(p->fd, reply, reply_len, 0);
	if (bench_ice_is_up(&p->ice))
		limen_dtls_start(p->dtls);
}

static void take(struct bench_peer *p, uint8_t *bytes, size_t len, int64_t wall_ns)
{
	switch (limen_demux(bytes, len)) {
	case LIMEN_DATAGRAM_RTP:
		if (p->srtp && p->cfg->on_media)
			p->cfg->on_media(p, bytes, len);
		else if (p->srtp)
			bench_sink_take(p->cfg->sink, &p->inbound, p->srtp, p->remote.media, bytes,
				len, wall_ns);
		break;
	case LIMEN_DATAGRAM_RTCP:
		p->cfg->sink->counts.rtcp++;
		break;
	case LIMEN_DATAGRAM_STUN:
		take_stun(p, bytes, len);
		break;
	case LIMEN_DATAGRAM_DTLS:
		if (p->dtls)
			limen_dtls_feed(p->dtls, bytes, len);
		break;
	default:
		break;
	}
}

/* Splits what UDP_GRO put together. */
static void take_message(struct bench_peer *p, struct msghdr *m, uint8_t *bytes, size_t len)
{
	struct timespec at = { 0 };
	int segment = 0;
	size_t step;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&at, CMSG_DATA(c), sizeof(at));
		else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
			memcpy(&segment, CMSG_DATA(c), sizeof(segment));
	}
	step = segment > 0 ? (size_t)segment : len;
	for (size_t done = 0; done < len; done += step)
		take(p, bytes + done, MIN(step, len - done),
			(int64_t)at.tv_sec * G_GINT64_CONSTANT(1000000000) + at.tv_nsec);
}

void bench_peer_read(struct bench_peer *p)
{
	static uint8_t bytes[BATCH][DATAGRAM_MAX];
	static struct mmsghdr messages[BATCH];
	static struct iovec parts[BATCH];
	static uint64_t control[BATCH][16]; /* aligned for struct cmsghdr */
	int n;

	do {
		for (unsigned i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){ bytes[i], DATAGRAM_MAX };
			messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i],
				.msg_iovlen = 1,
				.msg_control = control[i],
				.msg_controllen = sizeof(control[i]) };
		}
		n = recvmmsg(p->fd, messages, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			take_message(p, &messages[i].msg_hdr, bytes[i], messages[i].msg_len);
	} while (n == (int)BATCH);
}

void bench_peer_tick(struct bench_peer *p, int64_t now_us)
{
	uint8_t check[BENCH_ICE_MAX];
	size_t len;

	if (p->check_us == 0)
		return;
	if (now_us >= p->check_us) {
		p->check_us = now_us + (bench_ice_is_up(&p->ice) ? CONSENT_US : CHECK_US);
		len = bench_ice_check(&p->ice, check);
		if (len)
			(void)!send(p->fd, check, len, 0);
	}
	if (!p->up && limen_dtls_timeout_us(p->dtls) == 0)
		limen_dtls_tick(p->dtls);
}

void bench_peer_send_rtcp(struct bench_peer *p, uint8_t *bytes, size_t len, size_t cap)
{
	if (p->srtp && limen_srtp_protect_rtcp(p->srtp, bytes, &len, cap) == 0)
		(void)!send(p->fd, bytes, len, 0);
}

unsigned bench_peer_drops(const struct bench_peer *p)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(p->fd, SOL_SOCKET, SO_MEMINFO, info, &len) ? 0 : info[SK_MEMINFO_DROPS];
}
