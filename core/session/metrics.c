/*
 * From what a scrape gathered, and what was counted meanwhile, to text. What /proc says of the
 * process is read before the loops are visited, by whoever asks. Thread: see each function.
 */
#include "core/session/metrics.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "core/base/openmetrics.h"
#include "core/media/ice_shared.h"
#include "core/session/scrape.h"
#include "core/session/session.h"
#include "core/session/verb_times.h"

#define REST "(other)" /* the meeting_id of all meetings beyond the limit */

#define GAUGE LIMEN_METRIC_GAUGE
#define COUNTER LIMEN_METRIC_COUNTER
#define HISTOGRAM LIMEN_METRIC_HISTOGRAM

struct ask {
	struct limen_metrics m;
	uint64_t request;
	void (*done)(uint64_t request, char *text);
};

static void one_gauge(struct limen_metrics *m, const char *name, const char *help, double x)
{
	limen_metrics_family(m, name, GAUGE, help);
	limen_metrics_gauge(m, NULL, NULL, x);
}

static void one_count(struct limen_metrics *m, const char *name, const char *help, uint64_t n)
{
	limen_metrics_family(m, name, COUNTER, help);
	limen_metrics_count(m, NULL, NULL, n);
}

static unsigned count_fds(void)
{
	GDir *dir = g_dir_open("/proc/self/fd", 0, NULL);
	unsigned n = 0;

	while (dir && g_dir_read_name(dir))
		n++;
	if (dir)
		g_dir_close(dir);
	return n ? n - 1 : 0; /* but for the one that read them */
}

