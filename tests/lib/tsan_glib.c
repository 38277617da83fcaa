/*
 * GLib's locks made visible to ThreadSanitizer. GLib is not built with it and its locks are bare
 * futexes, so without this file every datum that a GMutex guards looks like a race. The functions
 * here stand in front of GLib's, call them and say what they order. Only a TSan build links this
 * file; GLib's own uses of its locks stay unseen, and so does what GLib does to memory. Thread:
 * any.
 */
#include <dlfcn.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sanitizer/tsan_interface.h>

const char *__tsan_default_options(void);
const char *__tsan_default_suppressions(void);

/* Memory that only GLib and other uninstrumented libraries touch is theirs to order. */
/* jansson counts references atomically, but its inline functions first read the count plainly to
 * tell the constants (true, null) from the rest, which no count ever reaches (jansson.h,
 * json_decref). */
const char *__tsan_default_suppressions(void)
{
	return "race:json_decref\nrace:json_incref\n";
}

const char *__tsan_default_options(void)
{
	return "ignore_noninstrumented_modules=1:second_deadlock_stack=1";
}

/* The function of this name behind ours; looked up once. */
static void *behind(void **cache, const char *name)
{
	void *fn = __atomic_load_n(cache, __ATOMIC_RELAXED);

	if (!fn) {
		fn = dlsym(RTLD_NEXT, name);
		__atomic_store_n(cache, fn, __ATOMIC_RELAXED);
	}
	return fn;
}

#define BEHIND(name)                                                                               \
	static void *cache;                                                                        \
	__typeof__(name) *const real = (__typeof__(name) *)behind(&cache, #name)

/* GLib hands pieces of its slices from thread to thread in a way that cannot be seen either. It
 * asks for this variable before any constructor of ours could set it. */
char *getenv(const char *name)
{
	static char always_malloc[] = "always-malloc";
	BEHIND(getenv);

	return strcmp(name, "G_SLICE") == 0 ? always_malloc : real(name);
}

void g_mutex_init(GMutex *m)
{
	BEHIND(g_mutex_init);

	real(m);
	__tsan_mutex_create(m, __tsan_mutex_not_static);
}

void g_mutex_clear(GMutex *m)
{
	BEHIND(g_mutex_clear);

	__tsan_mutex_destroy(m, __tsan_mutex_not_static);
	real(m);
}

void g_mutex_lock(GMutex *m)
{
	BEHIND(g_mutex_lock);

	__tsan_mutex_pre_lock(m, 0);
	real(m);
	__tsan_mutex_post_lock(m, 0, 0);
}

gboolean g_mutex_trylock(GMutex *m)
{
	BEHIND(g_mutex_trylock);
	gboolean locked;

	__tsan_mutex_pre_lock(m, __tsan_mutex_try_lock);
	locked = real(m);
	__tsan_mutex_post_lock(
		m, __tsan_mutex_try_lock | (locked ? 0 : __tsan_mutex_try_lock_failed), 0);
	return locked;
}

void g_mutex_unlock(GMutex *m)
{
	BEHIND(g_mutex_unlock);

	__tsan_mutex_pre_unlock(m, 0);
	real(m);
	__tsan_mutex_post_unlock(m, 0);
}

/* Waiting lets the lock go and takes it again; signals order nothing by themselves. */
void g_cond_wait(GCond *cond, GMutex *m)
{
	BEHIND(g_cond_wait);

	__tsan_mutex_pre_unlock(m, 0);
	__tsan_mutex_post_unlock(m, 0);
	real(cond, m);
	__tsan_mutex_pre_lock(m, 0);
	__tsan_mutex_post_lock(m, 0, 0);
}

gboolean g_cond_wait_until(GCond *cond, GMutex *m, gint64 end_us)
{
	BEHIND(g_cond_wait_until);
	gboolean signalled;

	__tsan_mutex_pre_unlock(m, 0);
	__tsan_mutex_post_unlock(m, 0);
	signalled = real(cond, m, end_us);
	__tsan_mutex_pre_lock(m, 0);
	__tsan_mutex_post_lock(m, 0, 0);
	return signalled;
}

void g_async_queue_push(GAsyncQueue *q, gpointer item)
{
	BEHIND(g_async_queue_push);

	__tsan_release(q);
	real(q, item);
}

gpointer g_async_queue_pop(GAsyncQueue *q)
{
	BEHIND(g_async_queue_pop);
	gpointer item = real(q);

	__tsan_acquire(q);
	return item;
}

gpointer g_async_queue_try_pop(GAsyncQueue *q)
{
	BEHIND(g_async_queue_try_pop);
	gpointer item = real(q);

	__tsan_acquire(q);
	return item;
}

gpointer g_async_queue_timeout_pop(GAsyncQueue *q, guint64 timeout_us)
{
	BEHIND(g_async_queue_timeout_pop);
	gpointer item = real(q, timeout_us);

	__tsan_acquire(q);
	return item;
}

gboolean(g_once_init_enter)(volatile void *location)
{
	BEHIND(g_once_init_enter);
	gboolean first = real(location);

	__tsan_acquire((void *)(guintptr)location);
	return first;
}

void(g_once_init_leave)(volatile void *location, gsize result)
{
	BEHIND(g_once_init_leave);

	__tsan_release((void *)(guintptr)location);
	real(location, result);
}
