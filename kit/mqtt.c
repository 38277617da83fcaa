/*
 * A connection to an MQTT broker. One thread of this file connects, sends and waits; Paho's threads
 * only change what stands under the lock and wake it. Paho calls back with a lock of its own held:
 * so no function of Paho's is called with ours. Threads: see mqtt.h.
 */
#include "kit/mqtt.h"

#include <MQTTAsync.h>
#include <string.h>

#define CONNECT_TIMEOUT_S 10
#define FAREWELL_EXTRA_MS 1000 /* for the answer to the last words */
#define FIRST_REFUSAL 0x80     /* MQTT 5 §2.4: reason codes from here on are failures */

enum link { LINK_DOWN, LINK_TRYING, LINK_UP };

struct limen_mqtt {
	struct limen_mqtt_config cfg;
	char *url;
	GThread *thread;
	GMutex lock;
	GCond change;
	/* Under the lock */
	struct limen_outbox outbox;
	enum link link;
	unsigned subscribing; /* subscriptions not confirmed yet */
	char *trouble;        /* why the last try failed */
	bool stopping;
	/* Of the thread */
	MQTTAsync handle;
	int wait_ms;
	bool was_up;
};

#define log_line(m, level, ...)                                                                    \
	do {                                                                                       \
		if ((m)->cfg.base->log_wanted(level))                                              \
			(m)->cfg.base->log_write(level, (m)->cfg.name, 0, 0, __VA_ARGS__);         \
	} while (0)

void limen_mqtt_options_read(struct limen_mqtt_config *c, const struct limen_base_services *base,
	const struct limen_module_head *head)
{
	const char *version = base->option_string(head, "general", "mqtt_version");

	c->base = base;
	c->url = base->option_string(head, "general", "url");
	c->client_id = base->option_string(head, "general", "client_id");
	c->username = base->option_string(head, "general", "username");
	c->password = base->option_string(head, "general", "password");
	c->version = !strcmp(version, "5") ? MQTTVERSION_5
		: !strcmp(version, "3.1")  ? MQTTVERSION_3_1
					   : MQTTVERSION_3_1_1;
	c->keep_alive_s = (int)base->option_int(head, "general", "keep_alive_interval");
	c->clean = base->option_bool(head, "general", "cleansession");
	c->max_inflight = (int)base->option_int(head, "general", "max_inflight");
	c->max_buffered = (int)base->option_int(head, "general", "max_buffered");
	c->disconnect_timeout_ms = (int)base->option_int(head, "general", "disconnect_timeout");
}

char **limen_mqtt_properties(const char *list)
{
	g_auto(GStrv) pairs = g_strsplit(list ? list : "", ",", -1);
	g_autoptr(GStrvBuilder) out = g_strv_builder_new();

	if (!pairs[0])
		return NULL;
	for (char **p = pairs; *p; p++) {
		g_auto(GStrv) pair = g_strsplit(*p, "=", 2);

		g_strv_builder_add(out, pair[0] ? g_strstrip(pair[0]) : "");
		g_strv_builder_add(out, pair[0] && pair[1] ? g_strstrip(pair[1]) : "");
	}
	return g_strv_builder_end(out);
}

static bool is_v5(const struct limen_mqtt *m)
{
	return m->cfg.version == MQTTVERSION_5;
}

static void tell_state(struct limen_mqtt *m, const char *event)
{
	if (m->cfg.state)
		m->cfg.state(event, m->cfg.arg);
}

/* Paho's threads */
static void set_link(struct limen_mqtt *m, enum link link, const char *trouble)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&m->lock);

	m->link = link;
	if (trouble) {
		g_free(m->trouble);
		m->trouble = g_strdup(trouble);
	}
	g_cond_broadcast(&m->change);
}

static void on_lost(void *context, char *cause)
{
	set_link(context, LINK_DOWN, cause ? cause : "connection lost");
}

static void on_connected(void *context, MQTTAsync_successData *r)
{
	(void)r;
	set_link(context, LINK_UP, NULL);
}

static void on_connected5(void *context, MQTTAsync_successData5 *r)
{
	(void)r;
	set_link(context, LINK_UP, NULL);
}

static void on_failed(void *context, MQTTAsync_failureData *r)
{
	set_link(context, LINK_DOWN, r && r->message ? r->message : "refused");
}

static void on_failed5(void *context, MQTTAsync_failureData5 *r)
{
	set_link(context, LINK_DOWN,
		r && r->reasonCode >= FIRST_REFUSAL ? MQTTReasonCode_toString(r->reasonCode)
			: r && r->message           ? r->message
						    : "refused");
}

