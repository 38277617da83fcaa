/*
 * Candidates as text (RFC 8839 §5.1, RFC 6544 §4.5). Pure; any thread.
 */
#include "core/media/ice_candidates.h"
#include <arpa/inet.h>
#include <string.h>

#define COMPONENT 1
#define PREFERENCE_UDP 126u /* RFC 8445 §5.1.2.2: host candidates */
#define PREFERENCE_TCP 90u  /* below UDP, as RFC 6544 §4.2 recommends */
#define LOCAL_MAX 65535u
#define TCP_PASSIVE                                                                                \
	(4u << 13) /* RFC 6544 §4.2: direction preference of passive host candidates              \
		    */
#define TCP_OTHER_MAX 8191u

static bool is_ipv6(const char *address)
{
	return strchr(address, ':') != NULL;
}

static bool is_mapped(const struct limen_ice_config *cfg, const char *address)
{
	for (char **a = cfg->nat_1_1; a && *a; a++)
		if (is_ipv6(*a) == is_ipv6(address))
			return true;
	return false;
}

/* RFC 8445 §5.1.2.1 */
static guint32 priority(guint32 type, guint32 local)
{
	return type << 24 | local << 8 | (256 - COMPONENT);
}

/* A zone means nothing to others. */
static int zoneless(const char *address)
{
	return (int)strcspn(address, "%");
}

static void add_udp(const char *address, guint number, uint16_t port, GPtrArray *out)
{
	g_ptr_array_add(out,
		g_strdup_printf("candidate:%u %d udp %u %.*s %u typ host", 2 * number + 1,
			COMPONENT, priority(PREFERENCE_UDP, LOCAL_MAX - number), zoneless(address),
			address, port));
}

static void add_tcp(const char *address, guint number, uint16_t port, GPtrArray *out)
{
	g_ptr_array_add(out,
		g_strdup_printf("candidate:%u %d tcp %u %.*s %u typ host tcptype passive",
			2 * number + 2, COMPONENT,
			priority(PREFERENCE_TCP, TCP_PASSIVE + TCP_OTHER_MAX - number),
			zoneless(address), address, port));
}

void limen_ice_candidates(const struct limen_ice_config *cfg, const GPtrArray *addresses,
	uint16_t port, GPtrArray *out)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();

	for (char **a = cfg->nat_1_1; a && *a; a++)
		g_ptr_array_add(all, *a);
	for (guint i = 0; i < addresses->len; i++)
		if (cfg->keep_private_host || !is_mapped(cfg, addresses->pdata[i]))
			g_ptr_array_add(all, addresses->pdata[i]);
	for (guint i = 0; i < all->len; i++)
		add_udp(all->pdata[i], i, port, out);
	for (guint i = 0; cfg->tcp && i < all->len; i++)
		add_tcp(all->pdata[i], i, port, out);
}

void limen_ice_end_set(
	struct limen_ice_end *end, const struct in6_addr *address, uint16_t port, const char *type)
{
	const bool v4 = IN6_IS_ADDR_V4MAPPED(address);

	if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &address->s6_addr[12] : address->s6_addr,
		    end->address, sizeof(end->address)))
		end->address[0] = '\0';
	end->port = port;
	end->type = type;
}
