/*
 * ICE by a full libnice agent per peer: for gateways that need STUN or TURN themselves, or to be
 * the controlling side. libnice emits some signals from inside its calls; news is therefore noted
 * and told by a timer, so that an owner is never called back while it is calling. Thread: the
 * peer's loop, in whose context the agent runs.
 */
#include <nice/agent.h>
#include <nice/nice.h>
#include <string.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/media/ice.h"
#include <limen/types.h>

#define COMPONENT 1

struct limen_ice {
	NiceAgent *agent;
	guint stream;
	struct limen_loop *loop;
	const struct limen_ice_config *cfg;
	const struct limen_ice_events *ev;
	void *arg;
	struct limen_timer news;
	GPtrArray *told; /* candidates not yet told to the owner */
	char *ufrag, *pwd;
	enum limen_ice_state state, told_state;
	unsigned remote_count;
	bool gathered, told_gathered;
	bool recv_attached;
};

static void tell(struct limen_timer *t, void *arg)
{
	struct limen_ice *ice = arg;
	g_autoptr(GPtrArray) fresh = g_steal_pointer(&ice->told);

	(void)t;
	ice->told = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < fresh->len; i++)
		ice->ev->on_candidate(g_ptr_array_index(fresh, i), ice->arg);
	if (ice->gathered && !ice->told_gathered) {
		ice->told_gathered = true;
		ice->ev->on_candidate(NULL, ice->arg);
		ice->ev->on_gathered(ice->arg);
	}
	if (ice->state != ice->told_state) {
		ice->told_state = ice->state;
		ice->ev->on_state(ice->state, ice->arg);
	}
}

static void tell_soon(struct limen_ice *ice)
{
	limen_loop_timer_set(ice->loop, &ice->news, limen_now_us());
}

static void on_gathering_done(NiceAgent *agent, guint stream, gpointer arg)
{
	struct limen_ice *ice = arg;

	(void)agent, (void)stream;
	ice->gathered = true;
	tell_soon(ice);
}

static void on_component_state(
	NiceAgent *agent, guint stream, guint component, guint state, gpointer arg)
{
	struct limen_ice *ice = arg;

	(void)agent, (void)stream, (void)component;
	switch (state) {
	case NICE_COMPONENT_STATE_CONNECTED:
	case NICE_COMPONENT_STATE_READY:
		ice->state = LIMEN_ICE_CONNECTED;
		break;
	case NICE_COMPONENT_STATE_FAILED:
		ice->state = LIMEN_ICE_FAILED;
		break;
	case NICE_COMPONENT_STATE_CONNECTING:
		ice->state = LIMEN_ICE_CHECKING;
		break;
	default:
		return;
	}
	tell_soon(ice);
}

static void on_recv(
	NiceAgent *agent, guint stream, guint component, guint len, gchar *bytes, gpointer arg)
{
	struct limen_ice *ice = arg;

	(void)agent, (void)stream, (void)component;
	ice->ev->on_datagram((const uint8_t *)bytes, len, ice->arg);
}

/* Puts a public address in place of a host candidate's own one (field 5 of RFC 8839 §5.1). */
static char *with_address(const char *candidate, const char *address)
{
	g_auto(GStrv) f = g_strsplit(candidate, " ", 7);

	if (g_strv_length(f) < 7)
		return g_strdup(candidate);
	g_free(f[4]);
	f[4] = g_strdup(address);
	return g_strjoinv(" ", f);
}

/* Whether a public address stands for a candidate: host candidates have those of their family. */
static bool maps(const char *address, const NiceCandidate *c)
{
	return c->type == NICE_CANDIDATE_TYPE_HOST &&
		(strchr(address, ':') ? 6 : 4) == nice_address_ip_version(&c->addr);
}

static void add_text(const struct limen_ice *ice, NiceCandidate *c, GPtrArray *out)
{
	g_autofree char *line = nice_agent_generate_local_candidate_sdp(ice->agent, c);
	const char *text = line && g_str_has_prefix(line, "a=") ? line + 2 : line;
	bool mapped = false;

	if (!text)
		return;
	for (char **a = ice->cfg->nat_1_1; a && *a; a++) {
		if (!maps(*a, c))
			continue;
		g_ptr_array_add(out, with_address(text, *a));
		mapped = true;
	}
	if (!mapped || ice->cfg->keep_private_host)
		g_ptr_array_add(out, g_strdup(text));
}

static void on_new_candidate(NiceAgent *agent, NiceCandidate *c, gpointer arg)
{
	struct limen_ice *ice = arg;

	(void)agent;
	add_text(ice, c, ice->told);
	tell_soon(ice);
}

static GPtrArray *agent_candidates(const struct limen_ice *ice)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	GSList *list = nice_agent_get_local_candidates(ice->agent, ice->stream, COMPONENT);

	for (GSList *l = list; l; l = l->next)
		add_text(ice, l->data, out);
	g_slist_free_full(list, (GDestroyNotify)nice_candidate_free);
	return out;
}