static double cpu_seconds(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Resident bytes, and when the process began, as /proc/self tells them (proc(5)). */
static void read_process(double *resident, double *start_s)
{
	g_autofree char *statm = NULL, *stat = NULL, *all = NULL;
	const char *at, *boot;

	*resident = *start_s = 0;
	if (g_file_get_contents("/proc/self/statm", &statm, NULL, NULL) &&
		(at = strchr(statm, ' ')))
		*resident = g_ascii_strtod(at, NULL) * (double)sysconf(_SC_PAGESIZE);
	if (!g_file_get_contents("/proc/self/stat", &stat, NULL, NULL) ||
		!g_file_get_contents("/proc/stat", &all, NULL, NULL) ||
		!(boot = strstr(all, "btime ")) || !(at = strrchr(stat, ')')))
		return;
	for (unsigned field = 2; field < 22 && at; field++)
		at = strchr(at + 1, ' ');
	if (at)
		*start_s = g_ascii_strtod(boot + strlen("btime "), NULL) +
			g_ascii_strtod(at, NULL) / (double)sysconf(_SC_CLK_TCK);
}

static void write_process(struct limen_metrics *m)
{
	double resident, start_s;

	read_process(&resident, &start_s);
	limen_metrics_family(m, "process_cpu_seconds", COUNTER, "Processor time used.");
	limen_metrics_gauge(m, NULL, NULL, cpu_seconds());
	one_gauge(m, "process_resident_memory_bytes", "Resident memory.", resident);
	one_gauge(m, "process_open_fds", "Open file descriptors.", count_fds());
	one_gauge(m, "process_start_time_seconds", "Start of the process, Unix time.", start_s);
}

static void write_loops(struct limen_metrics *m, const struct limen_core *core)
{
	char number[16];

	limen_metrics_family(m, "limen_loop_busy_ratio", GAUGE, "How busy a loop is, 0 to 1.");
	for (unsigned i = 0; i < core->loop_count; i++) {
		g_snprintf(number, sizeof(number), "%u", i);
		limen_metrics_gauge(m, "loop", number, limen_loop_load(core->loops[i]) / 1000.0);
	}
	limen_metrics_family(m, "limen_loop_queued_tasks", GAUGE, "Tasks that wait for a loop.");
	for (unsigned i = 0; i < core->loop_count; i++) {
		g_snprintf(number, sizeof(number), "%u", i);
		limen_metrics_gauge(m, "loop", number, limen_loop_depth(core->loops[i]));
	}
	limen_metrics_family(m, "limen_loop_round_seconds", HISTOGRAM,
		"How long a loop worked before it looked at its sockets again.");
	for (unsigned i = 0; i < core->loop_count; i++) {
		g_autofree char *label = g_strdup_printf("loop=\"%u\"", i);
		struct limen_histogram h;

		limen_loop_rounds(core->loops[i], &h);
		limen_metrics_histogram(m, label, &h);
	}
}

static void write_ice(struct limen_metrics *m)
{
	static const char *const names[LIMEN_ICE_COUNTS] = { "checks", "passed", "junk", "nobody",
		"forged", "malformed", "overflow" };
	uint64_t n[LIMEN_ICE_COUNTS];

	limen_ice_shared_counts(n);
	limen_metrics_family(m, "limen_ice_datagrams", COUNTER,
		"Datagrams at the shared port by what became of them: checks and passed (to "
		"another "
		"loop) are good.");
	for (unsigned i = 0; i < LIMEN_ICE_COUNTS; i++)
		limen_metrics_count(m, "kind", names[i], n[i]);
}

static void write_drops(struct limen_metrics *m, const uint64_t *n)
{
	static const struct {
		enum limen_count count;
		const char *reason;
	} all[] = { { LIMEN_COUNT_DROP_KIND, "kind" }, { LIMEN_COUNT_DROP_SRTP, "srtp" },
		{ LIMEN_COUNT_DROP_RTCP, "rtcp" }, { LIMEN_COUNT_DROP_SSRC, "ssrc" },
		{ LIMEN_COUNT_DROP_CODEC, "codec" }, { LIMEN_COUNT_DROP_SEND, "send" } };

	limen_metrics_family(m, "sfu_packets_dropped", COUNTER,
		"Datagrams of peers that were of no use, by reason.");
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		limen_metrics_count(m, "reason", all[i].reason, n[all[i].count]);
}

static void write_traffic(struct limen_metrics *m)
{
	uint64_t n[LIMEN_COUNTS];

	limen_counts_read(n);
	limen_metrics_two_names(m, "sfu_bytes_received",
		"Bytes of RTP received, before encryption.", n[LIMEN_COUNT_BYTES_IN]);
	limen_metrics_two_names(m, "sfu_bytes_sent", "Bytes of RTP sent, before encryption.",
		n[LIMEN_COUNT_BYTES_OUT]);
	one_count(m, "sfu_packets_received", "RTP packets received.", n[LIMEN_COUNT_PACKETS_IN]);
	one_count(m, "sfu_packets_sent", "RTP packets sent.", n[LIMEN_COUNT_PACKETS_OUT]);
	one_count(m, "sfu_packets_lost", "RTP packets lost on the way in.", n[LIMEN_COUNT_LOST_IN]);
	one_count(m, "sfu_retransmissions_received", "Retransmissions (RTX) received.",
		n[LIMEN_COUNT_RTX_IN]);
	one_count(m, "sfu_retransmissions_sent", "Retransmissions sent.", n[LIMEN_COUNT_RTX_OUT]);
	one_count(m, "sfu_nacks_received", "Packets that receivers asked for again.",
		n[LIMEN_COUNT_NACK_IN]);
	one_count(m, "sfu_nacks_sent", "Packets that senders were asked for again.",
		n[LIMEN_COUNT_NACK_OUT]);
	one_count(m, "sfu_plis_received", "Keyframe requests received.", n[LIMEN_COUNT_PLI_IN]);
	one_count(m, "sfu_plis_sent", "Keyframe requests sent.", n[LIMEN_COUNT_PLI_OUT]);
	write_drops(m, n);
	limen_metrics_family(m, "limen_dtls_handshakes", COUNTER, "DTLS handshakes by result.");
	limen_metrics_count(m, "result", "success", n[LIMEN_COUNT_DTLS_DONE]);
	limen_metrics_count(m, "result", "error", n[LIMEN_COUNT_DTLS_FAILED]);
	one_count(m, "limen_egress_datagrams", "Datagrams sent by the shared port.",
		n[LIMEN_COUNT_EGRESS_DATAGRAMS]);
	one_count(m, "limen_egress_bytes", "Their bytes.", n[LIMEN_COUNT_EGRESS_BYTES]);
	one_count(m, "limen_egress_messages",
		"Messages handed to the kernel, of one datagram or several.",
		n[LIMEN_COUNT_EGRESS_MESSAGES]);
	one_count(m, "limen_egress_dropped", "Datagrams that the kernel did not take.",
		n[LIMEN_COUNT_EGRESS_DROPPED]);
}

static void write_peers(struct limen_metrics *m, const struct limen_scrape *s)
{
	static const char *const states[] = { "new", "connecting", "up", "failed" };

	limen_metrics_family(m, "limen_handles", GAUGE, "Handles by plugin.");
	for (guint i = 0; i < s->core->plugins->len; i++) {
		const struct limen_plugin *p = s->core->plugins->pdata[i];

		limen_metrics_gauge(m, "plugin", p->head.name, s->handles[i]);
	}
	limen_metrics_family(m, "limen_peers", GAUGE, "PeerConnections of handles by state.");
	for (unsigned i = 0; i < LIMEN_STATS_STATES; i++)
		limen_metrics_gauge(m, "state", states[i], s->peers[i]);
	one_gauge(m, "sfu_receive_bitrate_bps", "Bits of RTP received in the last second.",
		(double)s->bits_in);
	one_gauge(m, "sfu_send_bitrate_bps", "Bits of RTP sent in the last second.",
		(double)s->bits_out);
	one_gauge(m, "sfu_jitter_seconds", "Mean jitter of peers with media.",
		s->all.heard ? s->jitter_ms / s->all.heard / 1000 : 0);
	one_gauge(m, "sfu_round_trip_seconds", "Mean round trip time of peers with media.",
		s->timed ? s->rtt_ms / s->timed / 1000 : 0);
}

static gint by_size(gconstpointer a, gconstpointer b)
{
	const struct limen_scrape_meeting *x = *(const struct limen_scrape_meeting *const *)a,
					  *y = *(const struct limen_scrape_meeting *const *)b;
	const unsigned n = x->participants + x->heard, o = y->participants + y->heard;

	return n != o ? (n < o ? 1 : -1) : g_strcmp0(x->id, y->id);
}

/* Largest first. The rest is made one. */
static GPtrArray *list_meetings(const struct limen_scrape *s, struct limen_scrape_meeting *rest)
{
	GPtrArray *list = g_ptr_array_new();
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, s->meetings);
	while (g_hash_table_iter_next(&it, NULL, &value))
		g_ptr_array_add(list, value);
	g_ptr_array_sort(list, by_size);
	for (guint i = LIMEN_METRICS_MEETINGS_MAX; i < list->len; i++)
		limen_scrape_meeting_add(rest, list->pdata[i]);
	if (list->len > LIMEN_METRICS_MEETINGS_MAX) {
		g_ptr_array_set_size(list, LIMEN_METRICS_MEETINGS_MAX);
		g_ptr_array_add(list, rest);
	}
	return list;
}

