/** Stand-ins for what the browser and the hub would be. */

/** Lets everything run that waits for a promise only. */
export async function settle() {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
}

/** An item that sounds in virtual time only. */
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

  /** Positions for which it has no sound yet, as one that decodes while the file comes in. */
  lacks = () => false;
  endsAt = null;
  endPhase = 0;
  path = "stream";
  reason = null;
  /** How it was started and stopped. */
  starts = [];
  stops = [];

  ready(position) {
    return !this.lacks(position);
  }

  start(position, atUs, how) {
    this.starts.push(how);
    this.#mark({ atUs, position });
  }

  stop(atUs, within) {
    this.stops.push(within);
    this.#mark({ atUs, position: null });
  }

  /** What sounds at a time, past or to come. */
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

  setRate(rate) {
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
