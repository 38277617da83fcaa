/*
 * VideoRoom against a fake host: signed tokens, and the order of what join asks for. The signatures
 * were made by another program (openssl dgst -sha1 -hmac s3cr3t).
 */
#include "tests/lib/fake_room.h"

#define NOW_S INT64_C(1700000000)
#define GOOD "1700000000,janus.plugin.videoroom,room=9:Ck6sOtMLiS5VIoCBm41VEjQUHL4="
#define SEVERAL "1700000001,janus.plugin.videoroom,room=8,room=9,x:3EMGut62BCep8+drt+ZVmy/eaXU="
#define LOBBY "1700000001,janus.plugin.videoroom,room=lobby:H/FJJFlVXPP62pf10q3ouOL8qRo="

static const char *const bad[] = {
	/* signed well: too old, another room, no room, for the core */
	"1699999999,janus.plugin.videoroom,room=9:AL/RLzFzucIzcVHVV8QLOg1QbR8=",
	"1700000001,janus.plugin.videoroom,room=90:mu/izfoXbUewlYEyisObO9SzwjA=",
	"1700000001,janus.plugin.videoroom:vwEPBgwXX6ttlax4Gm+xigaluWA=",
	"1700000001,janus,room=9:c97JMqlQ7fr1Q/qGh+BqQnvz6hI=",
	/* not so */
	"1700000001,janus.plugin.videoroom,room=9:Ck6sOtMLiS5VIoCBm41VEjQUHL4=",
	"1700000000,janus.plugin.videoroom,room=9:Ck6sOtMLiS5VIoCBm41VEjQUHL4",
	"1700000000,janus.plugin.videoroom,room=9:Ck6sOtMLiS5VIoCBm41VEjQUHL4=A",
	"1700000000,janus.plugin.videoroom,room=9:ck6sOtMLiS5VIoCBm41VEjQUHL4=",
	"1700000000,janus.plugin.videoroom,room=9:",
	"1700000000,janus.plugin.videoroom,room=9",
	":Ck6sOtMLiS5VIoCBm41VEjQUHL4=",
	":",
	"",
	"s3cr3t",
};

static struct fake_client *begin(const char *settings, const char *secret)
{
	fake_token_secret = secret;
	room_begin(settings);
	fake_now_us = NOW_S * G_USEC_PER_SEC;
	return fake_client_new();
}

static void end(struct fake_client *c)
{
	fake_client_free(c);
	fake_host_stop();
	fake_token_secret = NULL;
}

static const json_t *join(struct fake_client *c, const char *ptype, const char *more)
{
	g_autofree char *body =
		g_strdup_printf("{'request':'join','room':9,'ptype':'%s','id':1%s}", ptype, more);

	fake_forget();
	return fake_ask(c, body);
}

static void expect_refused(struct fake_client *c, const char *token)
{
	g_autofree char *more = g_strdup_printf(",'token':'%s'", token);

	join(c, "publisher", more);
	assert_next(c, FAILURE("433", "Unauthorized (wrong token)"));
	join(c, "subscriber", more);
	assert_next(c, FAILURE("433", "Unauthorized (wrong token)"));
	assert_silence();
}

static void test_tokens_that_open_nothing(void)
{
	struct fake_client *c = begin("signed_tokens = true;", "s3cr3t");

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		expect_refused(c, bad[i]);
	join(c, "publisher", "");
	assert_next(c, FAILURE("433", "Unauthorized (wrong token)"));
	join(c, "publisher", ",'token':5");
	assert_next(c, FAILURE("430", "Invalid element type (token should be a string)"));
	assert_has(fake_ask(c, "{'request':'list'}"), "{'list':[{'num_participants':0}]}");
	end(c);
}

