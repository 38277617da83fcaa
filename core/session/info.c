/*
 * The server_info reply (spec api-core §2.4), in its order of members. Thread: any.
 */
#include <jansson.h>
#include "core/media/cert.h"
#include "core/media/srtp.h"
#include "core/session/reply.h"
#include "core/session/request.h"
#include "core/version.h"

static void add_lists(json_t *r, const struct limen_core *core)
{
	const struct {
		const char *name;
		const GPtrArray *list;
	} kinds[] = {
		{ "transports", core->transports },
		{ "events", core->event_handlers },
		{ "loggers", NULL },
		{ "plugins", core->plugins },
	};

	for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
		json_t *all = json_object();

		for (guint i = 0; kinds[k].list && i < kinds[k].list->len; i++) {
			const struct limen_module_head *m = g_ptr_array_index(kinds[k].list, i);

			json_object_set_new(all, m->name,
				json_pack("{s:s,s:s,s:s,s:s,s:i}", "name", m->title, "author",
					m->author, "description", m->description, "version_string",
					m->version_string, "version", m->version));
		}
		json_object_set_new(r, kinds[k].name, all);
	}
}

static void add_addresses(json_t *r, const struct limen_media_config *m)
{
	char **public = m->ice.nat_1_1;

	json_object_set_new(r, "local-ip", json_string(m->local_ip));
	if (public && public[0])
		json_object_set_new(r, "public-ip", json_string(public[0]));
	if (public && public[0] && public[1]) {
		json_t *all = json_array();

		for (; *public; public ++)
			json_array_append_new(all, json_string(*public));
		json_object_set_new(r, "public-ips", all);
	}
	json_object_set_new(r, "ipv6", json_boolean(m->ice.ipv6));
	if (m->ice.ipv6)
		json_object_set_new(r, "ipv6-link-local", json_boolean(m->ice.link_local));
}

static void add_ice(json_t *r, const struct limen_media_config *m)
{
	json_object_set_new(r, "ice-lite", json_boolean(m->ice.ice_lite));
	json_object_set_new(r, "ice-tcp", json_boolean(m->ice.tcp));
	json_object_set_new(r, "ice-nomination",
		json_string(m->ice.nomination_regular ? "regular" : "aggressive"));
	json_object_set_new(r, "ice-consent-freshness", json_boolean(m->ice.consent_freshness));
	json_object_set_new(r, "ice-keepalive-conncheck", json_boolean(m->ice.keepalive_conncheck));
	json_object_set_new(r, "hangup-on-failed", json_boolean(m->hangup_on_failed));
	json_object_set_new(r, "full-trickle", json_boolean(m->full_trickle));
	json_object_set_new(r, "mdns-enabled", json_false());
	json_object_set_new(r, "min-nack-queue", json_integer(200));
	json_object_set_new(r, "nack-optimizations", json_false());
	json_object_set_new(r, "twcc-period", json_integer(m->twcc_period_ms));
	if (m->ice.dscp)
		json_object_set_new(r, "dscp", json_integer(m->ice.dscp));
	json_object_set_new(r, "dtls-mtu", json_integer(m->dtls_mtu));
	if (m->ice.stun_server)
		json_object_set_new(r, "stun-server",
			json_sprintf("%s:%u", m->ice.stun_server, m->ice.stun_port));
	if (m->ice.turn_server)
		json_object_set_new(r, "turn-server",
			json_sprintf("%s:%u", m->ice.turn_server, m->ice.turn_port));
}

static json_t *dependencies(void)
{
	return json_pack("{s:o,s:s,s:s,s:s,s:s}", "glib2",
		json_sprintf(
			"%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version),
		"jansson", JANSSON_VERSION, "libnice", limen_ice_library(), "libsrtp",
		limen_srtp_library(), "crypto", limen_cert_library());
}

json_t *limen_server_info(const struct limen_core *core, const char *transaction)
{
	const struct limen_settings *set = &core->set;
	json_t *r = limen_reply("server_info", 0, transaction);

	json_object_set_new(r, "name", json_string("Limen WebRTC Server"));
	json_object_set_new(r, "version", json_integer(LIMEN_VERSION_NUMBER));
	json_object_set_new(r, "version_string", json_string(LIMEN_VERSION));
	json_object_set_new(r, "author", json_string("The Limen authors"));
	json_object_set_new(r, "commit-hash", json_string("none"));
	json_object_set_new(r, "compile-time", json_string(__DATE__));
	json_object_set_new(r, "log-to-stdout", json_boolean(set->log_to_stdout));
	json_object_set_new(r, "log-to-file", json_boolean(set->log_file));
	if (set->log_file)
		json_object_set_new(r, "log-path", json_string(set->log_file));
	json_object_set_new(r, "data_channels", json_false());
	json_object_set_new(
		r, "accepting-new-sessions", json_boolean(limen_setting(&set->accepting_sessions)));
	json_object_set_new(
		r, "session-timeout", json_integer(limen_setting(&set->session_timeout_s)));
	json_object_set_new(
		r, "reclaim-session-timeout", json_integer(limen_setting(&set->reclaim_timeout_s)));
	json_object_set_new(
		r, "candidates-timeout", json_integer(limen_setting(&set->candidates_timeout_s)));
	json_object_set_new(r, "server-name", json_string(set->server_name));
	add_addresses(r, &core->media);
	add_ice(r, &core->media);
	json_object_set_new(r, "static-event-loops", json_integer(core->loop_count));
	json_object_set_new(r, "loop-indication", json_boolean(set->allow_loop_indication));
	json_object_set_new(r, "api_secret", json_boolean(limen_setting_text(&set->api_secret)));
	json_object_set_new(r, "auth_token", json_boolean(set->token_auth));
	json_object_set_new(r, "event_handlers", json_boolean(core->event_handlers->len));
	json_object_set_new(r, "opaqueid_in_api", json_boolean(set->opaqueid_in_api));
	if (!set->hide_dependencies)
		json_object_set_new(r, "dependencies", dependencies());
	add_lists(r, core);
	return r;
}
