/*
 * Events to a GELF receiver (Graylog), by UDP or TCP. Threads: start() and stop() main; wanted()
 * and query() any; handle() the core's; sockets belong to the sender's thread.
 */
#include <string.h>
#include "events/gelf/wire.h"
#include "kit/event_gzip.h"
#include "kit/event_sender.h"

#define TOPIC "gelf"
#define DATAGRAM_MIN 64
#define DATAGRAM_MAX 65507
#define COMPRESSION_MAX 9
#define RETRIES 5
#define BACKOFF_MS 100

static const struct limen_option options[] = {
	LIMEN_EVENT_OPTIONS,
	{ "general", "backend", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Name or address of the receiver; needed when enabled" },
	{ "general", "port", LIMEN_OPT_INT, "0", 0, 65535, NULL, "Its port; needed when enabled" },
	{ "general", "protocol", LIMEN_OPT_CHOICE, "udp", 0, 0, "udp|tcp", "How it is reached" },
	{ "general", "max_message_len", LIMEN_OPT_INT, "500", DATAGRAM_MIN, DATAGRAM_MAX, NULL,
		"Bytes of the largest datagram; longer messages go in up to 128 chunks" },
	{ "general", "compress", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Send messages as gzip (udp)" },
	{ "general", "compression", LIMEN_OPT_INT, "6", 0, COMPRESSION_MAX, NULL,
		"Level of compression" },
	LIMEN_OPTIONS_END,
};

static const struct limen_field tweakable[] = {
	{ "backend", LIMEN_F_STRING, true },
	{ "port", LIMEN_F_UINT, true },
	{ "events", LIMEN_F_STRING, false },
	{ "max_message_len", LIMEN_F_UINT, false },
	{ "protocol", LIMEN_F_STRING, false },
	{ "compress", LIMEN_F_BOOL, false },
	{ "compression", LIMEN_F_UINT, false },
	LIMEN_FIELDS_END,
};

static struct {
	struct limen_event_common common;
	struct limen_event_retry retry;
	struct limen_event_sender *sender;
	struct gelf_wire wire; /* sender's thread */
	GMutex lock;           /* of what follows, which tweaks change */
	char *host;
	int port, level;
	size_t max;
	bool tcp, compress, changed; /* changed: connect anew */
} gelf;

static int gelf_start(void);
static void gelf_stop(void);
static void gelf_handle(const json_t *event);
static json_t *gelf_query(const json_t *request);
static unsigned gelf_wanted(void);

LIMEN_EVENT_HANDLER("janus.eventhandler.gelfevh", 1, "0.1.0", "GELF event handler",
	"Sends events to a GELF receiver.", "The Limen authors", options, .mask = (unsigned)-1,
	.start = gelf_start, .stop = gelf_stop, .handle = gelf_handle, .query = gelf_query,
	.wanted = gelf_wanted);

/* What one message needs of the settings. */
struct way {
	size_t max;
	int level; /* -1 = not compressed */
};

/* Connects if need be, to where the settings say now. */
static int get_ready(struct way *way)
{
	g_autofree char *host = NULL;
	bool anew, tcp;
	int port;

	g_mutex_lock(&gelf.lock);
	host = g_strdup(gelf.host);
	port = gelf.port;
	tcp = gelf.tcp;
	anew = gelf.changed || gelf.wire.fd < 0;
	gelf.changed = false;
	*way = (struct way){ gelf.max, gelf.compress && !tcp ? gelf.level : -1 };
	g_mutex_unlock(&gelf.lock);
	return anew ? gelf_wire_open(&gelf.wire, host, port, tcp) : 0;
}

static int send_text(const char *text, size_t len, void *arg)
{
	g_autoptr(GByteArray) packed = NULL;
	struct way way;
	int err;

	(void)arg;
	if ((err = get_ready(&way)))
		return err;
	if (gelf.wire.tcp)
		return gelf_wire_stream(&gelf.wire, text, len);
	if (way.level >= 0 && (packed = limen_event_gzip(text, len, way.level))) {
		text = (const char *)packed->data;
		len = packed->len;
	}
	err = gelf_wire_datagrams(&gelf.wire, (const uint8_t *)text, len, way.max);
	/* More tries make no difference: it is too long, or nobody listens, as may be with UDP. */
	if (err)
		limen_log(LIMEN_LOG_DEBUG, TOPIC, "a message of %zu bytes is lost: %s", len,
			limen_error_text(err));
	return 0;
}

static void read_options(void)
{
	const struct limen_base_services *base = &limen->base;
	const struct limen_module_head *head = &limen_module.head;

	limen_event_common_read(&gelf.common, head, false);
	gelf.retry = (struct limen_event_retry){ RETRIES, BACKOFF_MS };
	gelf.wire.fd = -1;
	gelf.host = g_strdup(base->option_string(head, "general", "backend"));
	gelf.port = (int)base->option_int(head, "general", "port");
	gelf.tcp = strcmp(base->option_string(head, "general", "protocol"), "tcp") == 0;
	gelf.max = (size_t)base->option_int(head, "general", "max_message_len");
	gelf.compress = base->option_bool(head, "general", "compress");
	gelf.level = (int)base->option_int(head, "general", "compression");
}

static int gelf_start(void)
{
	const struct limen_event_sender_config cfg = {
		.topic = TOPIC, .common = &gelf.common, .retry = &gelf.retry, .send = send_text
	};

	read_options();
	if (!gelf.common.enabled)
		return 0;
	if (!gelf.host || !gelf.port) {
		limen_log(LIMEN_LOG_ERROR, TOPIC,
			"general.backend and general.port are needed when enabled");
		return LIMEN_EINVAL;
	}
	return limen_event_sender_new(&gelf.sender, &cfg);
}

static void gelf_stop(void)
{
	limen_event_sender_free(gelf.sender);
	gelf_wire_close(&gelf.wire);
	g_free(gelf.host);
	memset(&gelf, 0, sizeof(gelf));
}

static void gelf_handle(const json_t *event)
{
	const json_int_t type = json_integer_value(json_object_get(event, "type"));
	const double seconds =
		(double)json_integer_value(json_object_get(event, "timestamp")) / G_USEC_PER_SEC;
	json_t *message = json_pack("{s:f,s:O,s:s,s:I,s:s,s:O}", "timestamp", seconds, "host",
		json_object_get(event, "emitter"), "version", "1.1", "level", type, "short_message",
		limen_event_name((unsigned)type), "full_message", json_object_get(event, "event"));

	limen_event_sender_push(gelf.sender, message);
	json_decref(message);
}

static unsigned gelf_wanted(void)
{
	return limen_event_wanted(&gelf.common);
}

static void tweak(const json_t *request, const char *protocol)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&gelf.lock);
	const json_t *max = json_object_get(request, "max_message_len"),
		     *compress = json_object_get(request, "compress"),
		     *level = json_object_get(request, "compression");

	g_free(gelf.host);
	gelf.host = g_strdup(json_string_value(json_object_get(request, "backend")));
	gelf.port = (int)json_integer_value(json_object_get(request, "port"));
	if (protocol)
		gelf.tcp = g_ascii_strcasecmp(protocol, "tcp") == 0;
	if (max)
		gelf.max = (size_t)CLAMP(json_integer_value(max), DATAGRAM_MIN, DATAGRAM_MAX);
	if (compress)
		gelf.compress = json_is_true(compress);
	if (level)
		gelf.level = (int)MIN(json_integer_value(level), COMPRESSION_MAX);
	gelf.changed = true;
}

static json_t *gelf_query(const json_t *request)
{
	const char *protocol = json_string_value(json_object_get(request, "protocol"));
	const json_int_t port = json_integer_value(json_object_get(request, "port"));
	json_t *error = limen_event_tweak_check(request, tweakable);

	if (error)
		return error;
	if (port < 1 || port > 65535)
		return limen_event_fail(LIMEN_EVENT_INVALID, "Invalid port");
	if (protocol && g_ascii_strcasecmp(protocol, "udp") != 0 &&
		g_ascii_strcasecmp(protocol, "tcp") != 0)
		return limen_event_fail(LIMEN_EVENT_INVALID, "Invalid protocol '%s'", protocol);
	tweak(request, protocol);
	limen_event_tweak(&gelf.common, request);
	return limen_event_done();
}
