/*
 * What the gateway's process holds when nobody is there: memory, files, threads, sessions, and the
 * processor's time. Thread: the main loop.
 */
#include <dirent.h>
#include <stdio.h>
#include "tests/bench/process.h"
#include "tests/soak/levels.h"

#define IDLE_US (1 * G_USEC_PER_SEC)
#define IDLE_PERCENT_MAX 10

static unsigned count_files(int pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/fd", pid);
	DIR *dir = opendir(path);
	unsigned count = 0;

	if (!dir)
		soak_fail("%s cannot be read", path);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2; /* "." and ".." */
}

struct soak_level soak_level_read(struct soak *s)
{
	struct bench_process process;
	struct soak_level level;

	if (bench_process_read(&process, s->pid))
		soak_fail("the gateway's process is gone");
	level.memory_kb = process.pss_kb;
	level.threads = process.threads;
	level.files = count_files(s->pid);
	printf("empty: %" G_GINT64_FORMAT " KB, %u files, %u threads\n", level.memory_kb,
		level.files, level.threads);
	return level;
}

void soak_level_check_idle(struct soak *s)
{
	const int64_t before = bench_process_cpu_us(s->pid);
	int64_t percent;

	soak_run_for(s, IDLE_US);
	percent = (bench_process_cpu_us(s->pid) - before) * 100 / IDLE_US;
	if (percent > IDLE_PERCENT_MAX * s->slowness)
		soak_fail("the empty gateway takes %d %% of a processor", (int)percent);
}

static int64_t least_kb(const GArray *levels, guint from, guint to)
{
	int64_t least = G_MAXINT64;

	for (guint i = from; i < to; i++)
		least = MIN(least, g_array_index(levels, struct soak_level, i).memory_kb);
	return least;
}

void soak_levels_check(
	const GArray *levels, int64_t slack_kb, int64_t *first_kb, int64_t *second_kb)
{
	const guint half = levels->len / 2;
	const struct soak_level *one = &g_array_index(levels, struct soak_level, 0);

	for (guint i = 1; i < levels->len; i++) {
		const struct soak_level *l = &g_array_index(levels, struct soak_level, i);

		if (l->files != one->files || l->threads != one->threads)
			soak_fail("%u files and %u threads are left, it were %u and %u", l->files,
				l->threads, one->files, one->threads);
	}
	*first_kb = least_kb(levels, 0, MAX(half, 1));
	*second_kb = least_kb(levels, half, levels->len);
	if (levels->len >= SOAK_LEVELS_MIN &&
		*second_kb > *first_kb + *first_kb * SOAK_GROWTH_PERCENT / 100 + slack_kb)
		soak_fail("memory grows: %" G_GINT64_FORMAT
			  " KB in the first half, %" G_GINT64_FORMAT " KB in the second",
			*first_kb, *second_kb);
}

struct filling {
	guint refused;
	GArray *sessions;
};

static void on_session(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct filling *f = a->arg;
	const json_t *id = json_object_get(json_object_get(msg, "data"), "id");
	const json_int_t session = json_integer_value(id);

	(void)data;
	if (session)
		g_array_append_val(f->sessions, session);
	else
		f->refused++;
}

static void wait_for(struct soak *s)
{
	while (soak_people_unsettled(s))
		soak_turn(s);
}

/* Requests of a session other than the monitor's own go over its line, too. */
static struct soak_ask *ask_as(struct soak *s, json_int_t session, const char *what)
{
	struct soak_person *m = s->monitor;
	const json_int_t own = m->session;
	struct soak_ask *a;

	m->session = session;
	a = soak_ask(m, NULL, what, json_pack("{s:s}", "janus", what), NULL);
	m->session = own;
	return a;
}

void soak_level_check_sessions(struct soak *s, guint max)
{
	static const int refused[] = { 472, 0 };
	struct filling f = { .sessions = g_array_new(FALSE, FALSE, sizeof(json_int_t)) };

	/* All but the monitor's, and one more. */
	for (guint i = 0; i < max; i++) {
		struct soak_ask *a = ask_as(s, 0, "create");

		a->fn = on_session;
		a->arg = &f;
		a->allowed = refused;
	}
	wait_for(s);
	if (f.sessions->len != max - 1 || f.refused != 1)
		soak_fail("%u sessions could be made where %u were free: %u have not gone",
			f.sessions->len, max - 1, max - 1 - f.sessions->len);
	for (guint i = 0; i < f.sessions->len; i++)
		ask_as(s, g_array_index(f.sessions, json_int_t, i), "destroy");
	wait_for(s);
	g_array_unref(f.sessions);
}
