# Test programs: made by `./dev list` from the test files.
check_PROGRAMS += tests/unit/test_cert
check_PROGRAMS += tests/unit/test_dtls
check_PROGRAMS += tests/unit/test_srtp
check_PROGRAMS += tests/flow/test_call
tests_flow_test_call_SOURCES = tests/flow/test_call.c tests/lib/fake_net.c
check_PROGRAMS += tests/plugins/test_transport_http
tests_plugins_test_transport_http_SOURCES = tests/plugins/test_transport_http.c tests/lib/transport_host.c transports/http/api.c transports/http/connection.c transports/http/files.c transports/http/http.c transports/http/path.c transports/http/poll.c transports/http/respond.c
tests_plugins_test_transport_http_CFLAGS = $(AM_CFLAGS) $(LWS_CFLAGS)
tests_plugins_test_transport_http_LDADD = libkit.la liblws.la $(LDADD) $(LWS_LIBS)
check_PROGRAMS += tests/plugins/test_transport_websockets
tests_plugins_test_transport_websockets_SOURCES = tests/plugins/test_transport_websockets.c tests/lib/transport_host.c transports/websockets/connection.c transports/websockets/websockets.c
tests_plugins_test_transport_websockets_CFLAGS = $(AM_CFLAGS) $(LWS_CFLAGS)
tests_plugins_test_transport_websockets_LDADD = libkit.la liblws.la $(LDADD) $(LWS_LIBS)
