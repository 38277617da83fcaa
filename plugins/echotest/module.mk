# EchoTest
pluginexec_PROGRAMS += plugins/echotest/echotest.so
plugins_echotest_echotest_so_SOURCES = plugins/echotest/echotest.c plugins/echotest/echo.c plugins/echotest/answer.c
plugins_echotest_echotest_so_CFLAGS = $(MODULE_CFLAGS)
plugins_echotest_echotest_so_LDFLAGS = $(MODULE_LDFLAGS)
plugins_echotest_echotest_so_LDADD = libkit.a $(BASE_LIBS)
