# MQTT, where Paho is installed
if HAVE_PAHO
transportexec_PROGRAMS += transports/mqtt/mqtt.so
transports_mqtt_mqtt_so_SOURCES = transports/mqtt/mqtt.c transports/mqtt/replies.c
transports_mqtt_mqtt_so_CFLAGS = $(MODULE_CFLAGS)
transports_mqtt_mqtt_so_LDFLAGS = $(MODULE_LDFLAGS)
transports_mqtt_mqtt_so_LDADD = libmqtt.a libbrokertransport.a libkit.a $(BASE_LIBS) $(PAHO_LIBS)
endif
