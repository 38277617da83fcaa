/*
 * Rounds: rooms are made, people come and do what they like with pauses for looking, everybody
 * leaves, the levels are read. Thread: the main loop.
 */
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>
#include "tests/soak/levels.h"

#define PEOPLE 24u
#define TALKERS 4u /* one of them has no media */
#define TURN_US 2000
#define NOISE_US (3 * G_USEC_PER_SEC)
#define ROUND_MIN_US (10 * G_USEC_PER_SEC)
#define ROUNDS 10
#define WARM_ROUNDS 1u
#define SLACK_KB 1024 /* beside the percentage: pages that the allocator keeps */
#define PROFILES "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"

struct options {
	char *url;
	int pid, seconds, seed, slowness, rate, sessions, timeout;
};

void soak_turn(struct soak *s)
{
	const int64_t now = g_get_monotonic_time();

	soak_wire_poll(s);
	soak_people_tick(s, now);
	soak_media_turn(s, now);
	g_usleep(TURN_US);
}

void soak_run_for(struct soak *s, int64_t us)
{
	const int64_t end = g_get_monotonic_time() + us;

	while (g_get_monotonic_time() < end)
		soak_turn(s);
}

static void make_noise(struct soak *s, int64_t us, int rate)
{
	const int64_t end = g_get_monotonic_time() + us;
	int64_t next = 0;

	for (int64_t now; (now = g_get_monotonic_time()) < end;) {
		for (; now >= next; next = (next ? next : now) + G_USEC_PER_SEC / rate)
			soak_act(s);
		soak_turn(s);
	}
}

static void open_rooms(struct soak *s)
{
	for (int i = 0; i < 3; i++)
		soak_room_create(s);
	while (soak_people_unsettled(s))
		soak_turn(s);
}

/* Some say goodbye, the others' connections end. */
static void send_away(struct soak *s)
{
	for (guint i = 0; i < s->people->len; i++) {
		struct soak_person *p = s->people->pdata[i];

		if (p != s->monitor && p->presence == SOAK_HERE && g_rand_int_range(s->rand, 0, 2))
			soak_person_leave(p);
	}
	soak_run_for(s, NOISE_US / 10);
	for (guint i = 0; i < s->people->len; i++)
		if (s->people->pdata[i] != s->monitor)
			soak_person_gone(s->people->pdata[i]);
	while (s->lines->len > 1)
		soak_line_free(s, s->lines->pdata[s->lines->len - 1]);
}

static struct soak_level run_round(struct soak *s, const struct options *o, int64_t us)
{
	const int64_t end = g_get_monotonic_time() + us;

	open_rooms(s);
	while (g_get_monotonic_time() < end) {
		make_noise(s, NOISE_US, o->rate);
		soak_check_quiet(s);
	}
	make_noise(s, NOISE_US, o->rate);
	send_away(s);
	soak_check_empty(s);
	soak_level_check_sessions(s, (guint)o->sessions);
	soak_level_check_idle(s);
	g_ptr_array_set_size(s->rooms, 0);
	g_hash_table_remove_all(s->ended);
	return soak_level_read(s);
}

static void start(struct soak *s, const struct options *o)
{
	s->url = o->url;
	s->pid = o->pid;
	s->slowness = o->slowness;
	s->timeout_us = o->timeout * G_USEC_PER_SEC;
	s->rand = g_rand_new_with_seed((guint32)o->seed);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->lines = g_ptr_array_new();
	s->people = g_ptr_array_new_with_free_func((GDestroyNotify)soak_person_free);
	s->rooms = g_ptr_array_new_with_free_func(g_free);
	s->asks = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	s->handles = g_hash_table_new(g_int64_hash, g_int64_equal);
	s->ended = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	s->next_feed = s->next_room = 5000;
	s->next_ssrc = 100000;
	s->next_ask = 1;
	if (limen_cert_new(&s->cert) ||
		SSL_CTX_set_tlsext_use_srtp(limen_cert_context(s->cert), PROFILES) != 0)
		soak_fail("no certificate");
	s->peer_cfg = (struct bench_peer_config){
		.sink = &s->sink, .cert = s->cert, .gro = true, .patient = true
	};
	s->monitor = soak_person_new(s, false);
	for (unsigned i = 0; i < PEOPLE; i++)
		soak_person_new(s, i % TALKERS != 0);
	soak_person_come(s->monitor, soak_line_new(s));
	while (s->monitor->presence != SOAK_HERE || soak_people_unsettled(s))
		soak_turn(s);
}