static void set_end(struct limen_ice_end *end, const NiceCandidate *c)
{
	static const char *const types[] = { "host", "srflx", "prflx", "relay" };

	nice_address_to_string(&c->addr, end->address);
	end->port = (uint16_t)nice_address_get_port(&c->addr);
	end->type = types[c->type];
}

static bool agent_pair(const struct limen_ice *ice, struct limen_ice_pair *out)
{
	NiceCandidate *local, *remote;

	if (!nice_agent_get_selected_pair(ice->agent, ice->stream, COMPONENT, &local, &remote))
		return false;
	*out = (struct limen_ice_pair){
		.transport = local->transport == NICE_CANDIDATE_TRANSPORT_UDP ? "udp" : "tcp"
	};
	set_end(&out->local, local);
	set_end(&out->remote, remote);
	return true;
}

static int read_credentials(struct limen_ice *ice)
{
	g_clear_pointer(&ice->ufrag, g_free);
	g_clear_pointer(&ice->pwd, g_free);
	if (!nice_agent_get_local_credentials(ice->agent, ice->stream, &ice->ufrag, &ice->pwd))
		return LIMEN_EIO;
	return 0;
}

static void add_addresses(struct limen_ice *ice)
{
	g_autoptr(GPtrArray) list = limen_ice_addresses(ice->cfg);

	for (guint i = 0; i < list->len; i++) {
		NiceAddress a;

		nice_address_init(&a);
		if (nice_address_set_from_string(&a, g_ptr_array_index(list, i)))
			nice_agent_add_local_address(ice->agent, &a);
	}
}

static void add_relay(struct limen_ice *ice)
{
	static const NiceRelayType types[] = {
		[LIMEN_TURN_UDP] = NICE_RELAY_TYPE_TURN_UDP,
		[LIMEN_TURN_TCP] = NICE_RELAY_TYPE_TURN_TCP,
		[LIMEN_TURN_TLS] = NICE_RELAY_TYPE_TURN_TLS,
	};
	const struct limen_ice_config *c = ice->cfg;

	if (c->turn_server)
		nice_agent_set_relay_info(ice->agent, ice->stream, COMPONENT, c->turn_server,
			c->turn_port, c->turn_user ? c->turn_user : "",
			c->turn_password ? c->turn_password : "", types[c->turn_type]);
}

static void agent_destroy(struct limen_ice *ice)
{
	if (!ice)
		return;
	limen_timer_stop(&ice->news);
	if (ice->agent) {
		g_signal_handlers_disconnect_by_data(ice->agent, ice);
		if (ice->recv_attached)
			nice_agent_attach_recv(ice->agent, ice->stream, COMPONENT,
				limen_loop_context(ice->loop), NULL, NULL);
		if (ice->stream)
			nice_agent_remove_stream(ice->agent, ice->stream);
		g_object_unref(ice->agent);
	}
	g_ptr_array_unref(ice->told);
	g_free(ice->ufrag);
	g_free(ice->pwd);
	g_free(ice);
}

static NiceAgent *make_agent(struct limen_loop *loop, const struct limen_ice_config *c)
{
	NiceAgentOption flags = NICE_AGENT_OPTION_ICE_TRICKLE;
	NiceAgent *agent;

	if (c->nomination_regular)
		flags |= NICE_AGENT_OPTION_REGULAR_NOMINATION;
	if (c->ice_lite)
		flags |= NICE_AGENT_OPTION_LITE_MODE;
	if (c->consent_freshness)
		flags |= NICE_AGENT_OPTION_CONSENT_FRESHNESS;
	agent = nice_agent_new_full(limen_loop_context(loop), NICE_COMPATIBILITY_RFC5245, flags);
	if (agent)
		g_object_set(agent, "controlling-mode", (gboolean)(c->controlling && !c->ice_lite),
			"upnp", FALSE, "ice-tcp", (gboolean)c->tcp, "keepalive-conncheck",
			(gboolean)c->keepalive_conncheck, "force-relay", (gboolean)c->force_relay,
			NULL);
	if (agent && c->stun_server)
		g_object_set(agent, "stun-server", c->stun_server, "stun-server-port",
			(guint)c->stun_port, NULL);
	return agent;
}

