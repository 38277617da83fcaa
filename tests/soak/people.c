/*
 * Sessions and handles: how they come and the many ways in which they go. Thread: the main loop.
 */
#include <string.h>
#include "tests/soak/soak.h"

#define KEEPS 4                       /* keep-alives in the time in which one must come */
#define SWEEP_US (6 * G_USEC_PER_SEC) /* how much later the gateway may notice */

static void handle_free(gpointer p)
{
	struct soak_handle *h = p;

	soak_wire_forget(h->person, h);
	soak_media_close(h);
	g_hash_table_remove(h->person->soak->handles, &h->id);
	g_hash_table_unref(h->view);
	g_hash_table_unref(h->people);
	g_hash_table_unref(h->seen);
	g_array_unref(h->ears);
	json_decref(h->streams);
	g_free(h->offer);
	g_free(h);
}

struct soak_person *soak_person_new(struct soak *s, bool real)
{
	struct soak_person *p = g_new0(struct soak_person, 1);

	p->soak = s;
	p->number = s->people->len;
	p->real = real;
	p->handles = g_ptr_array_new_with_free_func(handle_free);
	g_ptr_array_add(s->people, p);
	return p;
}

void soak_person_free(struct soak_person *p)
{
	g_ptr_array_unref(p->handles);
	g_free(p);
}

static json_int_t new_id(const json_t *msg)
{
	const json_t *id = json_object_get(json_object_get(msg, "data"), "id");

	if (!json_is_integer(id))
		soak_fail("an answer without id");
	return json_integer_value(id);
}

static json_t *verb(const char *name)
{
	return json_pack("{s:s}", "janus", name);
}

static void on_attached(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct soak_handle *h = a->handle;

	(void)data;
	h->id = new_id(msg);
	h->phase = SOAK_FREE;
	g_hash_table_insert(a->soak->handles, &h->id, h);
}

static void free_json(gpointer json)
{
	json_decref(json);
}

void soak_person_attach(struct soak_person *p)
{
	struct soak_handle *h = g_new0(struct soak_handle, 1);
	json_t *request = verb("attach");

	h->person = p;
	h->real = p->real;
	h->view = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_json);
	h->seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	h->people = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	h->ears = g_array_new(FALSE, TRUE, sizeof(struct soak_ear));
	h->streams = json_array();
	g_ptr_array_add(p->handles, h);
	json_object_set_new(request, "plugin", json_string(SOAK_PLUGIN));
	soak_ask(p, h, "attach", request, on_attached);
}

static void on_session(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct soak_person *p = a->person;

	(void)data;
	p->session = new_id(msg);
	p->presence = SOAK_HERE;
	p->keep_us = g_get_monotonic_time() + p->soak->timeout_us / KEEPS;
	soak_person_attach(p);
}

void soak_person_come(struct soak_person *p, struct soak_line *line)
{
	p->line = line;
	p->presence = SOAK_COMING;
	soak_ask(p, NULL, "create", verb("create"), on_session);
}

void soak_person_gone(struct soak_person *p)
{
	g_ptr_array_set_size(p->handles, 0);
	soak_wire_forget(p, NULL);
	p->presence = SOAK_AWAY;
	p->session = 0;
	p->line = NULL;
	p->wake_by_us = 0;
}

static void on_destroyed(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	(void)msg, (void)data;
	soak_person_gone(a->person);
}

void soak_person_leave(struct soak_person *p)
{
	p->presence = SOAK_LEAVING;
	soak_ask(p, NULL, "destroy", verb("destroy"), on_destroyed);
}

void soak_person_sleep(struct soak_person *p)
{
	soak_note("person %u sleeps", p->number);
	p->presence = SOAK_ASLEEP;
	p->wake_by_us =
		g_get_monotonic_time() + p->soak->timeout_us + SWEEP_US + soak_limit_us(p->soak);
}

static void on_detached(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	(void)msg, (void)data;
	if (!g_hash_table_contains(a->soak->ended, &a->handle->id))
		soak_fail("detach of %" JSON_INTEGER_FORMAT " succeeded without \"detached\"",
			a->handle->id);
	g_ptr_array_remove(a->person->handles, a->handle);
}

void soak_handle_detach(struct soak_handle *h)
{
	/* What was asked before may stay without an answer. */
	soak_wire_forget(h->person, h);
	h->phase = SOAK_GOING;
	soak_ask(h->person, h, "detach", verb("detach"), on_detached);
}

void soak_handle_hangup(struct soak_handle *h)
{
	h->hanging = true;
	if (h->pc >= SOAK_PC_AGREED)
		h->hang_by_us = g_get_monotonic_time() + soak_limit_us(h->person->soak);
	soak_ask(h->person, h, "hangup", verb("hangup"), NULL);
}

bool soak_is_in(const struct soak_handle *h, enum soak_role role)
{
	return h->role == role && h->phase == SOAK_IN && h->person->presence == SOAK_HERE;
}

static void tick_handle(struct soak_handle *h, int64_t now_us)
{
	if (h->hang_by_us && now_us > h->hang_by_us)
		soak_fail("no \"hangup\" for handle %" JSON_INTEGER_FORMAT, h->id);
	if (h->offer && now_us >= h->answer_us && h->phase == SOAK_IN)
		soak_answer(h);
}

static void tick_person(struct soak_person *p, int64_t now_us)
{
	if (p->presence == SOAK_ASLEEP && now_us > p->wake_by_us)
		soak_fail("session %" JSON_INTEGER_FORMAT " of person %u did not time out",
			p->session, p->number);
	if (p->presence != SOAK_HERE)
		return;
	for (guint i = p->handles->len; i > 0; i--)
		tick_handle(p->handles->pdata[i - 1], now_us);
	if (now_us >= p->keep_us) {
		p->keep_us = now_us + p->soak->timeout_us / KEEPS;
		soak_wire_keep(p);
	}
}

void soak_people_tick(struct soak *s, int64_t now_us)
{
	for (guint i = 0; i < s->people->len; i++)
		tick_person(s->people->pdata[i], now_us);
}

static const char *handle_unsettled(const struct soak_handle *h)
{
	if (h->phase != SOAK_IN)
		return h->hang_by_us ? "a hangup" : NULL;
	if (h->offer)
		return "an answer of ours";
	if (h->starting)
		return "\"started\"";
	if (h->hang_by_us)
		return "a hangup";
	if (h->real && (h->pc == SOAK_PC_ASKED || h->pc == SOAK_PC_AGREED) && !h->hanging)
		return "a PeerConnection to come up";
	if (h->real && h->peer && h->pc == SOAK_PC_UP && !bench_ice_is_up(&h->peer->ice))
		return "an ICE restart";
	return NULL;
}

const char *soak_people_unsettled(const struct soak *s)
{
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, s->asks);
	if (g_hash_table_iter_next(&it, NULL, &value))
		return ((const struct soak_ask *)value)->what;
	for (guint i = 0; i < s->people->len; i++) {
		const struct soak_person *p = s->people->pdata[i];
		const char *what = NULL;

		if (p->presence == SOAK_ASLEEP)
			return "a session to time out";
		for (guint j = 0; j < p->handles->len && !what; j++)
			what = handle_unsettled(p->handles->pdata[j]);
		if (what)
			return what;
	}
	return NULL;
}
