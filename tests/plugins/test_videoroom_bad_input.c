/*
 * VideoRoom against a fake host: every field of every request, missing and of every wrong type,
 * made out of a request that is right; then what is too large or contradicts itself. Each is
 * refused with its code and its text, nobody else hears of it, and nothing has changed.
 */
#include "tests/lib/fake_room.h"
#include <string.h>

enum who { NOBODY, ALICE, SUB, WHOS };

/* Fields: "name:type", "!" after it when it must be there; "streams/mid" is a member of each entry.
 * An entry of room events is checked when the rest is right, so the body has to be right. */
struct good {
	enum who who;
	const char *body, *fields;
};

#define CONFIGURE                                                                                  \
	" bitrate:uint keyframe:bool record:bool filename:string secret:string send:bool "         \
	"min_delay:int max_delay:int audio:bool video:bool data:bool update:bool restart:bool "    \
	"audiocodec:string videocodec:string display:string metadata:object "                      \
	"audio_level_average:uint audio_active_packets:uint streams:array mid:string "             \
	"descriptions:array"
#define ENTRY                                                                                      \
	"streams/feed:id! streams/mid:string streams/crossrefid:string streams/send:bool "         \
	"streams/substream:uint streams/temporal:uint streams/fallback:uint "                      \
	"streams/spatial_layer:uint streams/temporal_layer:uint streams/min_delay:int "            \
	"streams/max_delay:int"

static const struct good goods[] = {
	{ NOBODY, "{'request':'create','room':77}",
		"room:id admin_key:string description:string is_private:bool secret:string "
		"pin:string require_pvtid:bool signed_tokens:bool allowed:array require_e2ee:bool "
		"publishers:uint bitrate:uint bitrate_cap:bool fir_freq:uint audiocodec:string "
		"videocodec:string vp9_profile:string h264_profile:string opus_fec:bool "
		"opus_dtx:bool audiolevel_ext:bool videoorient_ext:bool playoutdelay_ext:bool "
		"transport_wide_cc_ext:bool audiolevel_event:bool audio_active_packets:uint "
		"audio_level_average:uint record:bool rec_dir:string lock_record:bool "
		"notify_joining:bool dummy_publisher:bool dummy_streams:array dummy_e2ee:bool "
		"threads:uint permanent:bool" },
	{ ALICE, "{'request':'edit','room':9,'secret':'s'}",
		"room:id! secret:string! new_description:string new_secret:string new_pin:string "
		"new_is_private:bool new_require_pvtid:bool new_bitrate:uint new_fir_freq:uint "
		"new_publishers:uint new_lock_record:bool new_rec_dir:string permanent:bool" },
	{ NOBODY, "{'request':'destroy','room':9,'secret':'s'}",
		"room:id! secret:string! permanent:bool" },
	{ NOBODY, "{'request':'exists','room':9}", "room:id!" },
	{ NOBODY, "{'request':'list'}", "admin_key:string" },
	{ NOBODY, "{'request':'allowed','room':9,'secret':'s','action':'add','allowed':['x']}",
		"room:id! secret:string! action:string! allowed:array!" },
	{ NOBODY, "{'request':'kick','room':9,'secret':'s','id':1}",
		"room:id! secret:string! id:id!" },
	{ NOBODY, "{'request':'moderate','room':9,'secret':'s','id':1,'mid':'0','mute':true}",
		"room:id! secret:string! id:id! mid:string! mute:bool!" },
	{ NOBODY, "{'request':'enable_recording','room':9,'secret':'s','record':true}",
		"room:id! secret:string! record:bool!" },
	{ NOBODY, "{'request':'listparticipants','room':9}", "room:id!" },
	{ NOBODY, "{'request':'join','room':9,'ptype':'publisher','pin':'p'}",
		"room:id! ptype:string! pin:string! id:id display:string metadata:object "
		"token:string audio_level_average:uint audio_active_packets:uint" },
	{ NOBODY, "{'request':'joinandconfigure','room':9,'ptype':'publisher','pin':'p'}",
		"room:id! ptype:string! pin:string! id:id token:string" CONFIGURE },
	{ NOBODY,
		"{'request':'join','room':9,'ptype':'subscriber','pin':'p',"
		"'streams':[{'feed':1},{'feed':1,'mid':'0'}]}",
		"room:id! ptype:string! pin:string! private_id:uint token:string use_msid:bool "
		"autoupdate:bool streams:array " ENTRY },
	{ NOBODY, "{'request':'join','room':9,'ptype':'subscriber','pin':'p','feed':1}",
		"feed:id! audio:bool video:bool data:bool offer_audio:bool offer_video:bool "
		"offer_data:bool" },
	{ ALICE, "{'request':'configure'}", CONFIGURE },
	{ ALICE, "{'request':'configure','streams':[{'mid':'0'},{'mid':'1'}]}",
		"streams/mid:string streams/send:bool streams/keyframe:bool "
		"streams/min_delay:int streams/max_delay:int" },
	{ ALICE, "{'request':'configure','descriptions':[{'mid':'0','description':'x'}]}",
		"descriptions/mid:string! descriptions/description:string!" },
	{ SUB, "{'request':'configure','mid':'0'}",
		"mid:string send:bool substream:uint temporal:uint fallback:uint "
		"spatial_layer:uint temporal_layer:uint min_delay:int max_delay:int audio:bool "
		"video:bool data:bool update:bool restart:bool streams:array" },
	{ SUB, "{'request':'configure','streams':[{'mid':'0'}]}",
		"streams/mid:string streams/send:bool streams/substream:uint "
		"streams/temporal:uint streams/fallback:uint streams/spatial_layer:uint "
		"streams/temporal_layer:uint streams/min_delay:int streams/max_delay:int" },
	{ SUB, "{'request':'subscribe','streams':[{'feed':1}]}", "streams:array! " ENTRY },
	{ SUB, "{'request':'unsubscribe','streams':[{'feed':1}]}",
		"streams:array! streams/feed:id! streams/mid:string streams/sub_mid:string" },
	{ SUB, "{'request':'update','subscribe':[{'feed':1}],'unsubscribe':[{'feed':1}]}",
		"subscribe:array unsubscribe:array subscribe/feed:id! subscribe/substream:uint "
		"unsubscribe/feed:id! unsubscribe/sub_mid:string" },
	{ SUB, "{'request':'switch','streams':[{'feed':1,'mid':'0','sub_mid':'0'}]}",
		"streams:array streams/feed:id! streams/mid:string! streams/sub_mid:string! "
		"streams/substream:uint streams/temporal:uint streams/spatial_layer:uint "
		"streams/temporal_layer:uint" },
};

