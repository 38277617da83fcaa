/*
 * A host for one plugin. Thread: the test's.
 */
#include "tests/lib/fake_host.h"
#include <glib/gstdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "core/base/config.h"
#include "core/base/json.h"
#include "core/base/packet.h"
#include "core/session/auth.h"
#include "tests/lib/fake_media.h"
#include "tests/lib/json_difference.h"

#define WAIT_MS 30000 /* for a deferred request */

struct task {
	struct limen_handle *h;
	void (*fn)(struct limen_handle *h, void *arg);
	void *arg;
	GDestroyNotify free;
};

/* A request on its way. */
struct asked {
	struct limen_request request; /* first */
	struct fake_client *by;
};

/* One message to a client. */
struct said {
	struct fake_client *to;
	json_t *data;
};

unsigned fake_warnings, fake_emitted;
const char *fake_config_path, *fake_token_secret;
int64_t fake_now_us;
bool fake_hold;
const char *fake_where = "";

static const struct limen_plugin *plugin;
static struct limen_config *config;
static GPtrArray *clients; /* struct fake_client * */
static GMutex lock;        /* of the queues: jobs post and push from their threads */
static GQueue tasks = G_QUEUE_INIT, said = G_QUEUE_INIT, emitted = G_QUEUE_INIT;
static unsigned deferred; /* requests that wait for complete() */
static uint64_t last_id, random_state;

/* A handle that the plugin names must be alive. */
static struct fake_client *client_of(const struct limen_handle *h)
{
	g_assert_true(g_ptr_array_find(clients, h, NULL));
	return (struct fake_client *)(void *)(uintptr_t)h;
}

struct fake_line *fake_host_line(const struct limen_handle *h, uint16_t mindex)
{
	g_assert_cmpuint(mindex, <, FAKE_LINES);
	return &client_of(h)->lines[mindex];
}

static bool log_wanted(enum limen_log_level level)
{
	return level <= LIMEN_LOG_WARN;
}

static void log_write(enum limen_log_level level, const char *topic, uint64_t session,
	uint64_t handle, const char *format, ...)
{
	(void)level, (void)topic, (void)session, (void)handle, (void)format;
	fake_warnings++;
}

static bool option_bool(const struct limen_module_head *head, const char *section, const char *name)
{
	(void)head;
	return limen_config_bool(config, section, name);
}

static int64_t option_int(
	const struct limen_module_head *head, const char *section, const char *name)
{
	(void)head;
	return limen_config_int(config, section, name);
}

static const char *option_string(
	const struct limen_module_head *head, const char *section, const char *name)
{
	(void)head;
	return limen_config_string(config, section, name);
}

static char **option_groups(const struct limen_module_head *head, const char *pattern)
{
	(void)head;
	return limen_config_groups(config, pattern);
}

static bool option_set(const struct limen_module_head *head, const char *section, const char *name)
{
	(void)head;
	return limen_config_set(config, section, name);
}

static int64_t now_us(void)
{
	return fake_now_us;
}

/* splitmix64: the same bytes in every run */
static void random_bytes(void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		((uint8_t *)bytes)[i] = (uint8_t)(z ^ (z >> 31));
	}
}

static const char *config_dir(void)
{
	return NULL;
}

static void emit(const struct limen_module_head *head, unsigned type, uint64_t session,
	uint64_t handle, json_t *body)
{
	(void)session, (void)handle;
	g_assert_true(head == &plugin->head);
	g_assert_cmpuint(type, ==, 64);
	g_mutex_lock(&lock);
	fake_emitted++;
	g_queue_push_tail(&emitted, body);
	g_mutex_unlock(&lock);
}

static int fail(struct limen_request *r, int code, const char *format, ...)
{
	va_list args;

	g_free(r->error_text);
	r->error_code = code;
	va_start(args, format);
	r->error_text = g_strdup_vprintf(format, args);
	va_end(args);
	return LIMEN_EINVAL;
}