static int agent_create(struct limen_ice **out, struct limen_loop *loop,
	const struct limen_ice_config *cfg, const struct limen_ice_events *ev, void *arg)
{
	struct limen_ice *ice = g_new0(struct limen_ice, 1);

	*out = NULL;
	ice->loop = loop;
	ice->cfg = cfg;
	ice->ev = ev;
	ice->arg = arg;
	ice->told = g_ptr_array_new_with_free_func(g_free);
	limen_timer_init(&ice->news, tell, ice);
	ice->agent = make_agent(loop, cfg);
	ice->stream = ice->agent ? nice_agent_add_stream(ice->agent, COMPONENT) : 0;
	if (!ice->stream || read_credentials(ice)) {
		agent_destroy(ice);
		return LIMEN_EIO;
	}
	add_addresses(ice);
	add_relay(ice);
	nice_agent_set_stream_tos(ice->agent, ice->stream, cfg->dscp << 2);
	if (cfg->port_max)
		nice_agent_set_port_range(
			ice->agent, ice->stream, COMPONENT, cfg->port_min, cfg->port_max);
	g_signal_connect(
		ice->agent, "candidate-gathering-done", G_CALLBACK(on_gathering_done), ice);
	g_signal_connect(
		ice->agent, "component-state-changed", G_CALLBACK(on_component_state), ice);
	g_signal_connect(ice->agent, "new-candidate-full", G_CALLBACK(on_new_candidate), ice);
	ice->recv_attached = nice_agent_attach_recv(
		ice->agent, ice->stream, COMPONENT, limen_loop_context(loop), on_recv, ice);
	if (!ice->recv_attached) {
		agent_destroy(ice);
		return LIMEN_EIO;
	}
	*out = ice;
	return 0;
}

static int agent_gather(struct limen_ice *ice)
{
	return nice_agent_gather_candidates(ice->agent, ice->stream) ? 0 : LIMEN_EIO;
}

static bool agent_gathered(const struct limen_ice *ice)
{
	return ice->gathered;
}

static const char *agent_ufrag(const struct limen_ice *ice)
{
	return ice->ufrag;
}

static const char *agent_pwd(const struct limen_ice *ice)
{
	return ice->pwd;
}

static int agent_restart(struct limen_ice *ice)
{
	if (!nice_agent_restart_stream(ice->agent, ice->stream))
		return LIMEN_EIO;
	ice->remote_count = 0;
	return read_credentials(ice);
}

static int agent_set_remote(struct limen_ice *ice, const char *ufrag, const char *pwd)
{
	return nice_agent_set_remote_credentials(ice->agent, ice->stream, ufrag, pwd)
		? 0
		: LIMEN_EINVAL;
}

static bool usable(const struct limen_ice *ice, const NiceCandidate *c)
{
	if (c->component_id != COMPONENT)
		return false;
	return c->transport == NICE_CANDIDATE_TRANSPORT_UDP || ice->cfg->tcp;
}

static int agent_add_candidate(struct limen_ice *ice, const char *text)
{
	g_autofree char *line = g_str_has_prefix(text, "candidate:")
		? g_strconcat("a=", text, NULL)
		: g_strconcat("a=candidate:", text, NULL);
	NiceCandidate *c;
	GSList one = { 0 };
	int n;

	if (strstr(text, ".local"))
		return LIMEN_ENOTSUP;
	if (ice->remote_count >= LIMEN_ICE_CANDIDATES_MAX)
		return LIMEN_ELIMIT;
	if (!(c = nice_agent_parse_remote_candidate_sdp(ice->agent, ice->stream, line)))
		return LIMEN_EPROTO;
	if (!usable(ice, c)) {
		nice_candidate_free(c);
		return LIMEN_ENOTSUP;
	}
	one.data = c;
	n = nice_agent_set_remote_candidates(ice->agent, ice->stream, COMPONENT, &one);
	nice_candidate_free(c);
	if (n < 1)
		return LIMEN_ESTATE;
	ice->remote_count++;
	return 0;
}

static void agent_remote_complete(struct limen_ice *ice)
{
	nice_agent_peer_candidate_gathering_done(ice->agent, ice->stream);
}

static int agent_send(struct limen_ice *ice, const uint8_t *bytes, size_t len)
{
	int n = nice_agent_send(
		ice->agent, ice->stream, COMPONENT, (guint)len, (const char *)bytes);

	return n == (int)len ? 0 : LIMEN_EAGAIN;
}

const struct limen_ice_ops limen_ice_agent = {
	.create = agent_create,
	.destroy = agent_destroy,
	.gather = agent_gather,
	.gathered = agent_gathered,
	.ufrag = agent_ufrag,
	.pwd = agent_pwd,
	.restart = agent_restart,
	.set_remote = agent_set_remote,
	.add_candidate = agent_add_candidate,
	.remote_complete = agent_remote_complete,
	.candidates = agent_candidates,
	.pair = agent_pair,
	.send = agent_send,
};

const char *limen_ice_library(void)
{
#ifdef NICE_VERSION_MAJOR
	return G_STRINGIFY(NICE_VERSION_MAJOR) "." G_STRINGIFY(NICE_VERSION_MINOR) "." G_STRINGIFY(
		NICE_VERSION_MICRO);
#else
	return "unknown"; /* libnice before 0.1.20 does not say */
#endif
}