static void test_tokens_that_open(void)
{
	struct fake_client *c = begin("signed_tokens = true;", "s3cr3t"), *b, *sub;

	assert_has(join(c, "publisher", ",'token':'" GOOD "'"), "{'videoroom':'joined'}");
	b = fake_client_new();
	assert_has(fake_ask(b,
			   "{'request':'joinandconfigure','room':9,'ptype':'publisher',"
			   "'token':'" SEVERAL "'}"),
		"{'videoroom':'joined'}");
	fake_ask_offer(c, "{'request':'publish'}", "av");
	fake_up(c);
	sub = fake_client_new();
	assert_has(join(sub, "subscriber", ",'streams':[{'feed':1}]"), "{'error_code':433}");
	assert_has(join(sub, "subscriber", ",'streams':[{'feed':1}],'token':'" GOOD "'"),
		"{'videoroom':'attached'}");
	fake_now_us += G_USEC_PER_SEC;
	fake_client_free(b);
	b = fake_client_new();
	assert_has(join(b, "publisher", ",'token':'" GOOD "'"), "{'error_code':433}");
	fake_client_free(sub);
	fake_client_free(b);
	end(c);
}

/* Where the gateway has no signed tokens, the room's option means nothing. */
static void test_gateway_without_signed_tokens(void)
{
	struct fake_client *c = begin("signed_tokens = true;", NULL);

	assert_has(join(c, "publisher", ""), "{'videoroom':'joined'}");
	end(c);
}

static void test_room_without_signed_tokens(void)
{
	struct fake_client *c = begin("", "s3cr3t");

	assert_has(join(c, "publisher", ",'token':'x'"), "{'videoroom':'joined'}");
	end(c);
}

static void test_order_of_checks(void)
{
	struct fake_client *c = begin("signed_tokens = true; pin = \"p\";", "s3cr3t");

	fake_ask(c, "{'request':'allowed','room':9,'action':'enable'}");
	join(c, "publisher", ",'token':'x'");
	assert_next(c, FAILURE("433", "Unauthorized (wrong token)"));
	join(c, "publisher", ",'token':'x','pin':'p'");
	assert_next(c, FAILURE("433", "Unauthorized (wrong token)"));
	join(c, "publisher", ",'token':'" GOOD "'");
	assert_next(c, FAILURE("429", "Missing mandatory element (pin)"));
	join(c, "publisher", ",'token':'" GOOD "','pin':'q'");
	assert_next(c, FAILURE("433", "Unauthorized (wrong pin)"));
	join(c, "publisher", ",'token':'" GOOD "','pin':'p'");
	assert_next(c, FAILURE("433", "Unauthorized (not in the allowed list)"));
	fake_ask(c, "{'request':'allowed','room':9,'action':'add','allowed':['" GOOD "']}");
	assert_has(join(c, "publisher", ",'token':'" GOOD "','pin':'p'"), "{'videoroom':'joined'}");
	end(c);
}

static void test_string_ids(void)
{
	struct fake_client *c;

	fake_token_secret = "s3cr3t";
	fake_host_start(&limen_module,
		"general: { string_ids = true }\nroom-lobby: { signed_tokens = true }");
	fake_now_us = NOW_S * G_USEC_PER_SEC;
	c = fake_client_new();
	assert_has(
		fake_ask(c,
			"{'request':'join','room':'lobby','ptype':'publisher','token':'" GOOD "'}"),
		"{'error_code':433}");
	assert_has(fake_ask(c,
			   "{'request':'join','room':'lobby','ptype':'publisher','token':'" LOBBY
			   "'}"),
		"{'videoroom':'joined'}");
	end(c);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/tokens/open-nothing", test_tokens_that_open_nothing);
	g_test_add_func("/videoroom/tokens/open", test_tokens_that_open);
	g_test_add_func("/videoroom/tokens/gateway-without", test_gateway_without_signed_tokens);
	g_test_add_func("/videoroom/tokens/room-without", test_room_without_signed_tokens);
	g_test_add_func("/videoroom/tokens/order-of-checks", test_order_of_checks);
	g_test_add_func("/videoroom/tokens/string-ids", test_string_ids);
	return g_test_run();
}
