/** Measures a page's audio output: `window.overlap()` returns the seconds of sound on the left, on the right, and on both sides at once. */
(() => {
  const { connect } = AudioNode.prototype;
  const module = `
    const LOUD = 0.002;
    const loud = (samples) => samples?.some((sample) => Math.abs(sample) > LOUD) ?? false;
    registerProcessor("overlap", class extends AudioWorkletProcessor {
      #seconds = [0, 0, 0];
      process([[left, right]]) {
        const sides = [loud(left), loud(right)];
        [...sides, sides[0] && sides[1]].forEach((counts, index) => {
          this.#seconds[index] += counts ? left.length / sampleRate : 0;
        });
        this.port.postMessage(this.#seconds);
        return true;
      }
    });`;
  let found = [0, 0, 0];

  async function attach(source) {
    const { context } = source;
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([module], { type: "text/javascript" })));
    const node = new AudioWorkletNode(context, "overlap");
    const silent = new GainNode(context, { gain: 0 });
    connect.call(source, node);
    connect.call(node, silent);
    connect.call(silent, context.destination);
    node.port.onmessage = ({ data }) => {
      found = data;
    };
  }

  AudioNode.prototype.connect = function (target, ...more) {
    if (target instanceof AudioDestinationNode && target.context instanceof AudioContext) {
      void attach(this);
    }
    return connect.call(this, target, ...more);
  };
  window.overlap = () => found;
})();
