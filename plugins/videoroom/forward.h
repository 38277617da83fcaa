/*
 * RTP forwarders of a publisher: destinations on the network that get one of its m-lines, or, for a
 * room on another gateway, all of them (cascading). They end when its PeerConnection does. Thread:
 * all is locked by the room's lock.
 */
#ifndef LIMEN_VIDEOROOM_FORWARD_H
#define LIMEN_VIDEOROOM_FORWARD_H

#include "kit/forward.h"
#include "plugins/videoroom/publisher.h"

#define LIMEN_FORWARDERS_MAX 64u       /* of one publisher, both kinds together */
#define LIMEN_FORWARD_REMOTE_SSRC 1000 /* + 10 * index of the m-line + substream */

struct limen_forwarder {
	struct limen_publisher *publisher;
	char *remote_id;    /* cascading; NULL = an RTP forwarder */
	uint32_t stream_id; /* of an RTP forwarder, as are the next four */
	uint16_t mindex;
	enum limen_kind kind;
	unsigned part; /* substream as the request numbered it: 0, 1, 2 */
	struct limen_forward_line line;
	char host[INET6_ADDRSTRLEN];
	uint16_t port, rtcp_port;
	bool srtp;
	struct limen_forward *out;
};

/* Makes one that is not the publisher's yet; to: with port. LIMEN_EIO, and as limen_forward_new()
 */
int limen_forwarder_new(struct limen_forwarder **out, struct limen_publisher *p,
	const struct limen_forward_config *cfg);
void limen_forwarder_free(struct limen_forwarder *f); /* NULL is fine */
/* The publisher takes it, and media flows. */
void limen_forwarder_start(struct limen_forwarder *f);
/* As replies show it; new */
json_t *limen_forwarder_view(const struct limen_forwarder *f);
/* As the admin API shows it, of either kind; new */
json_t *limen_forwarder_info(const struct limen_forwarder *f);

/* By its number, or by its remote_id; NULL when there is none. */
struct limen_forwarder *limen_forwarder_find(const struct limen_publisher *p, int64_t stream_id);
struct limen_forwarder *limen_forwarder_find_remote(
	const struct limen_publisher *p, const char *remote_id);

/* A track has a fan-out, will not have it any more, has a message. */
void limen_forwarders_connect(const struct limen_track *t);
void limen_forwarders_disconnect(const struct limen_track *t);
void limen_forwarders_data(
	const struct limen_track *t, bool binary, const uint8_t *bytes, size_t len);

/* forward_requests.c */
int limen_forward_start(struct limen_handle *h, struct limen_request *r);
int limen_forward_stop(struct limen_handle *h, struct limen_request *r);
int limen_forward_list(struct limen_handle *h, struct limen_request *r);
/* cascade.c */
int limen_cascade_start(struct limen_handle *h, struct limen_request *r);
int limen_cascade_stop(struct limen_handle *h, struct limen_request *r);
int limen_cascade_list(struct limen_handle *h, struct limen_request *r);

#endif
