/**
 * Checks every sample of a page's audio output. The music is a sawtooth wave: each sample is higher than the one before by the same
 * step, except at the teeth. `window.continuity()` returns the number of samples and the places where that isn't so.
 */
(() => {
  const { connect } = AudioNode.prototype;
  const module = `
    const STEP = 0.8 / 1_000;
    registerProcessor("continuity", class extends AudioWorkletProcessor {
      #before = 0;
      #heard = 0;
      #silent = 0;
      process([[left]]) {
        for (const sample of left ?? []) {
          const rise = sample - this.#before;
          const tooth = Math.abs(rise - STEP + 0.8) < 5e-4;
          if (sample === 0 && this.#heard === 0) {
            continue;
          }
          if (this.#heard > 0 && Math.abs(rise - STEP) > 2e-4 && !tooth) {
            this.port.postMessage({ break: this.#heard, rise });
          }
          this.#heard += 1;
          this.#before = sample;
        }
        if (this.#heard % 4096 < 128) {
          this.port.postMessage({ heard: this.#heard });
        }
        return true;
      }
    });`;
  const found = { breaks: [], heard: 0 };

  async function attach(source) {
    const { context } = source;
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([module], { type: "text/javascript" })));
    const node = new AudioWorkletNode(context, "continuity");
    const silent = new GainNode(context, { gain: 0 });
    connect.call(source, node);
    connect.call(node, silent);
    connect.call(silent, context.destination);
    node.port.onmessage = ({ data }) => {
      found.heard = data.heard ?? found.heard;
      if (data.break !== undefined) {
        found.breaks.push(data);
      }
    };
  }

  AudioNode.prototype.connect = function (target, ...more) {
    if (target instanceof AudioDestinationNode && target.context instanceof AudioContext) {
      void attach(this);
    }
    return connect.call(this, target, ...more);
  };
  window.continuity = () => found;
})();
