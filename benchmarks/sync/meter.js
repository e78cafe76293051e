/**
 * Measures the output of a page's AudioContext, independently of the player: each sample of the music encodes its position (see
 * ruler.py). Runs before all other scripts of the page; `window.meter.take()` returns the readings since the last call.
 */
(() => {
  const BLOCKS = 16;
  const STAMPS = 9;
  // The original functions, because disturb.js replaces them later.
  const { getOutputTimestamp } = AudioContext.prototype;
  const { connect } = AudioNode.prototype;
  const readings = [];
  const offsets = [];

  const module = `
    registerProcessor("meter", class extends AudioWorkletProcessor {
      #block = 0;
      #sounding = false;
      process([[left, right]]) {
        const sounding = Boolean(right?.some((sample) => sample > 0.01));
        if (sounding !== this.#sounding) {
          this.#sounding = sounding;
          this.port.postMessage({ at: currentTime, sounding });
        }
        const steady = sounding && Math.abs(right[0] - right[127]) < 1e-5 && left[127] > left[0];
        if (this.#block++ % ${BLOCKS} === 0 && steady) {
          this.port.postMessage({ at: currentTime, left: left[0], right: right[0] });
        }
        return true;
      }
    });`;

  const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

  async function attach(source) {
    const { context } = source;
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([module], { type: "text/javascript" })));
    const meter = new AudioWorkletNode(context, "meter");
    const silent = new GainNode(context, { gain: 0 });
    connect.call(source, meter);
    connect.call(meter, silent);
    connect.call(silent, context.destination);
    meter.port.onmessage = ({ data: { at, left, right, sounding } }) => {
      const stamp = getOutputTimestamp.call(context);
      offsets.push(stamp.performanceTime - stamp.contextTime * 1000);
      offsets.splice(0, offsets.length - STAMPS);
      // The time at which this sample is audible, on the true clock. Single timestamps may be wrong, so the median is used.
      const at_ms = at * 1000 + median(offsets);
      if (left === undefined) {
        readings.push({ at_ms, sounding });
      } else {
        const code = ((right - 0.1) / 0.8) * 2048;
        const whole = Math.round(code);
        if (Math.abs(code - whole) < 0.2) {
          readings.push({ at_ms, track: Math.floor(whole / 64), position: (whole % 64) + left + 0.5 });
        }
      }
    };
  }

  AudioNode.prototype.connect = function (target, ...more) {
    if (target instanceof AudioDestinationNode) {
      void attach(this);
    }
    return connect.call(this, target, ...more);
  };

  window.meter = { take: () => readings.splice(0) };
})();
