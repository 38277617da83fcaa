# WebSocket client
eventexec_PROGRAMS += events/ws/ws.so
events_ws_ws_so_SOURCES = events/ws/ws.c events/ws/connection.c
events_ws_ws_so_CFLAGS = $(MODULE_CFLAGS) $(LWS_CFLAGS)
events_ws_ws_so_LDFLAGS = $(MODULE_LDFLAGS)
events_ws_ws_so_LDADD = liblws.a libkit.a $(BASE_LIBS) $(LWS_LIBS)
