/** Test helpers: a fake renderer, and a way to wait for promises. */

/** Run everything that waits only for promises. */
export async function settle() {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
}

/** A fake renderer, in virtual time. */
export class FakeRenderer {
  listeners = {};
  segments = [];
  rates = [];
  disposed = false;

  constructor(nowUs, duration = 100) {
    this.nowUs = nowUs;
    this.duration = duration;
    this.bufferedSeconds = duration;
  }

  on(name, listener) {
    (this.listeners[name] ??= []).push(listener);
    return () => undefined;
  }

  emit(name, detail = null) {
    this.listeners[name]?.forEach((listener) => listener(detail));
  }

  /**
   * True for positions that aren't decoded yet.
   * @type {(position: number) => boolean}
   */
  lacks = () => false;
  endsAt = null;
  endPhase = 0;
  path = "stream";
  small = false;
  fallback = null;
  /** The options of its starts and stops. */
  starts = [];
  stops = [];
  /** The times in which it faded out. */
  fades = [];

  ready(position) {
    return !this.lacks(position);
  }

  start(position, atUs, how) {
    this.starts.push(how);
    this.#mark({ atUs, position });
  }

  stop(atUs, { within = 0, fadeSeconds = 0 } = {}) {
    this.stops.push(within);
    this.fades.push(fadeSeconds);
    this.#mark({ atUs, position: null });
  }

  /** The position that sounds at a time. */
  positionAt(atUs) {
    const segment = this.segments.findLast((candidate) => candidate.atUs <= atUs);
    const elapsed = segment ? (atUs - segment.atUs) / 1e6 : 0;
    return segment && segment.position !== null ? segment.position + (segment.rate ?? 1) * elapsed : null;
  }

  audible() {
    const atUs = this.nowUs();
    const position = this.positionAt(atUs);
    return position === null ? null : { position, atUs };
  }

  /** The speeds to which it was set. */
  speeds = [];

  setRate(rate, speed) {
    if (speed !== undefined) {
      this.speeds.push(speed);
      return;
    }
    const last = this.segments.at(-1);
    if (rate !== (last.rate ?? 1)) {
      this.#mark({ atUs: this.nowUs(), position: this.positionAt(this.nowUs()), rate });
    }
    this.rates.push(rate);
  }

  dispose() {
    this.disposed = true;
  }

  #mark(segment) {
    this.segments = [...this.segments.filter(({ atUs }) => atUs < segment.atUs), segment];
  }
}
