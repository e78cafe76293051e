/** A fake of the part of Web Audio that the renderers use, on a clock that tests advance. */

class FakeParam {
  events = [];

  constructor(value) {
    this.value = value;
  }

  setValueAtTime(value, at) {
    this.events.push({ value, at });
    return this;
  }

  linearRampToValueAtTime(value, at) {
    this.events.push({ ramp: value, at });
    return this;
  }

  /** @returns {number} the value at a time, as Web Audio calculates it */
  valueAt(time) {
    let before = { value: this.value, at: 0 };
    for (const event of this.events) {
      if (event.at > time) {
        const part = (time - before.at) / (event.at - before.at);
        return event.ramp === undefined ? before.value : before.value + (event.ramp - before.value) * part;
      }
      before = { value: event.value ?? event.ramp, at: event.at };
    }
    return before.value;
  }

  cancelScheduledValues(at) {
    this.events = this.events.filter((event) => event.at < at);
    return this;
  }
}

class FakeNode {
  constructor(context) {
    this.context = context;
  }

  connect(target) {
    this.target = target;
    return target;
  }

  disconnect() {
    this.target = null;
  }
}

export class FakeBuffer {
  static made = 0;
  #channels;

  constructor({ length, numberOfChannels, sampleRate }) {
    Object.assign(this, { length, numberOfChannels, sampleRate, duration: length / sampleRate });
    this.#channels = Array.from({ length: numberOfChannels }, () => new Float32Array(length));
    FakeBuffer.made += 1;
  }

  copyToChannel(samples, channel) {
    this.#channels[channel].set(samples);
  }

  getChannelData(channel) {
    return this.#channels[channel];
  }
}

class FakeGain extends FakeNode {
  constructor(context, { gain = 1 } = {}) {
    super(context);
    this.gain = new FakeParam(gain);
  }
}

class FakeSource extends FakeNode {
  started = null;
  stopped = Infinity;
  finished = false;

  constructor(context, { buffer, playbackRate = 1 }) {
    super(context);
    this.buffer = buffer;
    this.playbackRate = new FakeParam(playbackRate);
    context.sources.push(this);
    // A busy device renders sound meanwhile.
    context.currentTime += context.delays.shift() ?? 0;
  }

  start(when, offset) {
    this.started = { when: Math.max(when, this.context.currentTime), offset };
  }

  stop(when = 0) {
    if (!this.finished) {
      this.stopped = Math.max(when, this.context.currentTime);
    }
  }

  /** Frame of the context at which it ends, if its speed doesn't change. */
  get end() {
    const { when, offset } = this.started;
    return Math.round((when + (this.buffer.duration - offset) / this.playbackRate.value) * this.context.sampleRate);
  }
}

/** A fake output without latency. */
export class FakeLoudspeaker {
  constructor(sampleRate = 48_000) {
    /** `delays`: seconds that pass while the next sources are made. */
    this.context = { sampleRate, currentTime: 0, sources: [], delays: [] };
    this.input = new FakeNode(this.context);
  }

  get nowUs() {
    return this.context.currentTime * 1e6;
  }

  contextTimeAt(atUs) {
    return atUs / 1e6;
  }

  audible() {
    return { contextTime: this.context.currentTime, atUs: this.nowUs };
  }

  /** All sources that are audible at some time. */
  get sources() {
    return this.context.sources.filter(({ started, stopped }) => started && stopped > started.when);
  }

  /**
   * Advance the time in small steps, and end sources.
   * @param {number} seconds
   * @param {(ms: number) => void} tick advances the clock of timers
   */
  pass(seconds, tick) {
    const end = this.context.currentTime + seconds;
    while (this.context.currentTime < end - 1e-9) {
      this.context.currentTime = Math.min(end, this.context.currentTime + 0.05);
      tick(50);
      for (const source of this.context.sources) {
        const over = source.started && source.end / this.context.sampleRate <= this.context.currentTime;
        if (over && !source.finished) {
          source.finished = true;
          source.onended?.();
        }
      }
    }
  }

  /** @returns {() => void} removes the globals */
  install() {
    const names = { AudioBuffer: FakeBuffer, GainNode: FakeGain, AudioBufferSourceNode: FakeSource };
    Object.assign(globalThis, names);
    return () => Object.keys(names).forEach((name) => delete globalThis[name]);
  }
}
