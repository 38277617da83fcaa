/*
 * limen-bench: fills a video room of any server with the JSON API and measures what it costs the
 * server to forward their media. One loop for all media, which wakes up for what is to be sent and
 * otherwise rarely, so that it leaves the processor to the server.
 */
#include <glib.h>
#include <math.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "tests/bench/process.h"
#include "tests/bench/room.h"
#include "tests/bench/source.h"

#define SETUP_WAKE_US 1000
#define MEDIA_WAKE_US 10000
#define TICK_US 20000
#define STALL_US (60 * G_USEC_PER_SEC) /* nobody more came up */
#define SETTLE_US 500000               /* from the last set-up to the first packet */
#define LINGER_US 1000000              /* for what is still on its way at the end */

/* Without AES-256, which some servers prefer: all do the same work, and what is fastest. */
#define PROFILES "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"

struct options {
	char *url, *json, *video, *srtp;
	int pid, publishers, subscribers, bitrate_kbps, seconds, warmup, in_flight;
	gboolean meeting, audio, no_gro;
};

struct bench {
	struct options o;
	struct bench_api *api;
	struct bench_room *room;
	struct bench_sink sink;
	GPtrArray *sources;
	bool sending;
	int64_t read_us, tick_us, report_us; /* when the next is due */
	/* figures */
	struct bench_process before, after;
	double setup_s;
	int64_t server_cpu_us, own_cpu_us, machine_us, window_us;
	uint64_t window_received, window_sent;
};

