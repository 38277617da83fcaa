/*
 * The service table for media: complete, and its choice of a loop.
 */
#include "core/base/loop.h"
#include "core/host/host.h"

static struct limen_core core;

static void test_complete(void)
{
	void *const *members = (void *const *)&limen_media_services_table;

	for (size_t i = 0; i < sizeof(limen_media_services_table) / sizeof(*members); i++)
		g_assert_nonnull(members[i]);
	g_assert_true(limen_plugin_services_table.media == &limen_media_services_table);
}

/* Alike ones in turn; a busy one not at all. */
static void test_loop(void)
{
	unsigned chosen[3] = { 0 };

	core.loop_count = 3;
	core.loops = g_new0(struct limen_loop *, 3);
	limen_host_core = &core;
	for (unsigned i = 0; i < 3; i++)
		g_assert_cmpint(limen_loop_new_manual(&core.loops[i], i), ==, 0);
	limen_loop_load_set(core.loops[0], 20);
	limen_loop_load_set(core.loops[1], 600);
	for (unsigned i = 0; i < 300; i++)
		chosen[limen_loop_index(limen_media_services_table.loop(NULL))]++;
	g_assert_cmpuint(chosen[0], >=, 100);
	g_assert_cmpuint(chosen[1], ==, 0);
	g_assert_cmpuint(chosen[2], >=, 100);
	for (unsigned i = 0; i < 3; i++)
		limen_loop_free(core.loops[i]);
	g_free(core.loops);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unit/media_services/complete", test_complete);
	g_test_add_func("/unit/media_services/loop", test_loop);
	return g_test_run();
}
