include transports/websockets/module.mk
include transports/http/module.mk
