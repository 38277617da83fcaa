include plugins/echotest/module.mk
include plugins/videoroom/module.mk
