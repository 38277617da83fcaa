/*
 * People in a room of the VideoRoom plugin against the fake host, for its tests: somebody who
 * joined, who publishes, who subscribes; and how the streams of a fake offer look in JSON. Thread:
 * the test's.
 */
#ifndef LIMEN_TESTS_FAKE_ROOM_H
#define LIMEN_TESTS_FAKE_ROOM_H

#include "tests/lib/fake_host.h"

extern const struct limen_plugin limen_module;

/* Streams of fake_offer("a..."), ("v..."), as the publisher sees them, and as the others do. */
#define OWN_AUDIO(mid)                                                                             \
	"{'type':'audio','mindex':" mid ",'mid':'" mid                                             \
	"','codec':'opus','fec':true,'audiolevel_ext_id':1}"
#define OWN_VIDEO(mid)                                                                             \
	"{'type':'video','mindex':" mid ",'mid':'" mid                                             \
	"','codec':'vp8','videoorient_ext_id':13,'playoutdelay_ext_id':5}"
#define AUDIO(mid) "{'type':'audio','mindex':" mid ",'mid':'" mid "','codec':'opus','fec':true}"
#define VIDEO(mid) "{'type':'video','mindex':" mid ",'mid':'" mid "','codec':'vp8'}"
#define DATA(mid) "{'type':'data','mindex':" mid ",'mid':'" mid "'}"
#define DISABLED(mid) "{'type':'video','mindex':" mid ",'mid':'" mid "','disabled':true}"
/* What a subscriber sees: an m-line with a source, without one. */
#define FED(type, codec, mid, ready, feed, display, feed_mid)                                      \
	"{'type':'" type "','active':true,'mindex':" mid ",'mid':'" mid "','ready':" ready         \
	",'send':true,'feed_id':" feed ",'feed_display':'" display "','feed_mid':'" feed_mid       \
	"','codec':'" codec "'}"
#define FED_AUDIO(mid, ready, feed, display, feed_mid)                                             \
	FED("audio", "opus", mid, ready, feed, display, feed_mid)
#define FED_VIDEO(mid, ready, feed, display, feed_mid)                                             \
	FED("video", "vp8", mid, ready, feed, display, feed_mid)
#define EMPTY(type, mid)                                                                           \
	"{'type':'" type "','active':false,'mindex':" mid ",'mid':'" mid                           \
	"','ready':false,'send':true}"
/* An event of room 9. */
#define EVENT(members) "{'videoroom':'event','room':9," members "}"
#define FAILURE(code, text) "{'videoroom':'event','error_code':" code ",'error':\"" text "\"}"

/* Starts the plugin with room 9, which has these settings besides. */
static inline void room_begin(const char *settings)
{
	g_autofree char *config =
		g_strdup_printf("room-9: { description = \"Nine\"; publishers = 9; %s }", settings);

	fake_host_start(&limen_module, config);
}

/* Somebody in room 9; what was said so far is forgotten. */
static inline struct fake_client *room_join(unsigned id, const char *display)
{
	struct fake_client *c = fake_client_new();
	g_autofree char *body = g_strdup_printf(
		"{'request':'join','room':9,'ptype':'publisher','id':%u,'display':'%s'}", id,
		display);

	assert_has(fake_ask(c, body), "{'videoroom':'joined'}");
	fake_forget();
	return c;
}

/* The same, publishing the m-lines of fake_offer(). */
static inline struct fake_client *room_publish(unsigned id, const char *display, const char *lines)
{
	struct fake_client *c = room_join(id, display);

	assert_has(fake_ask_offer(c, "{'request':'configure'}", lines), "{'configured':'ok'}");
	fake_up(c);
	fake_forget();
	return c;
}

/* A subscriber in room 9 whose first offer was answered: streams is the value of "streams". */
static inline struct fake_client *room_subscribe(const char *streams)
{
	struct fake_client *c = fake_client_new();
	g_autofree char *body = g_strdup_printf(
		"{'request':'join','room':9,'ptype':'subscriber','streams':%s}", streams);

	assert_has(fake_ask(c, body), "{'videoroom':'attached'}");
	assert_has(fake_start(c), "{'started':'ok'}");
	fake_up(c);
	fake_forget();
	return c;
}

/* A request with the code and the text (NULL = any) that it is refused with. */
struct room_refusal {
	const char *body;
	int code;
	const char *text;
};

/* Sends each; nobody hears of it but the one who asks. */
static inline void room_refused(struct fake_client *c, const struct room_refusal *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *reply = fake_ask(c, cases[i].body);

		if (fake_error(reply) != cases[i].code)
			g_error("%s gives %d instead of %d", cases[i].body, fake_error(reply),
				cases[i].code);
		if (cases[i].text)
			g_assert_cmpstr(json_string_value(json_object_get(reply, "error")), ==,
				cases[i].text);
		g_assert_cmpuint(json_object_size(reply), ==, 3);
		assert_next(c, "{'videoroom':'event','error_code':%d,'error':'*'}", cases[i].code);
		assert_silence();
	}
}

#endif
