# EchoTest
PLUGINS += echotest
echotest_SOURCES = plugins/echotest/echotest.c plugins/echotest/echo.c plugins/echotest/answer.c