static struct limen_request *defer(struct limen_request *r)
{
	g_assert_false(r->deferred);
	r->deferred = true;
	deferred++;
	return r;
}

static void finish(struct asked *a);

static void complete(struct limen_request *r)
{
	g_assert_true(r->deferred);
	deferred--;
	finish((struct asked *)(void *)r);
}

/* Takes note of an offer; takes sdp. */
static void note_offer(struct fake_client *c, struct limen_jsep *jsep)
{
	g_autofree char *reason = NULL;

	g_assert_cmpint(jsep->type, ==, LIMEN_JSEP_OFFER);
	g_assert_false(c->offered);
	if (c->offer)
		g_assert_cmpint(limen_sdp_match(c->offer, jsep->sdp, &reason), ==, 0);
	limen_sdp_free(c->offer);
	c->offer = jsep->sdp;
	c->restart = jsep->restart;
	c->e2ee = jsep->e2ee;
	c->offered = c->pc = true;
	c->offers++;
}

/* Writes a message down in the order of all clients' messages. */
static void note_message(struct fake_client *c, const json_t *data, const char *jsep)
{
	struct said *m = g_new(struct said, 1);

	*m = (struct said){ c, json_deep_copy(data) };
	if (jsep)
		json_object_set_new(m->data, "jsep", json_string(jsep));
	g_mutex_lock(&lock);
	g_queue_push_tail(&said, m);
	g_mutex_unlock(&lock);
}

static void push_event(
	struct limen_handle *h, const char *transaction, json_t *data, struct limen_jsep *jsep)
{
	struct fake_client *c = client_of(h);

	const bool offer = jsep && jsep->type != LIMEN_JSEP_NONE;

	if (offer)
		note_offer(c, jsep);
	note_message(c, data, offer ? "offer" : NULL);
	if (transaction)
		json_object_set_new(((struct said *)g_queue_peek_tail(&said))->data, "transaction",
			json_string(transaction));
	g_mutex_lock(&lock);
	g_queue_push_tail(&c->events, data);
	g_mutex_unlock(&lock);
}

static void push(struct limen_handle *h, json_t *data, struct limen_jsep *jsep)
{
	push_event(h, NULL, data, jsep);
}

static void push_for(struct limen_request *r, json_t *data, struct limen_jsep *jsep)
{
	push_event(r->handle, "same", data, jsep);
}

static int token_check(const char *token, const char *realm, const char *descriptor)
{
	if (!fake_token_secret)
		return LIMEN_ENOTSUP;
	return limen_auth_signed(
		       token, fake_token_secret, realm, descriptor, fake_now_us / G_USEC_PER_SEC)
		? 0
		: LIMEN_EAUTH;
}

static int config_save(const struct limen_module_head *head, const char *group, const json_t *keys)
{
	g_autofree char *reason = NULL;

	g_assert_true(head == &plugin->head);
	return fake_config_path
		? limen_config_save(fake_config_path, head->options, group, keys, &reason)
		: LIMEN_ENOTSUP;
}

static void post(struct limen_handle *h, void (*fn)(struct limen_handle *h, void *arg), void *arg,
	GDestroyNotify free)
{
	struct task *t = g_new(struct task, 1);

	*t = (struct task){ h, fn, arg, free };
	g_mutex_lock(&lock);
	g_queue_push_tail(&tasks, t);
	g_mutex_unlock(&lock);
}

static void hang_up(struct fake_client *c, const char *reason);

static void close_now(struct limen_handle *h, void *arg)
{
	struct fake_client *c = client_of(h);

	(void)arg;
	c->closed++;
	hang_up(c, "Close PC");
}

static void close_pc(struct limen_handle *h)
{
	post(h, close_now, NULL, NULL);
}

static bool has_pc(const struct limen_handle *h)
{
	return client_of(h)->pc;
}

static bool pc_up(const struct limen_handle *h)
{
	return client_of(h)->up;
}