static void subscribed(struct limen_mqtt *m)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&m->lock);

	m->subscribing--;
	g_cond_broadcast(&m->change);
}

static void on_subscribed(void *context, MQTTAsync_successData *r)
{
	(void)r;
	subscribed(context);
}

static void on_subscribed5(void *context, MQTTAsync_successData5 *r)
{
	(void)r;
	subscribed(context);
}

static void sent(struct limen_post *post)
{
	struct limen_mqtt *m = post->owner;
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&m->lock);

	limen_outbox_done(&m->outbox, post);
	g_cond_broadcast(&m->change);
}

static void on_sent(void *context, MQTTAsync_successData *r)
{
	(void)r;
	sent(context);
}

static void on_sent5(void *context, MQTTAsync_successData5 *r)
{
	(void)r;
	sent(context);
}

/* A message that the network lost stays in the outbox and is sent over the next connection. */
static void on_unsent(void *context, MQTTAsync_failureData *r)
{
	struct limen_post *post = context;

	(void)r;
	set_link(post->owner, LINK_DOWN, "a message was not confirmed");
}

/* One that the broker refused would be refused again. */
static void on_unsent5(void *context, MQTTAsync_failureData5 *r)
{
	struct limen_post *post = context;
	struct limen_mqtt *m = post->owner;

	if (!r || r->reasonCode < FIRST_REFUSAL) {
		set_link(m, LINK_DOWN, "a message was not confirmed");
		return;
	}
	g_mutex_lock(&m->lock);
	limen_outbox_refuse(&m->outbox, post);
	g_cond_broadcast(&m->change);
	g_mutex_unlock(&m->lock);
}

static char *property_text(MQTTProperties *all, enum MQTTPropertyCodes code)
{
	const MQTTProperty *p = MQTTProperties_hasProperty(all, code)
		? MQTTProperties_getProperty(all, code)
		: NULL;

	return p ? g_strndup(p->value.data.data, (gsize)p->value.data.len) : NULL;
}

static char **user_properties(MQTTProperties *all)
{
	const int n = MQTTProperties_propertyCount(all, MQTTPROPERTY_CODE_USER_PROPERTY);
	char **out = n ? g_new0(char *, 2 * (gsize)n + 1) : NULL;

	for (int i = 0; i < n; i++) {
		const MQTTProperty *p =
			MQTTProperties_getPropertyAt(all, MQTTPROPERTY_CODE_USER_PROPERTY, i);

		out[2 * i] = g_strndup(p->value.data.data, (gsize)p->value.data.len);
		out[2 * i + 1] = g_strndup(p->value.value.data, (gsize)p->value.value.len);
	}
	return out;
}

/* Paho's thread; 1 = the message is ours and dealt with */
static int on_message(void *context, char *topic, int topic_len, MQTTAsync_message *msg)
{
	struct limen_mqtt *m = context;
	MQTTProperties *all = &msg->properties;
	g_autofree char *name = topic_len ? g_strndup(topic, (gsize)topic_len) : g_strdup(topic);
	g_autofree char *response = property_text(all, MQTTPROPERTY_CODE_RESPONSE_TOPIC);
	g_auto(GStrv) properties = user_properties(all);
	g_autoptr(GBytes) correlation = NULL;

	if (MQTTProperties_hasProperty(all, MQTTPROPERTY_CODE_CORRELATION_DATA)) {
		const MQTTProperty *p =
			MQTTProperties_getProperty(all, MQTTPROPERTY_CODE_CORRELATION_DATA);

		correlation = g_bytes_new(p->value.data.data, (gsize)p->value.data.len);
	}
	if (m->cfg.message && msg->payloadlen >= 0)
		m->cfg.message(&(struct limen_mqtt_message){ .topic = name,
				       .bytes = msg->payload,
				       .len = (size_t)msg->payloadlen,
				       .response_topic = response,
				       .correlation = correlation,
				       .properties = properties },
			m->cfg.arg);
	MQTTAsync_freeMessage(&msg);
	MQTTAsync_free(topic);
	return 1;
}

static void add_property(MQTTProperties *all, enum MQTTPropertyCodes code, const char *name,
	size_t name_len, const char *value)
{
	MQTTProperty p = { .identifier = code };

	p.value.data = (MQTTLenString){ .len = (int)name_len, .data = (char *)name };
	if (value)
		p.value.value = (MQTTLenString){ .len = (int)strlen(value), .data = (char *)value };
	MQTTProperties_add(all, &p);
}

