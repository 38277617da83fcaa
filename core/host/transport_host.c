/*
 * The transport service table. Thread: any.
 */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/host/host.h"
#include "core/session/auth.h"
#include "core/session/metrics.h"
#include "core/session/request.h"

static void svc_receive(
	const struct limen_transport *t, uint64_t client, uint64_t request, bool admin, json_t *msg)
{
	(admin ? limen_admin_receive : limen_request_receive)(
		limen_host_core, t, client, request, msg);
}

static void svc_gone(const struct limen_transport *t, uint64_t client)
{
	limen_sessions_client_gone(limen_host_core->sessions, t, client);
}

static bool svc_authorized(const char *apisecret, const char *token)
{
	return limen_auth_check(&limen_host_core->set, apisecret, token);
}

static bool svc_touch(const struct limen_transport *t, uint64_t session)
{
	struct limen_session *s = limen_session_find(limen_host_core->sessions, session);
	const bool ours = s && limen_session_owned_by(s, t);

	if (ours)
		limen_session_touch(s);
	limen_session_unref(s);
	return ours;
}

static bool svc_metrics(bool old, uint64_t request, void (*done)(uint64_t request, char *text))
{
	return limen_metrics_ask(limen_host_core, old, request, done);
}

static const char *svc_not_ready(void)
{
	if (g_atomic_int_get(&limen_host_core->closing))
		return "draining";
	return g_atomic_int_get(&limen_host_core->started) ? NULL : "starting";
}

const struct limen_transport_services limen_transport_services_table = {
	.abi = LIMEN_ABI,
	.size = sizeof(struct limen_transport_services),
	.base = LIMEN_BASE_SERVICES,
	.receive = svc_receive,
	.gone = svc_gone,
	.authorized = svc_authorized,
	.touch = svc_touch,
	.metrics = svc_metrics,
	.not_ready = svc_not_ready,
};
