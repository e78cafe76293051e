/**
 * Measures the output of every AudioContext of a page, independently of the player. The music is loud on the left channel in its
 * first half, and on the right one in its second half (see music.py). The script runs before all others of the page. It needs
 * no AudioWorklet, which pages loaded over plain HTTP lack.
 */
(() => {
  const LOUD = 0.05;
  const SAMPLES = 32_768;
  const INTERVAL_MS = 100;
  const { connect } = AudioNode.prototype;
  /** @type {{context: AudioContext, sides: AnalyserNode[]}[]} */
  const outputs = [];

  AudioNode.prototype.connect = function (target, ...more) {
    if (target instanceof AudioDestinationNode && target.context instanceof AudioContext) {
      const { context } = target;
      const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
      const sides = [0, 1].map(() => new AnalyserNode(context, { fftSize: SAMPLES }));
      connect.call(this, splitter);
      sides.forEach((side, channel) => connect.call(splitter, side, channel));
      outputs.push({ context, sides });
    }
    return connect.call(this, target, ...more);
  };

  /** The time at which the first loud sample after `afterMs` is audible, in ms of performance.now(); null if there is none in the last 0.7 s. */
  function loudAt({ context, sides }, side, afterMs) {
    const stamp = context.getOutputTimestamp();
    if (!stamp.performanceTime) {
      return null;
    }
    const samples = new Float32Array(SAMPLES);
    sides[side].getFloatTimeDomainData(samples);
    const beganAt = context.currentTime - SAMPLES / context.sampleRate;
    const atMs = (index) => stamp.performanceTime + (beganAt + index / context.sampleRate - stamp.contextTime) * 1_000;
    const index = samples.findIndex((sample, at) => Math.abs(sample) > LOUD && atMs(at) > afterMs);
    return index < 0 ? null : atMs(index);
  }

  /** The time of the hub's last command to play, µs of its clock. */
  let due = 0;
  const { WebSocket } = window;
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => {
        const order = /"synchronized_playback".*"command":"play".*"sync_time_us":(\d+)/.exec(data);
        due = order ? Number(order[1]) : due;
      });
    }
  };

  window.ear = {
    due: () => due,
    latency: () => window.elementContext.baseLatency + window.elementContext.outputLatency,
    /** @returns {Promise<number>} the time at which a side is first loud after `afterMs`, in ms of performance.now() */
    loud: (side, afterMs) =>
      new Promise((resolve) => {
        const check = () => {
          const found = outputs.map((output) => loudAt(output, side, afterMs)).filter((at) => at !== null);
          if (found.length > 0) {
            resolve(Math.min(...found));
          } else {
            setTimeout(check, INTERVAL_MS);
          }
        };
        check();
      }),
    /** @returns {Promise<number>} ms from the start of an audio element until it is loud on the left */
    async element(url) {
      window.elementContext ??= new AudioContext({ latencyHint: "playback" });
      await window.elementContext.resume();
      const element = new Audio();
      const began = performance.now();
      element.src = url;
      new MediaElementAudioSourceNode(window.elementContext, { mediaElement: element }).connect(
        window.elementContext.destination,
      );
      await element.play();
      const at = await window.ear.loud(0, began);
      element.pause();
      element.removeAttribute("src");
      element.load();
      return at - began;
    },
  };
})();
