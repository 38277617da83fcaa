/*
 * Events to an HTTP server: one POST for each event, or for an array of those that wait. Threads:
 * start() and stop() main; wanted() and query() any; handle() the core's; posts on the sender's.
 */
#include <curl/curl.h>
#include <string.h>
#include "events/webhook/post.h"
#include "kit/event_sender.h"

#define TOPIC "webhook"
#define RETRIES_MAX 100
#define BACKOFF_MAX_MS 60000
#define COMPRESSION_MAX 9
#define FAREWELL_US (2 * G_USEC_PER_SEC)

static const struct limen_option options[] = {
	LIMEN_EVENT_OPTIONS,
	LIMEN_EVENT_OPTION_GROUPING,
	{ "general", "backend", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Where to post, \"http://...\"; needed when enabled" },
	{ "general", "backend_user", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"User for basic authentication" },
	{ "general", "backend_pwd", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "Password" },
	{ "general", "compress", LIMEN_OPT_BOOL, "false", 0, 0, NULL, "Post bodies as gzip" },
	{ "general", "compression", LIMEN_OPT_INT, "6", 0, COMPRESSION_MAX, NULL,
		"Level of compression" },
	{ "general", "max_retransmissions", LIMEN_OPT_INT, "5", 0, RETRIES_MAX, NULL,
		"How often a post that met no server is tried again before its events are "
		"dropped" },
	{ "general", "retransmissions_backoff", LIMEN_OPT_INT, "100", 1, BACKOFF_MAX_MS, NULL,
		"Milliseconds before the first of these; doubled each time" },
	LIMEN_OPTIONS_END,
};

static const struct limen_field tweakable[] = {
	{ "events", LIMEN_F_STRING, false },
	{ "grouping", LIMEN_F_BOOL, false },
	{ "backend", LIMEN_F_STRING, false },
	{ "backend_user", LIMEN_F_STRING, false },
	{ "backend_pwd", LIMEN_F_STRING, false },
	{ "max_retransmissions", LIMEN_F_UINT, false },
	{ "retransmissions_backoff", LIMEN_F_UINT, false },
	{ "compress", LIMEN_F_BOOL, false },
	{ "compression", LIMEN_F_UINT, false },
	LIMEN_FIELDS_END,
};

static struct {
	struct limen_event_common common;
	struct limen_event_retry retry;
	struct limen_event_sender *sender;
	struct post *post;
	GMutex lock; /* of the target */
	char *url, *user, *password;
	bool compress;
	int level;
} hook;

static int hook_start(void);
static void hook_stop(void);
static void hook_handle(const json_t *event);
static json_t *hook_query(const json_t *request);
static unsigned hook_wanted(void);

LIMEN_EVENT_HANDLER("janus.eventhandler.sampleevh", 1, "0.1.0", "HTTP event handler",
	"Posts events to an HTTP server.", "The Limen authors", options, .mask = (unsigned)-1,
	.start = hook_start, .stop = hook_stop, .handle = hook_handle, .query = hook_query,
	.wanted = hook_wanted);

static const char *text_option(const char *name)
{
	return limen->base.option_string(&limen_module.head, "general", name);
}

static int int_option(const char *name)
{
	return (int)limen->base.option_int(&limen_module.head, "general", name);
}

static bool usable_url(const char *url)
{
	return url && g_ascii_strncasecmp(url, "http", strlen("http")) == 0;
}

/* A copy, as a tweak may change it meanwhile: a request takes long. */
static void copy_target(struct post_target *to, char *owned[3])
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&hook.lock);

	owned[0] = g_strdup(hook.url);
	owned[1] = g_strdup(hook.user);
	owned[2] = g_strdup(hook.password);
	*to = (struct post_target){ owned[0], owned[1], owned[2], hook.compress ? hook.level : -1 };
}