static int send_data(struct limen_handle *h, bool binary, const char *label, const char *protocol,
	const uint8_t *bytes, size_t len)
{
	(void)protocol;
	g_queue_push_tail(&client_of(h)->messages,
		g_strdup_printf("%s|%s|%.*s", binary ? "binary" : "text", label, (int)len,
			(const char *)bytes));
	return 0;
}

static void layers(struct limen_handle *h, uint16_t mindex, const struct limen_layers *want)
{
	fake_host_line(h, mindex)->layers = *want;
	fake_host_line(h, mindex)->layers_set = true;
}

static void pause_line(struct limen_handle *h, uint16_t mindex, bool paused)
{
	fake_host_line(h, mindex)->paused = paused;
}

static void sending(struct limen_handle *h, uint16_t mindex, struct limen_sending *out)
{
	*out = fake_host_line(h, mindex)->sending;
}

static void keyframe(struct limen_handle *h, int mindex)
{
	(void)mindex;
	client_of(h)->keyframes++;
}

static void bitrate(struct limen_handle *h, uint32_t bps)
{
	client_of(h)->bitrate = bps;
}

static const struct limen_plugin_services services = {
	.abi = LIMEN_ABI,
	.size = sizeof(services),
	.base = { .log_wanted = log_wanted,
		.log_write = log_write,
		.option_bool = option_bool,
		.option_int = option_int,
		.option_string = option_string,
		.option_groups = option_groups,
		.option_set = option_set,
		.now_us = now_us,
		.wall_us = now_us,
		.random = random_bytes,
		.config_dir = config_dir,
		.emit = emit },
	.fail = fail,
	.defer = defer,
	.complete = complete,
	.push = push,
	.post = post,
	.close_pc = close_pc,
	.has_pc = has_pc,
	.pc_up = pc_up,
	.answer = limen_sdp_answer,
	.sdp_new = limen_sdp_new,
	.sdp_copy = limen_sdp_copy,
	.sdp_free = limen_sdp_free,
	.sdp_add = limen_sdp_add,
	.sdp_add_red = limen_sdp_add_red,
	.fmtp_get = limen_sdp_fmtp_get,
	.packet_ref = limen_packet_ref,
	.packet_unref = limen_packet_unref,
	.send_data = send_data,
	.fanout_new = fake_media_fanout_new,
	.fanout_free = fake_media_fanout_free,
	.fanout_add = fake_media_fanout_add,
	.fanout_remove = fake_media_fanout_remove,
	.fanout_gate = fake_media_fanout_gate,
	.layers = layers,
	.pause = pause_line,
	.sending = sending,
	.keyframe = keyframe,
	.bitrate = bitrate,
	.media = &fake_media_services,
	.push_for = push_for,
	.token_check = token_check,
	.config_save = config_save,
	.meeting = fake_media_meeting,
};

static struct task *next_task(void)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&lock);

	return fake_hold ? NULL : g_queue_pop_head(&tasks);
}

static bool tasks_wait(void)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&lock);

	return !fake_hold && tasks.length > 0;
}

/* Until nothing is left to do: what ran may have posted. */
static void run_tasks(void)
{
	struct task *t;

	do {
		while ((t = next_task())) {
			if (g_ptr_array_find(clients, t->h, NULL))
				t->fn(t->h, t->arg);
			else if (t->free)
				t->free(t->arg);
			g_free(t);
		}
	} while (fake_media_step() || tasks_wait());
}

void fake_run(int64_t us)
{
	run_tasks();
	for (; us > 0; us -= 1000) {
		fake_now_us += MIN(us, 1000);
		run_tasks();
	}
}

/* The file of the test where there is one, else a passing one with this text. */
static struct limen_config *load(const char *text)
{
	g_autofree char *path = NULL, *reason = NULL;
	struct limen_config *c;
	int fd;

