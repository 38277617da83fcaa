include transports/websockets/module.mk
