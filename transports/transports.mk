include transports/websockets/module.mk
include transports/http/module.mk
include transports/mqtt/module.mk
include transports/unix/module.mk