	if (text && !fake_config_path) {
		fd = g_file_open_tmp("limen-XXXXXX.jcfg", &path, NULL);
		g_assert_cmpint(fd, >=, 0);
		close(fd);
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
	}
	if (text && fake_config_path)
		g_assert_true(g_file_set_contents(fake_config_path, text, -1, NULL));
	if (limen_config_load(&c, fake_config_path ? fake_config_path : path, plugin->head.options,
		    &reason) != 0)
		g_error("%s", reason);
	if (path)
		g_unlink(path);
	return c;
}

int fake_host_try(const struct limen_plugin *p, const char *config_text)
{
	int err;

	plugin = p;
	config = load(config_text);
	clients = g_ptr_array_new();
	fake_warnings = fake_emitted = 0;
	fake_now_us = 1000000;
	last_id = random_state = 0;
	fake_media_start();
	*p->head.services = &services;
	err = p->start ? p->start() : 0;
	if (err)
		fake_host_stop();
	return err;
}

void fake_host_start(const struct limen_plugin *p, const char *config_text)
{
	g_assert_cmpint(fake_host_try(p, config_text), ==, 0);
}

void fake_host_stop(void)
{
	g_assert_cmpuint(clients->len, ==, 0);
	if (plugin->stop)
		plugin->stop();
	g_assert_cmpuint(deferred, ==, 0);
	run_tasks();
	fake_media_stop();
	fake_forget();
	g_ptr_array_unref(clients);
	g_clear_pointer(&config, limen_config_free);
}

struct fake_client *fake_client_new(void)
{
	struct fake_client *c = g_new0(struct fake_client, 1);

	c->handle.id = ++last_id;
	c->handle.session = 1;
	g_queue_init(&c->events);
	g_queue_init(&c->messages);
	for (size_t i = 0; i < FAKE_LINES; i++)
		c->lines[i].sending = (struct limen_sending){ -1, 2, -1, 2, -1, 2, false, false };
	g_ptr_array_add(clients, c);
	if (plugin->attach)
		g_assert_cmpint(plugin->attach(&c->handle), ==, 0);
	return c;
}

static void free_event(gpointer event)
{
	json_decref(event);
}

void fake_client_free(struct fake_client *c)
{
	if (plugin->detach)
		plugin->detach(&c->handle);
	for (size_t i = 0; i < FAKE_LINES; i++) {
		g_assert_null(c->lines[i].from);
		g_assert_null(c->lines[i].to);
	}
	g_ptr_array_remove(clients, c);
	run_tasks();
	json_decref(c->reply);
	json_decref(c->event);
	limen_sdp_free(c->answer);
	limen_sdp_free(c->offer);
	g_queue_clear_full(&c->events, free_event);
	g_queue_clear_full(&c->messages, g_free);
	g_free(c);
}

static json_t *parse(const char *text)
{
	g_autofree char *copy = g_strdelimit(g_strdup(text), "'", '"');
	json_error_t error;
	json_t *v = json_loads(copy, JSON_DECODE_ANY, &error);

	if (!v)
		g_error("%s: %s in %s", fake_where, error.text, copy);
	return v;
}

static const struct limen_request_row *find_row(
	const struct limen_handle *h, const char *name, bool *async)
{
	*async = false;
	for (const struct limen_request_row *r = plugin->requests; r->fn; r++) {
		if (r->name &&
			(!name || (strcmp(r->name, "*") != 0 && strcasecmp(r->name, name) != 0)))
			continue;
		if (r->roles == 0 || (r->roles & (1u << h->role)))
			return r;
		*async |= !(r->flags & LIMEN_REQ_SYNC) && g_strcmp0(r->name, "*") != 0;
	}
	return NULL;
}

static void run_row(struct limen_request *r, const struct limen_request_row *row)
{
	const bool strings =
		plugin->string_ids_option && limen_config_bool(config, "general", "string_ids");
	g_autofree char *reason = NULL;
	const enum limen_field_fault fault =
		limen_fields_check(r->body, row->fields, strings, &reason);

	r->name = row->name ? row->name : "";
	if (fault != LIMEN_FIELD_OK)
		fail(r,
			fault == LIMEN_FIELD_MISSING ? plugin->errors.missing
						     : plugin->errors.invalid,
			"%s", reason);
	else if (row->fn(r->handle, r) == 0)
		g_assert_true(r->deferred || !r->error_text);
	else
		g_assert_nonnull(r->error_text);
}

