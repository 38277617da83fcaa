# Event handlers: one line for each folder.
include events/mqtt/module.mk
