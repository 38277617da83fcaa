/*
 * What those who run the gateway ask at an admin listener, outside of its API: /metrics, /healthz
 * and /readyz. There is no secret to these; the listener's address and access list guard them.
 * Thread: the service thread; metrics are done on a loop.
 */
#include "transports/http/http.h"

#include <string.h>

#define METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define METRICS_OLD_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define TEXT_TYPE "text/plain; charset=utf-8"

static int respond_line(struct http_exchange *x, unsigned status, const char *line)
{
	char *text = g_strconcat(line, "\n", NULL);

	return http_respond(x, status, TEXT_TYPE, text, strlen(text));
}

static int metrics(struct http_exchange *x)
{
	/* The older format is for who takes that only. */
	const bool old = x->accept && strstr(x->accept, "text/plain") &&
		!strstr(x->accept, "application/openmetrics-text");

	x->type = old ? METRICS_OLD_TYPE : METRICS_TYPE;
	http_wait(x);
	if (limen->metrics(old, x->request, http_send_text))
		return 0;
	return respond_line(x, 503, "closing");
}

static int ready(struct http_exchange *x)
{
	const char *why = limen->not_ready();

	return respond_line(x, why ? 503 : 200, why ? why : "ready");
}

bool http_operations_are(const struct http_exchange *x)
{
	return x->admin && (x->method == LWSHUMETH_GET || x->method == LWSHUMETH_HEAD) &&
		(strcmp(x->uri, "/metrics") == 0 || strcmp(x->uri, "/healthz") == 0 ||
			strcmp(x->uri, "/readyz") == 0);
}

int http_operations_request(struct http_exchange *x)
{
	if (strcmp(x->uri, "/metrics") == 0)
		return metrics(x);
	return strcmp(x->uri, "/readyz") == 0 ? ready(x) : respond_line(x, 200, "alive");
}
