# HTTP: REST, long poll, static files
transportexec_LTLIBRARIES += transports/http/http.la
transports_http_http_la_SOURCES = transports/http/http.c transports/http/connection.c transports/http/respond.c transports/http/api.c \
	transports/http/path.c transports/http/poll.c transports/http/files.c
transports_http_http_la_CFLAGS = $(MODULE_CFLAGS) $(LWS_CFLAGS)
transports_http_http_la_LDFLAGS = $(MODULE_LDFLAGS)
transports_http_http_la_LIBADD = libkit.la liblws.la $(BASE_LIBS) $(LWS_LIBS)
