/** Records what this device's microphone hears, as it is: without echo cancellation and other changes for speech. */

/** @typedef {"insecure" | "denied" | "no_microphone" | "microphone_failed"} MicrophoneFault */

const MAX_SECONDS = 45;
/** @type {Record<string, MicrophoneFault>} */
const FAULTS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "no_microphone" };

export class MicrophoneError extends Error {
  /** @param {MicrophoneFault} fault */
  constructor(fault) {
    super(fault);
    this.fault = fault;
  }
}

/** @typedef {Pick<Recorder, "start" | "peek">} Microphone */

export class Recorder {
  #context;
  #stream;
  #tap;
  /** @type {Float32Array[]} */
  #blocks = [];

  /**
   * @param {AudioContext} context
   * @param {MediaStream} stream
   */
  constructor(context, stream) {
    this.#context = context;
    this.#stream = stream;
    this.#tap = new AudioWorkletNode(context, "moosicbox-tap", { numberOfOutputs: 0 });
    this.#tap.port.onmessage = (/** @type {MessageEvent<Float32Array>} */ { data: block }) => {
      if (this.#blocks.length * block.length < MAX_SECONDS * context.sampleRate) {
        this.#blocks.push(block);
      }
    };
    new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(this.#tap);
  }

  /**
   * Ask for the microphone.
   * @returns {Promise<Recorder>}
   * @throws {MicrophoneError}
   */
  static async open() {
    // Browsers have no microphone for pages by plain http.
    if (!isSecureContext) {
      throw new MicrophoneError("insecure");
    }
    /** @type {MediaStream | null} */
    let stream = null;
    const context = new AudioContext();
    try {
      const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      stream = await navigator.mediaDevices.getUserMedia({ audio });
      await context.audioWorklet.addModule(new URL("./recorder-worklet.js", import.meta.url));
      await context.resume();
      return new Recorder(context, stream);
    } catch (error) {
      release(context, stream);
      const { name } = /** @type {{name?: string}} */ (error);
      throw new MicrophoneError(FAULTS[name ?? ""] ?? "microphone_failed");
    }
  }

  /** Begin a recording. */
  start() {
    this.#blocks = [];
  }

  /** @returns {{samples: Float32Array, rate: number}} what has been recorded since `start` */
  peek() {
    const blocks = this.#blocks;
    const samples = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const block of blocks) {
      samples.set(block, at);
      at += block.length;
    }
    return { samples, rate: this.#context.sampleRate };
  }

  /** Switch the microphone off. */
  close() {
    this.#tap.port.onmessage = null;
    release(this.#context, this.#stream);
  }
}

/**
 * @param {AudioContext} context
 * @param {MediaStream | null} stream
 */
function release(context, stream) {
  for (const track of stream?.getTracks() ?? []) {
    track.stop();
  }
  void context.close();
}
