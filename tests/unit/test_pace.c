/*
 * The pace of keyframe requests: a few at once, one a second on average, none lost.
 */
#include "core/media/pace.h"
#include <glib.h>

#define MS INT64_C(1000)
#define S (1000 * MS)

static void test_burst(void)
{
	struct limen_pace p = { 0 };
	unsigned asked = 0;

	for (int64_t now = 10 * S; now < 20 * S; now += 10 * MS)
		asked += limen_pace_ask(&p, now);
	g_assert_cmpuint(asked, >=, 12);
	g_assert_cmpuint(asked, <=, 13);
}

static void test_gap(void)
{
	struct limen_pace p = { 0 };

	g_assert_true(limen_pace_ask(&p, 10 * S));
	g_assert_false(limen_pace_ask(&p, 10 * S + 199 * MS));
	g_assert_true(p.again);
	g_assert_cmpint(limen_pace_due(&p), ==, 10 * S + 200 * MS);
	g_assert_true(limen_pace_ask(&p, limen_pace_due(&p)));
	g_assert_false(p.again);
}

/* When due says so, and not a moment earlier. */
static void test_due(void)
{
	struct limen_pace p = { 0 };
	int64_t now = 10 * S;

	for (unsigned i = 0; i < 50; i++) {
		g_assert_true(limen_pace_ask(&p, now));
		g_assert_false(limen_pace_ask(&p, limen_pace_due(&p) - 1));
		now = limen_pace_due(&p);
	}
	g_assert_cmpint(now, >=, 56 * S);
	g_assert_cmpint(now, <=, 60 * S);
}

static void test_served(void)
{
	struct limen_pace p = { 0 };

	limen_pace_ask(&p, 10 * S);
	limen_pace_ask(&p, 10 * S + 1);
	g_assert_true(p.again);
	limen_pace_served(&p);
	g_assert_false(p.again);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unit/pace/burst", test_burst);
	g_test_add_func("/unit/pace/gap", test_gap);
	g_test_add_func("/unit/pace/due", test_due);
	g_test_add_func("/unit/pace/served", test_served);
	return g_test_run();
}