static const struct {
	const char *type, *expected;
	const char *wrong[8]; /* JSON */
} types[] = {
	{ "id", "a positive integer", { "-1", "'x'", "1.5", "true", "[]", "{}" } },
	{ "uint", "a positive integer", { "-1", "'1'", "1.0", "false", "[1]", "{}" } },
	{ "int", "an integer", { "'1'", "1.5", "true", "[]", "{}" } },
	{ "bool", "a boolean", { "0", "1", "'true'", "[]", "{}" } },
	{ "string", "a string", { "0", "-1", "1.5", "true", "[]", "{}" } },
	{ "array", "an array", { "0", "'x'", "true", "{}" } },
	{ "object", "an object", { "0", "'x'", "true", "[]" } },
};

static struct fake_client *clients[WHOS];
static json_t *state;
static unsigned sent;

static json_t *now(void)
{
	json_t *o = json_object();

	json_object_set_new(
		o, "rooms", json_deep_copy(fake_ask(clients[NOBODY], "{'request':'list'}")));
	json_object_set_new(o, "people",
		json_deep_copy(
			fake_ask(clients[NOBODY], "{'request':'listparticipants','room':9}")));
	json_object_set_new(o, "alice", limen_module.info(&clients[ALICE]->handle));
	json_object_set_new(o, "sub", limen_module.info(&clients[SUB]->handle));
	fake_forget();
	return o;
}

static void begin(void)
{
	room_begin("secret = \"s\";");
	clients[NOBODY] = fake_client_new();
	clients[ALICE] = room_publish(1, "Alice", "av");
	clients[SUB] = room_subscribe("[{'feed':1}]");
	fake_ask(clients[NOBODY], "{'request':'edit','room':9,'secret':'s','new_pin':'p'}");
	state = now();
}

static void end(void)
{
	for (size_t i = 0; i < WHOS; i++)
		fake_client_free(clients[i]);
	json_decref(state);
	fake_host_stop();
}

static json_t *parse(const char *text)
{
	g_autofree char *json = g_strdup(text);
	json_t *value = json_loads(g_strdelimit(json, "'", '"'), JSON_DECODE_ANY, NULL);

	if (!value)
		g_error("%s is no JSON", text);
	return value;
}

