# Test programs: made by `./dev list` from the test files.
check_PROGRAMS += tests/unit/test_cert
check_PROGRAMS += tests/unit/test_dtls
check_PROGRAMS += tests/unit/test_srtp
check_PROGRAMS += tests/plugins/test_transport_websockets
tests_plugins_test_transport_websockets_SOURCES = tests/plugins/test_transport_websockets.c tests/lib/transport_host.c transports/websockets/connection.c transports/websockets/websockets.c
tests_plugins_test_transport_websockets_CFLAGS = $(AM_CFLAGS) $(LWS_CFLAGS)
tests_plugins_test_transport_websockets_LDADD = libkit.la liblws.la $(LDADD) $(LWS_LIBS)
