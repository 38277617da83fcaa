# VideoRoom
PLUGINS += videoroom
videoroom_SOURCES = plugins/videoroom/videoroom.c plugins/videoroom/room.c plugins/videoroom/room_config.c \
	plugins/videoroom/room_requests.c plugins/videoroom/moderate.c plugins/videoroom/join.c plugins/videoroom/publisher.c \
	plugins/videoroom/publish.c plugins/videoroom/answer.c plugins/videoroom/track.c plugins/videoroom/talk.c \
	plugins/videoroom/events.c plugins/videoroom/subscriber.c plugins/videoroom/slot.c plugins/videoroom/subscribe.c \
	plugins/videoroom/steer.c plugins/videoroom/offer.c plugins/videoroom/info.c
