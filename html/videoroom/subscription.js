// Everybody's media over one PeerConnection. Others' streams come and go; this keeps what is wanted
// (publishers) and what the gateway last said is attached (slots), and sends one update at a time
// until both agree. A single exchange at a time is what makes it simple: while an offer is
// unanswered the gateway would only say "updating".

export class Subscription {
	constructor(handle, { room, privateId, onChange, onError }) {
		this.handle = handle;
		this.room = room;
		this.privateId = privateId;
		this.onChange = onChange;
		this.onError = onError;
		this.publishers = new Map();
		this.slots = [];
		this.joined = false;
		this.busy = false;
		this.closed = false;
		const fail = (error) => this.#fail(error);
		handle.on('event', ({ data, jsep }) => this.#apply(data, jsep).catch(fail));
		handle.on('hangup', () => this.#reset());
	}

	/** A publisher appeared or changed its streams. */
	publishes(publisher) {
		this.publishers.set(publisher.id, publisher);
		this.#sync();
	}

	leaves(id) {
		this.publishers.delete(id);
		this.#sync();
	}

	close() {
		this.closed = true;
	}

	async #sync() {
		if (this.busy || this.closed)
			return;
		this.busy = true;
		try {
			for (let change = this.#difference(); change && !this.closed; change = this.#difference())
				await this.#send(change);
		} catch (error) {
			this.#fail(error);
		} finally {
			this.busy = false;
			this.#report();
		}
	}

	#wanted() {
		return [...this.publishers.values()].flatMap(({ id, streams }) => (streams ?? [])
			.filter(({ type, disabled }) => type !== 'data' && !disabled)
			.map(({ mid }) => ({ feed: id, mid })));
	}

	#difference() {
		const key = (feed, mid) => `${feed} ${mid}`;
		const wanted = this.#wanted();
		const active = this.slots.filter((slot) => slot.active);
		const have = new Set(active.map((slot) => key(slot.feed_id, slot.feed_mid)));
		const keep = new Set(wanted.map(({ feed, mid }) => key(feed, mid)));
		const subscribe = wanted.filter(({ feed, mid }) => !have.has(key(feed, mid)));
		const unsubscribe = active.filter((slot) => !keep.has(key(slot.feed_id, slot.feed_mid)));
		if (!subscribe.length && !unsubscribe.length)
			return null;
		return { subscribe, unsubscribe: unsubscribe.map(({ mid }) => ({ sub_mid: mid })) };
	}

	async #send({ subscribe, unsubscribe }) {
		try {
			const { data, jsep } = await this.handle.message(this.#request(subscribe, unsubscribe));
			this.joined = true;
			if (data.streams)
				await this.#apply(data, jsep);
			else if (data.videoroom === 'updating')
				await this.#nextOffer();
			else
				this.#forget(subscribe, unsubscribe);
		} catch (error) {
			// The publisher may have gone in between; its `unpublished` is on its way.
			if (error.code !== 428 && error.code !== 437)
				throw error;
			this.#forget(subscribe, unsubscribe);
		}
	}

	#request(subscribe, unsubscribe) {
		if (!this.joined) {
			const { room, privateId } = this;
			const join = { request: 'join', ptype: 'subscriber', room, streams: subscribe };
			return { ...join, private_id: privateId };
		}
		const update = { request: 'update' };
		if (subscribe.length)
			update.subscribe = subscribe;
		if (unsubscribe.length)
			update.unsubscribe = unsubscribe;
		return update;
	}

	/** Something the gateway did not act on is asked for only when it is announced again. */
	#forget(subscribe, unsubscribe) {
		for (const { feed } of subscribe)
			this.publishers.delete(feed);
		const dropped = new Set(unsubscribe.map(({ sub_mid: mid }) => mid));
		this.slots = this.slots.filter(({ mid }) => !dropped.has(mid));
	}

	/** Takes the list of slots, and answers the offer when one came with it. */
	async #apply(data, jsep) {
		if (data.streams)
			this.slots = data.streams;
		if (jsep)
			await this.handle.answer(jsep, { request: 'start' });
		this.offered?.();
		this.#report();
	}

	#nextOffer() {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, 5000);
			this.offered = () => {
				clearTimeout(timer);
				this.offered = null;
				resolve();
			};
		});
	}

	#reset() {
		this.slots = [];
		this.#report();
	}

	#report() {
		if (this.closed)
			return;
		const transceivers = this.handle.pc?.getTransceivers() ?? [];
		const tracks = new Map(transceivers.map(({ mid, receiver }) => [mid, receiver.track]));
		const feeds = new Map();
		for (const slot of this.slots) {
			if (!slot.active || slot.type === 'data' || !tracks.has(slot.mid))
				continue;
			const { feed_id: id, feed_display: display } = slot;
			const feed = feeds.get(id) ?? { id, display, tracks: [] };
			feed.tracks.push(tracks.get(slot.mid));
			feeds.set(id, feed);
		}
		this.onChange(feeds);
	}

	#fail(error) {
		if (!this.closed)
			this.onError(error);
	}
}
