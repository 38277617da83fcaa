# WebSockets
transportexec_PROGRAMS += transports/websockets/websockets.so
transports_websockets_websockets_so_SOURCES = transports/websockets/websockets.c transports/websockets/connection.c
transports_websockets_websockets_so_CFLAGS = $(MODULE_CFLAGS) $(LWS_CFLAGS)
transports_websockets_websockets_so_LDFLAGS = $(MODULE_LDFLAGS)
transports_websockets_websockets_so_LDADD = liblws.a libkit.a $(BASE_LIBS) $(LWS_LIBS)
