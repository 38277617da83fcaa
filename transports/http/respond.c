/*
 * The answer of an exchange: status, headers (CORS among them), then the body in parts as the
 * socket takes them. Thread: the service thread.
 */
#include "transports/http/http.h"

#include <string.h>
#include <unistd.h>

#define HEADER_BYTES 4096u
#define PART_BYTES 16384u
#define WRITE_SECONDS 30 /* for the client to take one part */

/* A header block being written; bad once something did not fit. */
struct header {
	struct lws *wsi;
	unsigned char bytes[LWS_PRE + HEADER_BYTES];
	unsigned char *p;
	bool bad;
};

static void add(struct header *h, const char *name, const char *value)
{
	if (!h->bad && value)
		h->bad = lws_add_http_header_by_name(h->wsi, (const unsigned char *)name,
			(const unsigned char *)value, (int)strlen(value), &h->p,
			h->bytes + sizeof(h->bytes));
}

static void add_cors(struct header *h, const struct http_exchange *x)
{
	const char *origin = x->http->allow_origin;

	add(h, "access-control-allow-origin:", origin ? origin : "*");
	if (origin) {
		add(h, "access-control-allow-credentials:", "true");
		add(h, "vary:", "Origin");
	}
	add(h, "access-control-max-age:", "86400");
	add(h, "access-control-allow-methods:", x->want_method);
	add(h, "access-control-allow-headers:", x->want_headers);
}

static int write_header(struct http_exchange *x, unsigned status, const char *type, size_t len)
{
	struct header h = { .wsi = x->wsi };

	h.p = h.bytes + LWS_PRE;
	/* Always with a length, 304 too: without one libwebsockets closes the connection. */
	h.bad = lws_add_http_common_headers(
		x->wsi, status, type, (lws_filepos_t)len, &h.p, h.bytes + sizeof(h.bytes));
	if (x->path.kind != HTTP_PATH_OUTSIDE)
		add_cors(&h, x);
	add(&h, "cache-control:", x->path.kind == HTTP_PATH_OUTSIDE ? "no-cache" : "no-store");
	add(&h, "etag:", x->etag);
	add(&h, "location:", x->location);
	add(&h, "x-content-type-options:", "nosniff");
	return h.bad ||
			lws_finalize_write_http_header(
				x->wsi, h.bytes + LWS_PRE, &h.p, h.bytes + sizeof(h.bytes))
		? -1
		: 0;
}

/* The answer is out: the connection waits for another request, or closes. */
static int done(struct http_exchange *x)
{
	struct lws *wsi = x->wsi;
	bool close_after = x->close_after;

	http_exchange_end(x);
	return close_after || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int begin(struct http_exchange *x, unsigned status, const char *type, size_t len)
{
	x->state = HTTP_SENDING;
	x->len = len;
	lws_set_timer_usecs(x->wsi, LWS_SET_TIMER_USEC_CANCEL);
	if (write_header(x, status, type, len))
		return -1;
	if (len == 0 || x->method == LWSHUMETH_HEAD)
		return done(x);
	lws_set_timeout(x->wsi, PENDING_TIMEOUT_HTTP_CONTENT, WRITE_SECONDS);
	lws_callback_on_writable(x->wsi);
	return 0;
}

int http_respond(struct http_exchange *x, unsigned status, const char *type, char *text, size_t len)
{
	x->text = text;
	return begin(x, status, type, len);
}

int http_respond_json(struct http_exchange *x, json_t *msg)
{
	size_t len;
	char *text = limen_framing_print(msg, limen_query_style(&x->http->settings), &len);

	json_decref(msg);
	return text ? http_respond(x, 200, "application/json", text, len) : -1;
}

int http_respond_file(struct http_exchange *x, int fd, size_t len, const char *type)
{
	x->fd = fd;
	return begin(x, 200, type, len);
}

int http_respond_more(struct http_exchange *x)
{
	unsigned char part[LWS_PRE + PART_BYTES];
	size_t len = MIN(x->len - x->at, PART_BYTES);
	bool last = x->at + len == x->len;

	if (x->text)
		memcpy(part + LWS_PRE, x->text + x->at, len);
	else if (read(x->fd, part + LWS_PRE, len) != (ssize_t)len)
		return -1; /* the file shrank under us: the length that was promised cannot be kept
			    */
	if (lws_write(x->wsi, part + LWS_PRE, len, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
		0)
		return -1;
	x->at += len;
	if (last)
		return done(x);
	lws_set_timeout(x->wsi, PENDING_TIMEOUT_HTTP_CONTENT, WRITE_SECONDS);
	lws_callback_on_writable(x->wsi);
	return 0;
}
