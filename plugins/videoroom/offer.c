/*
 * Offers to subscribers. Rejected: an offer per change. A client answers one offer at a time, so
 * changes that come while one is unanswered are told by one offer behind it; and "started" must be
 * out before that one goes, which is why settling is posted and not done at once. Offers are made
 * on the subscriber's own loop only: one from another loop could be overtaken by a reply, or arrive
 * when the PeerConnection that it is for has gone. Thread: the subscriber's loop, with the room
 * locked; limen_offer_changed() on any.
 */
#include "kit/replies.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/subscriber.h"

static char *msid_of(const struct limen_subscriber *s, const struct limen_track *t, const char *mid)
{
	return s->use_msid ? g_strdup_printf("%s %s", t->publisher->id, mid)
			   : g_strdup_printf("janus janus%s", mid);
}

static void add_line(
	struct limen_sdp *sdp, const struct limen_subscriber *s, const struct limen_slot *slot)
{
	const struct limen_track *t = limen_slot_track(slot);
	struct limen_sdp_media *m;
	char mid[LIMEN_MID_MAX + 1];

	g_snprintf(mid, sizeof(mid), "%u", slot->mindex);
	if (slot->kind == LIMEN_DATA) {
		limen->sdp_add(sdp, LIMEN_DATA, LIMEN_CODEC_NONE, LIMEN_SENDRECV, mid, NULL, 0);
		return;
	}
	m = limen->sdp_add(sdp, slot->kind, slot->codec, t ? LIMEN_SENDONLY : LIMEN_INACTIVE, mid,
		slot->fmtp, slot->exts);
	if (slot->red)
		limen->sdp_add_red(m);
	if (t) {
		g_free(m->msid);
		m->msid = msid_of(s, t, mid);
	}
}

void limen_offer_make(struct limen_subscriber *s, struct limen_jsep *out)
{
	g_autofree char *name = g_strdup_printf("VideoRoom %s", s->room->id);
	struct limen_sdp *sdp = limen->sdp_new(name);

	for (guint i = 0; i < s->slots->len; i++)
		add_line(sdp, s, g_ptr_array_index(s->slots, i));
	*out = (struct limen_jsep){ .type = LIMEN_JSEP_OFFER,
		.sdp = sdp,
		.update = s->negotiated,
		.restart = s->restart,
		.e2ee = s->e2ee };
	s->pending = true;
	s->dirty = s->asked = s->restart = false;
}

static void refresh(const struct limen_subscriber *s)
{
	for (guint i = 0; i < s->slots->len; i++)
		limen_slot_refresh(g_ptr_array_index(s->slots, i));
}

void limen_offer_due(struct limen_subscriber *s)
{
	json_t *event;
	struct limen_jsep offer;

	if (s->gone != LIMEN_PRESENT || s->pending || !s->dirty || !(s->autoupdate || s->asked))
		return;
	refresh(s);
	event = limen_events_new(s->room, "updated");
	json_object_set_new(event, "streams", limen_subscriber_streams(s));
	limen_offer_make(s, &offer);
	limen->push(s->handle, event, &offer);
}

static void due(struct limen_handle *h, void *arg)
{
	struct limen_subscriber *s = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);

	(void)arg;
	limen_offer_due(s);
}

void limen_offer_changed(struct limen_subscriber *s)
{
	if (!s->dirty)
		limen->post(s->handle, due, NULL, NULL);
	s->dirty = true;
}

void limen_offer_changed_all(GPtrArray *subscribers)
{
	for (guint i = 0; i < subscribers->len; i++)
		limen_offer_changed(g_ptr_array_index(subscribers, i));
}

void limen_offer_reply(struct limen_subscriber *s, struct limen_request *r, bool changed)
{
	s->dirty |= changed;
	s->asked |= changed;
	r->reply = limen_events_new(s->room, s->pending && s->dirty ? "updating" : "updated");
	if (s->pending || !s->dirty)
		return;
	refresh(s);
	json_object_set_new(r->reply, "streams", limen_subscriber_streams(s));
	limen_offer_make(s, &r->answer);
}

static void settle(struct limen_handle *h, void *arg)
{
	struct limen_subscriber *s = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);

	(void)arg;
	s->pending = false;
	limen_offer_due(s);
}

void limen_offer_settle(struct limen_subscriber *s)
{
	limen->post(s->handle, settle, NULL, NULL);
}