/* Takes body. */
static void expect_refused(enum who who, json_t *body, int code, const char *text)
{
	g_autofree char *dumped = json_dumps(body, JSON_COMPACT);
	const struct room_refusal refusal = { dumped, code, text };
	json_t *after;

	room_refused(clients[who], &refusal, 1);
	after = now();
	if (!json_equal(state, after))
		g_error("%s changed something: %s", dumped, json_dumps(after, 0));
	json_decref(after);
	json_decref(body);
	sent++;
}

/* The objects of a body that have a field: itself, or the entries of an array in it. */
static json_t *owner_of(json_t *body, const char *path, const char **name)
{
	const char *slash = strchr(path, '/');
	g_autofree char *array = slash ? g_strndup(path, (gsize)(slash - path)) : NULL;

	*name = slash ? slash + 1 : path;
	return slash ? json_array_get(json_object_get(body, array), 0) : body;
}

static void try_missing(const struct good *g, const char *path)
{
	json_t *body = parse(g->body);
	const char *name;
	json_t *owner = owner_of(body, path, &name);
	g_autofree char *text = g_strdup_printf("Missing mandatory element (%s)", name);

	g_assert_cmpint(json_object_del(owner, name), ==, 0);
	expect_refused(g->who, body, 429, text);
}

static void try_wrong(const struct good *g, const char *path, const char *type)
{
	size_t t = 0;

	while (strcmp(types[t].type, type) != 0)
		t++;
	for (const char *const *wrong = types[t].wrong; *wrong; wrong++) {
		json_t *body = parse(g->body);
		const char *name;
		json_t *owner = owner_of(body, path, &name);
		g_autofree char *text = g_strdup_printf(
			"Invalid element type (%s should be %s)", name, types[t].expected);

		json_object_set_new(owner, name, parse(*wrong));
		expect_refused(g->who, body, 430, text);
	}
}

static void try_fields(const struct good *g)
{
	g_auto(GStrv) fields = g_strsplit_set(g->fields, " ", -1);

	for (char **field = fields; *field; field++) {
		char *type = strchr(*field, ':');
		const bool required = g_str_has_suffix(*field, "!");

		if (!type)
			continue;
		*type++ = '\0';
		type[strcspn(type, "!")] = '\0';
		if (required)
			try_missing(g, *field);
		try_wrong(g, *field, type);
	}
}

static void test_every_field(void)
{
	begin();
	sent = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(goods); i++)
		try_fields(&goods[i]);
	g_assert_cmpuint(sent, >, 1000);
	end();
}

/* The bodies that the wrong ones were made of are right. */
static void test_what_they_were_made_of(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(goods); i++) {
		begin();
		if (fake_error(fake_ask(clients[goods[i].who], goods[i].body)) != 0)
			g_error("%s is refused", goods[i].body);
		end();
	}
}

#define MOST "9223372036854775807"
#define DEEP "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]"