static void add_properties(MQTTProperties *all, const struct limen_post *post)
{
	if (post->correlation) {
		gsize len;
		const char *bytes = g_bytes_get_data(post->correlation, &len);

		add_property(all, MQTTPROPERTY_CODE_CORRELATION_DATA, bytes, len, NULL);
	}
	for (char **p = post->properties; p && p[0] && p[1]; p += 2)
		add_property(all, MQTTPROPERTY_CODE_USER_PROPERTY, p[0], strlen(p[0]), p[1]);
}

/* The post stays the outbox's; it may have gone when this returns. */
static int send_post(struct limen_mqtt *m, struct limen_post *post)
{
	MQTTAsync_responseOptions how = MQTTAsync_responseOptions_initializer;
	MQTTAsync_message msg = MQTTAsync_message_initializer;
	MQTTProperties properties = MQTTProperties_initializer;
	int rc;

	msg.payload = post->text;
	msg.payloadlen = (int)post->len;
	msg.qos = post->qos;
	msg.retained = post->retained;
	how.context = post;
	if (is_v5(m)) {
		add_properties(&properties, post);
		msg.properties = properties;
		how.onSuccess5 = on_sent5;
		how.onFailure5 = on_unsent5;
	} else {
		how.onSuccess = on_sent;
		how.onFailure = on_unsent;
	}
	rc = MQTTAsync_sendMessage(m->handle, post->to, &msg, &how);
	MQTTProperties_free(&properties);
	return rc == MQTTASYNC_SUCCESS ? 0 : LIMEN_EIO;
}

static void push(struct limen_mqtt *m, struct limen_post *post)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&m->lock);

	post->owner = m;
	limen_outbox_push(&m->outbox, post,
		m->link == LINK_UP ? LIMEN_OUTBOX_MAX : (unsigned)m->cfg.max_buffered);
	g_cond_broadcast(&m->change);
}

void limen_mqtt_send(struct limen_mqtt *m, struct limen_post *post)
{
	push(m, post);
}

static void send_status(struct limen_mqtt *m, const char *text, bool retained)
{
	struct limen_post *post;

	if (!m->cfg.status.topic || !text)
		return;
	post = limen_post_new(m->cfg.status.topic, strdup(text), strlen(text));
	post->qos = m->cfg.status.qos;
	post->retained = retained;
	push(m, post);
}

static int start_connecting(struct limen_mqtt *m)
{
	MQTTAsync_connectOptions how = MQTTAsync_connectOptions_initializer;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
	MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
	MQTTProperties properties = MQTTProperties_initializer;
	int rc;

	if (is_v5(m))
		how = (MQTTAsync_connectOptions)MQTTAsync_connectOptions_initializer5;
	how.MQTTVersion = m->cfg.version;
	how.keepAliveInterval = m->cfg.keep_alive_s;
	how.connectTimeout = CONNECT_TIMEOUT_S;
	how.maxInflight = m->cfg.max_inflight;
	how.username = m->cfg.username;
	how.password = m->cfg.password;
	how.context = m;
	if (is_v5(m)) {
		/* Without an expiry MQTT 5 ends every session with its connection (§3.1.2.11.2). */
		MQTTProperty expiry = { .identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL,
			.value.integer4 = m->cfg.clean ? 0 : UINT32_MAX };

		MQTTProperties_add(&properties, &expiry);
		how.connectProperties = &properties;
		how.cleanstart = m->cfg.clean;
		how.onSuccess5 = on_connected5;
		how.onFailure5 = on_failed5;
	} else {
		how.cleansession = m->cfg.clean;
		how.onSuccess = on_connected;
		how.onFailure = on_failed;
	}
	if (m->cfg.status.topic && m->cfg.status.will) {
		will.topicName = m->cfg.status.topic;
		will.message = m->cfg.status.disconnected;
		will.qos = m->cfg.status.will_qos;
		will.retained = m->cfg.status.retain_will;
		how.will = &will;
	}
	tls.trustStore = m->cfg.tls.ca;
	tls.keyStore = m->cfg.tls.cert;
	tls.privateKey = m->cfg.tls.key;
	tls.enableServerCertAuth = m->cfg.tls.verify_peer;
	tls.verify = m->cfg.tls.verify_host;
	if (m->cfg.tls.enabled)
		how.ssl = &tls;
	rc = MQTTAsync_connect(m->handle, &how);
	MQTTProperties_free(&properties);
	return rc == MQTTASYNC_SUCCESS ? 0 : LIMEN_EIO;
}

