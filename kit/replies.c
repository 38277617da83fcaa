/*
 * Shapes and checks shared by the plugins' replies. Thread: that of the request.
 */
#include "kit/replies.h"
#include <string.h>
#include "kit/body.h"

#define EVENT_TYPE_PLUGIN                                                                          \
	64u /* LIMEN_EVENT_PLUGIN of <limen/event.h>, which a plugin cannot include beside         \
	       <limen/plugin.h> */

json_t *limen_replies_new(const char *key, const char *value)
{
	json_t *reply = json_object();

	json_object_set_new(reply, key, json_string(value));
	return reply;
}

void limen_replies_add_text(json_t *reply, const char *name, const char *text)
{
	if (text)
		json_object_set_new(reply, name, json_string(text));
}

void limen_replies_add_json(json_t *reply, const char *name, json_t *value)
{
	if (value)
		json_object_set(reply, name, value);
}

void limen_replies_add_true(json_t *reply, const char *name, bool value)
{
	if (value)
		json_object_set_new(reply, name, json_true());
}

bool limen_replies_same_secret(const char *given, const char *wanted)
{
	unsigned char differ = 0;
	size_t given_len, wanted_len;

	if (!given || !wanted)
		return false;
	given_len = strlen(given);
	wanted_len = strlen(wanted);
	for (size_t i = 0; i < given_len; i++)
		differ |= (unsigned char)(given[i] ^ (wanted_len ? wanted[i % wanted_len] : 1));
	return differ == 0 && given_len == wanted_len;
}

int limen_replies_check_secret(struct limen_request *r, const struct limen_plugin_errors *codes,
	const char *name, const char *wanted, int code)
{
	const json_t *given = json_object_get(r->body, name);

	if (!wanted)
		return 0;
	if (!given)
		return limen->fail(r, codes->missing, "Missing mandatory element (%s)", name);
	if (!json_is_string(given))
		return limen->fail(
			r, codes->invalid, "Invalid element type (%s should be a string)", name);
	if (!limen_replies_same_secret(json_string_value(given), wanted))
		return limen->fail(r, code, "Unauthorized (wrong %s)", name);
	return 0;
}

void limen_replies_emit(
	const struct limen_module_head *head, const struct limen_handle *h, json_t *data)
{
	limen->base.emit(head, EVENT_TYPE_PLUGIN, h ? h->session : 0, h ? h->id : 0, data);
}
