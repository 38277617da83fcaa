/*
 * limen.jcfg: groups and keys as clients' operators know them (spec events.md), plus our own. Main
 * thread.
 */
#include "core/settings.h"
#include <string.h>
#include <unistd.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/session/jwt.h"
#include "core/session/tokens.h"

#define SECONDS_MAX 86400
#define ADMIN_SECRET_BYTES 16
#define STATS_LEAN_S 5
#define STATS_CLASSIC_S 1

const struct limen_option limen_settings_table[] = {
	{ "general", "debug_level", LIMEN_OPT_CHOICE, "info", 0, 0, "error|warn|info|debug|trace",
		"What is logged" },
	{ "general", "log_to_stdout", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Log to standard output" },
	{ "general", "log_to_file", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "Log to this file" },
	{ "general", "api_secret", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Secret that every API request must carry" },
	{ "general", "admin_secret", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Secret that admin requests must carry; made anew at each start without one" },
	{ "general", "token_auth", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Requests may carry a token instead" },
	{ "general", "token_auth_secret", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Key of signed tokens" },
	{ "general", "jwt_secret", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Key of JSON Web Tokens signed by HS256, 32 characters or more; with it or the "
		"next, requests may carry such a token" },
	{ "general", "jwt_public_key", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Public key (PEM file) of those signed by RS256 (RSA) or ES256 (P-256)" },
	{ "general", "jwt_audience", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"What their \"aud\" must name; not set: they must have none" },
	{ "general", "server_name", LIMEN_OPT_STRING, "MyLimenInstance", 0, 0, NULL,
		"Name shown in info" },
	{ "general", "session_timeout", LIMEN_OPT_INT, "60", 0, SECONDS_MAX, NULL,
		"Seconds without a request after which a session ends; 0 = never" },
	{ "general", "reclaim_session_timeout", LIMEN_OPT_INT, "0", 0, SECONDS_MAX, NULL,
		"Seconds a session waits for a new connection; 0 = not" },
	{ "general", "candidates_timeout", LIMEN_OPT_INT, "45", 1, SECONDS_MAX, NULL,
		"Seconds that early candidates are kept" },
	{ "general", "sessions_max", LIMEN_OPT_INT, "0", 0, 10000000, NULL,
		"Most sessions at once; 0 = any number" },
	{ "general", "handles_max", LIMEN_OPT_INT, "1000", 0, 1000000, NULL,
		"Most handles in one session; 0 = any number" },
	{ "general", "drain_seconds", LIMEN_OPT_INT, "10", 0, SECONDS_MAX, NULL,
		"Seconds that SIGTERM leaves to PeerConnections to end; 0 = none" },
	{ "general", "opaqueid_in_api", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Events to clients carry the opaque_id" },
	{ "general", "hide_dependencies", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Leave library versions out of info" },
	{ "general", "loops", LIMEN_OPT_INT, "0", 0, 1024, NULL,
		"Event loops; 0 = one per processor" },
	{ "general", "allow_loop_indication", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Clients may choose the loop of a handle" },
	{ "certificates", "cert_pem", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"DTLS certificate (PEM); made at start without one" },
	{ "certificates", "cert_key", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "Its private key (PEM)" },
	{ "certificates", "cert_pwd", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "Password of the key" },
	{ "media", "ipv6", LIMEN_OPT_BOOL, "true", 0, 0, NULL, "Use IPv6 addresses" },
	{ "media", "ipv6_linklocal", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Use IPv6 link-local addresses" },
	{ "media", "rtp_port_range", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Local media ports, \"20000-40000\"" },
	{ "media", "dtls_mtu", LIMEN_OPT_INT, "1200", 256, 1472, NULL,
		"Bytes of the largest DTLS datagram" },
	{ "media", "dtls_handshakes_max", LIMEN_OPT_INT, "1000", 0, 1000000, NULL,
		"DTLS handshakes under way at once, beyond which new ones wait; 0 = any number" },
	{ "media", "dtls_active", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Answer setup:active instead of passive" },
	{ "media", "no_media_timer", LIMEN_OPT_INT, "1", 0, 3600, NULL,
		"Seconds of silence until receiving:false; 0 = never" },
	{ "media", "slowlink_threshold", LIMEN_OPT_INT, "0", 0, 100000, NULL,
		"Packets lost in a second that make a slowlink event; 0 = none" },
	{ "media", "dscp", LIMEN_OPT_INT, "0", 0, 63, NULL,
		"Differentiated services code point of media packets (RFC 2474)" },
	{ "media", "egress_tick", LIMEN_OPT_INT, "1000", 0, 10000, NULL,
		"Microseconds that a busy loop waits at most for the rest of a video frame; 0 = "
		"none" },
	{ "media", "twcc_period", LIMEN_OPT_INT, "100", 0, 1000, NULL,
		"Milliseconds between transport-wide feedbacks to publishers; 0 = none" },
	{ "nat", "stun_server", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "STUN server" },
	{ "nat", "stun_port", LIMEN_OPT_INT, "3478", 1, 65535, NULL, "Its port" },
	{ "nat", "turn_server", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "TURN server" },
	{ "nat", "turn_port", LIMEN_OPT_INT, "3478", 1, 65535, NULL, "Its port" },
	{ "nat", "turn_type", LIMEN_OPT_CHOICE, "udp", 0, 0, "udp|tcp|tls", "How it is reached" },
	{ "nat", "turn_user", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "TURN user" },
	{ "nat", "turn_pwd", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "TURN password" },
	{ "nat", "allow_force_relay", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"A client may ask for relayed candidates alone (force_relay)" },
	{ "nat", "nat_1_1_mapping", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Public addresses announced in place of local ones, comma separated" },
	{ "nat", "keep_private_host", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Announce the local ones too" },
	{ "nat", "full_trickle", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Send candidates one by one instead of in the description" },
	{ "nat", "ice_lite", LIMEN_OPT_BOOL, "false", 0, 0, NULL, "ICE-lite" },
	{ "nat", "ice_tcp", LIMEN_OPT_BOOL, "false", 0, 0, NULL, "TCP candidates" },
	{ "nat", "ice_nomination", LIMEN_OPT_CHOICE, "regular", 0, 0, "regular|aggressive",
		"How a pair is chosen" },
	{ "nat", "ice_consent_freshness", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"End a connection whose peer stops consenting (RFC 7675)" },
	{ "nat", "ice_keepalive_conncheck", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Use checks as keep-alives" },
	{ "nat", "hangup_on_failed", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Hang up at once when ICE fails" },
	{ "nat", "ice_enforce_list", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Addresses to use, or the beginnings of interfaces and addresses, comma "
		"separated" },
	{ "nat", "ice_ignore_list", LIMEN_OPT_STRING, "vmnet", 0, 0, NULL,
		"What is not to be used, in the same way" },
	{ "nat", "ice_loopback", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Use loopback addresses beside others" },
	{ "ice", "mode", LIMEN_OPT_CHOICE, "shared", 0, 0, "shared|agent",
		"One UDP port for all peers (ICE-lite), or a full ICE agent per peer" },
	{ "ice", "port", LIMEN_OPT_INT, "10000", 0, 65535, NULL,
		"The UDP and TCP port of the shared mode; 0 = any free one" },
	{ "ice", "tcp", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Serve clients without UDP over TCP in the shared mode" },
	{ "ice", "segmentation", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Let the kernel cut batches into datagrams (UDP_SEGMENT) in the shared mode" },
	{ "events", "broadcast", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Tell event handlers; those that are not enabled hear nothing anyway" },
	{ "events", "profile", LIMEN_OPT_CHOICE, "lean", 0, 0, "lean|classic",
		"lean: statistics each 5 seconds, one event for a handle, without members that say "
		"nothing, and no candidates; classic: all, as other gateways send it" },
	{ "events", "stats_period", LIMEN_OPT_INT, NULL, 0, 3600, NULL,
		"Seconds between statistics; 0 = none; unset: 5, or 1 in the classic profile" },
	{ "events", "combine_media_stats", LIMEN_OPT_BOOL, NULL, 0, 0, NULL,
		"One event with all statistics of a handle; unset: true, or false in the classic "
		"profile" },
	LIMEN_OPTIONS_END,
};

unsigned limen_settings_rows(void)
{
	return G_N_ELEMENTS(limen_settings_table) - 1;
}

static char **list(const char *text)
{
	char **items = text && *text ? g_strsplit(text, ",", 0) : NULL;

	for (char **i = items; i && *i; i++)
		g_strstrip(*i);
	return items;
}

/* Adds a line about a value that the table alone cannot judge. */
static void fault(GString *faults, const struct limen_config *c, const char *section,
	const char *name, const char *format, ...) G_GNUC_PRINTF(5, 6);
static void fault(GString *faults, const struct limen_config *c, const char *section,
	const char *name, const char *format, ...)
{
	g_autofree char *where = limen_config_where(c, section, name);
	va_list args;

	g_string_append_printf(faults, "%s%s", faults->len ? "\n" : "", where);
	va_start(args, format);
	g_string_append_vprintf(faults, format, args);
	va_end(args);
}

static void read_ports(const struct limen_config *c, struct limen_ice_config *ice, GString *faults)
{
	const char *text = limen_config_string(c, "media", "rtp_port_range");
	g_auto(GStrv) part = g_strsplit(text ? text : "", "-", 2);
	guint64 min = 0, max = 0;

	if (!text)
		return;
	if (!part[0] || !part[1] ||
		!g_ascii_string_to_unsigned(g_strstrip(part[0]), 10, 1, 65535, &min, NULL) ||
		!g_ascii_string_to_unsigned(g_strstrip(part[1]), 10, min, 65535, &max, NULL))
		fault(faults, c, "media", "rtp_port_range",
			"expected \"MIN-MAX\" with 1 <= MIN <= MAX <= 65535, not \"%s\"", text);
	ice->port_min = (uint16_t)min;
	ice->port_max = (uint16_t)max;
}

static void read_general(const struct limen_config *c, struct limen_settings *set)
{
	*set = (struct limen_settings){
		.session_timeout_s = (int)limen_config_int(c, "general", "session_timeout"),
		.reclaim_timeout_s = (int)limen_config_int(c, "general", "reclaim_session_timeout"),
		.candidates_timeout_s = (int)limen_config_int(c, "general", "candidates_timeout"),
		.api_secret = limen_config_string(c, "general", "api_secret"),
		.token_auth = limen_config_bool(c, "general", "token_auth"),
		.token_secret = limen_config_string(c, "general", "token_auth_secret"),
		.opaqueid_in_api = limen_config_bool(c, "general", "opaqueid_in_api"),
		.accepting_sessions = true,
		.hide_dependencies = limen_config_bool(c, "general", "hide_dependencies"),
		.allow_loop_indication = limen_config_bool(c, "general", "allow_loop_indication"),
		.server_name = limen_config_string(c, "general", "server_name"),
		.log_to_stdout = limen_config_bool(c, "general", "log_to_stdout"),
		.log_file = limen_config_string(c, "general", "log_to_file"),
		.sessions_max = (int)limen_config_int(c, "general", "sessions_max"),
		.handles_max = (int)limen_config_int(c, "general", "handles_max"),
		.drain_s = (int)limen_config_int(c, "general", "drain_seconds"),
	};
}

/* Keys without token_auth would leave the API open to everybody, so they turn it on. */
static void read_jwt(const struct limen_config *c, struct limen_settings *set, GString *faults)
{
	const char *file = limen_config_string(c, "general", "jwt_public_key");
	g_autofree char *pem = NULL, *why = NULL;
	g_autoptr(GError) error = NULL;
	const struct limen_jwt_config config = {
		.secret = limen_config_string(c, "general", "jwt_secret"),
		.public_key = file && g_file_get_contents(file, &pem, NULL, &error) ? pem : NULL,
		.audience = limen_config_string(c, "general", "jwt_audience"),
	};

	if (error)
		fault(faults, c, "general", "jwt_public_key", "%s", error->message);
	else if (limen_jwt_new(&set->jwt, &config, &why))
		fault(faults, c, "general", config.public_key ? "jwt_public_key" : "jwt_secret",
			"%s", why);
	set->token_auth = set->token_auth || set->jwt;
}

/* Nobody knows a secret that was never written anywhere but in this log. */
static void read_admin(const struct limen_config *c, struct limen_settings *set)
{
	uint8_t bytes[ADMIN_SECRET_BYTES];

	set->log_timestamps = 1;
	set->min_nack_queue_ms = 200;
	set->admin_secret = limen_config_string(c, "general", "admin_secret");
	if (set->admin_secret)
		return;
	limen_random(bytes, sizeof(bytes));
	set->made_secret = g_malloc0(2 * sizeof(bytes) + 1);
	for (size_t i = 0; i < sizeof(bytes); i++)
		g_snprintf(set->made_secret + 2 * i, 3, "%02x", bytes[i]);
	set->admin_secret = set->made_secret;
}

static int turn_type(const char *text)
{
	if (strcmp(text, "tcp") == 0)
		return LIMEN_TURN_TCP;
	return strcmp(text, "tls") == 0 ? LIMEN_TURN_TLS : LIMEN_TURN_UDP;
}

static void read_ice(const struct limen_config *c, struct limen_ice_config *ice)
{
	*ice = (struct limen_ice_config){
		.ice_lite = limen_config_bool(c, "nat", "ice_lite"),
		.ipv6 = limen_config_bool(c, "media", "ipv6"),
		.link_local = limen_config_bool(c, "media", "ipv6_linklocal"),
		.loopback = limen_config_bool(c, "nat", "ice_loopback"),
		.tcp = limen_config_bool(c, "nat", "ice_tcp"),
		.enforce = list(limen_config_string(c, "nat", "ice_enforce_list")),
		.ignore = list(limen_config_string(c, "nat", "ice_ignore_list")),
		.nat_1_1 = list(limen_config_string(c, "nat", "nat_1_1_mapping")),
		.keep_private_host = limen_config_bool(c, "nat", "keep_private_host"),
		.stun_server = limen_config_string(c, "nat", "stun_server"),
		.stun_port = (uint16_t)limen_config_int(c, "nat", "stun_port"),
		.turn_server = limen_config_string(c, "nat", "turn_server"),
		.turn_user = limen_config_string(c, "nat", "turn_user"),
		.turn_password = limen_config_string(c, "nat", "turn_pwd"),
		.turn_port = (uint16_t)limen_config_int(c, "nat", "turn_port"),
		.turn_type = turn_type(limen_config_string(c, "nat", "turn_type")),
		.consent_freshness = limen_config_bool(c, "nat", "ice_consent_freshness"),
		.nomination_regular =
			strcmp(limen_config_string(c, "nat", "ice_nomination"), "regular") == 0,
		.keepalive_conncheck = limen_config_bool(c, "nat", "ice_keepalive_conncheck"),
	};
}

/* The shared mode is ICE-lite and has one port, for both protocols. */
static void read_mode(const struct limen_config *c, struct limen_media_config *m)
{
	m->ice_ops = &limen_ice_agent;
	if (strcmp(limen_config_string(c, "ice", "mode"), "shared") != 0)
		return;
	m->ice_ops = &limen_ice_shared;
	m->ice.ice_lite = true;
	m->ice.port = (uint16_t)limen_config_int(c, "ice", "port");
	m->ice.tcp = limen_config_bool(c, "ice", "tcp");
	m->ice.segmentation = limen_config_bool(c, "ice", "segmentation");
}

/* The address for o= and c=: a public one, else the first local IPv4 one, else any local one. */
static char *local_ip(const struct limen_ice_config *ice)
{
	g_autoptr(GPtrArray) all = limen_ice_addresses(ice);

	if (ice->nat_1_1)
		return g_strdup(ice->nat_1_1[0]);
	for (guint i = 0; i < all->len; i++)
		if (!strchr(g_ptr_array_index(all, i), ':'))
			return g_strdup(g_ptr_array_index(all, i));
	if (all->len)
		return g_strndup(all->pdata[0], strcspn(all->pdata[0], "%"));
	return g_strdup("127.0.0.1");
}

static void read_events(const struct limen_config *c, struct limen_settings *set)
{
	const bool lean = strcmp(limen_config_string(c, "events", "profile"), "lean") == 0;

	set->events = limen_config_bool(c, "events", "broadcast");
	set->lean_events = lean;
	set->stats_period_s = lean ? STATS_LEAN_S : STATS_CLASSIC_S;
	set->combine_stats = lean;
	if (limen_config_set(c, "events", "stats_period"))
		set->stats_period_s = (int)limen_config_int(c, "events", "stats_period");
	if (limen_config_set(c, "events", "combine_media_stats"))
		set->combine_stats = limen_config_bool(c, "events", "combine_media_stats");
}

int limen_settings_read(const struct limen_config *c, struct limen_core *core, char **reason)
{
	struct limen_media_config *m = &core->media;
	g_autoptr(GString) faults = g_string_new(NULL);

	read_general(c, &core->set);
	read_events(c, &core->set);
	read_ice(c, &m->ice);
	read_mode(c, m);
	m->dtls_mtu = (unsigned)limen_config_int(c, "media", "dtls_mtu");
	m->dtls_handshakes_max = (unsigned)limen_config_int(c, "media", "dtls_handshakes_max");
	m->dtls_active = limen_config_bool(c, "media", "dtls_active");
	m->no_media_timer_s = (int)limen_config_int(c, "media", "no_media_timer");
	m->slowlink_threshold = (int)limen_config_int(c, "media", "slowlink_threshold");
	m->ice.dscp = (uint8_t)limen_config_int(c, "media", "dscp");
	m->egress_tick_us = limen_config_int(c, "media", "egress_tick");
	m->twcc_period_ms = (unsigned)limen_config_int(c, "media", "twcc_period");
	m->full_trickle = limen_config_bool(c, "nat", "full_trickle");
	m->allow_force_relay = limen_config_bool(c, "nat", "allow_force_relay");
	m->hangup_on_failed = limen_config_bool(c, "nat", "hangup_on_failed");
	m->local_ip = local_ip(&m->ice);
	read_jwt(c, &core->set, faults);
	if (core->set.token_auth && !core->set.token_secret)
		core->set.tokens = limen_tokens_new();
	read_admin(c, &core->set);
	read_ports(c, &m->ice, faults);
	if (faults->len == 0)
		return 0;
	*reason = g_strdup(faults->str);
	return LIMEN_EINVAL;
}

void limen_settings_log_level(const struct limen_config *c, struct limen_core *core)
{
	/* As the admin API counts them (spec events §4) */
	static const int wire_levels[] = { [LIMEN_LOG_ERROR] = 2,
		[LIMEN_LOG_WARN] = 3,
		[LIMEN_LOG_INFO] = 4,
		[LIMEN_LOG_DEBUG] = 5,
		[LIMEN_LOG_TRACE] = 7 };
	enum limen_log_level level = LIMEN_LOG_INFO;

	limen_log_level_parse(limen_config_string(c, "general", "debug_level"), &level);
	limen_setting_set(&core->set.log_level, wire_levels[level]);
	limen_log_level_set(level);
}

void limen_settings_clear(struct limen_core *core)
{
	g_strfreev(core->media.ice.enforce);
	g_strfreev(core->media.ice.ignore);
	g_strfreev(core->media.ice.nat_1_1);
	g_free(core->media.local_ip);
	g_free(core->set.made_secret);
	limen_tokens_free(core->set.tokens);
	limen_jwt_free(core->set.jwt);
}