static int send_text(const char *text, size_t len, void *arg)
{
	struct post_target to;
	char *owned[3];
	const char *reason;
	int err;

	(void)arg;
	copy_target(&to, owned);
	if ((err = post_send(hook.post, &to, text, len, &reason)))
		limen_log(LIMEN_LOG_DEBUG, TOPIC, "%s: %s", to.url, reason);
	for (size_t i = 0; i < G_N_ELEMENTS(owned); i++)
		g_free(owned[i]);
	return err;
}

static void read_options(void)
{
	const struct limen_module_head *head = &limen_module.head;

	limen_event_common_read(&hook.common, head, true);
	hook.retry.times = int_option("max_retransmissions");
	hook.retry.backoff_ms = int_option("retransmissions_backoff");
	hook.url = g_strdup(text_option("backend"));
	hook.user = g_strdup(text_option("backend_user"));
	hook.password = g_strdup(text_option("backend_pwd"));
	hook.compress = limen->base.option_bool(head, "general", "compress");
	hook.level = int_option("compression");
}

static int hook_start(void)
{
	const struct limen_event_sender_config cfg = {
		.topic = TOPIC, .common = &hook.common, .retry = &hook.retry, .send = send_text
	};
	int err;

	read_options();
	if (!hook.common.enabled)
		return 0;
	if (!usable_url(hook.url)) {
		limen_log(LIMEN_LOG_ERROR, TOPIC,
			"general.backend: expected \"http://...\" or \"https://...\"");
		return LIMEN_EINVAL;
	}
	if (curl_global_init(CURL_GLOBAL_ALL) || (err = post_new(&hook.post)) ||
		(err = limen_event_sender_new(&hook.sender, &cfg)))
		return LIMEN_EIO;
	return 0;
}

static void hook_stop(void)
{
	if (hook.post)
		post_end_by(hook.post, g_get_monotonic_time() + FAREWELL_US);
	limen_event_sender_free(hook.sender);
	post_free(hook.post);
	g_free(hook.url);
	g_free(hook.user);
	g_free(hook.password);
	memset(&hook, 0, sizeof(hook));
}

static void hook_handle(const json_t *event)
{
	limen_event_sender_push(hook.sender, event);
}

static unsigned hook_wanted(void)
{
	return limen_event_wanted(&hook.common);
}

static void set_text(char **place, const json_t *request, const char *name)
{
	const json_t *value = json_object_get(request, name);

	if (!value)
		return;
	g_free(*place);
	*place = g_strdup(json_string_value(value));
}

static void tweak_target(const json_t *request)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&hook.lock);
	const json_t *compress = json_object_get(request, "compress"),
		     *level = json_object_get(request, "compression");

	set_text(&hook.url, request, "backend");
	set_text(&hook.user, request, "backend_user");
	set_text(&hook.password, request, "backend_pwd");
	if (compress)
		hook.compress = json_is_true(compress);
	if (level)
		hook.level = (int)MIN(json_integer_value(level), COMPRESSION_MAX);
}

static void tweak_number(gint *place, const json_t *request, const char *name, int max)
{
	const json_t *value = json_object_get(request, name);

	if (value)
		g_atomic_int_set(place, (gint)MIN(json_integer_value(value), max));
}

static json_t *hook_query(const json_t *request)
{
	const json_t *url = json_object_get(request, "backend");
	json_t *error = limen_event_tweak_check(request, tweakable);

	if (error)
		return error;
	if (url && !usable_url(json_string_value(url)))
		return limen_event_fail(
			LIMEN_EVENT_INVALID, "Invalid HTTP URI '%s'", json_string_value(url));
	tweak_target(request);
	tweak_number(&hook.retry.times, request, "max_retransmissions", RETRIES_MAX);
	tweak_number(&hook.retry.backoff_ms, request, "retransmissions_backoff", BACKOFF_MAX_MS);
	limen_event_tweak(&hook.common, request);
	return limen_event_done();
}