static void sleep_until(int64_t at_us)
{
	const struct timespec at = { .tv_sec = at_us / G_USEC_PER_SEC,
		.tv_nsec = at_us % G_USEC_PER_SEC * 1000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/* One turn of the loop: sends, receives, sleeps. */
static void turn(struct bench *b, int64_t wake_us)
{
	int64_t now = g_get_monotonic_time(), next;

	if (now >= b->read_us) {
		bench_room_read(b->room);
		bench_api_poll(b->api, now);
		b->read_us = now + wake_us;
	}
	if (now >= b->tick_us) {
		const bool report = now >= b->report_us;

		bench_room_tick(b->room, now, report);
		b->tick_us = now + TICK_US;
		if (report)
			b->report_us = now + G_USEC_PER_SEC;
	}
	next = MIN(b->read_us, b->tick_us);
	for (guint i = 0; b->sending && i < b->sources->len; i++)
		next = MIN(next, bench_source_send(b->sources->pdata[i], g_get_monotonic_time()));
	sleep_until(next);
}

static void run_for(struct bench *b, int64_t duration_us)
{
	const int64_t end = g_get_monotonic_time() + duration_us;

	while (g_get_monotonic_time() < end)
		turn(b, MEDIA_WAKE_US);
}

static void set_up(struct bench *b)
{
	const int64_t start = g_get_monotonic_time();
	int64_t progress = start;
	unsigned up = 0;

	while (!bench_room_fill(b->room)) {
		turn(b, SETUP_WAKE_US);
		if (bench_room_up(b->room) != up) {
			up = bench_room_up(b->room);
			progress = g_get_monotonic_time();
		}
		if (g_get_monotonic_time() - progress > STALL_US)
			bench_die("only %u peer connections came up", up);
	}
	b->setup_s = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
}

static void add_source(struct bench *b, struct bench_peer *peer, enum bench_shape shape, guint i)
{
	const unsigned base = shape == BENCH_OPUS ? BENCH_AUDIO_SSRC : BENCH_VIDEO_SSRC;
	/* Publishers are not in step. */
	const int64_t start = g_get_monotonic_time() + (int64_t)i * 7321 % 33333;

	g_ptr_array_add(b->sources,
		bench_source_new(peer, shape, (unsigned)b->o.bitrate_kbps * 1000,
			base + i * BENCH_SSRC_STEP, start, i + 1));
}

static void start_media(struct bench *b)
{
	const bool even = strcmp(b->o.video, "even") == 0;

	for (guint i = 0; i < b->room->publishers->len; i++) {
		struct bench_peer *peer = b->room->publishers->pdata[i];

		if (b->o.audio)
			add_source(b, peer, BENCH_OPUS, i);
		if (strcmp(b->o.video, "none") != 0)
			add_source(b, peer, even ? BENCH_EVEN : BENCH_FRAMES, i);
	}
	b->sending = true;
}

static uint64_t sent(const struct bench *b)
{
	uint64_t sum = 0;

	for (guint i = 0; i < b->sources->len; i++)
		sum += bench_source_sent(b->sources->pdata[i]);
	return sum;
}

static int64_t own_cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * G_USEC_PER_SEC +
		u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

static void measure(struct bench *b)
{
	const uint64_t received = b->sink.counts.received, sent_before = sent(b);
	const int64_t start = g_get_monotonic_time(), own = own_cpu_us();
	const int64_t machine = bench_process_machine_us();
	const int64_t server = b->o.pid ? bench_process_cpu_us(b->o.pid) : 0;

	b->sink.recording = true;
	run_for(b, b->o.seconds * G_USEC_PER_SEC);
	b->sink.recording = false;
	b->server_cpu_us = b->o.pid ? bench_process_cpu_us(b->o.pid) - server : 0;
	b->own_cpu_us = own_cpu_us() - own;
	b->machine_us = bench_process_machine_us() - machine;
	b->window_us = g_get_monotonic_time() - start;
	b->window_received = b->sink.counts.received - received;
	b->window_sent = sent(b) - sent_before;
}

static void look_at_server(const struct bench *b, struct bench_process *out)
{
	if (b->o.pid && bench_process_read(out, b->o.pid))
		bench_die("process %d cannot be looked at", b->o.pid);
}

static void run(struct bench *b)
{
	look_at_server(b, &b->before);
	set_up(b);
	run_for(b, SETTLE_US);
	start_media(b);
	run_for(b, b->o.warmup * G_USEC_PER_SEC);
	puts("measuring"); /* profilers wait for it */
	fflush(stdout);
	measure(b);
	look_at_server(b, &b->after);
	b->sending = false;
	run_for(b, LINGER_US);
}

/* Receivers of each source. */
static uint64_t expected(const struct bench *b)
{
	return sent(b) * (b->room->cfg.subscribers - b->room->cfg.meeting);
}

static double rounded(double value)
{
	return round(value * 1000) / 1000;
}

static json_t *report(struct bench *b)
{
	const struct bench_counts *c = &b->sink.counts;
	const unsigned peers = b->room->cfg.publishers + b->room->cfg.subscribers;
	const uint64_t want = expected(b), window = MAX(b->window_received, 1);
	const double seconds = (double)b->window_us / G_USEC_PER_SEC;
	struct bench_peer *first = b->room->subscribers->pdata[0];
	json_t *r = json_object();
	const struct {
		const char *name;
		double value;
	} figures[] = {
		{ "publishers", b->room->cfg.publishers },
		{ "subscribers", b->room->cfg.subscribers },
		{ "srtp_profile", first->profile },
		{ "setup_seconds", b->setup_s },
		{ "window_seconds", seconds },
		{ "streams_expected", bench_room_streams(b->room) },
		{ "streams_received", b->sink.streams },
		{ "sent", (double)sent(b) },
		{ "expected", (double)want },
		{ "received", (double)c->received },
		{ "loss_percent", want ? 100.0 * (1.0 - (double)c->received / (double)want) : 0 },
		{ "socket_drops", bench_room_drops(b->room) },
		{ "reordered", (double)c->reordered },
		{ "duplicates", (double)c->duplicate },
		{ "retransmissions", (double)c->rtx },
		{ "rtcp", (double)c->rtcp },
		{ "decrypted", (double)c->sampled },
		{ "bad_authentication", (double)c->bad_auth },
		{ "damaged", (double)c->damaged },
		{ "hangups", bench_api_hangups(b->api) },
		{ "forwarded_per_second", (double)b->window_received / seconds },
		{ "latency_p50_us", bench_sink_latency(&b->sink, 0.50) },
		{ "latency_p95_us", bench_sink_latency(&b->sink, 0.95) },
		{ "latency_p99_us", bench_sink_latency(&b->sink, 0.99) },
		{ "server_cpu_seconds", (double)b->server_cpu_us / G_USEC_PER_SEC },
		{ "cpu_us_per_packet", (double)b->server_cpu_us / (double)window },
		{ "memory_kb_per_peer", (double)(b->after.pss_kb - b->before.pss_kb) / peers },
		{ "threads", b->after.threads },
		/* What neither of the two did: much of it, and the figures are not to be trusted.
		 */
		{ "other_cpu_seconds",
			(double)MAX(b->machine_us - b->server_cpu_us - b->own_cpu_us, 0) /
				G_USEC_PER_SEC },
		{ "generator_cpu_seconds", (double)b->own_cpu_us / G_USEC_PER_SEC },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(figures); i++)
		json_object_set_new(r, figures[i].name, json_real(rounded(figures[i].value)));
	return r;
}

static double figure(const json_t *r, const char *name)
{
	return json_real_value(json_object_get(r, name));
}

static void print(const json_t *r)
{
	printf("forwarded %.0f packets/s, %.2f us CPU each, loss %.3f %%, latency p50 %.2f p95 "
	       "%.2f p99 %.2f ms, %.0f KB a peer, %.0f threads, set up in %.1f s, generator %.2f "
	       "CPU s, others %.2f CPU s of %.1f s\n",
		figure(r, "forwarded_per_second"), figure(r, "cpu_us_per_packet"),
		figure(r, "loss_percent"), figure(r, "latency_p50_us") / 1000,
		figure(r, "latency_p95_us") / 1000, figure(r, "latency_p99_us") / 1000,
		figure(r, "memory_kb_per_peer"), figure(r, "threads"), figure(r, "setup_seconds"),
		figure(r, "generator_cpu_seconds"), figure(r, "other_cpu_seconds"),
		figure(r, "window_seconds"));
}

static void fill_in(char **option, const char *value)
{
	if (!*option)
		*option = g_strdup(value);
}

static bool parse(int argc, char **argv, struct options *o)
{
	const GOptionEntry entries[] = {
		{ "url", 'u', 0, G_OPTION_ARG_STRING, &o->url, "WebSocket of the server", "URL" },
		{ "pid", 0, 0, G_OPTION_ARG_INT, &o->pid, "Process of the server", "PID" },
		{ "publishers", 'p', 0, G_OPTION_ARG_INT, &o->publishers, "Senders", "N" },
		{ "subscribers", 's', 0, G_OPTION_ARG_INT, &o->subscribers, "Receivers", "N" },
		{ "meeting", 'm', 0, G_OPTION_ARG_NONE, &o->meeting,
			"Each publisher receives all the others", NULL },
		{ "video", 'v', 0, G_OPTION_ARG_STRING, &o->video, "frames, even or none",
			"SHAPE" },
		{ "audio", 'a', 0, G_OPTION_ARG_NONE, &o->audio, "Publish audio", NULL },
		{ "bitrate", 'b', 0, G_OPTION_ARG_INT, &o->bitrate_kbps, "Of a video", "KBPS" },
		{ "seconds", 't', 0, G_OPTION_ARG_INT, &o->seconds, "To be measured", "S" },
		{ "warmup", 'w', 0, G_OPTION_ARG_INT, &o->warmup, "Media before that", "S" },
		{ "srtp", 0, 0, G_OPTION_ARG_STRING, &o->srtp,
			"Profiles to offer, in OpenSSL's names", "LIST" },
		{ "in-flight", 0, 0, G_OPTION_ARG_INT, &o->in_flight, "Set-ups at a time", "N" },
		{ "no-gro", 0, 0, G_OPTION_ARG_NONE, &o->no_gro, "Receive without UDP_GRO", NULL },
		{ "json", 'j', 0, G_OPTION_ARG_FILENAME, &o->json, "Write the figures here",
			"FILE" },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- load for a video room");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "limen-bench: %s\n", error->message);
		return false;
	}
	fill_in(&o->url, "ws://127.0.0.1:8188/");
	fill_in(&o->video, "frames");
	fill_in(&o->srtp, PROFILES);
	if (o->meeting)
		o->subscribers = o->publishers;
	if (argc > 1 || o->publishers < 1 || o->subscribers < 1 || o->seconds < 1 ||
		o->bitrate_kbps < 10 || o->in_flight < 1 || (o->meeting && o->publishers < 2)) {
		fprintf(stderr, "limen-bench: these options make no sense, see --help\n");
		return false;
	}
	return true;
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static bool is_sound(const struct bench *b)
{
	const struct bench_counts *c = &b->sink.counts;

	return c->received > 0 && c->bad_auth == 0 && c->damaged == 0;
}

int main(int argc, char **argv)
{
	struct bench b = { .o = { .publishers = 1,
				   .subscribers = 10,
				   .bitrate_kbps = 1500,
				   .seconds = 10,
				   .warmup = 2,
				   .in_flight = 20 } };
	struct bench_peer_config peer_cfg = { .sink = &b.sink };
	struct limen_cert *cert = NULL;
	struct bench_room_config room;
	json_t *r;
	bool sound;

	if (!parse(argc, argv, &b.o) || limen_cert_new(&cert))
		return EXIT_FAILURE;
	if (SSL_CTX_set_tlsext_use_srtp(limen_cert_context(cert), b.o.srtp) != 0)
		bench_die("%s: not a list of SRTP profiles", b.o.srtp);
	raise_file_limit();
	room = (struct bench_room_config){ .publishers = (unsigned)b.o.publishers,
		.subscribers = (unsigned)b.o.subscribers,
		.meeting = b.o.meeting,
		.audio = b.o.audio,
		.video = strcmp(b.o.video, "none") != 0,
		.in_flight = (unsigned)b.o.in_flight };
	bench_sink_init(&b.sink);
	b.sources = g_ptr_array_new_with_free_func((GDestroyNotify)bench_source_free);
	peer_cfg.cert = cert;
	peer_cfg.gro = !b.o.no_gro;
	b.api = bench_api_new(b.o.url);
	b.room = bench_room_new(&room, b.api, &peer_cfg);
	run(&b);
	r = report(&b);
	print(r);
	sound = is_sound(&b);
	if (b.o.json && json_dump_file(r, b.o.json, JSON_INDENT(2) | JSON_REAL_PRECISION(10)))
		bench_die("%s cannot be written", b.o.json);
	json_decref(r);
	g_ptr_array_unref(b.sources);
	bench_room_free(b.room);
	bench_api_free(b.api);
	bench_sink_clear(&b.sink);
	limen_cert_free(cert);
	g_free(b.o.url);
	g_free(b.o.json);
	g_free(b.o.video);
	g_free(b.o.srtp);
	return sound ? EXIT_SUCCESS : EXIT_FAILURE;
}