static const struct {
	enum who who;
	struct room_refusal refusal;
} others[] = {
	/* large */
	{ NOBODY, { "{'request':'kick','room':" MOST ",'id':1}", 426, "No such room (" MOST ")" } },
	{ NOBODY,
		{ "{'request':'kick','room':9,'id':" MOST ",'secret':'s'}", 428,
			"No such user " MOST " in room 9" } },
	{ NOBODY,
		{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p','feed':" MOST "}", 428,
			"No such feed (" MOST ")" } },
	{ SUB,
		{ "{'request':'configure','substream':" MOST "}", 430,
			"Invalid value (substream/spatial_layer should be 0, 1 or 2)" } },
	{ SUB,
		{ "{'request':'configure','temporal':256}", 430,
			"Invalid value (temporal/temporal_layer should be 0, 1 or 2)" } },
	{ SUB,
		{ "{'request':'configure','mid':'4294967296'}", 428,
			"No such mid '4294967296' in subscription" } },
	{ SUB, { "{'request':'configure','mid':'00'}", 428, "No such mid '00' in subscription" } },
	{ SUB, { "{'request':'configure','mid':''}", 428, "No such mid '' in subscription" } },
	{ ALICE, { "{'request':'configure','mid':'2'}", 428, "No such mid '2' published" } },
	{ NOBODY,
		{ "{'request':'create','room':77,'allowed':[" DEEP "]}", 430,
			"Invalid element in the allowed array (not a string)" } },
	/* in contradiction with itself or with what is there */
	{ NOBODY, { "{'request':'create','room':9}", 427, "Room 9 already exists" } },
	{ NOBODY, { "{'request':'create','room':77,'audiocodec':'vp8'}", 430, NULL } },
	{ NOBODY, { "{'request':'create','room':77,'videocodec':'opus'}", 430, NULL } },
	{ NOBODY, { "{'request':'create','room':77,'videocodec':','}", 430, NULL } },
	{ NOBODY,
		{ "{'request':'create','room':77,'audiocodec':'opus,opus,opus,opus,opus,opus'}",
			430, NULL } },
	{ NOBODY,
		{ "{'request':'allowed','room':9,'secret':'s','action':''}", 430,
			"Unsupported action '' (allowed)" } },
	{ NOBODY,
		{ "{'request':'join','room':9,'pin':'p','ptype':'admin'}", 430,
			"Invalid element (ptype)" } },
	{ NOBODY,
		{ "{'request':'joinandconfigure','room':9,'pin':'p','ptype':'subscriber',"
		  "'feed':1}",
			430, "Invalid element (ptype)" } },
	{ NOBODY,
		{ "{'request':'join','room':9,'ptype':'publisher','pin':'p','id':1}", 436,
			"User ID 1 already exists" } },
	{ NOBODY,
		{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p','streams':[]}", 437,
			"Can't offer an SDP with no stream" } },
	{ NOBODY,
		{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p','feed':1,"
		  "'audio':false,'video':false}",
			437, "Can't offer an SDP with no stream" } },
	{ NOBODY,
		{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p'}", 429,
			"Missing mandatory element (feed)" } },
	{ ALICE, { "{'request':'publish'}", 434, "Can't publish, already published" } },
	{ ALICE,
		{ "{'request':'configure','streams':[{'mid':'0'},{'send':false}]}", 430,
			"mid can't be null in a streams array" } },
	{ ALICE,
		{ "{'request':'join','room':9,'ptype':'publisher','pin':'p'}", 425,
			"Already in as a publisher on this handle" } },
	{ SUB,
		{ "{'request':'join','room':9,'ptype':'publisher','pin':'p'}", 425,
			"Already in as a subscriber on this handle" } },
	{ SUB,
		{ "{'request':'update','subscribe':[{'feed':1}],'unsubscribe':[{}]}", 429,
			"Missing mandatory element (feed)" } },
	{ ALICE, { "{'request':'start'}", 423, "Unknown request 'start'" } },
	{ SUB, { "{'request':'unpublish'}", 423, "Unknown request 'unpublish'" } },
	{ ALICE, { "{'request':'%s%n'}", 423, "Unknown request '%s%n'" } },
	{ SUB, { "{'request':''}", 423, "Unknown request ''" } },
	{ NOBODY, { "{'request':'hangup'}", 423, "Unknown request 'hangup'" } },
	{ NOBODY, { "{'request':'*'}", 423, "Unknown request '*'" } },
};

static void test_large_and_contradictory(void)
{
	begin();
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		expect_refused(others[i].who, parse(others[i].refusal.body), others[i].refusal.code,
			others[i].refusal.text);
	end();
}

/* Whoever has joined gets 423 as an event, whoever has not at once. */
static void test_how_the_unknown_is_answered(void)
{
	static const struct {
		enum who who;
		const char *body;
		bool sync;
	} cases[] = {
		{ NOBODY, "{'request':'fly'}", true },
		{ ALICE, "{'request':'fly'}", false },
		{ SUB, "{'request':'fly'}", false },
		{ ALICE, "{'request':'start'}", false },
		{ SUB, "{'request':'publish'}", false },
		{ ALICE, "{'request':5}", true },
		{ SUB, "{}", true },
		{ ALICE, "{'request':'list'}", true },
	};

	begin();
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		fake_ask(clients[cases[i].who], cases[i].body);
		g_assert_true(clients[cases[i].who]->sync == cases[i].sync);
	}
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/bad-input/every-field", test_every_field);
	g_test_add_func("/videoroom/bad-input/what-they-were-made-of", test_what_they_were_made_of);
	g_test_add_func(
		"/videoroom/bad-input/large-and-contradictory", test_large_and_contradictory);
	g_test_add_func("/videoroom/bad-input/how-the-unknown-is-answered",
		test_how_the_unknown_is_answered);
	return g_test_run();
}
