/*
 * Requests that a plugin completes later: the handle may have ended by then, and no connection
 * begins any more. One thread.
 */
#include <string.h>
#include "core/host/host.h"
#include "core/session/handle.h"
#include "core/session/message.h"
#include "core/session/request.h"
#include "tests/lib/call.h"

static struct limen_core core;
static struct limen_request *waiting;
static struct limen_core_handle *handle;
static unsigned answers, successes;  /* with a description; to synchronous requests */
static unsigned events;              /* of plugins, and successes */
static unsigned downs, downs_before; /* told; told when the last request came */

static int later(struct limen_handle *h, struct limen_request *r)
{
	const struct limen_answer_rules rules = { .dir = LIMEN_SENDRECV };

	(void)h;
	downs_before = downs;
	waiting = limen_message_defer(r);
	r->reply = json_object();
	r->answer.type = LIMEN_JSEP_ANSWER;
	return limen_sdp_answer(r->jsep->sdp, &rules, &r->answer.sdp);
}

static int sync_later(struct limen_handle *h, struct limen_request *r)
{
	(void)h;
	waiting = limen_message_defer(r);
	return 0;
}

static void media(struct limen_handle *h, const struct limen_media_event *ev)
{
	(void)h;
	downs += ev->what == LIMEN_MEDIA_DOWN;
}

static const struct limen_request_row requests[] = {
	{ "later", 0, 0, NULL, later, NULL },
	{ "sync-later", 0, LIMEN_REQ_SYNC, NULL, sync_later, NULL },
	LIMEN_REQUESTS_END,
};
static const struct limen_plugin plugin = {
	.head = { .name = "test" }, .key = "test", .requests = requests, .media = media
};

static void send(uint64_t client, uint64_t request, uint64_t session, json_t *msg)
{
	(void)client, (void)request, (void)session;
	answers += json_object_get(msg, "jsep") != NULL;
	successes += strcmp(json_string_value(json_object_get(msg, "janus")), "success") == 0 &&
		json_object_get(msg, "plugindata");
	events += json_object_get(msg, "plugindata") != NULL;
	json_decref(msg);
}

static const struct limen_transport transport = { .send = send };

/* Sends an offer that the plugin does not answer yet. */
static void offer(const struct limen_session *s)
{
	struct client *c = client_new(call.loop);
	g_autofree char *sdp = client_describe(c, "actpass",
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
		"a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n");

	limen_request_receive(&core, &transport, 1, 1,
		json_pack("{s:s,s:s,s:I,s:I,s:{s:s},s:{s:s,s:s}}", "janus", "message",
			"transaction", "t", "session_id", (json_int_t)limen_session_id(s),
			"handle_id", (json_int_t)handle->pub.id, "body", "request", "later", "jsep",
			"type", "offer", "sdp", sdp));
	client_free(c);
}

static void set_up(struct limen_session **s)
{
	call_start(1, &fake_ice);
	core = (struct limen_core){ .media = call.cfg, .loops = &call.loop, .loop_count = 1 };
	core.sessions = limen_sessions_new(&core);
	answers = successes = events = downs = 0;
	g_assert_cmpint(limen_session_create(core.sessions, 0, &transport, 1, s), ==, 0);
	g_assert_cmpint(limen_handle_attach(&core, *s, &plugin, NULL, NULL, -1, &handle), ==, 0);
	offer(*s);
	call_run(10 * CALL_MS);
	g_assert_nonnull(waiting);
}

static void tear_down(struct limen_session *s)
{
	limen_session_end(s, LIMEN_END_DESTROYED);
	call_run(10 * CALL_MS);
	limen_handle_unref(handle);
	limen_session_unref(s);
	limen_sessions_free(core.sessions);
	call_stop();
}

static void test_completed(void)
{
	struct limen_session *s;

	set_up(&s);
	limen_message_complete(g_steal_pointer(&waiting));
	call_run(10 * CALL_MS);
	g_assert_true(limen_peer_exists(handle->peer));
	g_assert_cmpuint(answers, ==, 1);
	tear_down(s);
}

static void test_completed_too_late(void)
{
	struct limen_session *s;

	set_up(&s);
	limen_session_end(s, LIMEN_END_DESTROYED);
	call_run(10 * CALL_MS);
	limen_message_complete(g_steal_pointer(&waiting));
	g_assert_false(limen_peer_exists(handle->peer));
	g_assert_cmpuint(answers, ==, 0);
	tear_down(s);
}

static void hang_up(const struct limen_session *s)
{
	limen_request_receive(&core, &transport, 1, 2,
		json_pack("{s:s,s:s,s:I,s:I}", "janus", "hangup", "transaction", "t", "session_id",
			(json_int_t)limen_session_id(s), "handle_id", (json_int_t)handle->pub.id));
}

