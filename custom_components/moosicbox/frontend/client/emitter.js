/** A typed event emitter. */

/**
 * @template {object} Events the detail of each event, by its name
 */
export class Emitter {
  /** @type {{[Name in keyof Events]?: Set<(detail: Events[Name]) => void>}} */
  #listeners = {};

  /**
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {(detail: Events[Name]) => void} listener
   * @returns {() => void} removes the listener
   */
  on(name, listener) {
    const listeners = (this.#listeners[name] ??= new Set());
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /**
   * Call all listeners. An exception of one is reported and does not keep the others from being called.
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {Events[Name]} detail
   */
  emit(name, detail) {
    for (const listener of [...(this.#listeners[name] ?? [])]) {
      try {
        listener(detail);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
