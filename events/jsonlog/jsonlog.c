/*
 * The log as a file of JSON objects, one on a line. Threads: start() and stop() main; log() the
 * log's own, which may wait for the disk while nobody waits for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "kit/event.h"
#include "kit/framing.h"

#define TOPIC "jsonlog"

static const struct limen_option options[] = {
	{ "general", "enabled", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Is the file written at all?" },
	{ "general", "filename", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"The file that lines are added to; needed when enabled" },
	{ "general", "json", LIMEN_OPT_CHOICE, "compact", 0, 0, "indented|plain|compact",
		"How objects are printed" },
	LIMEN_OPTIONS_END,
};

static struct {
	int fd; /* -1 = not enabled */
	size_t style;
	bool failed; /* the last line could not be written, and that was logged */
} sink = { .fd = -1 };

static int sink_start(void);
static void sink_stop(void);
static json_t *sink_query(const json_t *request);
static void sink_log(int64_t wall_us, const char *line);

LIMEN_EVENT_HANDLER("janus.logger.jsonlog", 1, "0.1.0", "JSON logger",
	"Adds lines of the log to a file as JSON objects.", "The Limen authors", options,
	.start = sink_start, .stop = sink_stop, .query = sink_query, .log = sink_log);

static int sink_start(void)
{
	const struct limen_module_head *head = &limen_module.head;
	const char *file = limen->base.option_string(head, "general", "filename");

	sink.failed = false;
	sink.style = limen_framing_style(limen->base.option_string(head, "general", "json"));
	if (!limen->base.option_bool(head, "general", "enabled"))
		return 0;
	if (file)
		sink.fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (sink.fd >= 0)
		return 0;
	limen_log(LIMEN_LOG_ERROR, TOPIC, "general.filename: %s: %s", file ? file : "not set",
		file ? g_strerror(errno) : "it is needed when enabled");
	return LIMEN_EIO;
}

static void sink_stop(void)
{
	if (sink.fd >= 0)
		close(sink.fd);
	sink.fd = -1;
}

static bool put(const char *text, size_t len)
{
	while (len) {
		const ssize_t n = write(sink.fd, text, len);

		if (n < 0 && errno != EINTR)
			return false;
		text += MAX(n, 0);
		len -= (size_t)MAX(n, 0);
	}
	return true;
}

/* Whether the disk is full is logged once, not for each line: that would not end. */
static void sink_log(int64_t wall_us, const char *line)
{
	json_t *o;
	char *text;
	size_t len;
	bool good;

	if (sink.fd < 0)
		return;
	o = json_pack(
		"{s:I,s:o}", "timestamp", (json_int_t)wall_us, "line", json_sprintf("%s\n", line));
	text = limen_framing_print(o, sink.style, &len);
	json_decref(o);
	if (!text)
		return;
	text[len] = '\n'; /* in place of the NUL */
	good = put(text, len + 1);
	free(text);
	if (!good && !sink.failed)
		limen_log(LIMEN_LOG_ERROR, TOPIC, "cannot be written: %s", g_strerror(errno));
	sink.failed = !good;
}

static json_t *sink_query(const json_t *request)
{
	const json_t *verb = json_object_get(request, "request");

	if (!verb)
		return limen_event_fail(LIMEN_EVENT_MISSING, "Missing mandatory element (request)");
	if (!json_is_string(verb))
		return limen_event_fail(
			LIMEN_EVENT_INVALID, "Invalid element type (request should be a string)");
	if (g_ascii_strcasecmp(json_string_value(verb), "info") != 0)
		return limen_event_fail(LIMEN_EVENT_UNKNOWN_REQUEST, "Unknown request '%s'",
			json_string_value(verb));
	return limen_event_done();
}
