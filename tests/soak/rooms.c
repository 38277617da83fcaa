/*
 * What somebody with a view of everything does: makes and ends rooms, kicks, moderates, and asks
 * for what cannot be. Thread: the main loop.
 */
#include "tests/soak/soak.h"

static const int gone_codes[] = { 426, 428, 0 };
static const int nonsense_codes[] = { 423, 424, 425, 426, 427, 428, 429, 430, 435, 0 };

static struct soak_handle *clerk(const struct soak *s)
{
	return s->monitor->handles->pdata[0];
}

static void on_created(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct soak_room *room = a->arg;

	(void)msg;
	if (json_integer_value(json_object_get(data, "room")) != room->id)
		soak_fail("the wrong room was created");
	room->exists = true;
}

struct soak_room *soak_room_create(struct soak *s)
{
	struct soak_room *room = g_new0(struct soak_room, 1);
	json_t *body;

	room->id = ++s->next_room;
	room->notify = g_rand_int_range(s->rand, 0, 2);
	g_ptr_array_add(s->rooms, room);
	body = json_pack("{s:s, s:I, s:i, s:b}", "request", "create", "room", room->id,
		"publishers", g_rand_int_range(s->rand, 4, 30), "notify_joining", room->notify);
	soak_message(clerk(s), false, body, NULL, on_created, NULL)->arg = room;
	return room;
}

/* Where a participant was not told by "destroyed" in time, hang_by_us and the quiet points say so.
 */
void soak_room_destroy(struct soak *s, struct soak_room *room)
{
	room->gone = true;
	soak_message(clerk(s), false,
		json_pack("{s:s, s:I}", "request", "destroy", "room", room->id), NULL, NULL, NULL);
}

bool soak_kick(struct soak_handle *target)
{
	struct soak *s = target->person->soak;

	soak_message(clerk(s), false,
		json_pack("{s:s, s:I, s:I}", "request", "kick", "room", target->room->id, "id",
			target->feed),
		NULL, NULL, gone_codes);
	return true;
}

bool soak_moderate(struct soak_handle *target)
{
	struct soak *s = target->person->soak;
	json_t *body = json_pack("{s:s, s:I, s:I, s:s, s:b}", "request", "moderate", "room",
		target->room->id, "id", target->feed, "mid",
		g_rand_int_range(s->rand, 0, 2) ? "0" : "1", "mute",
		g_rand_int_range(s->rand, 0, 2));

	soak_message(clerk(s), false, body, NULL, NULL, gone_codes);
	return true;
}

static void on_nonsense(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	(void)data;
	if (a->code == 0)
		soak_fail("nonsense was taken: %s", json_dumps(msg, JSON_COMPACT));
}

void soak_nonsense(struct soak_handle *h)
{
	static const char *const bodies[] = {
		"{\"request\":\"exists\"}",
		"{\"request\":\"kick\",\"room\":1,\"id\":\"one\"}",
		"{\"request\":\"listparticipants\",\"room\":-1}",
		"{\"request\":\"moderate\",\"room\":1,\"id\":2,\"mid\":3,\"mute\":true}",
		"{\"request\":\"destroy\",\"room\":999999999}",
		"{\"request\":\"create\",\"room\":1,\"publishers\":\"many\"}",
	};
	const char *text = bodies[g_rand_int_range(h->person->soak->rand, 0, G_N_ELEMENTS(bodies))];

	soak_message(h, false, json_loads(text, 0, NULL), NULL, on_nonsense, nonsense_codes);
}

struct soak_room *soak_room_any(struct soak *s)
{
	g_autoptr(GPtrArray) there = g_ptr_array_new();

	for (guint i = 0; i < s->rooms->len; i++) {
		struct soak_room *room = s->rooms->pdata[i];

		if (room->exists && !room->gone)
			g_ptr_array_add(there, room);
	}
	return there->len ? there->pdata[g_rand_int_range(s->rand, 0, (gint32)there->len)] : NULL;
}

struct soak_handle *soak_handle_any(struct soak *s, enum soak_role role)
{
	g_autoptr(GPtrArray) there = g_ptr_array_new();

	for (guint i = 0; i < s->people->len; i++) {
		struct soak_person *p = s->people->pdata[i];

		for (guint j = 0; j < p->handles->len; j++)
			if (soak_is_in(p->handles->pdata[j], role))
				g_ptr_array_add(there, p->handles->pdata[j]);
	}
	return there->len ? there->pdata[g_rand_int_range(s->rand, 0, (gint32)there->len)] : NULL;
}
