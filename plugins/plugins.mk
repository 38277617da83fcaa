include plugins/echotest/module.mk
