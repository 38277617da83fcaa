/*
 * Changes of rooms that are written to the configuration file before they are made. One thread
 * writes, one change after the other, and makes each before it begins the next: so what it writes
 * is never older than what the file has. Rejected: making the change on the handle's loop, since
 * the next one would be written without it. Thread: stated in permanent.h.
 */
#include "plugins/videoroom/permanent.h"
#include "kit/jobs.h"
#include "plugins/videoroom/events.h"

struct change {
	struct limen_request *request; /* deferred */
	struct limen_room *room;       /* a reference */
	const struct limen_permanent *kind;
	int err;
};

#define WAITING_MAX 10000u /* changes; more are refused */

static struct limen_jobs *writer;

static int refuse(struct limen_request *r, const struct change *c)
{
	if (c->err == LIMEN_ENOENT)
		return limen->fail(r, VIDEOROOM_NO_SUCH_ROOM, "No such room (%s)", c->room->id);
	return limen->fail(r, VIDEOROOM_UNKNOWN, "%s",
		c->err == LIMEN_ENOTSUP
			? "No configuration file, can't make the change permanent"
			: "The configuration file can't be written, nothing was changed");
}

/* On the loop of the handle, which may have ended; or the plugin stops. */
static void complete(void *arg)
{
	struct change *c = arg;
	struct limen_request *r = c->request;

	if (c->err)
		refuse(r, c);
	limen_room_unref(c->room);
	g_free(c);
	limen->complete(r);
}

static json_t *keys_of(const struct change *c)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&c->room->lock);

	return c->kind->keys ? c->kind->keys(c->room, c->request->body) : NULL;
}

static bool is_destroyed(const struct limen_room *room)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED =
		g_mutex_locker_new((GMutex *)(uintptr_t)&room->lock);

	return room->destroyed;
}

/* The demo room is there while the file has no groups; it must not go because another room is
 * saved, nor come back after it was destroyed. */
static int write_demo(void)
{
	g_autoptr(limen_room) demo = limen_rooms_find(LIMEN_ROOM_DEMO);
	json_t *nothing = json_object(), *keys = NULL;
	int err = limen->config_save(&limen_module.head, "general", nothing);

	if (demo) {
		g_mutex_lock(&demo->lock);
		keys = limen_room_write(demo);
		g_mutex_unlock(&demo->lock);
	}
	if (!err && keys)
		err = limen->config_save(&limen_module.head, "room-" LIMEN_ROOM_DEMO, keys);
	limen_videoroom.demo = err != 0;
	json_decref(nothing);
	json_decref(keys);
	return err;
}

static int write_group(const struct change *c)
{
	g_autofree char *group = g_strdup_printf("room-%s", c->room->id);
	json_t *keys;
	int err;

	if (is_destroyed(c->room))
		return LIMEN_ENOENT;
	if (limen_videoroom.demo && (err = write_demo()))
		return err;
	keys = keys_of(c);
	err = limen->config_save(&limen_module.head, group, keys);
	json_decref(keys);
	return err;
}

static void make(const struct change *c)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&c->room->lock);

	c->kind->make(c->room, c->request);
	c->request->reply = limen_events_new(c->room, c->kind->done);
	json_object_set_new(c->request->reply, "permanent", json_true());
}

static void run(void *arg)
{
	struct change *c = arg;

	c->err = write_group(c);
	if (!c->err)
		make(c);
	if (c->kind->end)
		c->kind->end(c->room, c->err == 0);
}

void limen_permanent_start(void)
{
	writer = limen_jobs_new(1, WAITING_MAX);
}

void limen_permanent_stop(void)
{
	g_clear_pointer(&writer, limen_jobs_free);
}

int limen_permanent_change(
	struct limen_request *r, struct limen_room *room, const struct limen_permanent *kind)
{
	static const struct limen_job job = { run, complete, complete };
	struct change *c = g_new(struct change, 1);

	/* ESTATE: dropped without having run, since the plugin stops */
	*c = (struct change){ r, limen_room_ref(room), kind, LIMEN_ESTATE };
	if (limen_jobs_run_request(writer, r, &job, c) == 0) {
		limen->defer(r);
		return 0;
	}
	if (kind->end)
		kind->end(room, false);
	limen_room_unref(c->room);
	g_free(c);
	return limen->fail(r, VIDEOROOM_UNKNOWN, "Too many changes wait to be written");
}
