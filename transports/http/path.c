/*
 * The path of an API request: /janus[/session[/handle]], /janus/info, /janus/ping. Ids are bounded
 * by what a JSON number carries exactly in a browser. Pure; any thread.
 */
#include "transports/http/path.h"

#include <glib.h>
#include <string.h>

#define ID_MAX ((UINT64_C(1) << 53) - 1)
#define ID_DIGITS 16

/* Reads one id and leaves *at behind it; 0 when there is none. */
static uint64_t read_id(const char **at)
{
	uint64_t id = 0;
	unsigned digits = 0;

	for (; g_ascii_isdigit(**at); (*at)++, digits++) {
		if (digits == ID_DIGITS)
			return 0;
		id = id * 10 + (uint64_t)(**at - '0');
	}
	return id <= ID_MAX ? id : 0;
}

static bool ends(const char *at)
{
	return *at == '\0' || (at[0] == '/' && at[1] == '\0');
}

static struct http_path parse_ids(const char *at)
{
	struct http_path p = { .kind = HTTP_PATH_BAD };

	if (!(p.session = read_id(&at)))
		return p;
	if (ends(at)) {
		p.kind = HTTP_PATH_SESSION;
		return p;
	}
	if (*at++ == '/' && (p.handle = read_id(&at)) && ends(at))
		p.kind = HTTP_PATH_HANDLE;
	return p;
}

struct http_path http_path_parse(const char *base, const char *path)
{
	size_t base_len = strlen(base);
	const char *at = path + base_len;

	if (strncmp(path, base, base_len) || (*at && *at != '/'))
		return (struct http_path){ .kind = HTTP_PATH_OUTSIDE };
	if (ends(at))
		return (struct http_path){ .kind = HTTP_PATH_ROOT };
	at++;
	if (g_str_has_prefix(at, "info") && ends(at + 4))
		return (struct http_path){ .kind = HTTP_PATH_INFO };
	if (g_str_has_prefix(at, "ping") && ends(at + 4))
		return (struct http_path){ .kind = HTTP_PATH_PING };
	return parse_ids(at);
}