/* A plugin's description goes to the peer. */
static void take_description(struct fake_client *c, struct limen_request *r)
{
	if (r->answer.type == LIMEN_JSEP_OFFER) {
		note_offer(c, &r->answer);
		return;
	}
	limen_sdp_free(c->answer);
	c->answer = r->answer.sdp;
	if (!c->answer)
		return;
	g_assert_cmpint(r->answer.type, ==, LIMEN_JSEP_ANSWER);
	g_assert_cmpint(r->jsep->type, ==, LIMEN_JSEP_OFFER);
	g_assert_cmpuint(c->answer->media->len, ==, r->jsep->sdp->media->len);
	c->e2ee = r->answer.e2ee;
	c->pc = true;
}

/* What the plugin made of a request; takes the reply. */
static void take_reply(struct fake_client *c, struct limen_request *r)
{
	json_decref(c->reply);
	if (r->error_text) {
		c->reply = json_pack("{s:s,s:i,s:s}", plugin->key, "event", "error_code",
			r->error_code, "error", r->error_text);
		json_decref(r->reply);
		limen_sdp_free(r->answer.sdp);
	} else {
		g_assert_nonnull(r->reply);
		c->reply = r->reply;
		take_description(c, r);
	}
	note_message(c, c->reply,
		r->error_text                                 ? NULL
			: r->answer.type == LIMEN_JSEP_OFFER  ? "offer"
			: r->answer.type == LIMEN_JSEP_ANSWER ? "answer"
							      : NULL);
}

/* Takes a; a deferred one may outlive its client. */
static void finish(struct asked *a)
{
	if (g_ptr_array_find(clients, a->by, NULL)) {
		take_reply(a->by, &a->request);
	} else {
		json_decref(a->request.reply);
		limen_sdp_free(a->request.answer.sdp);
	}
	g_free(a->request.error_text);
	json_decref(a->request.body);
	g_free(a);
}

static void ask(struct fake_client *c, const char *body, const struct limen_jsep *jsep)
{
	struct asked *a = g_new0(struct asked, 1);
	struct limen_request *r = &a->request;
	const struct limen_request_row *row;
	const json_t *name;
	bool async;

	a->by = c;
	*r = (struct limen_request){ .handle = &c->handle, .body = parse(body), .jsep = jsep };
	name = json_object_get(r->body, "request");
	row = find_row(&c->handle, json_string_value(name), &async);
	c->sync = row ? (row->flags & LIMEN_REQ_SYNC) != 0 : !async;
	c->hint = row ? row->hint : NULL;
	if (row)
		run_row(r, row);
	else if (!name)
		fail(r, plugin->errors.missing, "Missing mandatory element (request)");
	else if (!json_is_string(name))
		fail(r, plugin->errors.invalid,
			"Invalid element type (request should be a string)");
	else
		fail(r, plugin->errors.unknown_request, "Unknown request '%s'",
			json_string_value(name));
	if (!r->deferred)
		finish(a);
}

void fake_wait(void)
{
	run_tasks();
	for (unsigned i = 0; deferred > 0 && i < WAIT_MS; i++) {
		g_usleep(1000);
		run_tasks();
	}
	g_assert_cmpuint(deferred, ==, 0);
}

static const struct limen_jsep no_jsep = { .type = LIMEN_JSEP_NONE };

void fake_ask_later(struct fake_client *c, const char *body)
{
	ask(c, body, &no_jsep);
	g_assert_cmpuint(deferred, >, 0);
}

const json_t *fake_ask_jsep(struct fake_client *c, const char *body, const struct limen_jsep *jsep)
{
	if (jsep->type == LIMEN_JSEP_ANSWER) {
		g_assert_true(c->offered);
		c->offered = false;
	}
	ask(c, body, jsep);
	fake_wait();
	return c->reply;
}

