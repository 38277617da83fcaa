/*
 * Events to an MQTT broker: each to the topic of its type, with the type's name in it. Threads:
 * start() and stop() main; handle() the core's event thread; it only queues a text.
 */
#include "kit/event.h"
#include "kit/framing.h"
#include "kit/mqtt.h"

#include <string.h>

#define NAME "janus.eventhandler.mqttevh"

static struct {
	struct limen_event_common common;
	struct limen_mqtt *mqtt;
	const char *topic;
	char *status_topic;
	char **properties;
	int qos;
	bool retain;
} h;

static const char *const tls_names[6] = { "tls_enable", "tls_cacert", "tls_client_cert",
	"tls_client_key", "tls_verify_peer", "tls_verify_hostname" };
static const char *const ssl_names[6] = { "ssl_enable", "ssl_cacert", "ssl_client_cert",
	"ssl_client_key", "ssl_verify_peer", "ssl_verify_hostname" };

static const struct limen_option options[] = {
	LIMEN_EVENT_OPTIONS,
	LIMEN_MQTT_OPTIONS("30"),
	LIMEN_BROKER_TLS_OPTIONS("tls_enable", "tls_cacert", "tls_client_cert", "tls_client_key",
		"tls_verify_peer", "tls_verify_hostname"),
	LIMEN_BROKER_TLS_OPTIONS("ssl_enable", "ssl_cacert", "ssl_client_cert", "ssl_client_key",
		"ssl_verify_peer", "ssl_verify_hostname"),
	{ "general", "topic", LIMEN_OPT_STRING, "/janus/events", 0, 0, NULL,
		"Events go to TOPIC/sessions, TOPIC/handles and so on." },
	{ "general", "qos", LIMEN_OPT_INT, "1", 0, 2, NULL, "Quality of service of events." },
	{ "general", "retain", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Keep the last event of each topic for those who subscribe later." },
	{ "general", "connect_status", LIMEN_OPT_STRING,
		"{\"event\":\"connected\",\"eventhandler\":\"" NAME "\"}", 0, 0, NULL,
		"Published to TOPIC/status when connected." },
	{ "general", "disconnect_status", LIMEN_OPT_STRING, "{\"event\":\"disconnected\"}", 0, 0,
		NULL, "Published to TOPIC/status at the end, and kept." },
	{ "general", "will_enabled", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Let the broker publish disconnect_status when the connection breaks." },
	{ "general", "will_retain", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Keep that, and connect_status." },
	{ "general", "will_qos", LIMEN_OPT_INT, "0", 0, 2, NULL, "Quality of service of that." },
	{ "general", "add_user_properties", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"MQTT 5: user properties of every event, \"name=value,name=value\"." },
	LIMEN_OPTIONS_END,
};

static int mqtt_start(void);
static void mqtt_stop(void);
static void mqtt_handle(const json_t *event);
static json_t *mqtt_query(const json_t *request);
static unsigned mqtt_wanted(void);

LIMEN_EVENT_HANDLER(NAME, 1, "0.1.0", "MQTT event handler", "Events to an MQTT broker.",
	"The Limen authors", options, .mask = ~0u, .start = mqtt_start, .stop = mqtt_stop,
	.handle = mqtt_handle, .query = mqtt_query, .wanted = mqtt_wanted);

static bool bool_option(const char *name)
{
	return limen->base.option_bool(&limen_module.head, "general", name);
}

static int int_option(const char *name)
{
	return (int)limen->base.option_int(&limen_module.head, "general", name);
}

static const char *text_option(const char *name)
{
	return limen->base.option_string(&limen_module.head, "general", name);
}

static void read_options(struct limen_mqtt_config *cfg)
{
	const struct limen_base_services *base = &limen->base;

	limen_mqtt_options_read(cfg, base, &limen_module.head);
	limen_broker_tls_read(&cfg->tls, base, &limen_module.head,
		bool_option(ssl_names[0]) ? ssl_names : tls_names);
	h.topic = text_option("topic");
	h.status_topic = g_strconcat(h.topic, "/status", NULL);
	h.properties = limen_mqtt_properties(text_option("add_user_properties"));
	h.qos = int_option("qos");
	h.retain = bool_option("retain");
	cfg->status = (struct limen_mqtt_status){ .topic = h.status_topic,
		.connected = text_option("connect_status"),
		.disconnected = text_option("disconnect_status"),
		.qos = h.qos,
		.will_qos = int_option("will_qos"),
		.retain_connected = bool_option("will_retain"),
		.retain_disconnected = true,
		.will = bool_option("will_enabled"),
		.retain_will = bool_option("will_retain") };
}

static int mqtt_start(void)
{
	struct limen_mqtt_config cfg = { .name = "mqttevh" };
	int err;

	memset(&h, 0, sizeof(h));
	limen_event_common_read(&h.common, &limen_module.head, false);
	if (!h.common.enabled)
		return 0;
	read_options(&cfg);
	if ((err = limen_mqtt_new(&h.mqtt, &cfg)))
		mqtt_stop();
	return err;
}

static void mqtt_stop(void)
{
	limen_mqtt_free(h.mqtt);
	g_free(h.status_topic);
	g_strfreev(h.properties);
	memset(&h, 0, sizeof(h));
}

static unsigned mqtt_wanted(void)
{
	return limen_event_wanted(&h.common);
}

static char *print_named(const json_t *event, const char *name, size_t *len)
{
	json_t *named = json_copy((json_t *)event);
	char *text;

	json_object_set_new(named, "eventtype", json_string(name));
	text = limen_framing_print(named, h.common.style, len);
	json_decref(named);
	return text;
}

static void mqtt_handle(const json_t *event)
{
	const unsigned type = (unsigned)json_integer_value(json_object_get(event, "type"));
	const char *label = limen_event_label(type);
	g_autofree char *topic = NULL;
	struct limen_post *post;
	size_t len;
	char *text;

	if (!label || !h.mqtt || !(mqtt_wanted() & type))
		return;
	if (!(text = print_named(event, limen_event_name(type), &len)))
		return;
	topic = g_strconcat(h.topic, "/", label, NULL);
	post = limen_post_new(topic, text, len);
	post->qos = h.qos;
	post->retained = h.retain;
	post->properties = g_strdupv(h.properties);
	limen_mqtt_send(h.mqtt, post);
}

static json_t *mqtt_query(const json_t *request)
{
	static const struct limen_field fields[] = {
		{ "events", LIMEN_F_STRING, false },
		LIMEN_FIELDS_END,
	};
	json_t *error = limen_event_tweak_check(request, fields);

	if (error)
		return error;
	limen_event_tweak(&h.common, request);
	return limen_event_done();
}
