/*
 * limen-bench-rooms: what rooms and joining cost, on any server with the JSON API. Three cases:
 *   join    how long a join takes while a room is full and media flows
 *   growth  what a join costs the server as the 10th subscriber and as the 100th
 *   many    many small meetings at once
 * Thread: the main loop; the WebSocket's own notes when messages come.
 */
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>
#include "tests/bench/joiner.h"
#include "tests/bench/process.h"
#include "tests/bench/room.h"
#include "tests/bench/source.h"

#define TICK_US 20000
#define STALL_US (60 * G_USEC_PER_SEC)
#define PAUSE_US 20000 /* between joins, so that none waits for the one before */
#define FILLING 8u     /* rooms at a time */
#define TALKING 10u    /* in one room of these somebody talks all the time */
#define NEAR 5u        /* joins before and after the one that is looked at */
#define PROFILES "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"

struct options {
	char *url, *kind, *json;
	int pid, publishers, subscribers, bitrate_kbps, joins, rooms, seconds;
};

struct run {
	struct options o;
	struct bench_api *api;
	struct bench_peer_config peer_cfg;
	struct bench_sink sink;
	GPtrArray *rooms, *sources;
	int epoll;
	int64_t tick_us, report_us;
	json_t *figures;
};

static void add_figure(struct run *r, const char *name, double value)
{
	json_object_set_new(r->figures, name, json_real(value));
}

static unsigned sockets(const struct run *r)
{
	unsigned sum = 0;

	for (guint i = 0; i < r->rooms->len; i++)
		sum += ((const struct bench_room *)r->rooms->pdata[i])->started;
	return sum;
}

static void turn(struct run *r, int64_t sleep_us)
{
	const int64_t now = g_get_monotonic_time();
	const bool report = now >= r->report_us;

	bench_read_all(r->epoll, sockets(r));
	bench_api_poll(r->api, now);
	for (guint i = 0; now >= r->tick_us && i < r->rooms->len; i++)
		bench_room_tick(r->rooms->pdata[i], now, report);
	if (now >= r->tick_us)
		r->tick_us = now + TICK_US;
	if (report)
		r->report_us = now + G_USEC_PER_SEC;
	for (guint i = 0; i < r->sources->len; i++)
		bench_source_send(r->sources->pdata[i], g_get_monotonic_time());
	g_usleep((gulong)sleep_us);
}

static void run_for(struct run *r, int64_t us)
{
	const int64_t end = g_get_monotonic_time() + us;

	while (g_get_monotonic_time() < end)
		turn(r, 2000);
}

static struct bench_room *open_room(struct run *r, const struct bench_room_config *cfg)
{
	struct bench_room_config shared = *cfg;
	struct bench_room *room;

	shared.epoll = r->epoll;
	room = bench_room_new(&shared, r->api, &r->peer_cfg);
	g_ptr_array_add(r->rooms, room);
	return room;
}

/* Fills rooms from the first on, a few at a time. */
static void fill_rooms(struct run *r)
{
	guint first = 0;
	int64_t progress = g_get_monotonic_time();

	while (first < r->rooms->len) {
		for (guint i = first; i < MIN(first + FILLING, r->rooms->len); i++)
			bench_room_fill(r->rooms->pdata[i]);
		if (bench_room_fill(r->rooms->pdata[first])) {
			first++;
			progress = g_get_monotonic_time();
		}
		if (g_get_monotonic_time() - progress > STALL_US)
			bench_die("room %u does not fill", first);
		turn(r, 500);
	}
}

static void add_source(struct run *r, struct bench_room *room, guint i, enum bench_shape shape)
{
	const uint32_t base = shape == BENCH_FRAMES ? BENCH_VIDEO_SSRC : BENCH_AUDIO_SSRC;

	g_ptr_array_add(r->sources,
		bench_source_new(room->publishers->pdata[i], shape,
			(unsigned)r->o.bitrate_kbps * 1000, base + i * BENCH_SSRC_STEP,
			g_get_monotonic_time() + g_random_int_range(0, 400000), i + 1));
}

static gint by_value(gconstpointer a, gconstpointer b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(GArray *values, double p)
{
	g_array_sort(values, by_value);
	return g_array_index(values, double, (guint)(p * (values->len - 1) + 0.5));
}

static void add_times(struct run *r, const char *who, GArray *times_ms)
{
	static const struct {
		const char *name;
		double p;
	} quantiles[] = { { "p50", 0.5 }, { "p99", 0.99 }, { "max", 1 } };

	for (size_t i = 0; i < G_N_ELEMENTS(quantiles); i++) {
		g_autofree char *name = g_strdup_printf("%s_%s_ms", who, quantiles[i].name);

		add_figure(r, name, quantile(times_ms, quantiles[i].p));
	}
}

static void measure_joins(struct run *r, struct bench_room *room, bool publisher)
{
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(double));
	struct bench_joiner *j = bench_joiner_new(r->api, room, publisher, times);

	for (int i = 0; i < r->o.joins; i++) {
		bench_joiner_join(j);
		while (!bench_joiner_is_done(j))
			turn(r, 500);
		run_for(r, PAUSE_US);
	}
	add_times(r, publisher ? "participant" : "subscriber", times);
	bench_joiner_free(j);
}