const json_t *fake_ask(struct fake_client *c, const char *body)
{
	return fake_ask_jsep(c, body, &no_jsep);
}

const json_t *fake_ask_offer(struct fake_client *c, const char *body, const char *lines)
{
	g_autoptr(limen_sdp) sdp = fake_offer(lines);

	return fake_ask_jsep(c, body,
		&(struct limen_jsep){ .type = LIMEN_JSEP_OFFER,
			.sdp = sdp,
			.update = c->pc,
			.e2ee = c->encrypts,
			.svc = c->svc });
}

const json_t *fake_start(struct fake_client *c)
{
	g_autoptr(limen_sdp) sdp = limen_sdp_copy(c->offer);

	return fake_ask_jsep(c, "{'request':'start'}",
		&(struct limen_jsep){ .type = LIMEN_JSEP_ANSWER, .sdp = sdp });
}

const json_t *fake_event(struct fake_client *c)
{
	json_decref(c->event);
	c->event = g_queue_pop_head(&c->events);
	return c->event;
}

void fake_media(struct fake_client *c, const struct limen_media_event *ev)
{
	plugin->media(&c->handle, ev);
	run_tasks();
}

void fake_up(struct fake_client *c)
{
	g_assert_true(c->pc);
	c->up = true;
	fake_media(c, &(struct limen_media_event){ .what = LIMEN_MEDIA_UP });
}

static void hang_up(struct fake_client *c, const char *reason)
{
	json_t *hangup;

	if (!c->pc)
		return;
	hangup = json_pack("{s:s,s:s}", "janus", "hangup", "reason", reason);
	c->pc = c->up = c->offered = false;
	g_clear_pointer(&c->offer, limen_sdp_free);
	plugin->media(&c->handle,
		&(struct limen_media_event){ .what = LIMEN_MEDIA_DOWN, .reason = reason });
	note_message(c, hangup, NULL);
	json_decref(hangup);
}

void fake_down(struct fake_client *c)
{
	hang_up(c, "DTLS alert");
	run_tasks();
}

static void compare(const json_t *actual, const char *expected, bool exact)
{
	json_t *want = parse(expected);
	const char *found = json_difference(actual, want, exact);
	g_autofree char *text = actual ? json_dumps(actual, JSON_ENCODE_ANY) : g_strdup("nothing");

	if (found)
		g_error("%s: %s differs:\n  want %s\n  have %s", fake_where, found, expected, text);
	json_decref(want);
}

void fake_assert_has(const json_t *actual, const char *expected)
{
	compare(actual, expected, false);
}

static void free_said(gpointer arg)
{
	struct said *m = arg;

	json_decref(m->data);
	g_free(m);
}

void fake_assert_next(const struct fake_client *c, const char *expected)
{
	struct said *m = g_queue_pop_head(&said);

	compare(m ? m->data : NULL, expected, true);
	if (m->to != c)
		g_error("%s: %s went to another client", fake_where, expected);
	free_said(m);
}

void fake_assert_silence(void)
{
	const struct said *m = g_queue_peek_head(&said);
	g_autofree char *text = m ? json_dumps(m->data, JSON_ENCODE_ANY) : NULL;

	if (m)
		g_error("%s: nothing more was to be said, but %s", fake_where, text);
}

void fake_forget(void)
{
	g_queue_clear_full(&said, free_said);
	g_queue_clear_full(&emitted, free_event);
	for (guint i = 0; i < clients->len; i++)
		g_queue_clear_full(
			&((struct fake_client *)g_ptr_array_index(clients, i))->events, free_event);
}

void fake_assert_emitted(const char *expected)
{
	json_t *body = g_queue_pop_head(&emitted);

	compare(body, expected, true);
	json_decref(body);
}

int fake_error(const json_t *reply)
{
	return (int)json_integer_value(json_object_get(reply, "error_code"));
}
