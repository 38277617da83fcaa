/*
 * The plugin ABI. A plugin is one LIMEN_PLUGIN(...) in one of its files:
 *
 *	static void echo_rtp(struct limen_handle *h, struct limen_packet *pkt) ...
 *	LIMEN_PLUGIN("acme.plugin.echo", 1, "1.0", "Echo", "Sends media back.", "Acme", NULL,
 *		.key = "echo", .requests = requests, .rtp = echo_rtp);
 *
 * Creation and end: start() once, then per handle attach() ... detach(), at last stop(). State
 * hangs on the handle. Threads: start() and stop() on the main thread; every other callback on the
 * loop of its handle, so callbacks of one handle never overlap and need no lock among themselves;
 * callbacks of two handles may run at once. A callback never blocks. After detach() returned
 * nothing is called for that handle.
 */
#ifndef LIMEN_PLUGIN_H
#define LIMEN_PLUGIN_H

#include <limen/media.h>
#include <limen/module.h>
#include <limen/peer.h>

/* One client's attachment to the plugin. The plugin may read all and write role and state. */
struct limen_handle {
	uint64_t id;           /* unique in its session, 1..2^53-1 */
	uint64_t session;      /* id of the session */
	const char *opaque_id; /* the client's free text, or NULL; borrowed for the life of the
				  handle */
	const char *token;     /* the token that attached it, or NULL; borrowed */
	unsigned role;         /* the plugin's: which rows of requests[] apply; 0 at attach */
	void *state;           /* the plugin's own */
};

enum limen_jsep_type { LIMEN_JSEP_NONE, LIMEN_JSEP_OFFER, LIMEN_JSEP_ANSWER };

/* A session description with what the client said beside it. */
struct limen_jsep {
	enum limen_jsep_type type;
	struct limen_sdp *sdp; /* without transport parts; NULL for LIMEN_JSEP_NONE */
	bool update;           /* it renegotiates a PeerConnection */
	bool restart;          /* to be set by the plugin in an offer: new ICE credentials */
	bool e2ee;             /* media is end-to-end encrypted */
	const json_t *svc;     /* the client's svc array or NULL; borrowed */
};

/* A request on its way. Valid during the callback, or until limen->complete() if it was deferred.
 */
struct limen_request {
	struct limen_handle *handle;
	const char *name;              /* the row's name; "" for a plugin without "request" names */
	json_t *body;                  /* checked against the row's fields; borrowed */
	const struct limen_jsep *jsep; /* borrowed; type LIMEN_JSEP_NONE without one */
	/* for the plugin to fill */
	json_t *reply;            /* plugindata.data; takes */
	struct limen_jsep answer; /* type NONE = none; sdp: takes */
	const char *hint;         /* static text for the ack of an asynchronous request */
	/*< private >*/
	int error_code;
	char *error_text;
	bool deferred;
};

/* Handles one request: fills r->reply, or returns limen_fail(r, code, ...). Returns 0 or that. */
typedef int (*limen_request_fn)(struct limen_handle *h, struct limen_request *r);

enum limen_request_flags {
	LIMEN_REQ_SYNC = 1,  /* answered in the "success" itself; else "ack" and later "event" */
	LIMEN_REQ_ADMIN = 2, /* only through the admin API */
};

/* One row: a request of the plugin. The first row whose name matches and whose roles include the
 * handle's is taken. */
struct limen_request_row {
	const char *name; /* value of "request", compared case-insensitively; NULL = bodies without
			     a "request" member; "*" = every request that no other row took */
	unsigned roles;   /* bit 1 << role; 0 = every role */
	unsigned flags;
	const struct limen_field *fields;
	limen_request_fn fn;
	const char *hint; /* text for the ack, or NULL */
};
#define LIMEN_REQUESTS_END                                                                         \
	{                                                                                          \
		.fn = NULL                                                                         \
	}

/* The plugin's numbers for what the host finds by itself. */
struct limen_plugin_errors {
	int no_message, invalid_json, unknown_request, missing, invalid;
};