/* Waits while subscriptions or the connection are not settled. Is there a connection? */
static bool settled(struct limen_mqtt *m)
{
	const int64_t end_us = g_get_monotonic_time() + 2 * CONNECT_TIMEOUT_S * G_USEC_PER_SEC;
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&m->lock);

	while ((m->link == LINK_TRYING || (m->link == LINK_UP && m->subscribing)) && !m->stopping)
		if (!g_cond_wait_until(&m->change, &m->lock, end_us))
			return false;
	return m->link == LINK_UP && !m->subscribing;
}

static bool subscribe(struct limen_mqtt *m, unsigned i)
{
	MQTTAsync_callOptions how = MQTTAsync_callOptions_initializer;

	how.context = m;
	if (is_v5(m)) {
		how.onSuccess5 = on_subscribed5;
		how.onFailure5 = on_failed5;
	} else {
		how.onSuccess = on_subscribed;
		how.onFailure = on_failed;
	}
	g_mutex_lock(&m->lock);
	m->subscribing++;
	g_mutex_unlock(&m->lock);
	return MQTTAsync_subscribe(m->handle, m->cfg.subscribe[i], m->cfg.subscribe_qos[i], &how) ==
		MQTTASYNC_SUCCESS;
}

static bool subscribe_all(struct limen_mqtt *m)
{
	for (unsigned i = 0; i < LIMEN_MQTT_SUBSCRIPTIONS_MAX; i++)
		if (m->cfg.subscribe[i] && (!subscribe(m, i) || !settled(m)))
			return false;
	return true;
}

static bool open_link(struct limen_mqtt *m)
{
	MQTTAsync_createOptions how = MQTTAsync_createOptions_initializer;

	how.MQTTVersion = m->cfg.version;
	g_mutex_lock(&m->lock);
	m->link = LINK_TRYING;
	m->subscribing = 0;
	g_mutex_unlock(&m->lock);
	if (MQTTAsync_createWithOptions(&m->handle, m->url, m->cfg.client_id,
		    MQTTCLIENT_PERSISTENCE_NONE, NULL, &how) != MQTTASYNC_SUCCESS) {
		m->handle = NULL;
		return false;
	}
	return MQTTAsync_setCallbacks(m->handle, m, on_lost, on_message, NULL) ==
		MQTTASYNC_SUCCESS &&
		start_connecting(m) == 0 && settled(m) && subscribe_all(m);
}

/* The next to send; NULL: the connection has ended, or the gateway ends and nothing waits, or only
 * what may not wait longer. */
static struct limen_post *wait_for_post(struct limen_mqtt *m, int64_t *end_us)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&m->lock);

	for (;;) {
		if (m->link != LINK_UP)
			return NULL;
		if (m->outbox.flying.length < (guint)m->cfg.max_inflight &&
			m->outbox.waiting.length > 0)
			return limen_outbox_next(&m->outbox);
		if (!m->stopping) {
			g_cond_wait(&m->change, &m->lock);
			continue;
		}
		if (!*end_us)
			*end_us = g_get_monotonic_time() +
				(int64_t)m->cfg.disconnect_timeout_ms * 1000;
		if (limen_outbox_empty(&m->outbox) ||
			!g_cond_wait_until(&m->change, &m->lock, *end_us))
			return NULL;
	}
}

static void serve(struct limen_mqtt *m)
{
	int64_t end_us = 0;

	for (struct limen_post *post; (post = wait_for_post(m, &end_us));)
		if (send_post(m, post)) {
			set_link(m, LINK_DOWN, "a message could not be sent");
			break;
		}
}

static void on_left(void *context, MQTTAsync_successData *r)
{
	(void)r;
	set_link(context, LINK_DOWN, "disconnected");
}

static void on_left5(void *context, MQTTAsync_successData5 *r)
{
	(void)r;
	set_link(context, LINK_DOWN, "disconnected");
}

/* The broker is told, so that it does not publish the will. */
static void take_leave(struct limen_mqtt *m)
{
	MQTTAsync_disconnectOptions how = MQTTAsync_disconnectOptions_initializer;
	const int64_t end_us = g_get_monotonic_time() +
		(int64_t)(m->cfg.disconnect_timeout_ms + FAREWELL_EXTRA_MS) * 1000;

	if (is_v5(m)) {
		how = (MQTTAsync_disconnectOptions)MQTTAsync_disconnectOptions_initializer5;
		how.onSuccess5 = on_left5;
	} else {
		how.onSuccess = on_left;
	}
	how.timeout = m->cfg.disconnect_timeout_ms;
	how.context = m;
	if (MQTTAsync_disconnect(m->handle, &how) != MQTTASYNC_SUCCESS)
		return;
	g_mutex_lock(&m->lock);
	while (m->link == LINK_UP && g_cond_wait_until(&m->change, &m->lock, end_us))
		;
	g_mutex_unlock(&m->lock);
}

