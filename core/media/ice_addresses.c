/*
 * Which local addresses ICE may use: interfaces that are up, without loopback and link-local ones
 * unless they are asked for, by the enforce and ignore lists. Pure but for getifaddrs(); any
 * thread.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include "core/media/ice.h"

bool limen_ice_whole_address(const char *text)
{
	struct in_addr v4;
	struct in6_addr v6;

	return !g_str_has_suffix(text, ":") &&
		(inet_pton(AF_INET, text, &v4) == 1 || inet_pton(AF_INET6, text, &v6) == 1);
}

static bool matches(const char *item, const char *interface, const char *address)
{
	if (limen_ice_whole_address(item))
		return strcmp(item, address) == 0;
	return g_str_has_prefix(interface, item) || g_str_has_prefix(address, item);
}

static bool listed(char **list, const char *interface, const char *address)
{
	for (char **l = list; l && *l; l++)
		if (matches(*l, interface, address))
			return true;
	return false;
}

static bool address_text(const struct sockaddr *sa, char *out, size_t size, bool *link_local)
{
	*link_local = false;
	if (sa->sa_family == AF_INET)
		return inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
			       out, (socklen_t)size) != NULL;
	if (sa->sa_family != AF_INET6)
		return false;
	*link_local =
		IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
	return inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, out,
		       (socklen_t)size) != NULL;
}

static bool wanted(const struct limen_ice_config *cfg, const struct ifaddrs *i, const char *text,
	bool link_local)
{
	if (!(i->ifa_flags & IFF_UP) || !(i->ifa_flags & IFF_RUNNING))
		return false;
	if (i->ifa_addr->sa_family == AF_INET6 && (!cfg->ipv6 || (link_local && !cfg->link_local)))
		return false;
	if (cfg->enforce)
		return listed(cfg->enforce, i->ifa_name, text);
	return !listed(cfg->ignore, i->ifa_name, text);
}

GPtrArray *limen_ice_addresses(const struct limen_ice_config *cfg)
{
	GPtrArray *real = g_ptr_array_new_with_free_func(g_free),
		  *loop = g_ptr_array_new_with_free_func(g_free);
	struct ifaddrs *list = NULL;

	if (getifaddrs(&list) != 0)
		list = NULL;
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		char text[INET6_ADDRSTRLEN];
		bool link_local, loopback = i->ifa_flags & IFF_LOOPBACK;

		if (!i->ifa_addr || !address_text(i->ifa_addr, text, sizeof(text), &link_local))
			continue;
		if (wanted(cfg, i, text, link_local))
			g_ptr_array_add(loopback && !cfg->loopback && !cfg->enforce ? loop : real,
				link_local ? g_strconcat(text, "%", i->ifa_name, NULL)
					   : g_strdup(text));
	}
	if (list)
		freeifaddrs(list);
	if (real->len == 0) {
		g_ptr_array_unref(real);
		return loop;
	}
	g_ptr_array_unref(loop);
	return real;
}