struct limen_plugin {
	struct limen_module_head head;
	const char *key; /* member of every reply that names the plugin: "echotest"; errors carry
			    key: "event" */
	struct limen_plugin_errors errors;
	const struct limen_request_row *requests;
	bool string_ids_option; /* LIMEN_F_ID takes strings when option general.string_ids is true
				 */
	/* All optional. 0 or LIMEN_E...; start() refusing stops the gateway's start, attach()
	 * refusing gives the client 461. */
	int (*start)(void);
	void (*stop)(void);
	int (*attach)(struct limen_handle *h);
	void (*detach)(struct limen_handle *h);
	void (*media)(struct limen_handle *h, const struct limen_media_event *ev);
	/* An incoming packet; borrowed: limen->packet_ref() to keep it. Without this callback
	 * packets only feed fan-outs. */
	void (*rtp)(struct limen_handle *h, struct limen_packet *pkt);
	void (*rtcp)(struct limen_handle *h, const struct limen_rtcp_event *ev);
	void (*data)(struct limen_handle *h, uint16_t mindex, bool binary, const char *label,
		const char *protocol, const uint8_t *bytes, size_t len);
	json_t *(*info)(struct limen_handle *h); /* for the admin API; new */
};

/* What the core does for plugins. "own loop": to be called on the handle's loop (from its
 * callbacks). */
struct limen_plugin_services {
	uint32_t abi, size;
	struct limen_base_services base;

	/* Requests and events */
	/* Marks r as failed with the plugin's code and a text; returns LIMEN_EINVAL for the handler
	 * to return. own loop */
	int (*fail)(struct limen_request *r, int code, const char *format, ...)
		__attribute__((format(printf, 3, 4)));
	/* The handler returns before the answer is known; complete() must be called exactly once,
	 * on the loop. Returns r, which lives on. own loop */
	struct limen_request *(*defer)(struct limen_request *r);
	void (*complete)(struct limen_request *r);
	/* Sends an event to the handle's client; takes data; jsep may be NULL, takes jsep->sdp. Any
	 * thread; events of one handle keep their order. A jsep offer waits for candidates; later
	 * events of this handle wait behind it. */
	void (*push)(struct limen_handle *h, json_t *data, struct limen_jsep *jsep);
	/* Runs fn on the handle's loop; dropped (free called, if not NULL) when the handle has
	 * ended by then. Any thread */
	void (*post)(struct limen_handle *h, void (*fn)(struct limen_handle *h, void *arg),
		void *arg, GDestroyNotify free);
	/* Closes the PeerConnection ("Close PC"), ends the handle ("detached"). Any thread */
	void (*close_pc)(struct limen_handle *h);
	void (*end)(struct limen_handle *h);
	/* Is there a PeerConnection, and is it up? own loop */
	bool (*has_pc)(const struct limen_handle *h);
	bool (*pc_up)(const struct limen_handle *h);

	/* Session descriptions; any thread, no state */
	/* Answers an offer by rules; *out new, limen->sdp_free() */
	int (*answer)(const struct limen_sdp *offer, const struct limen_answer_rules *rules,
		struct limen_sdp **out);
	struct limen_sdp *(*sdp_new)(const char *name);
	struct limen_sdp *(*sdp_copy)(const struct limen_sdp *sdp);
	void (*sdp_free)(struct limen_sdp *sdp);
	/* Appends an m-line for an offer with the fixed payload types and extension ids of the room
	 * table; exts: accepted ones as bits. Borrowed by sdp */
	struct limen_sdp_media *(*sdp_add)(struct limen_sdp *sdp, enum limen_kind kind,
		enum limen_codec codec, enum limen_dir dir, const char *mid, const char *fmtp,
		uint32_t exts);
	/* Value of a parameter in a fmtp text ("useinbandfec"), new or NULL */
	char *(*fmtp_get)(const char *fmtp, const char *parameter);

	/* Media */
	/* Sends a packet on m-line mindex: rewritten to that m-line's SSRC, numbering, payload type
	 * and extensions. Borrows. Any thread */
	void (*send)(struct limen_handle *h, uint16_t mindex, struct limen_packet *pkt);
	struct limen_packet *(*packet_ref)(struct limen_packet *pkt);
	void (*packet_unref)(struct limen_packet *pkt);
	/* Sends data channel text or binary. LIMEN_ENOTSUP without a data channel. Any thread */
	int (*send_data)(struct limen_handle *h, bool binary, const char *label,
		const char *protocol, const uint8_t *bytes, size_t len);

