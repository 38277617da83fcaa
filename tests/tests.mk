# Test programs: each is one source file; made by `./dev list`.
LDADD = libcore.la $(BASE_LIBS)
check_PROGRAMS += tests/unit/test_cert
check_PROGRAMS += tests/unit/test_dtls
check_PROGRAMS += tests/unit/test_srtp
