# VideoRoom
pluginexec_PROGRAMS += plugins/videoroom/videoroom.so
plugins_videoroom_videoroom_so_SOURCES = plugins/videoroom/videoroom.c plugins/videoroom/room.c plugins/videoroom/room_config.c \
	plugins/videoroom/room_requests.c plugins/videoroom/moderate.c plugins/videoroom/join.c plugins/videoroom/publisher.c \
	plugins/videoroom/publish.c plugins/videoroom/answer.c plugins/videoroom/track.c plugins/videoroom/talk.c \
	plugins/videoroom/events.c plugins/videoroom/subscriber.c plugins/videoroom/slot.c plugins/videoroom/subscribe.c \
	plugins/videoroom/steer.c plugins/videoroom/offer.c plugins/videoroom/info.c plugins/videoroom/forward.c \
	plugins/videoroom/forward_requests.c plugins/videoroom/cascade.c plugins/videoroom/order.c plugins/videoroom/dummy.c \
	plugins/videoroom/remote.c plugins/videoroom/dominant.c
plugins_videoroom_videoroom_so_CFLAGS = $(MODULE_CFLAGS)
plugins_videoroom_videoroom_so_LDFLAGS = $(MODULE_LDFLAGS)
plugins_videoroom_videoroom_so_LDADD = libkit.a $(BASE_LIBS)
