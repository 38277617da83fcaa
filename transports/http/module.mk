# HTTP: REST, long poll, static files
transportexec_PROGRAMS += transports/http/http.so
transports_http_http_so_SOURCES = transports/http/http.c transports/http/connection.c transports/http/respond.c transports/http/api.c \
	transports/http/path.c transports/http/poll.c transports/http/operations.c transports/http/files.c
transports_http_http_so_CFLAGS = $(MODULE_CFLAGS) $(LWS_CFLAGS)
transports_http_http_so_LDFLAGS = $(MODULE_LDFLAGS)
transports_http_http_so_LDADD = liblws.a libkit.a $(BASE_LIBS) $(LWS_LIBS)
