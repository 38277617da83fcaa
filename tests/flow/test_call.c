/*
 * Two peers in one process over a simulated network: one offers a video m-line and sends, the other
 * answers and receives, while the network loses, doubles and reorders.
 */
#include <string.h>
#include "core/base/clock.h"
#include "tests/lib/call.h"

#define PACKETS 400

static struct call_end *a, *b;

static void set_up(uint64_t seed)
{
	call_start(seed, &fake_ice);
	a = call_end_new();
	b = call_end_new();
}

static void send_all(void)
{
	for (uint16_t n = 0; n < PACKETS; n++) {
		call_send(a, 0, n);
		call_run(10 * CALL_MS);
	}
}

static void test_clean(void)
{
	set_up(1);
	call_connect(a, b, "v");
	send_all();
	call_run(CALL_S / 2);
	call_expect_in_order(b, 0, PACKETS);
	g_assert_cmpuint(b->media->len, ==, 1);
	call_stop();
}

/* What is lost is asked for and sent again, as RTX. */
static void test_loss(void)
{
	bool seen[PACKETS + 1] = { false };

	set_up(2);
	call_connect(a, b, "v");
	fake_net.loss = 100;
	fake_net.reorder = 50;
	send_all();
	fake_net.loss = 0;
	call_send(a, 0, PACKETS);
	call_run(CALL_S);
	g_assert_cmpuint(fake_net.lost, >, PACKETS / 20);
	for (guint i = 0; i < b->packets->len; i++) {
		const struct limen_packet *p = b->packets->pdata[i];

		g_assert_cmpuint(p->seq, <=, PACKETS + 1);
		g_assert_false(seen[p->seq - 1]);
		seen[p->seq - 1] = true;
	}
	g_assert_cmpuint(b->packets->len, >, PACKETS * 98 / 100);
	call_stop();
}

static void test_duplicates(void)
{
	set_up(3);
	call_connect(a, b, "v");
	fake_net.duplicate = 500;
	send_all();
	call_run(CALL_S / 5);
	call_expect_in_order(b, 0, PACKETS);
	call_stop();
}

static void test_wrong_fingerprint(void)
{
	static const char wrong[] = "a=fingerprint:sha-256 00:00:00:00";
	g_autofree char *offer = NULL;
	char *at;

	set_up(4);
	offer = call_offer(a, call_lines("v", LIMEN_SENDONLY), false);
	at = strstr(offer, "a=fingerprint:sha-256 ");
	g_assert_nonnull(at);
	memcpy(at, wrong, strlen(wrong));
	call_answer(a, b, offer, LIMEN_RECVONLY);
	g_assert_cmpuint(b->ups, ==, 0);
	g_assert_cmpstr(b->down, ==, "DTLS error");
	call_stop();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/call/clean", test_clean);
	g_test_add_func("/flow/call/loss", test_loss);
	g_test_add_func("/flow/call/duplicates", test_duplicates);
	g_test_add_func("/flow/call/wrong-fingerprint", test_wrong_fingerprint);
	return g_test_run();
}
