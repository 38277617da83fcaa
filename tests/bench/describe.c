/*
 * Descriptions as a browser writes them, reduced to what both kinds of server need. Pure.
 */
#include "tests/bench/describe.h"
#include <arpa/inet.h>
#include <glib.h>
#include <limen/types.h>
#include <stdio.h>
#include <string.h>

#define URI "urn:ietf:params:rtp-hdrext:"
#define DRAFT "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define TIME "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

static void add_transport(GString *s, const struct bench_local *l, const char *setup)
{
	g_string_append_printf(s,
		"c=IN IP4 127.0.0.1\r\n"
		"a=candidate:1 1 udp 2130706431 127.0.0.1 %u typ host\r\n"
		"a=end-of-candidates\r\n"
		"a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
		"a=fingerprint:sha-256 %s\r\na=setup:%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n",
		l->port, l->ufrag, l->pwd, l->fingerprint, setup);
}

static void add_audio(GString *s, const struct bench_local *l, const char *mid)
{
	g_string_append_printf(s, "m=audio 9 UDP/TLS/RTP/SAVPF %d\r\n", BENCH_PT_AUDIO);
	add_transport(s, l, "actpass");
	g_string_append_printf(s,
		"a=mid:%s\r\na=sendonly\r\n"
		"a=extmap:%d " URI "ssrc-audio-level\r\n"
		"a=extmap:%d " DRAFT "\r\na=extmap:%d " URI "sdes:mid\r\n"
		"a=rtpmap:%d opus/48000/2\r\na=rtcp-fb:%d transport-cc\r\n"
		"a=fmtp:%d minptime=10;useinbandfec=1\r\n"
		"a=msid:bench audio\r\na=ssrc:%u cname:bench\r\n",
		mid, BENCH_EXT_LEVEL, BENCH_EXT_TWCC, BENCH_EXT_MID, BENCH_PT_AUDIO, BENCH_PT_AUDIO,
		BENCH_PT_AUDIO, l->audio_ssrc);
}

static void add_video(GString *s, const struct bench_local *l, const char *mid)
{
	static const char *const feedback[] = { "nack", "nack pli", "ccm fir", "goog-remb",
		"transport-cc" };

	g_string_append_printf(
		s, "m=video 9 UDP/TLS/RTP/SAVPF %d %d\r\n", BENCH_PT_VIDEO, BENCH_PT_RTX);
	add_transport(s, l, "actpass");
	g_string_append_printf(s,
		"a=mid:%s\r\na=%s\r\na=extmap:%d " TIME "\r\n"
		"a=extmap:%d " DRAFT "\r\na=extmap:%d " URI "sdes:mid\r\n"
		"a=rtpmap:%d VP8/90000\r\na=rtpmap:%d rtx/90000\r\na=fmtp:%d apt=%d\r\n",
		mid, l->video_off ? "inactive" : "sendonly", BENCH_EXT_TIME, BENCH_EXT_TWCC,
		BENCH_EXT_MID, BENCH_PT_VIDEO, BENCH_PT_RTX, BENCH_PT_RTX, BENCH_PT_VIDEO);
	for (size_t i = 0; i < G_N_ELEMENTS(feedback); i++)
		g_string_append_printf(s, "a=rtcp-fb:%d %s\r\n", BENCH_PT_VIDEO, feedback[i]);
	g_string_append_printf(s,
		"a=msid:bench video\r\na=ssrc-group:FID %u %u\r\n"
		"a=ssrc:%u cname:bench\r\na=ssrc:%u cname:bench\r\n",
		l->video_ssrc, l->video_ssrc + 1, l->video_ssrc, l->video_ssrc + 1);
}

static GString *begin(const struct bench_local *l)
{
	GString *s = g_string_new(NULL);

	g_string_append_printf(
		s, "v=0\r\no=- 1 %u IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", l->version + 1);
	return s;
}

char *bench_describe_offer(const struct bench_local *l)
{
	GString *s = begin(l);
	const bool both = l->audio_ssrc && l->video_ssrc;

	g_string_append(s, both ? "a=group:BUNDLE 0 1\r\n" : "a=group:BUNDLE 0\r\n");
	if (l->audio_ssrc)
		add_audio(s, l, "0");
	if (l->video_ssrc)
		add_video(s, l, both ? "1" : "0");
	return g_string_free(s, FALSE);
}

/* Whether a line of an offer's m-section stands in its answer too. */
static bool is_kept(const char *line)
{
	static const char *const kept[] = {
		"a=mid:", "a=rtpmap:", "a=fmtp:", "a=rtcp-fb:", "a=extmap:"
	};

	for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
		if (g_str_has_prefix(line, kept[i]))
			return true;
	return false;
}

