# Event handlers: one line for each folder.
include events/gelf/module.mk
include events/jsonlog/module.mk
include events/mqtt/module.mk
include events/webhook/module.mk
include events/ws/module.mk