	/* A fan-out: the receivers of one published m-line. Every packet that arrives on (h,
	 * mindex) goes to them without passing the plugin. new: own loop of h; free: any thread.
	 * add/remove: any thread; after remove returned no packet starts on that way. gate(false)
	 * drops at the entrance. Keyframe requests of receivers go to the source by themselves,
	 * coalesced. */
	struct limen_fanout *(*fanout_new)(struct limen_handle *h, uint16_t mindex);
	void (*fanout_free)(struct limen_fanout *f);
	int (*fanout_add)(struct limen_fanout *f, struct limen_handle *receiver, uint16_t mindex);
	void (*fanout_remove)(
		struct limen_fanout *f, struct limen_handle *receiver, uint16_t mindex);
	void (*fanout_gate)(struct limen_fanout *f, bool open);

	/* The receiving side of one m-line. Any thread; take effect in order with other calls for
	 * that handle */
	void (*layers)(struct limen_handle *h, uint16_t mindex, const struct limen_layers *want);
	void (*pause)(struct limen_handle *h, uint16_t mindex,
		bool paused); /* numbering goes on without a hole; a keyframe is asked for on resume
			       */
	/* What it receives now. own loop */
	void (*sending)(struct limen_handle *h, uint16_t mindex, struct limen_sending *out);

	/* The sending side: asks the client for a keyframe on m-line mindex (all video m-lines:
	 * -1), caps what it sends (0 = uncapped). Any thread */
	void (*keyframe)(struct limen_handle *h, int mindex);
	void (*bitrate)(struct limen_handle *h, uint32_t bps);

	/* Media without a PeerConnection (media.h) */
	const struct limen_media_services *media;

	/* Puts redundant audio (RFC 2198) in front of opus in an m-line that sdp_add() made; who
	 * does not answer with it gets plain opus of a source that sends it. Any thread */
	void (*sdp_add_red)(struct limen_sdp_media *m);
	/* Sends an event in the transaction of a request that is being handled, before its reply;
	 * as push() else. own loop */
	void (*push_for)(struct limen_request *r, json_t *data, struct limen_jsep *jsep);
	/* Is a signed token "EXPIRY,REALM[,DESCRIPTOR]*:SIGNATURE" valid now, for this realm and
	 * with this descriptor among its own? Or a JSON Web Token, for the plugin that is the realm
	 * and, where the descriptor is "room=ID", with that room among its "rooms"? LIMEN_EAUTH:
	 * no; LIMEN_ENOTSUP: the gateway uses neither. token NULL is not valid. Any thread */
	int (*token_check)(const char *token, const char *realm, const char *descriptor);
	/* Writes a group of this module's configuration file, as option_groups() will list it after
	 * the next start; keys: its members (booleans, integers, strings), none: makes it unless it
	 * is there, NULL: takes it out. The rest of the file stays; after an error it is as it was.
	 * The options of this run stay too. LIMEN_ENOTSUP: there is no folder of configuration
	 * files; LIMEN_EINVAL, LIMEN_EIO after logging. Blocks: not on a loop */
	int (*config_save)(
		const struct limen_module_head *head, const char *group, const json_t *keys);
	/* The handle is in this meeting (copied; NULL = in none), as one of its participants or for
	 * one of them: metrics are given by meeting. Any thread */
	void (*meeting)(struct limen_handle *h, const char *id, bool participant);
};

#ifndef LIMEN_CORE /* the core itself sees all three kinds of module */
extern const struct limen_plugin_services *limen; /* each plugin has its own, hidden in it */

#define limen_log(level, topic, h, ...)                                                            \
	do {                                                                                       \
		const struct limen_handle *log_h = (h);                                            \
		if (limen->base.log_wanted(level))                                                 \
			limen->base.log_write(level, topic, log_h ? log_h->session : 0,            \
				log_h ? log_h->id : 0, __VA_ARGS__);                               \
	} while (0)

#define LIMEN_PLUGIN(                                                                              \
	name_, version_, version_string_, title_, description_, author_, options_, ...)            \
	__attribute__((visibility("hidden"))) const struct limen_plugin_services *limen;           \
	extern const struct limen_plugin limen_module;                                             \
	LIMEN_EXPORT const struct limen_plugin limen_module = {                                    \
		.head = { .abi = LIMEN_ABI,                                                        \
			.size = sizeof(struct limen_plugin),                                       \
			.kind = LIMEN_MODULE_PLUGIN,                                               \
			.name = name_,                                                             \
			.title = title_,                                                           \
			.author = author_,                                                         \
			.description = description_,                                               \
			.version_string = version_string_,                                         \
			.version = version_,                                                       \
			.options = options_,                                                       \
			.services = (const void **)&limen },                                       \
		__VA_ARGS__                                                                        \
	}

#endif

#endif