/* A client hangs up and calls again at once: the plugin hears of both, in this order. */
static void test_hangup_and_offer(void)
{
	struct limen_session *s;

	set_up(&s);
	limen_message_complete(g_steal_pointer(&waiting));
	call_run(10 * CALL_MS);
	hang_up(s);
	offer(s);
	call_run(10 * CALL_MS);
	g_assert_cmpuint(downs_before, ==, 1);
	limen_message_complete(g_steal_pointer(&waiting));
	call_run(10 * CALL_MS);
	g_assert_cmpuint(downs, ==, 1);
	g_assert_true(limen_peer_exists(handle->peer));
	tear_down(s);
}

static void ask_sync(const struct limen_session *s)
{
	limen_request_receive(&core, &transport, 1, 3,
		json_pack("{s:s,s:s,s:I,s:I,s:{s:s}}", "janus", "message", "transaction", "t",
			"session_id", (json_int_t)limen_session_id(s), "handle_id",
			(json_int_t)handle->pub.id, "body", "request", "sync-later"));
	call_run(10 * CALL_MS);
	g_assert_nonnull(waiting);
	g_assert_cmpuint(successes, ==, 0);
}

/* A synchronous request is answered by its "success", however late. */
static void test_sync(void)
{
	struct limen_session *s;

	set_up(&s);
	limen_message_complete(g_steal_pointer(&waiting));
	ask_sync(s);
	waiting->reply = json_object();
	limen_message_complete(g_steal_pointer(&waiting));
	g_assert_cmpuint(successes, ==, 1);
	tear_down(s);
}

/* When the gateway stops nobody is there to be answered: transports have gone. */
static void test_sync_after_close(void)
{
	struct limen_session *s;

	set_up(&s);
	limen_message_complete(g_steal_pointer(&waiting));
	ask_sync(s);
	limen_requests_close(&core);
	limen_message_fail(waiting, 499, "too late");
	limen_message_complete(g_steal_pointer(&waiting));
	g_assert_cmpuint(successes, ==, 0);
	tear_down(s);
}

static void push_offer(void)
{
	struct limen_jsep jsep = { .type = LIMEN_JSEP_OFFER,
		.sdp = call_lines("v", LIMEN_SENDONLY) };

	limen_plugin_services_table.push(&handle->pub, json_object(), &jsep);
}

/* What a plugin offers before it has heard of the end is for the connection that is gone; what it
 * offers afterwards begins a new one. */
static void test_hangup_and_push(void)
{
	struct limen_session *s;

	set_up(&s);
	limen_message_complete(g_steal_pointer(&waiting));
	call_run(10 * CALL_MS);
	g_assert_cmpuint(answers, ==, 1);
	g_assert_cmpuint(events, ==, 1);
	limen_peer_hangup(handle->peer, "test");
	push_offer();
	call_run(10 * CALL_MS);
	g_assert_cmpuint(downs, ==, 1);
	g_assert_false(limen_peer_exists(handle->peer));
	g_assert_cmpuint(answers, ==, 1);
	g_assert_cmpuint(events, ==, 2);
	push_offer();
	call_run(10 * CALL_MS);
	g_assert_true(limen_peer_exists(handle->peer));
	g_assert_cmpuint(answers, ==, 2);
	tear_down(s);
}

static void note_downs(struct limen_handle *h, void *arg)
{
	(void)h, (void)arg;
	downs_before = downs;
}

/* A client hangs up while the plugin has posted work, which may be an offer: the plugin hears of
 * the end before it does that work. */
static void test_hangup_and_post(void)
{
	struct limen_session *s;

	set_up(&s);
	limen_message_complete(g_steal_pointer(&waiting));
	call_run(10 * CALL_MS);
	hang_up(s);
	limen_plugin_services_table.post(&handle->pub, note_downs, NULL, NULL);
	call_run(10 * CALL_MS);
	g_assert_cmpuint(downs_before, ==, 1);
	g_assert_cmpuint(downs, ==, 1);
	tear_down(s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/message/completed", test_completed);
	g_test_add_func("/flow/message/completed-too-late", test_completed_too_late);
	g_test_add_func("/flow/message/hangup-and-offer", test_hangup_and_offer);
	g_test_add_func("/flow/message/sync", test_sync);
	g_test_add_func("/flow/message/sync-after-close", test_sync_after_close);
	g_test_add_func("/flow/message/hangup-and-push", test_hangup_and_push);
	g_test_add_func("/flow/message/hangup-and-post", test_hangup_and_post);
	return g_test_run();
}
