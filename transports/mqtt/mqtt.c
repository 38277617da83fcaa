/*
 * The MQTT transport: requests from one topic, replies and events to another; operators have a pair
 * of their own. In MQTT 5 a reply goes where its request says. Sessions outlive the connection to
 * the broker. Threads: start() and stop() main; send() any; requests on the library's thread.
 */
#include "kit/broker_transport.h"
#include "kit/mqtt.h"
#include "transports/mqtt/replies.h"

#include <string.h>

#define MQTT_5 5

static struct {
	struct limen_broker_transport common;
	struct limen_mqtt *mqtt;
	struct mqtt_replies *replies; /* NULL before MQTT 5 */
	const char *from[2], *to[2];  /* topics of requests and of replies, by client - 1 */
	int to_qos[2];
} t;

static const char *const tls_names[6] = { "ssl_enabled", "cacertfile", "certfile", "keyfile",
	"verify_peer", "verify_hostname" };

static const struct limen_option options[] = {
	LIMEN_BROKER_TRANSPORT_OPTIONS,
	LIMEN_MQTT_OPTIONS("20"),
	LIMEN_BROKER_TLS_OPTIONS("ssl_enabled", "cacertfile", "certfile", "keyfile", "verify_peer",
		"verify_hostname"),
	{ "general", "subscribe_topic", LIMEN_OPT_STRING, "to-janus", 0, 0, NULL,
		"Where requests come from." },
	{ "general", "publish_topic", LIMEN_OPT_STRING, "from-janus", 0, 0, NULL,
		"Where replies and events go." },
	{ "general", "subscribe_qos", LIMEN_OPT_INT, "1", 0, 2, NULL,
		"Quality of service of requests." },
	{ "general", "publish_qos", LIMEN_OPT_INT, "1", 0, 2, NULL,
		"Quality of service of replies and events." },
	{ "general", "vacuum_interval", LIMEN_OPT_INT, "60", 1, 3600, NULL,
		"Seconds for which the way of an MQTT 5 reply is remembered." },
	{ "general", "proxy_transaction_user_properties", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"MQTT 5: comma list of user properties that a reply has from its request." },
	{ "general", "add_transaction_user_properties", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"MQTT 5: user properties of every reply, \"name=value,name=value\"." },
	{ "admin", "subscribe_topic", LIMEN_OPT_STRING, "to-janus-admin", 0, 0, NULL,
		"Where operators' requests come from." },
	{ "admin", "publish_topic", LIMEN_OPT_STRING, "from-janus-admin", 0, 0, NULL,
		"Where their replies go." },
	{ "admin", "subscribe_qos", LIMEN_OPT_INT, "1", 0, 2, NULL,
		"Quality of service of operators' requests." },
	{ "admin", "publish_qos", LIMEN_OPT_INT, "1", 0, 2, NULL,
		"Quality of service of their replies." },
	{ "status", "enabled", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Publish that the gateway is there, and that it is not." },
	{ "status", "topic", LIMEN_OPT_STRING, "status", 0, 0, NULL, "Where to." },
	{ "status", "connect_message", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Published when connected; nothing when unset." },
	{ "status", "disconnect_message", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Published at the end, and by the broker as the last will; nothing when unset." },
	{ "status", "qos", LIMEN_OPT_INT, "1", 0, 2, NULL, "Quality of service of both." },
	{ "status", "retain", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Keep the last one for those who subscribe later." },
	LIMEN_OPTIONS_END,
};

static int mqtt_start(void);
static void mqtt_stop(void);
static void mqtt_send(uint64_t client, uint64_t request, uint64_t session, json_t *msg);
static void mqtt_session(uint64_t client, uint64_t session, enum limen_session_change change);
static json_t *mqtt_query(const json_t *request);

LIMEN_TRANSPORT("janus.transport.mqtt", 1, "0.1.0", "MQTT transport",
	"JSON requests and events through an MQTT broker.", "The Limen authors", options,
	.start = mqtt_start, .stop = mqtt_stop, .send = mqtt_send, .session = mqtt_session,
	.query = mqtt_query);

static const char *text_option(const char *section, const char *name)
{
	return limen->base.option_string(&limen_module.head, section, name);
}

static int int_option(const char *section, const char *name)
{
	return (int)limen->base.option_int(&limen_module.head, section, name);
}

static bool bool_option(const char *section, const char *name)
{
	return limen->base.option_bool(&limen_module.head, section, name);
}

/* Which client's request a message is: 1, 2 or 0. */
static uint64_t client_of(const char *topic)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(t.from); i++)
		if (t.from[i] && !strcmp(topic, t.from[i]))
			return i + 1;
	return 0;
}

static void reply_of(uint64_t client, uint64_t request, json_t *msg)
{
	mqtt_send(client, request, 0, msg);
}

/* MQTT 5 clients that do not say what a reply would belong to get none. */
static bool is_answerable(const json_t *msg)
{
	return !t.replies || json_is_string(json_object_get(msg, "transaction"));
}

static void on_message(const struct limen_mqtt_message *m, void *arg)
{
	const uint64_t client = client_of(m->topic), request = ++t.common.requests;
	json_t *msg, *error;

	(void)arg;
	if (!client)
		return;
	msg = limen_broker_transport_parse(m->bytes, m->len, &error);
	if (t.replies && client == LIMEN_BROKER_CLIENT && (!msg || !is_answerable(msg))) {
		limen_log(LIMEN_LOG_DEBUG, "mqtt", "a request without a transaction is ignored");
		json_decref(msg);
		json_decref(error);
		return;
	}
	if (t.replies && mqtt_replies_remember(t.replies, request, m))
		limen_log(LIMEN_LOG_WARN, "mqtt", "more than %u requests wait for an answer",
			MQTT_REPLIES_MAX);
	if (!msg)
		reply_of(client, request, error);
	else
		limen->receive(&limen_module, client, request, client == LIMEN_BROKER_ADMIN, msg);
}

static void on_state(const char *event, void *arg)
{
	(void)arg;
	limen_broker_transport_event(&t.common, event);
}

static void read_status(struct limen_mqtt_status *s)
{
	if (!bool_option("status", "enabled"))
		return;
	s->topic = text_option("status", "topic");
	s->connected = text_option("status", "connect_message");
	s->disconnected = text_option("status", "disconnect_message");
	s->qos = s->will_qos = int_option("status", "qos");
	s->retain_connected = s->retain_disconnected = s->retain_will =
		bool_option("status", "retain");
	s->will = s->disconnected != NULL;
}

static void read_topics(struct limen_mqtt_config *cfg)
{
	static const char *const groups[] = { "general", "admin" };

	for (unsigned i = 0; i < (t.common.admin ? 2 : 1); i++) {
		t.from[i] = cfg->subscribe[i] = text_option(groups[i], "subscribe_topic");
		cfg->subscribe_qos[i] = int_option(groups[i], "subscribe_qos");
		t.to[i] = text_option(groups[i], "publish_topic");
		t.to_qos[i] = int_option(groups[i], "publish_qos");
	}
}

static int mqtt_start(void)
{
	struct limen_mqtt_config cfg = { .name = "mqtt", .message = on_message, .state = on_state };
	int err;

	memset(&t, 0, sizeof(t));
	limen_broker_transport_read(&t.common, &limen_module);
	if (!t.common.enabled)
		return LIMEN_ESTATE;
	limen_mqtt_options_read(&cfg, &limen->base, &limen_module.head);
	limen_broker_tls_read(&cfg.tls, &limen->base, &limen_module.head, tls_names);
	read_status(&cfg.status);
	read_topics(&cfg);
	if (cfg.version == MQTT_5)
		t.replies = mqtt_replies_new(int_option("general", "vacuum_interval"),
			text_option("general", "proxy_transaction_user_properties"),
			text_option("general", "add_transaction_user_properties"));
	if ((err = limen_mqtt_new(&t.mqtt, &cfg)))
		mqtt_stop();
	return err;
}

static void mqtt_stop(void)
{
	limen_mqtt_free(t.mqtt);
	mqtt_replies_free(t.replies);
	memset(&t, 0, sizeof(t));
}

static void mqtt_send(uint64_t client, uint64_t request, uint64_t session, json_t *msg)
{
	struct limen_post *post;
	size_t len;
	char *text = limen_broker_transport_print(&t.common, msg, &len);

	(void)session;
	if (!text || !t.mqtt || client < 1 || client > G_N_ELEMENTS(t.to)) {
		free(text);
		return;
	}
	post = limen_post_new(t.to[client - 1], text, len);
	post->qos = t.to_qos[client - 1];
	if (t.replies && request)
		mqtt_replies_address(t.replies, request, post);
	limen_mqtt_send(t.mqtt, post);
}

/* One connection carries all sessions. */
static void mqtt_session(uint64_t client, uint64_t session, enum limen_session_change change)
{
	(void)client, (void)session, (void)change;
}

static json_t *mqtt_query(const json_t *request)
{
	return limen_broker_transport_query(&t.common, request);
}