static void close_link(struct limen_mqtt *m)
{
	bool leave;

	g_mutex_lock(&m->lock);
	leave = m->link == LINK_UP;
	g_mutex_unlock(&m->lock);
	if (m->handle && leave)
		take_leave(m);
	if (m->handle)
		MQTTAsync_destroy(&m->handle);
	g_mutex_lock(&m->lock);
	m->link = LINK_DOWN;
	limen_outbox_again(&m->outbox);
	g_mutex_unlock(&m->lock);
}

static bool is_stopping(struct limen_mqtt *m)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&m->lock);

	return m->stopping;
}

/* false: the gateway ends. */
static bool pause_before_next(struct limen_mqtt *m)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&m->lock);
	int64_t until_us;

	m->wait_ms = limen_broker_wait_ms(m->wait_ms);
	until_us = g_get_monotonic_time() + (int64_t)m->wait_ms * 1000;
	while (!m->stopping && g_cond_wait_until(&m->change, &m->lock, until_us))
		;
	return !m->stopping;
}

static void report_down(struct limen_mqtt *m, bool was_up)
{
	g_autofree char *trouble = NULL;

	g_mutex_lock(&m->lock);
	trouble = g_steal_pointer(&m->trouble);
	g_mutex_unlock(&m->lock);
	log_line(m, LIMEN_LOG_WARN, "%s at %s: %s", was_up ? "connection ended" : "no connection",
		m->url, trouble ? trouble : "the broker does not answer");
	tell_state(m, was_up ? "disconnected" : "failed");
}

static gpointer run(gpointer arg)
{
	struct limen_mqtt *m = arg;

	do {
		bool up;

		if (m->was_up)
			tell_state(m, "reconnecting");
		if ((up = open_link(m))) {
			m->was_up = true;
			m->wait_ms = 0;
			log_line(m, LIMEN_LOG_INFO, "connected to %s", m->url);
			tell_state(m, "connected");
			send_status(m, m->cfg.status.connected, m->cfg.status.retain_connected);
			serve(m);
		}
		close_link(m);
		if (!is_stopping(m))
			report_down(m, up);
	} while (pause_before_next(m));
	return NULL;
}

/* Paho wants the scheme to say that there is TLS. */
static char *url_of(const struct limen_mqtt_config *cfg)
{
	const char *rest = strstr(cfg->url, "://");

	if (cfg->tls.enabled && rest && g_str_has_prefix(cfg->url, "tcp://"))
		return g_strconcat("ssl", rest, NULL);
	return g_strdup(cfg->url);
}

int limen_mqtt_new(struct limen_mqtt **out, const struct limen_mqtt_config *cfg)
{
	/* The gateway's OpenSSL is set up by itself. */
	MQTTAsync_init_options init = MQTTAsync_init_options_initializer;
	struct limen_mqtt *m = g_new0(struct limen_mqtt, 1);

	MQTTAsync_global_init(&init);
	m->cfg = *cfg;
	m->url = url_of(cfg);
	g_mutex_init(&m->lock);
	g_cond_init(&m->change);
	limen_outbox_init(&m->outbox, cfg->base, cfg->name);
	*out = m; /* before the first message, which may want an answer */
	if ((m->thread = g_thread_try_new(cfg->name, run, m, NULL)))
		return 0;
	limen_mqtt_free(g_steal_pointer(out));
	return LIMEN_EIO;
}

void limen_mqtt_free(struct limen_mqtt *m)
{
	if (!m)
		return;
	send_status(m, m->cfg.status.disconnected, m->cfg.status.retain_disconnected);
	g_mutex_lock(&m->lock);
	m->stopping = true;
	g_cond_broadcast(&m->change);
	g_mutex_unlock(&m->lock);
	if (m->thread)
		g_thread_join(m->thread);
	limen_outbox_clear(&m->outbox);
	g_free(m->trouble);
	g_free(m->url);
	g_cond_clear(&m->change);
	g_mutex_clear(&m->lock);
	g_free(m);
}
