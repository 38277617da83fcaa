# EchoTest
pluginexec_LTLIBRARIES += plugins/echotest/echotest.la
plugins_echotest_echotest_la_SOURCES = plugins/echotest/echotest.c plugins/echotest/echo.c plugins/echotest/answer.c
plugins_echotest_echotest_la_CFLAGS = $(MODULE_CFLAGS)
plugins_echotest_echotest_la_LDFLAGS = $(MODULE_LDFLAGS)
plugins_echotest_echotest_la_LIBADD = libkit.la $(BASE_LIBS)
