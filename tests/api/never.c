/* A plugin that answers a request only when its handle goes: for tests of those who wait. */
#include <limen/plugin.h>

static void detach(struct limen_handle *h)
{
	if (h->state)
		limen->complete(h->state);
}

static int wait_for_end(struct limen_handle *h, struct limen_request *r)
{
	h->state = limen->defer(r);
	return 0;
}

static const struct limen_request_row requests[] = {
	{ "wait", 0, LIMEN_REQ_SYNC, NULL, wait_for_end, NULL },
	LIMEN_REQUESTS_END,
};

LIMEN_PLUGIN("test.plugin.never", 1, "1.0", "Never", "Does not answer.", "Tests", NULL,
	.key = "never", .errors = { 410, 411, 412, 413, 414 }, .requests = requests,
	.detach = detach);
