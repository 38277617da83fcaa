# MQTT, where Paho is installed
if HAVE_PAHO
eventexec_PROGRAMS += events/mqtt/mqtt.so
events_mqtt_mqtt_so_SOURCES = events/mqtt/mqtt.c
events_mqtt_mqtt_so_CFLAGS = $(MODULE_CFLAGS)
events_mqtt_mqtt_so_LDFLAGS = $(MODULE_LDFLAGS)
events_mqtt_mqtt_so_LDADD = libmqtt.a libkit.a $(BASE_LIBS) $(PAHO_LIBS)
endif
