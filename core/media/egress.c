/*
 * The batches of a loop. What is used of the buffer is small, so that a datagram is encrypted and
 * handed to the kernel while it is still in the processor's first caches. sendmmsg() was measured
 * and gains nothing; the cost is in the kernel's way per datagram, which UDP_SEGMENT walks once.
 */
#include "core/media/egress.h"
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* linux/udp.h; older C libraries lack it */
#endif

#define SLOTS 128u
#define FULL 32u         /* datagrams that leave before those of another client are added */
#define SEGMENTS_MAX 64u /* UDP_MAX_SEGMENTS of the kernel */
#define BYTES_MAX 60000u /* of one send, below the largest datagram of IPv4 and IPv6 */
#define PAUSE 1000u      /* sends until segments are tried again, if they never worked */

struct limen_egress {
	struct limen_loop *loop;
	struct limen_port *port;
	bool segmentation;
	bool worked;    /* the kernel has cut a send of ours once */
	unsigned pause; /* sends before the next attempt */
	struct limen_deferred flush;
	struct limen_egress_stats stats;
	unsigned count;
	size_t len[SLOTS];
	struct limen_path path[SLOTS];
	uint8_t *bytes; /* SLOTS times LIMEN_EGRESS_DATAGRAM_MAX */
};

static void on_flush(void *arg)
{
	limen_egress_flush(arg);
}

struct limen_egress *limen_egress_new(
	struct limen_loop *loop, struct limen_port *port, bool segmentation)
{
	struct limen_egress *e = g_new0(struct limen_egress, 1);

	e->loop = loop;
	e->port = port;
	e->segmentation = segmentation;
	e->flush.fn = on_flush;
	e->flush.arg = e;
	e->bytes = g_malloc(SLOTS * LIMEN_EGRESS_DATAGRAM_MAX);
	return e;
}

void limen_egress_free(struct limen_egress *e)
{
	if (!e)
		return;
	limen_egress_flush(e);
	g_free(e->bytes);
	g_free(e);
}

static uint8_t *slot(const struct limen_egress *e, unsigned i)
{
	return e->bytes + (size_t)i * LIMEN_EGRESS_DATAGRAM_MAX;
}

uint8_t *limen_egress_reserve(struct limen_egress *e)
{
	if (e->count == SLOTS)
		limen_egress_flush(e);
	return slot(e, e->count);
}

void limen_egress_commit(struct limen_egress *e, const struct limen_path *to, size_t len)
{
	const unsigned last = e->count;

	if (last >= FULL && !limen_path_equal(&e->path[last - 1], to)) {
		limen_egress_flush(e);
		memcpy(slot(e, 0), slot(e, last), len);
	}
	e->len[e->count] = len;
	e->path[e->count] = *to;
	e->count++;
	limen_loop_defer(e->loop, LIMEN_STAGE_EGRESS, &e->flush);
}

/* How many from i on can leave in one call: one client, one size, only the last may be smaller. */
static unsigned find_run(const struct limen_egress *e, unsigned i)
{
	const bool segments = limen_egress_segments(e);
	const size_t size = e->len[i];
	unsigned n = 1;

	while (segments && i + n < e->count && n < SEGMENTS_MAX && size * (n + 1) <= BYTES_MAX &&
		e->len[i + n] <= size && limen_path_equal(&e->path[i], &e->path[i + n])) {
		n++;
		if (e->len[i + n - 1] < size)
			break;
	}
	return n;
}

/* One call for n datagrams from i on. 0 or -1 with errno. */
static int send_run(struct limen_egress *e, unsigned i, unsigned n)
{
	_Alignas(struct cmsghdr) uint8_t control[LIMEN_PORT_CONTROL_SPACE];
	struct iovec iov[SEGMENTS_MAX];
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = n };
	ssize_t sent;

	for (unsigned k = 0; k < n; k++)
		iov[k] = (struct iovec){ slot(e, i + k), e->len[i + k] };
	limen_port_address(e->port, &e->path[i], &m, control);
	if (n > 1) {
		const uint16_t size = (uint16_t)e->len[i];
		struct cmsghdr *c = (void *)((uint8_t *)m.msg_control + m.msg_controllen);

		*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(size)),
			.cmsg_level = SOL_UDP,
			.cmsg_type = UDP_SEGMENT };
		memcpy(CMSG_DATA(c), &size, sizeof(size));
		m.msg_controllen += CMSG_SPACE(sizeof(size));
	}
	do
		sent = sendmsg(limen_port_fd(e->port), &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	e->stats.calls++;
	return sent < 0 ? -1 : 0;
}

/* Did a send fail because of its segments? Then they can leave alone. */
static bool refused(int why)
{
	return why == EIO || why == EINVAL || why == ENOPROTOOPT || why == EOPNOTSUPP ||
		why == EMSGSIZE;
}

static void count_run(struct limen_egress *e, unsigned i, unsigned n)
{
	e->stats.datagrams += n;
	for (unsigned k = i; k < i + n; k++)
		e->stats.bytes += e->len[k];
}

static void send_or_drop(struct limen_egress *e, unsigned i, unsigned n)
{
	if (send_run(e, i, n) == 0) {
		e->worked |= n > 1;
		count_run(e, i, n);
		return;
	}
	if (n == 1 || !refused(errno)) {
		e->stats.dropped += n;
		return;
	}
	/* Once they have worked it is this path that refuses them, by its MTU or a port 0: no
	 * client is to slow down the others. */
	if (!e->worked)
		e->pause = PAUSE;
	for (unsigned k = i; k < i + n; k++)
		send_or_drop(e, k, 1);
}

void limen_egress_flush(struct limen_egress *e)
{
	unsigned n;

	limen_deferred_cancel(&e->flush);
	for (unsigned i = 0; i < e->count; i += n) {
		n = find_run(e, i);
		e->pause -= e->pause > 0;
		send_or_drop(e, i, n);
	}
	e->count = 0;
}

const struct limen_egress_stats *limen_egress_stats(const struct limen_egress *e)
{
	return &e->stats;
}

bool limen_egress_segments(const struct limen_egress *e)
{
	return e->segmentation && !e->pause;
}
