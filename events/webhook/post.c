/*
 * One HTTP POST through libcurl. The connection is kept for the next one. Thread: one at a time.
 */
#include "events/webhook/post.h"
#include <curl/curl.h>
#include <string.h>
#include "kit/event_gzip.h"

struct post {
	CURL *curl;
	struct curl_slist *plain, *gzipped; /* headers */
	char error[CURL_ERROR_SIZE];
	int64_t end_us; /* atomic; 0 = it goes on */
};

static size_t ignore(char *bytes, size_t size, size_t count, void *arg)
{
	(void)bytes, (void)arg;
	return size * count;
}

static int on_progress(void *arg, curl_off_t d1, curl_off_t d2, curl_off_t u1, curl_off_t u2)
{
	(void)d1, (void)d2, (void)u1, (void)u2;
	const int64_t end_us = __atomic_load_n(&((struct post *)arg)->end_us, __ATOMIC_RELAXED);

	return end_us && g_get_monotonic_time() >= end_us;
}

static void set_up(struct post *p)
{
	/* "Expect:" off: a receiver that does not know it costs a second each time. */
	p->plain = curl_slist_append(NULL, "Content-Type: application/json");
	p->plain = curl_slist_append(p->plain, "Expect:");
	p->gzipped = curl_slist_append(NULL, "Content-Type: application/json");
	p->gzipped = curl_slist_append(p->gzipped, "Expect:");
	p->gzipped = curl_slist_append(p->gzipped, "Content-Encoding: gzip");
	curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, p->error);
	curl_easy_setopt(p->curl, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(p->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(p->curl, CURLOPT_TIMEOUT, (long)POST_SECONDS);
	curl_easy_setopt(p->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(p->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	curl_easy_setopt(p->curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(p->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(p->curl, CURLOPT_XFERINFODATA, p);
}

int post_new(struct post **out)
{
	struct post *p = g_new0(struct post, 1);

	*out = NULL;
	if (!(p->curl = curl_easy_init())) {
		post_free(p);
		return LIMEN_EIO;
	}
	set_up(p);
	*out = p;
	return 0;
}

void post_free(struct post *p)
{
	if (!p)
		return;
	curl_easy_cleanup(p->curl);
	curl_slist_free_all(p->plain);
	curl_slist_free_all(p->gzipped);
	g_free(p);
}

static int perform(struct post *p, const struct post_target *to, const void *body, size_t len,
	bool gzipped, const char **reason)
{
	CURLcode code;

	curl_easy_setopt(p->curl, CURLOPT_URL, to->url);
	curl_easy_setopt(p->curl, CURLOPT_USERNAME, to->user);
	curl_easy_setopt(p->curl, CURLOPT_PASSWORD, to->password);
	curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, gzipped ? p->gzipped : p->plain);
	curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(p->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	p->error[0] = '\0';
	code = curl_easy_perform(p->curl);
	curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, NULL);
	if (code == CURLE_OK)
		return 0;
	*reason = p->error[0] ? p->error : curl_easy_strerror(code);
	return LIMEN_EIO;
}

int post_send(struct post *p, const struct post_target *to, const char *text, size_t len,
	const char **reason)
{
	g_autoptr(GByteArray) packed =
		to->compression >= 0 ? limen_event_gzip(text, len, to->compression) : NULL;

	if (packed)
		return perform(p, to, packed->data, packed->len, true, reason);
	return perform(p, to, text, len, false, reason);
}

void post_end_by(struct post *p, int64_t until_us)
{
	__atomic_store_n(&p->end_us, until_us, __ATOMIC_RELAXED);
}
