/*
 * A handle as text. Rates are what two snapshots differ by. Pure.
 */
#include "tools/tree.h"
#include <glib.h>

static const json_t *at(const json_t *o, const char *first, const char *second)
{
	return json_object_get(json_object_get(o, first), second);
}

static const char *text_at(const json_t *o, const char *first, const char *second)
{
	const char *text = json_string_value(at(o, first, second));

	return text ? text : "-";
}

static json_int_t bytes_of(const json_t *media, const char *mid, const char *way)
{
	const json_t *stats = json_object_get(json_object_get(media, mid), "stats");

	return json_integer_value(at(stats, way, "bytes"));
}

/* 0 where the counter began anew in between. */
static double bps(
	const json_t *before, const json_t *after, const char *mid, const char *way, double seconds)
{
	const json_int_t then = bytes_of(before, mid, way), now = bytes_of(after, mid, way);

	return now > then ? (double)(now - then) * 8 / seconds : 0;
}

static const json_t *media_of(const json_t *info)
{
	return at(info, "webrtc", "media");
}

json_t *limen_tree_rates(const json_t *before, const json_t *after, double seconds)
{
	const json_t *then = media_of(before), *now = media_of(after);
	json_t *all = json_object();
	const char *mid;
	json_t *line;

	json_object_foreach((json_t *)now, mid, line) json_object_set_new(all, mid,
		json_pack("{s:f,s:f}", "in_bps", bps(then, now, mid, "in", seconds), "out_bps",
			bps(then, now, mid, "out", seconds)));
	return all;
}

static void add_lines(GString *out, const json_t *before, const json_t *after, double seconds)
{
	json_t *rates = limen_tree_rates(before, after, seconds);
	const char *mid;
	json_t *rate;

	json_object_foreach(rates, mid, rate)
	{
		const json_t *line = json_object_get(media_of(after), mid);
		const char *type = json_string_value(json_object_get(line, "type"));

		g_string_append_printf(out, "    %s %s %s: in %.0f kbit/s, out %.0f kbit/s\n", mid,
			type ? type : "-", text_at(line, "codecs", "codec"),
			json_real_value(json_object_get(rate, "in_bps")) / 1000,
			json_real_value(json_object_get(rate, "out_bps")) / 1000);
	}
	json_decref(rates);
}

char *limen_tree_handle(const json_t *before, const json_t *after, double seconds)
{
	GString *out = g_string_new(NULL);
	const json_t *webrtc = json_object_get(after, "webrtc");

	g_string_append_printf(out, "handle %" JSON_INTEGER_FORMAT " %s\n",
		json_integer_value(json_object_get(after, "handle_id")),
		json_string_value(json_object_get(after, "plugin")));
	if (!webrtc) {
		g_string_append(out, "  no PeerConnection\n");
		return g_string_free(out, FALSE);
	}
	g_string_append_printf(out, "  ICE %s, %s\n", text_at(webrtc, "ice", "state"),
		text_at(webrtc, "ice", "selected-pair"));
	g_string_append_printf(out, "  DTLS %s, %s\n", text_at(webrtc, "dtls", "dtls-state"),
		text_at(webrtc, "dtls", "srtp-profile"));
	g_string_append(out, "  media\n");
	add_lines(out, before, after, seconds);
	return g_string_free(out, FALSE);
}
