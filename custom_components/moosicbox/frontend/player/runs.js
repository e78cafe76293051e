/** The runs of a renderer that may be audible. One of them is the current one, whose pieces are scheduled. */
import { FADE_SECONDS } from "./fade.js";
import { Run } from "./run.js";

/** @typedef {Omit<import("./run.js").RunOptions, "onidle">} Beginning */

export class Runs {
  /** The run that sounds or will sound. @type {Run | null} */
  current = null;
  #context;
  #input;
  #onidle;
  /** @type {Set<Run>} */
  #all = new Set();

  /**
   * @param {BaseAudioContext} context
   * @param {AudioNode} input of the output
   * @param {(run: Run) => void} onidle called when the last scheduled piece of a run has ended
   */
  constructor(context, input, onidle) {
    this.#context = context;
    this.#input = input;
    this.#onidle = onidle;
  }

  /**
   * Begin another run.
   * @param {Beginning} beginning
   */
  begin(beginning) {
    const run = new Run(this.#context, this.#input, {
      ...beginning,
      onidle: () => {
        if (this.#all.has(run)) {
          this.#onidle(run);
        }
      },
    });
    this.current = run;
    this.#all.add(run);
  }

  /**
   * Silence all runs.
   * @param {number} when context time of silence
   * @param {number} [fadeSeconds]
   */
  silence(when, fadeSeconds = FADE_SECONDS) {
    const end = Math.max(when, this.#context.currentTime + FADE_SECONDS);
    for (const run of this.#all) {
      run.silence(end, fadeSeconds);
      if (run.idle) {
        this.forget(run);
      }
    }
  }

  /** @param {Run} run */
  forget(run) {
    run.dispose();
    this.#all.delete(run);
    this.current = this.current === run ? null : this.current;
  }

  dispose() {
    for (const run of this.#all) {
      this.forget(run);
    }
  }
}
