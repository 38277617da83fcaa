# WebSockets
transportexec_LTLIBRARIES += transports/websockets/websockets.la
transports_websockets_websockets_la_SOURCES = transports/websockets/websockets.c transports/websockets/connection.c
transports_websockets_websockets_la_CFLAGS = $(MODULE_CFLAGS) $(LWS_CFLAGS)
transports_websockets_websockets_la_LDFLAGS = $(MODULE_LDFLAGS)
transports_websockets_websockets_la_LIBADD = libkit.la liblws.la $(BASE_LIBS) $(LWS_LIBS)
