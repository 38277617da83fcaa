/*
 * ICE behind one small table of functions, so that an agent per peer (ice_agent: libnice), a shared
 * port, or a simulated network serve a peer alike. One component, always with rtcp-mux. Thread: the
 * peer's loop, events too.
 */
#ifndef LIMEN_MEDIA_ICE_H
#define LIMEN_MEDIA_ICE_H

#include <glib.h>

#include "core/base/loop.h"

#define LIMEN_ICE_UFRAG_MAX 256 /* RFC 8839 §5.4 */
#define LIMEN_ICE_PWD_MAX 256
#define LIMEN_ICE_ADDRESS_SIZE 46    /* bytes of an address as text: INET6_ADDRSTRLEN */
#define LIMEN_ICE_DATAGRAM_MAX 2048u /* bytes of one that reserve() makes room for */
#define LIMEN_ICE_CANDIDATES_MAX 128 /* remote candidates taken per peer */

enum limen_ice_state {
	LIMEN_ICE_NEW,
	LIMEN_ICE_CHECKING,
	LIMEN_ICE_CONNECTED, /* a pair works */
	LIMEN_ICE_FAILED,    /* no pair works, for now */
};

struct limen_ice;
struct limen_path;
struct limen_port;

/* The pair of addresses that is used. */
struct limen_ice_end {
	char address[LIMEN_ICE_ADDRESS_SIZE];
	uint16_t port;
	const char *type; /* "host", "srflx", "prflx", "relay"; static */
};
struct limen_ice_pair {
	struct limen_ice_end local, remote;
	const char *transport; /* "udp" or "tcp"; static */
};

struct limen_ice_events {
	/* Local candidates are complete. Once per gathering; never from inside a call. */
	void (*on_gathered)(void *arg);
	/* A local candidate, as the value of a=candidate ("candidate:..."): borrowed. NULL = the
	 * last one has been told. */
	void (*on_candidate)(const char *candidate, void *arg);
	void (*on_state)(enum limen_ice_state state, void *arg);
	/* A datagram that is not STUN; borrowed. */
	void (*on_datagram)(const uint8_t *bytes, size_t len, void *arg);
	/* The client's packets reach loop, which is not that of the object: this is the moment to
	 * move there (leave, moved). At most once; need not be followed. NULL = not wanted. */
	void (*on_home)(struct limen_loop *loop, void *arg);
};

/* How many addresses, servers and ports may be used. Strings borrowed for the life of the process.
 */
struct limen_ice_config {
	bool controlling; /* filled by the peer, like force_relay */
	bool ice_lite;
	bool ipv6;
	bool link_local; /* IPv6 link-local addresses too */
	bool loopback;   /* loopback addresses too; they are used anyway when nothing else is up */
	uint8_t dscp;    /* class of what is sent, 0..63 (RFC 2474) */
	bool segmentation; /* the shared port: the kernel may cut batches into datagrams */
	bool tcp;
	char **enforce; /* only these addresses, or all that begin so, interfaces too; NULL = all */
	char **ignore;
	char **nat_1_1; /* public addresses announced in place of host ones; NULL = none */
	bool keep_private_host;
	uint16_t port;               /* the one that all share (ice_shared); 0 = any */
	uint16_t port_min, port_max; /* 0, 0 = any */
	const char *stun_server;     /* address, or NULL */
	uint16_t stun_port;
	const char *turn_server, *turn_user, *turn_password;
	uint16_t turn_port;
	enum { LIMEN_TURN_UDP, LIMEN_TURN_TCP, LIMEN_TURN_TLS } turn_type;
	bool consent_freshness;
	bool nomination_regular;
	bool force_relay;
	bool keepalive_conncheck;
};

/* One way to do ICE. */
struct limen_ice_ops {
	/* ev borrowed and must outlive the object. */
	int (*create)(struct limen_ice **out, struct limen_loop *loop,
		const struct limen_ice_config *cfg, const struct limen_ice_events *ev, void *arg);
	/* No event comes after. NULL is fine. */
	void (*destroy)(struct limen_ice *ice);
	int (*gather)(struct limen_ice *ice);
	bool (*gathered)(const struct limen_ice *ice);
	/* Local credentials; borrowed until restart or destroy. */
	const char *(*ufrag)(const struct limen_ice *ice);
	const char *(*pwd)(const struct limen_ice *ice);
	/* New local credentials; remote ones are forgotten; media goes on over the old pair until a
	 * new one works. */
	int (*restart)(struct limen_ice *ice);
	int (*set_remote)(struct limen_ice *ice, const char *ufrag, const char *pwd);
	/* Value of a=candidate, with or without "candidate:". Unusable ones (TCP, component 2,
	 * .local names) are LIMEN_ENOTSUP: ignore it. */
	int (*add_candidate)(struct limen_ice *ice, const char *candidate);
	void (*remote_complete)(struct limen_ice *ice);
	/* Local candidates so far: char *, new array. */
	GPtrArray *(*candidates)(const struct limen_ice *ice);
	/* false: there is none yet. NULL where it is not known. */
	bool (*pair)(const struct limen_ice *ice, struct limen_ice_pair *out);
	/* LIMEN_EAGAIN when nothing can be sent now. */
	int (*send)(struct limen_ice *ice, const uint8_t *bytes, size_t len);
	/* NULL where datagrams leave one by one. Room for LIMEN_ICE_DATAGRAM_MAX bytes, never NULL,
	 * until the next call; commit() sends what was written there, with others, at the end of
	 * the loop's round. Only once connected. */
	uint8_t *(*reserve)(struct limen_ice *ice);
	int (*commit)(struct limen_ice *ice, size_t len);
	/* Moving to another loop. leave: on the old one, the last call there; then moved, on the
	 * new one. In between nothing else is called and no event comes. NULL = cannot move. */
	void (*leave)(struct limen_ice *ice, struct limen_loop *to);
	void (*moved)(struct limen_ice *ice, struct limen_loop *loop);
};

/* A full agent per peer through libnice. */
extern const struct limen_ice_ops limen_ice_agent;
/* Version of libnice. Any thread */
const char *limen_ice_library(void);

/* One UDP port for all peers, and ICE-lite; between limen_ice_shared_start() and _stop(). */
extern const struct limen_ice_ops limen_ice_shared;

/* Local addresses that the configuration allows, as text, IPv6 link-local ones with their zone
 * ("fe80::1%eth0"); new, free with g_ptr_array_unref(). */
GPtrArray *limen_ice_addresses(const struct limen_ice_config *cfg);
/* Whether an item of the lists is an address, and not the beginning of some ("10.0.", "fd00::"). */
bool limen_ice_whole_address(const char *text);

#endif
