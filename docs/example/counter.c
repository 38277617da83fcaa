/* A plugin that greets, sends back what it gets and counts it. `docs/plugins.md` builds it. */
#include <limen/plugin.h>

struct state {
	uint64_t packets;
};

static int attach(struct limen_handle *h)
{
	h->state = g_new0(struct state, 1);
	return 0;
}

static void detach(struct limen_handle *h)
{
	g_free(h->state);
}

static void rtp(struct limen_handle *h, struct limen_packet *pkt)
{
	struct state *s = h->state;

	s->packets++;
	limen->send(h, pkt->mindex, pkt);
}

static int hello(struct limen_handle *h, struct limen_request *r)
{
	const struct limen_answer_rules rules = { .exts = ~0u, .dir = LIMEN_SENDRECV };
	struct state *s = h->state;

	if (r->jsep->type == LIMEN_JSEP_OFFER) {
		r->answer.type = LIMEN_JSEP_ANSWER;
		if (limen->answer(r->jsep->sdp, &rules, &r->answer.sdp))
			return limen->fail(r, 412, "unusable offer");
	}
	r->reply = json_pack("{s:s,s:I}", "counter", "hello", "packets", (json_int_t)s->packets);
	return 0;
}

static const struct limen_request_row requests[] = {
	{ "hello", 0, 0, NULL, hello, NULL },
	LIMEN_REQUESTS_END,
};

LIMEN_PLUGIN("acme.plugin.counter", 1, "1.0", "Counter", "Counts packets.", "Acme", NULL,
	.key = "counter", .errors = { 410, 411, 412, 413, 414 }, .requests = requests,
	.attach = attach, .detach = detach, .rtp = rtp);
