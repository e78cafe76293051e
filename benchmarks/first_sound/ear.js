/**
 * Listens to what goes out of every AudioContext of a page, without anything the player believes. The music is loud on the left
 * channel in its first half and on the right one in its second (see music.py). Runs before all else of the page, also where the
 * page came by plain http and there is no AudioWorklet.
 */
(() => {
  const LOUD = 0.05;
  const SAMPLES = 32_768;
  const LOOK_MS = 100;
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

  /** When the first loud sample after `afterMs` is audible, in ms of performance.now(); null if none of the last 0.7 s is. */
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

  /** When the last order of the hub to play is to be carried out, µs of its clock. */
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
    /** @returns {Promise<number>} when a side is first loud after a time, in ms of performance.now() */
    loud: (side, afterMs) =>
      new Promise((resolve) => {
        const look = () => {
          const found = outputs.map((output) => loudAt(output, side, afterMs)).filter((at) => at !== null);
          if (found.length > 0) {
            resolve(Math.min(...found));
          } else {
            setTimeout(look, LOOK_MS);
          }
        };
        look();
      }),
    /** @returns {Promise<number>} ms from a click on play in an audio element until it is loud on the left */
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
