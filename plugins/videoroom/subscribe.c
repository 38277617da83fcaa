/*
 * What a subscriber receives: join, subscribe, unsubscribe, update. All entries of a request are
 * resolved before anything is changed, so a request that fails leaves the subscription as it was.
 * Thread: the subscriber's loop; the room's lock is taken here.
 */
#include <string.h>
#include "kit/body.h"
#include "kit/ids.h"
#include "kit/replies.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/subscriber.h"

#define LAYER_TOP 2 /* highest substream, temporal and spatial layer */

const struct limen_field limen_subscriber_entry[] = {
	{ "feed", LIMEN_F_ID, true },
	{ "mid", LIMEN_F_STRING, false },
	{ "crossrefid", LIMEN_F_STRING, false },
	{ "send", LIMEN_F_BOOL, false },
	{ "substream", LIMEN_F_UINT, false },
	{ "temporal", LIMEN_F_UINT, false },
	{ "fallback", LIMEN_F_UINT, false },
	{ "spatial_layer", LIMEN_F_UINT, false },
	{ "temporal_layer", LIMEN_F_UINT, false },
	{ "min_delay", LIMEN_F_INT, false },
	{ "max_delay", LIMEN_F_INT, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field leaving_entry[] = {
	{ "feed", LIMEN_F_ID, false },
	{ "mid", LIMEN_F_STRING, false },
	{ "sub_mid", LIMEN_F_STRING, false },
	LIMEN_FIELDS_END,
};

/* A track that was asked for, with the entry that did. Both borrowed. */
struct pick {
	struct limen_track *track;
	const json_t *entry;
};

int limen_subscriber_check(const struct limen_subscriber *s, struct limen_request *r)
{
	if (s->gone == LIMEN_GONE_KICKED)
		return limen->fail(r, VIDEOROOM_UNAUTHORIZED, "Unauthorized, you have been kicked");
	if (s->gone != LIMEN_PRESENT)
		return limen->fail(r, VIDEOROOM_NO_SUCH_ROOM, "No such room");
	if (r->jsep->type == LIMEN_JSEP_OFFER)
		return limen->fail(r, VIDEOROOM_SDP_TYPE, "Only publishers send offers");
	return 0;
}

int limen_subscriber_check_layers(struct limen_request *r, const json_t *entry)
{
	if (limen_body_int(entry, "substream", 0) > LAYER_TOP ||
		limen_body_int(entry, "spatial_layer", 0) > LAYER_TOP)
		return limen->fail(r, VIDEOROOM_INVALID,
			"Invalid value (substream/spatial_layer should be 0, 1 or 2)");
	if (limen_body_int(entry, "temporal", 0) > LAYER_TOP ||
		limen_body_int(entry, "temporal_layer", 0) > LAYER_TOP)
		return limen->fail(r, VIDEOROOM_INVALID,
			"Invalid value (temporal/temporal_layer should be 0, 1 or 2)");
	return 0;
}

static void add_pick(GArray *picks, struct limen_track *t, const json_t *entry)
{
	const struct pick pick = { t, entry };

	g_array_append_val(picks, pick);
}

static int resolve_entry(struct limen_request *r, const struct limen_subscriber *s,
	const json_t *entry, GArray *picks)
{
	g_autofree char *feed = limen_ids_text(json_object_get(entry, "feed"));
	const struct limen_publisher *p = limen_room_member(s->room, feed);
	const char *mid = limen_body_string(entry, "mid", NULL);
	struct limen_track *t;
	int err;

	if ((err = limen_subscriber_check_layers(r, entry)))
		return err;
	if (!p || !p->published)
		return limen->fail(
			r, VIDEOROOM_NO_SUCH_FEED, "No such feed (%s)", feed ? feed : "0");
	if (!mid) {
		for (guint i = 0; i < p->tracks->len; i++)
			add_pick(picks, g_ptr_array_index(p->tracks, i), entry);
		return 0;
	}
	if (!(t = limen_track_find(p, mid)))
		return limen->fail(
			r, VIDEOROOM_NO_SUCH_FEED, "No such mid '%s' in feed (%s)", mid, p->id);
	add_pick(picks, t, entry);
	return 0;
}

static bool is_empty(const struct limen_subscriber *s)
{
	for (guint i = 0; i < s->slots->len; i++)
		if (((const struct limen_slot *)g_ptr_array_index(s->slots, i))->sources->len > 0)
			return false;
	return true;
}

static int check_picks(
	struct limen_request *r, const struct limen_subscriber *s, const GArray *picks)
{
	bool e2ee = s->e2ee, any = !is_empty(s);

	for (guint i = 0; i < picks->len; i++) {
		const struct limen_publisher *p =
			g_array_index(picks, struct pick, i).track->publisher;

		if (any && p->e2ee != e2ee)
			return limen->fail(r, VIDEOROOM_INVALID_FEED,
				"Can't mix clear and end-to-end encrypted feeds in a subscription");
		e2ee = p->e2ee;
		any = true;
	}
	if (picks->len > LIMEN_MLINES_MAX)
		return limen->fail(r, VIDEOROOM_INVALID, "Invalid element (more than %d streams)",
			LIMEN_MLINES_MAX);
	return 0;
}

/* Checks entries and finds their tracks. */
static int resolve(struct limen_request *r, const struct limen_subscriber *s, const json_t *entries,
	GArray *picks)
{
	size_t i;
	json_t *entry;
	int err;

	if ((err = limen_body_check_array(r, &limen_module.errors, entries, limen_subscriber_entry,
		     limen_videoroom.string_ids)))
		return err;
	json_array_foreach(
		entries, i, entry) if ((err = resolve_entry(r, s, entry, picks))) return err;
	return check_picks(r, s, picks);
}

/* The codec of the m-line for a track; of a disabled one none is known, so the room's first. */
static enum limen_codec codec_for(const struct limen_track *t)
{
	const struct limen_room *room = t->publisher->room;

	if (t->facts.kind == LIMEN_DATA || t->facts.codec != LIMEN_CODEC_NONE)
		return t->facts.codec;
	return t->facts.kind == LIMEN_AUDIO ? room->audio[0] : room->video[0];
}

/* How many m-lines would the picks add? */
static guint new_lines(const struct limen_subscriber *s, const GArray *picks)
{
	bool taken[LIMEN_MLINES_MAX] = { false };
	guint n = 0;

	for (guint i = 0; i < picks->len; i++) {
		const struct limen_track *t = g_array_index(picks, struct pick, i).track;
		guint j = 0;

		while (j < s->slots->len &&
			(taken[j] ||
				!limen_slot_fits(g_ptr_array_index(s->slots, j), t->facts.kind,
					codec_for(t))))
			j++;
		if (j == s->slots->len)
			n += t->facts.active;
		else
			taken[j] = t->facts.active && t->facts.kind != LIMEN_DATA;
	}
	return n;
}

/* What an update takes away first is not counted: it has to fit beside what is there. */
static int check_room_left(
	struct limen_request *r, const struct limen_subscriber *s, const GArray *picks)
{
	if (s->slots->len + new_lines(s, picks) > LIMEN_MLINES_MAX)
		return limen->fail(r, VIDEOROOM_INVALID, "Invalid element (more than %d streams)",
			LIMEN_MLINES_MAX);
	return 0;
}

static bool connect_pick(struct limen_slot *slot, const struct pick *pick)
{
	struct limen_track *t = pick->track;

	slot->subscriber->e2ee = t->publisher->e2ee;
	if (slot->sources->len == 0)
		limen_slot_reset(slot, pick->entry);
	return t->facts.active ? limen_slot_connect(slot, t) : true;
}

/* Connects what was picked, where it is not disabled. Did an offer's content change? */
static bool connect_picks(struct limen_subscriber *s, const GArray *picks)
{
	bool changed = false;

	for (guint i = 0; i < picks->len; i++) {
		const struct pick *pick = &g_array_index(picks, struct pick, i);
		const struct limen_track *t = pick->track;

		if (t->facts.active)
			changed |=
				connect_pick(limen_slot_take(s, t->facts.kind, codec_for(t)), pick);
	}
	return changed;
}

/* The same for a new subscription: each pick has its own m-line, an empty one if it is disabled;
 * data is on one m-line. */
static void connect_first_picks(struct limen_subscriber *s, const GArray *picks)
{
	for (guint i = 0; i < picks->len; i++) {
		const struct pick *pick = &g_array_index(picks, struct pick, i);
		const struct limen_track *t = pick->track;

		if (t->facts.kind != LIMEN_DATA)
			connect_pick(limen_slot_append(s, t->facts.kind, codec_for(t)), pick);
		else if (t->facts.active)
			connect_pick(limen_slot_take(s, LIMEN_DATA, LIMEN_CODEC_NONE), pick);
	}
}

/* The entries of an old-style join: one feed, by kinds of media. New */
static json_t *expand_feed(const struct limen_room *room, const json_t *body)
{
	static const char *const wanted[] = { "audio", "video", "data" };
	static const char *const offered[] = { "offer_audio", "offer_video", "offer_data" };
	g_autofree char *feed = limen_ids_text(json_object_get(body, "feed"));
	const struct limen_publisher *p = limen_room_member(room, feed);
	json_t *entries = json_array();

	for (guint i = 0; p && i < p->tracks->len; i++) {
		const struct limen_track *t = g_ptr_array_index(p->tracks, i);

		if (limen_body_bool(body, wanted[t->facts.kind], true) &&
			limen_body_bool(body, offered[t->facts.kind], true))
			json_array_append_new(entries,
				json_pack("{s:O,s:s}", "feed", json_object_get(body, "feed"), "mid",
					t->facts.mid));
	}
	if (!p || !p->published)
		json_array_append_new(
			entries, json_pack("{s:O}", "feed", json_object_get(body, "feed")));
	return entries;
}

static int check_private_id(
	struct limen_request *r, const struct limen_room *room, uint32_t *private_id)
{
	const int64_t given = limen_body_int(r->body, "private_id", 0);

	*private_id = 0;
	for (guint i = 0; given && i < room->publishers->len; i++) {
		const struct limen_publisher *p = g_ptr_array_index(room->publishers, i);

		if ((int64_t)p->private_id == given)
			*private_id = p->private_id;
	}
	if (room->require_pvtid && !*private_id)
		return limen->fail(r, VIDEOROOM_UNAUTHORIZED,
			"Unauthorized (this room requires a valid private_id)");
	return 0;
}

static void free_slot(gpointer slot)
{
	limen_slot_free(slot);
}

static struct limen_subscriber *new_subscriber(
	struct limen_handle *h, struct limen_room *room, const json_t *body)
{
	struct limen_subscriber *s = g_new0(struct limen_subscriber, 1);

	s->handle = h;
	s->room = limen_room_ref(room);
	s->use_msid = limen_body_bool(body, "use_msid", false);
	s->autoupdate = limen_body_bool(body, "autoupdate", true);
	s->slots = g_ptr_array_new_with_free_func(free_slot);
	return s;
}

static int fill(struct limen_subscriber *s, struct limen_request *r)
{
	g_autoptr(GArray) picks = g_array_new(FALSE, FALSE, sizeof(struct pick));
	json_t *entries = json_incref(limen_body_array(r->body, "streams"));
	int err;

	if (!entries && !limen_body_has(r->body, "feed"))
		return limen->fail(r, VIDEOROOM_MISSING, "Missing mandatory element (feed)");
	entries = entries ? entries : expand_feed(s->room, r->body);
	if (!(err = resolve(r, s, entries, picks)))
		connect_first_picks(s, picks);
	json_decref(entries);
	if (!err && s->slots->len == 0)
		return limen->fail(r, VIDEOROOM_INVALID_SDP, "Can't offer an SDP with no stream");
	return err;
}

static void add_legacy(const struct limen_subscriber *s, struct limen_request *r)
{
	g_autofree char *feed = limen_ids_text(json_object_get(r->body, "feed"));
	const struct limen_publisher *p = limen_room_member(s->room, feed);

	if (!p || limen_body_array(r->body, "streams"))
		return;
	json_object_set_new(r->reply, "id", limen_ids_json(p->id, limen_videoroom.string_ids));
	limen_replies_add_text(r->reply, "display", p->display);
	limen_replies_add_json(r->reply, "metadata", p->metadata);
	json_object_set_new(r->reply, "warning", json_string("deprecated_api"));
}

int limen_subscriber_join(struct limen_handle *h, struct limen_request *r, struct limen_room *room)
{
	struct limen_subscriber *s;
	uint32_t private_id;
	int err;

	if (r->jsep->type != LIMEN_JSEP_NONE)
		return limen->fail(
			r, VIDEOROOM_INVALID_REQUEST, "Can't send an offer to create subscribers");
	if ((err = check_private_id(r, room, &private_id)))
		return err;
	s = new_subscriber(h, room, r->body);
	s->private_id = private_id;
	if ((err = fill(s, r))) {
		limen_subscriber_free(s);
		return err;
	}
	g_ptr_array_add(room->subscribers, s);
	h->state = s;
	h->role = VIDEOROOM_SUBSCRIBER;
	limen->meeting(h, room->id, false);
	r->reply = limen_events_new(room, "attached");
	add_legacy(s, r);
	json_object_set_new(r->reply, "streams", limen_subscriber_streams(s));
	limen_offer_make(s, &r->answer);
	limen_events_emit(
		room, h, "subscribing", json_pack("{s:o}", "streams", limen_subscriber_streams(s)));
	return 0;
}

static bool matches(const struct limen_track *t, const char *feed, const char *mid)
{
	return strcmp(t->publisher->id, feed) == 0 && (!mid || strcmp(t->facts.mid, mid) == 0);
}

static bool drop_feed(const struct limen_subscriber *s, const char *feed, const char *mid)
{
	bool changed = false;

	for (guint i = 0; i < s->slots->len; i++) {
		struct limen_slot *slot = g_ptr_array_index(s->slots, i);

		for (guint j = slot->sources->len; j > 0; j--)
			if (matches(g_ptr_array_index(slot->sources, j - 1), feed, mid))
				changed |= limen_slot_disconnect(
					slot, g_ptr_array_index(slot->sources, j - 1));
	}
	return changed;
}

static int check_leaving(struct limen_request *r, const json_t *entries)
{
	size_t i;
	json_t *entry;
	int err = limen_body_check_array(
		r, &limen_module.errors, entries, leaving_entry, limen_videoroom.string_ids);

	json_array_foreach(entries, i, entry) if (!err && !limen_body_has(entry, "sub_mid") &&
		!limen_body_has(entry, "feed")) err =
		limen->fail(r, VIDEOROOM_MISSING, "Missing mandatory element (feed)");
	return err;
}

static bool drop_all(const struct limen_subscriber *s, const json_t *entries)
{
	bool changed = false;
	size_t i;
	json_t *entry;

	json_array_foreach(entries, i, entry)
	{
		g_autofree char *feed = limen_ids_text(json_object_get(entry, "feed"));
		struct limen_slot *slot =
			limen_subscriber_slot(s, limen_body_string(entry, "sub_mid", NULL));

		if (slot)
			changed |= limen_slot_clear(slot);
		else if (feed && !limen_body_has(entry, "sub_mid"))
			changed |= drop_feed(s, feed, limen_body_string(entry, "mid", NULL));
	}
	return changed;
}

/* First what goes, then what comes, then one offer. Either list may be NULL. */
static int change(
	struct limen_handle *h, struct limen_request *r, const json_t *coming, const json_t *going)
{
	struct limen_subscriber *s = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);
	g_autoptr(GArray) picks = g_array_new(FALSE, FALSE, sizeof(struct pick));
	bool changed;
	int err;

	if ((err = limen_subscriber_check(s, r)) || (err = check_leaving(r, going)) ||
		(err = resolve(r, s, coming, picks)) || (err = check_room_left(r, s, picks)))
		return err;
	changed = drop_all(s, going);
	changed |= connect_picks(s, picks);
	limen_offer_reply(s, r, changed);
	if (changed)
		limen_events_emit(s->room, h, "updated",
			json_pack("{s:o}", "streams", limen_subscriber_streams(s)));
	return 0;
}

int limen_subscriber_subscribe(struct limen_handle *h, struct limen_request *r)
{
	const json_t *streams = json_object_get(r->body, "streams");

	if (json_array_size(streams) == 0)
		return limen->fail(r, VIDEOROOM_INVALID, "Empty subscription list");
	return change(h, r, streams, NULL);
}

int limen_subscriber_unsubscribe(struct limen_handle *h, struct limen_request *r)
{
	const json_t *streams = json_object_get(r->body, "streams");

	if (json_array_size(streams) == 0)
		return limen->fail(r, VIDEOROOM_INVALID, "Empty unsubscription list");
	return change(h, r, NULL, streams);
}

int limen_subscriber_update(struct limen_handle *h, struct limen_request *r)
{
	const json_t *coming = limen_body_array(r->body, "subscribe"),
		     *going = limen_body_array(r->body, "unsubscribe");

	if (!coming && !going)
		return limen->fail(r, VIDEOROOM_MISSING,
			"At least one of either 'subscribe' or 'unsubscribe' must be present");
	if (coming && json_array_size(coming) == 0)
		return limen->fail(r, VIDEOROOM_INVALID, "Empty subscription list");
	if (going && json_array_size(going) == 0)
		return limen->fail(r, VIDEOROOM_INVALID, "Empty unsubscription list");
	return change(h, r, coming, going);
}
