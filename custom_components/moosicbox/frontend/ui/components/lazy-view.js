/** A part of a page whose code is fetched when it is first shown. */
import { el } from "../dom.js";
import { emptyState } from "./empty-state.js";

/** @import { Context, View } from "../context.js" */

/**
 * What parts that come later need beside their code: the rest of the words, and of the looks.
 * @template T
 * @param {Context} context
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export async function loadDeferred({ localize, style }, load) {
  const [part, { deferredStyles }] = await Promise.all([
    load(),
    import("../deferred-styles.js"),
    localize.loadDeferred(),
  ]);
  style(deferredStyles);
  return part;
}

export class LazyView {
  #context;
  #load;
  /** @type {View | null} */
  #view = null;
  #loading = false;
  /** @type {[import("../context.js").AppState, import("../context.js").Target | null] | null} */
  #last = null;
  element = el("div", { class: "lazy" });

  /**
   * @param {Context} context
   * @param {() => Promise<new (context: Context) => View>} load
   */
  constructor(context, load) {
    this.#context = context;
    this.#load = load;
  }

  /** @type {View["render"]} */
  render(state, target) {
    this.#last = [state, target];
    if (this.#view) {
      this.#view.render(state, target);
    } else if (!this.#loading) {
      void this.#fetch();
    }
  }

  /** @param {number | null} hubUs */
  tick(hubUs) {
    this.#view?.tick?.(hubUs);
  }

  dispose() {
    this.#view?.dispose?.();
    this.#last = null;
  }

  #missing() {
    const { localize } = this.#context;
    return emptyState({
      icon: "hub",
      title: localize("part_missing"),
      text: localize("part_missing_text"),
      action: localize("reload"),
      onaction: () => location.reload(),
    });
  }

  async #fetch() {
    this.#loading = true;
    try {
      const Part = await loadDeferred(this.#context, this.#load);
      if (this.#last) {
        this.#view = new Part(this.#context);
        this.#view.render(...this.#last);
        this.element.replaceChildren(this.#view.element);
      }
    } catch (error) {
      // Rendered again with the next change of the state, it is tried again.
      this.#loading = false;
      console.debug("moosicbox: a part of the page could not be fetched", error);
      this.element.replaceChildren(this.#missing());
    }
  }
}
