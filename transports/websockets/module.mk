# WebSockets
TRANSPORTS += websockets
websockets_SOURCES = transports/websockets/websockets.c transports/websockets/connection.c
websockets_LIBS = $(LWS_LIBS)
