/*
 * Requests from anybody against a core with one session (id 1), one handle (written as handle_id 1)
 * and a plugin that offers and answers, over a simulated network. Each request gets one reply,
 * replies and events can be sent as JSON, and their descriptions can be read. One thread.
 */
#include <stdlib.h>
#include <string.h>
#include "core/session/request.h"
#include "kit/framing.h"
#include "tests/lib/fake_net.h"

#define REQUESTS_MAX 16
#define SESSION_ID 1

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct limen_core core;
	struct limen_loop *loop;
	uint64_t handle_id;
	unsigned replies[REQUESTS_MAX + 1];
} t;

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static void check_description(const json_t *jsep)
{
	const json_t *text = json_object_get(jsep, "sdp");
	g_autoptr(limen_sdp) sdp = NULL;
	g_autofree char *reason = NULL;

	must(json_is_string(text));
	must(limen_sdp_parse(json_string_value(text), json_string_length(text), &sdp, &reason) ==
		0);
}

static void on_send(uint64_t client, uint64_t request, uint64_t session, json_t *msg)
{
	char *text = json_dumps(msg, 0);

	(void)client, (void)session;
	must(text && json_is_string(json_object_get(msg, "janus")));
	must(request <= REQUESTS_MAX);
	t.replies[request]++;
	if (json_object_get(msg, "jsep"))
		check_description(json_object_get(msg, "jsep"));
	free(text);
	json_decref(msg);
}

static int reply_only(struct limen_handle *h, struct limen_request *r)
{
	(void)h;
	r->reply = json_pack("{s:s}", "fuzz", "reply");
	return 0;
}

static int answer_offer(struct limen_handle *h, struct limen_request *r)
{
	const struct limen_answer_rules rules = { .exts = UINT32_MAX };

	if (r->jsep->type != LIMEN_JSEP_OFFER)
		return reply_only(h, r);
	r->answer.type = LIMEN_JSEP_ANSWER;
	return limen_sdp_answer(r->jsep->sdp, &rules, &r->answer.sdp);
}

static int make_offer(struct limen_handle *h, struct limen_request *r)
{
	(void)h;
	r->answer.type = LIMEN_JSEP_OFFER;
	r->answer.sdp = limen_sdp_new("fuzz");
	limen_sdp_add(
		r->answer.sdp, LIMEN_AUDIO, LIMEN_OPUS, LIMEN_SENDONLY, "0", NULL, UINT32_MAX);
	limen_sdp_add(r->answer.sdp, LIMEN_VIDEO, LIMEN_VP8, LIMEN_SENDONLY, "1", NULL, UINT32_MAX);
	return 0;
}

static const struct limen_field strict_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "on", LIMEN_F_BOOL, false },
	{ "list", LIMEN_F_ARRAY, false },
	LIMEN_FIELDS_END,
};

static const struct limen_request_row rows[] = {
	{ "sync", 0, LIMEN_REQ_SYNC, strict_fields, reply_only, NULL },
	{ "echo", 0, 0, NULL, answer_offer, "wait" },
	{ "offer", 0, 0, NULL, make_offer, NULL },
	LIMEN_REQUESTS_END,
};

static const struct limen_plugin plugin = { .head = { .name = "janus.plugin.fuzz" },
	.key = "fuzz",
	.errors = { 1, 2, 3, 4, 5 },
	.requests = rows };
static const struct limen_transport transport = { .head = { .name = "janus.transport.fuzz" },
	.send = on_send };

static void start(void)
{
	static struct limen_cert *cert;
	struct limen_session *session;
	struct limen_core_handle *handle;

	must(cert || limen_cert_new(&cert) == 0);
	fake_net_start(1);
	memset(&t, 0, sizeof(t));
	must(limen_loop_new_manual(&t.loop, 0) == 0);
	t.core = (struct limen_core){ .loops = &t.loop, .loop_count = 1 };
	t.core.set.accepting_sessions = true;
	t.core.set.candidates_timeout_s = 45;
	t.core.set.server_name = "fuzz";
	t.core.media = (struct limen_media_config){ .ice_ops = &fake_ice,
		.cert = cert,
		.dtls_mtu = 1200,
		.dtls_active = true,
		.local_ip = (char *)"192.0.2.1" };
	t.core.plugins = g_ptr_array_new();
	t.core.transports = g_ptr_array_new();
	t.core.event_handlers = g_ptr_array_new();
	t.core.sessions = limen_sessions_new(&t.core);
	g_ptr_array_add(t.core.plugins, (gpointer)&plugin);
	must(limen_session_create(t.core.sessions, SESSION_ID, &transport, 1, &session) == 0);
	must(limen_handle_attach(&t.core, session, &plugin, NULL, NULL, 0, &handle) == 0);
	t.handle_id = handle->pub.id;
	limen_handle_unref(handle);
	limen_session_unref(session);
}

static void stop(void)
{
	limen_sessions_end_all(t.core.sessions);
	fake_net_run(t.loop, 10000);
	limen_sessions_free(t.core.sessions);
	g_ptr_array_unref(t.core.plugins);
	g_ptr_array_unref(t.core.transports);
	g_ptr_array_unref(t.core.event_handlers);
	fake_net_stop();
	limen_loop_free(t.loop);
}

/* Takes msg. */
static void request(unsigned number, json_t *msg)
{
	if (json_integer_value(json_object_get(msg, "handle_id")) == 1)
		json_object_set_new(msg, "handle_id", json_integer((json_int_t)t.handle_id));
	limen_request_receive(&t.core, &transport, 1, number, msg);
	fake_net_run(t.loop, 5000);
	must(t.replies[number] == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct limen_framing framing = { .bytes_max = 65536, .several = true };
	g_autoptr(GPtrArray) docs = NULL;
	char reason[LIMEN_FRAMING_REASON_MAX];

	if (limen_framing_parse(&framing, (const char *)data, size, &docs, reason))
		return 0;
	start();
	for (unsigned i = 0; i < docs->len && i < REQUESTS_MAX; i++)
		request(i + 1, json_incref(docs->pdata[i]));
	stop();
	return 0;
}