char *bench_describe_answer(const char *offer, const struct bench_local *l)
{
	g_auto(GStrv) lines = g_strsplit(offer, "\n", -1);
	GString *s = begin(l);
	bool media = false;

	for (char **line = lines; *line; line++) {
		g_strchomp(*line);
		if (g_str_has_prefix(*line, "a=group:BUNDLE") || (media && is_kept(*line)))
			g_string_append_printf(s, "%s\r\n", *line);
		else if (g_strcmp0(*line, "a=sendonly") == 0 || g_strcmp0(*line, "a=sendrecv") == 0)
			g_string_append(s, "a=recvonly\r\n");
		else if (g_strcmp0(*line, "a=inactive") == 0)
			g_string_append(s, "a=inactive\r\n");
		if (!g_str_has_prefix(*line, "m="))
			continue;
		media = true;
		g_string_append_printf(s, "%s\r\n", *line);
		add_transport(s, l, "active");
	}
	return g_string_free(s, FALSE);
}

/* Keeps the first of a kind: with BUNDLE the first m-line's transport is the one used. */
static void keep(char **out, const char *value)
{
	if (!*out)
		*out = g_strdup(value);
}

static void read_fingerprint(struct bench_remote *r, const char *value)
{
	g_auto(GStrv) part = g_strsplit(value, " ", 2);

	if (!part[0] || !part[1])
		return;
	keep(&r->hash, part[0]);
	keep(&r->fingerprint, part[1]);
}

/* foundation component transport priority address port typ ... (RFC 8839 §5.1) */
static void read_candidate(struct bench_remote *r, const char *value)
{
	g_auto(GStrv) part = g_strsplit(value, " ", 8);
	guint64 port;

	if (r->address.sin_port || g_strv_length(part) < 8 || strcmp(part[1], "1") != 0 ||
		g_ascii_strcasecmp(part[2], "udp") != 0 ||
		inet_pton(AF_INET, part[4], &r->address.sin_addr) != 1 ||
		!g_ascii_string_to_unsigned(part[5], 10, 1, 65535, &port, NULL))
		return;
	r->address.sin_family = AF_INET;
	r->address.sin_port = htons((uint16_t)port);
}

static void read_rtpmap(struct bench_remote *r, const char *value)
{
	unsigned pt;
	char name[16];

	if (sscanf(value, "%u %15[^/]", &pt, name) != 2 || pt > 127)
		return;
	if (g_ascii_strcasecmp(name, "opus") == 0)
		r->media[pt] = BENCH_AUDIO;
	else if (g_ascii_strcasecmp(name, "VP8") == 0)
		r->media[pt] = BENCH_VIDEO;
	else if (g_ascii_strcasecmp(name, "rtx") == 0)
		r->media[pt] = BENCH_RTX;
}

static void read_line(struct bench_remote *r, const char *line)
{
	unsigned id;

	if (g_str_has_prefix(line, "a=ice-ufrag:"))
		keep(&r->ufrag, line + 12);
	else if (g_str_has_prefix(line, "a=ice-pwd:"))
		keep(&r->pwd, line + 10);
	else if (g_str_has_prefix(line, "a=fingerprint:"))
		read_fingerprint(r, line + 14);
	else if (g_str_has_prefix(line, "a=candidate:"))
		read_candidate(r, line + 12);
	else if (g_str_has_prefix(line, "a=rtpmap:"))
		read_rtpmap(r, line + 9);
	else if (sscanf(line, "a=extmap:%u", &id) == 1 && id < BENCH_EXTS)
		r->ext[id] = true;
	else if (strcmp(line, "a=ice-lite") == 0)
		r->lite = true;
	else if (strcmp(line, "a=setup:active") == 0)
		r->active = true;
	else if (g_str_has_prefix(line, "m=audio ") || g_str_has_prefix(line, "m=video "))
		r->sections++;
}

int bench_remote_read(struct bench_remote *r, const char *sdp)
{
	g_auto(GStrv) lines = g_strsplit(sdp, "\n", -1);

	memset(r, 0, sizeof(*r));
	for (char **line = lines; *line; line++)
		read_line(r, g_strchomp(*line));
	return r->ufrag && r->pwd && r->fingerprint && r->address.sin_port ? 0 : LIMEN_EPROTO;
}

void bench_remote_clear(struct bench_remote *r)
{
	g_free(r->ufrag);
	g_free(r->pwd);
	g_free(r->hash);
	g_free(r->fingerprint);
	memset(r, 0, sizeof(*r));
}