static void finish(struct soak *s)
{
	soak_line_free(s, s->lines->pdata[0]);
	g_ptr_array_unref(s->people);
	g_ptr_array_unref(s->lines);
	g_ptr_array_unref(s->rooms);
	g_hash_table_unref(s->asks);
	g_hash_table_unref(s->handles);
	g_hash_table_unref(s->ended);
	g_rand_free(s->rand);
	close(s->epoll);
	limen_cert_free(s->cert);
}

static void report(const struct soak *s, const struct options *o, const GArray *levels)
{
	const struct soak_figures *f = &s->figures;
	const struct soak_level *last = &g_array_index(levels, struct soak_level, levels->len - 1);
	int64_t first_kb, second_kb;

	soak_levels_check(levels, SLACK_KB * o->slowness, &first_kb, &second_kb);
	printf("passed with seed %d: %" G_GUINT64_FORMAT " actions, %" G_GUINT64_FORMAT
	       " requests (the slowest %.0f ms), %" G_GUINT64_FORMAT " events, %" G_GUINT64_FORMAT
	       " packets, %" G_GUINT64_FORMAT " quiet points; empty: %" G_GINT64_FORMAT
	       " KB then %" G_GINT64_FORMAT " KB, %u files, %u threads\n",
		o->seed, f->actions, f->requests, (double)f->slowest_us / 1000, f->events,
		f->packets, f->quiet_points, first_kb, second_kb, last->files, last->threads);
}

static bool parse(int argc, char **argv, struct options *o)
{
	const GOptionEntry entries[] = {
		{ "url", 'u', 0, G_OPTION_ARG_STRING, &o->url, "WebSocket of the gateway", "URL" },
		{ "pid", 0, 0, G_OPTION_ARG_INT, &o->pid, "Its process", "PID" },
		{ "seconds", 't', 0, G_OPTION_ARG_INT, &o->seconds, "How long", "S" },
		{ "seed", 0, 0, G_OPTION_ARG_INT, &o->seed, "What happens", "N" },
		{ "rate", 0, 0, G_OPTION_ARG_INT, &o->rate, "Actions a second", "N" },
		{ "slowness", 0, 0, G_OPTION_ARG_INT, &o->slowness, "By which limits are wider",
			"FACTOR" },
		{ "timeout", 0, 0, G_OPTION_ARG_INT, &o->timeout, "Its session_timeout", "S" },
		{ "sessions", 0, 0, G_OPTION_ARG_INT, &o->sessions, "The gateway's sessions_max",
			"N" },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- people who act at random");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "limen-soak: %s\n", error->message);
		return false;
	}
	return o->url && o->pid > 0 && o->seconds > 0 && o->rate > 0 && o->slowness > 0;
}

int main(int argc, char **argv)
{
	struct options o = {
		.seconds = 120, .seed = 1, .slowness = 1, .rate = 60, .sessions = 200, .timeout = 4
	};
	struct soak s = { 0 };
	g_autoptr(GArray) levels = g_array_new(FALSE, FALSE, sizeof(struct soak_level));
	int64_t end;
	int64_t round_us;

	if (!parse(argc, argv, &o))
		return EXIT_FAILURE;
	soak_diary_begin((unsigned)o.seed);
	start(&s, &o);
	end = g_get_monotonic_time() + o.seconds * G_USEC_PER_SEC;
	round_us = MAX(o.seconds * G_USEC_PER_SEC / ROUNDS, ROUND_MIN_US);
	for (unsigned i = 0; levels->len < 2 || g_get_monotonic_time() < end; i++) {
		struct soak_level level = run_round(&s, &o, round_us);

		if (i >= WARM_ROUNDS)
			g_array_append_val(levels, level);
	}
	report(&s, &o, levels);
	finish(&s);
	g_free(o.url);
	return EXIT_SUCCESS;
}