/* Many publishers, many more subscribers with one feed each: a webinar with a panel. */
static void case_join(struct run *r)
{
	const struct bench_room_config cfg = { .publishers = (unsigned)r->o.publishers,
		.subscribers = (unsigned)r->o.subscribers,
		.video = true,
		.in_flight = 20,
		.feeds = 1 };
	struct bench_room *room = open_room(r, &cfg);
	const int64_t begin = g_get_monotonic_time();
	uint64_t before;
	int64_t since;

	fill_rooms(r);
	add_figure(r, "setup_seconds", (double)(g_get_monotonic_time() - begin) / G_USEC_PER_SEC);
	for (guint i = 0; i < cfg.publishers; i++)
		add_source(r, room, i, BENCH_FRAMES);
	run_for(r, 2 * G_USEC_PER_SEC);
	before = r->sink.counts.received;
	since = g_get_monotonic_time();
	measure_joins(r, room, true);
	measure_joins(r, room, false);
	add_figure(r, "packets_per_second",
		(double)(r->sink.counts.received - before) * G_USEC_PER_SEC /
			(double)(g_get_monotonic_time() - since));
	add_figure(r, "streams_received", r->sink.streams);
}

static void fill_up_to(struct run *r, struct bench_room *room, unsigned subscribers)
{
	const unsigned want = room->cfg.publishers + subscribers;

	room->cfg.subscribers = subscribers;
	while (!bench_room_fill(room) || bench_room_up(room) < want)
		turn(r, 500);
	run_for(r, 50000);
}

/* CPU of the joins around the n-th subscriber's. */
static double cost_around(struct run *r, struct bench_room *room, unsigned n)
{
	int64_t before;

	fill_up_to(r, room, n - NEAR);
	before = bench_process_run_us(r->o.pid);
	fill_up_to(r, room, n + NEAR);
	return (double)(bench_process_run_us(r->o.pid) - before) / (2 * NEAR);
}

static void case_growth(struct run *r)
{
	const struct bench_room_config cfg = { .publishers = (unsigned)r->o.publishers,
		.audio = true,
		.video = true,
		.in_flight = 1 };
	struct bench_room *room = open_room(r, &cfg);

	while (!room->made)
		turn(r, 500);
	add_figure(r, "tenth_us", cost_around(r, room, 10));
	add_figure(r, "hundredth_us", cost_around(r, room, 100));
	if (r->o.subscribers >= 1000)
		add_figure(r, "thousandth_us", cost_around(r, room, 1000));
}

static void start_meetings(struct run *r)
{
	for (guint i = 0; i < r->rooms->len; i++)
		for (guint k = 0; k < (guint)r->o.publishers; k++)
			add_source(r, r->rooms->pdata[i], k,
				k == 0 && i % TALKING == 0 ? BENCH_OPUS : BENCH_SILENT);
}

/* Until each of the others' streams is heard by everybody. */
static void wait_for_streams(struct run *r)
{
	const unsigned want = (unsigned)(r->o.rooms * r->o.publishers * (r->o.publishers - 1));
	const int64_t end = g_get_monotonic_time() + STALL_US;

	while (r->sink.streams < want) {
		run_for(r, G_USEC_PER_SEC);
		if (g_get_monotonic_time() > end)
			bench_die("only %u of %u streams are heard, %u peers were hung up",
				r->sink.streams, want, bench_api_hangups(r->api));
	}
}