/* A handle may stay with a room that is no more. */
static unsigned count_active(const struct limen_scrape *s)
{
	GHashTableIter it;
	gpointer value;
	unsigned n = 0;

	g_hash_table_iter_init(&it, s->meetings);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		const struct limen_scrape_meeting *m = value;

		n += m->participants || m->heard;
	}
	return n;
}

static void write_meetings(struct limen_metrics *m, const struct limen_scrape *s)
{
	struct limen_scrape_meeting rest = { .id = (char *)REST };
	g_autoptr(GPtrArray) list = list_meetings(s, &rest);

	one_gauge(m, "active_meetings", "Rooms with participants or with media.", count_active(s));
	one_gauge(m, "active_participants", "Participants of all rooms.", s->all.participants);
	one_gauge(m, "sfu_active_participants", "Participants of all rooms.", s->all.participants);
	limen_metrics_family(m, "meeting_participants", GAUGE, "Participants by room.");
	for (guint i = 0; i < list->len; i++) {
		const struct limen_scrape_meeting *one = list->pdata[i];

		limen_metrics_gauge(m, "meeting_id", one->id, one->participants);
	}
	limen_metrics_family(m, "webrtc_packet_loss_percent", GAUGE,
		"Mean loss of the streams of a room's peers, both ways, in the last reports.");
	for (guint i = 0; i < list->len; i++) {
		const struct limen_scrape_meeting *one = list->pdata[i];

		if (one->heard)
			limen_metrics_gauge(m, "meeting_id", one->id, one->loss / one->heard * 100);
	}
	limen_metrics_family(m, "call_quality_mos_score", GAUGE,
		"Mean opinion score of a room's peers by the E-model (ITU-T G.107), 1 to 4.5.");
	for (guint i = 0; i < list->len; i++) {
		const struct limen_scrape_meeting *one = list->pdata[i];

		if (one->heard)
			limen_metrics_gauge(m, "meeting_id", one->id, one->mos / one->heard);
	}
}

static void gathered(const struct limen_scrape *s, void *arg)
{
	struct ask *a = arg;

	one_gauge(&a->m, "limen_sessions", "Sessions of clients.",
		(double)limen_sessions_count(s->core->sessions));
	write_peers(&a->m, s);
	write_meetings(&a->m, s);
	write_traffic(&a->m);
	write_ice(&a->m);
	write_loops(&a->m, s->core);
	limen_metrics_family(&a->m, "limen_api_request_seconds", HISTOGRAM,
		"Time from a request to its first answer, by verb and result.");
	limen_verb_times_write(&a->m);
	a->done(a->request, limen_metrics_finish(&a->m));
	g_free(a);
}

bool limen_metrics_ask(struct limen_core *core, bool old, uint64_t request,
	void (*done)(uint64_t request, char *text))
{
	struct ask *a = g_new(struct ask, 1);

	*a = (struct ask){ .request = request, .done = done };
	limen_metrics_init(&a->m, old);
	write_process(&a->m);
	if (limen_scrape_start(core, gathered, a))
		return true;
	free(limen_metrics_finish(&a->m));
	g_free(a);
	return false;
}
