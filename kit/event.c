/*
 * What event handlers share. Thread: any.
 */
#include "kit/event.h"
#include "kit/framing.h"

static const struct {
	const char *label, *name;
} types[] = {
	{ "sessions", "Sessions" },
	{ "handles", "Handles" },
	{ "external", "External" },
	{ "jsep", "Jsep" },
	{ "webrtc", "WebRTC" },
	{ "media", "Media" },
	{ "plugins", "Plugins" },
	{ "transports", "Transports" },
	{ "core", "Core" },
};

#define MASK_ALL ((1u << G_N_ELEMENTS(types)) - 1)

static unsigned bit_of(const char *word)
{
	if (g_ascii_strcasecmp(word, "all") == 0)
		return MASK_ALL;
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		if (g_ascii_strcasecmp(word, types[i].label) == 0)
			return 1u << i;
	return 0;
}

unsigned limen_event_mask(const char *labels)
{
	g_auto(GStrv) words = g_strsplit(labels ? labels : "", ",", -1);
	unsigned mask = 0;

	for (char **w = words; *w; w++)
		mask |= bit_of(g_strstrip(*w));
	return mask;
}

static int index_of(unsigned type)
{
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		if (type == 1u << i)
			return (int)i;
	return -1;
}

const char *limen_event_label(unsigned type)
{
	const int i = index_of(type);

	return i < 0 ? NULL : types[i].label;
}

const char *limen_event_name(unsigned type)
{
	const int i = index_of(type);

	return i < 0 ? NULL : types[i].name;
}

void limen_event_common_read(
	struct limen_event_common *c, const struct limen_module_head *head, bool groups)
{
	const struct limen_base_services *base = &limen->base;

	c->enabled = base->option_bool(head, "general", "enabled");
	c->style = limen_framing_style(base->option_string(head, "general", "json"));
	g_atomic_int_set(
		&c->mask, (gint)limen_event_mask(base->option_string(head, "general", "events")));
	g_atomic_int_set(&c->grouping, groups && base->option_bool(head, "general", "grouping"));
}

unsigned limen_event_wanted(struct limen_event_common *c)
{
	return c->enabled ? (unsigned)g_atomic_int_get(&c->mask) : 0;
}

bool limen_event_groups(struct limen_event_common *c)
{
	return g_atomic_int_get(&c->grouping);
}

json_t *limen_event_done(void)
{
	return json_pack("{s:i}", "result", 200);
}

json_t *limen_event_fail(int code, const char *format, ...)
{
	json_t *answer = json_pack("{s:i}", "error_code", code);
	va_list args;

	va_start(args, format);
	json_object_set_new(answer, "error", json_vsprintf(format, args));
	va_end(args);
	return answer;
}

static bool fits(const json_t *value, enum limen_field_type type)
{
	switch (type) {
	case LIMEN_F_BOOL:
		return json_is_boolean(value);
	case LIMEN_F_INT:
		return json_is_integer(value);
	case LIMEN_F_UINT:
		return json_is_integer(value) && json_integer_value(value) >= 0;
	case LIMEN_F_STRING:
		return json_is_string(value);
	case LIMEN_F_OBJECT:
		return json_is_object(value);
	default:
		return json_is_array(value);
	}
}

json_t *limen_event_tweak_check(const json_t *request, const struct limen_field *fields)
{
	const json_t *verb = json_object_get(request, "request");

	if (!verb)
		return limen_event_fail(LIMEN_EVENT_MISSING, "Missing mandatory element (request)");
	if (!json_is_string(verb))
		return limen_event_fail(
			LIMEN_EVENT_INVALID, "Invalid element type (request should be a string)");
	if (g_ascii_strcasecmp(json_string_value(verb), "tweak") != 0)
		return limen_event_fail(LIMEN_EVENT_UNKNOWN_REQUEST, "Unknown request '%s'",
			json_string_value(verb));
	for (const struct limen_field *f = fields; f->name; f++) {
		const json_t *value = json_object_get(request, f->name);

		if (!value && f->required)
			return limen_event_fail(
				LIMEN_EVENT_MISSING, "Missing mandatory element (%s)", f->name);
		if (value && !fits(value, f->type))
			return limen_event_fail(
				LIMEN_EVENT_INVALID, "Invalid element type (%s)", f->name);
	}
	return NULL;
}

void limen_event_tweak(struct limen_event_common *c, const json_t *request)
{
	const json_t *events = json_object_get(request, "events"),
		     *grouping = json_object_get(request, "grouping");

	if (events)
		g_atomic_int_set(&c->mask, (gint)limen_event_mask(json_string_value(events)));
	if (grouping)
		g_atomic_int_set(&c->grouping, json_is_true(grouping));
}