/* Meetings in which everybody sends and receives all the others. */
static void case_many(struct run *r)
{
	const struct bench_room_config cfg = { .publishers = (unsigned)r->o.publishers,
		.subscribers = (unsigned)r->o.publishers,
		.meeting = true,
		.audio = true,
		.in_flight = 3 };
	const int64_t begin = g_get_monotonic_time();
	struct bench_process before, after;
	int64_t cpu, since;
	uint64_t received;

	if (bench_process_read(&before, r->o.pid))
		bench_die("process %d cannot be looked at", r->o.pid);
	cpu = bench_process_run_us(r->o.pid);
	for (int i = 0; i < r->o.rooms; i++)
		open_room(r, &cfg);
	fill_rooms(r);
	add_figure(r, "setup_seconds", (double)(g_get_monotonic_time() - begin) / G_USEC_PER_SEC);
	add_figure(r, "setup_cpu_seconds", (double)(bench_process_run_us(r->o.pid) - cpu) / 1e6);
	start_meetings(r);
	wait_for_streams(r);
	cpu = bench_process_run_us(r->o.pid);
	since = g_get_monotonic_time();
	received = r->sink.counts.received;
	run_for(r, r->o.seconds * G_USEC_PER_SEC);
	since = g_get_monotonic_time() - since;
	add_figure(r, "cores", (double)(bench_process_run_us(r->o.pid) - cpu) / (double)since);
	add_figure(r, "packets_per_second",
		(double)(r->sink.counts.received - received) * G_USEC_PER_SEC / (double)since);
	if (bench_process_read(&after, r->o.pid))
		bench_die("process %d is gone", r->o.pid);
	add_figure(r, "memory_kb_per_room",
		(double)(after.pss_kb - before.pss_kb) / (double)r->o.rooms);
	add_figure(r, "threads", after.threads);
	add_figure(r, "connections", sockets(r));
	add_figure(r, "streams_received", r->sink.streams);
	add_figure(r, "hangups", bench_api_hangups(r->api));
}

static const struct {
	const char *name;
	void (*run)(struct run *r);
} cases[] = { { "join", case_join }, { "growth", case_growth }, { "many", case_many } };

static bool parse(int argc, char **argv, struct options *o)
{
	const GOptionEntry entries[] = {
		{ "url", 'u', 0, G_OPTION_ARG_STRING, &o->url, "WebSocket of the server", "URL" },
		{ "pid", 0, 0, G_OPTION_ARG_INT, &o->pid, "Process of the server", "PID" },
		{ "case", 'c', 0, G_OPTION_ARG_STRING, &o->kind, "join, growth or many", "CASE" },
		{ "publishers", 'p', 0, G_OPTION_ARG_INT, &o->publishers, "In a room", "N" },
		{ "subscribers", 's', 0, G_OPTION_ARG_INT, &o->subscribers, "In a room", "N" },
		{ "bitrate", 'b', 0, G_OPTION_ARG_INT, &o->bitrate_kbps, "Of a video", "KBPS" },
		{ "joins", 0, 0, G_OPTION_ARG_INT, &o->joins, "That are timed, of a kind", "N" },
		{ "rooms", 'r', 0, G_OPTION_ARG_INT, &o->rooms, "Of the case many", "N" },
		{ "seconds", 't', 0, G_OPTION_ARG_INT, &o->seconds, "Of media, of that", "S" },
		{ "json", 'j', 0, G_OPTION_ARG_FILENAME, &o->json, "Write the figures here",
			"FILE" },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- what rooms cost");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "limen-bench-rooms: %s\n", error->message);
		return false;
	}
	return o->url && o->kind && o->pid > 0 && o->publishers > 0 && o->joins > 0 && o->rooms > 0;
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void run_case(struct run *r)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		if (strcmp(cases[i].name, r->o.kind) == 0) {
			cases[i].run(r);
			return;
		}
	}
	bench_die("there is no case %s", r->o.kind);
}

int main(int argc, char **argv)
{
	struct run r = { .o = { .publishers = 3,
				 .subscribers = 100,
				 .bitrate_kbps = 300,
				 .joins = 200,
				 .rooms = 1000,
				 .seconds = 10 } };
	struct limen_cert *cert = NULL;

	if (!parse(argc, argv, &r.o) || limen_cert_new(&cert))
		return EXIT_FAILURE;
	if (SSL_CTX_set_tlsext_use_srtp(limen_cert_context(cert), PROFILES) != 0)
		bench_die("no SRTP profiles");
	raise_file_limit();
	bench_sink_init(&r.sink);
	r.peer_cfg = (struct bench_peer_config){ .sink = &r.sink, .cert = cert, .gro = true };
	r.rooms = g_ptr_array_new_with_free_func((GDestroyNotify)bench_room_free);
	r.sources = g_ptr_array_new_with_free_func((GDestroyNotify)bench_source_free);
	r.epoll = epoll_create1(EPOLL_CLOEXEC);
	r.figures = json_object();
	r.api = bench_api_new(r.o.url);
	run_case(&r);
	if (r.sink.counts.bad_auth || r.sink.counts.damaged)
		bench_die("packets were damaged");
	if (r.o.json && json_dump_file(r.figures, r.o.json, JSON_INDENT(2)))
		bench_die("%s cannot be written", r.o.json);
	json_dumpf(r.figures, stdout, JSON_REAL_PRECISION(5));
	putchar('\n');
	json_decref(r.figures);
	g_ptr_array_unref(r.sources);
	g_ptr_array_unref(r.rooms);
	bench_api_free(r.api);
	bench_sink_clear(&r.sink);
	limen_cert_free(cert);
	close(r.epoll);
	g_free(r.o.url);
	g_free(r.o.kind);
	g_free(r.o.json);
	return EXIT_SUCCESS;
}
