/** A view whose code is fetched when it is first rendered. */
import { el } from "../dom.js";
import { emptyState } from "./empty-state.js";

/** @import { Context, View } from "../context.js" */

/**
 * Fetch a module together with the deferred texts and styles that it needs.
 * @template T
 * @param {Context} context
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export async function loadDeferred({ localize, addStyles }, load) {
  const [loaded, { deferredStyles }] = await Promise.all([
    load(),
    import("../deferred-styles.js"),
    localize.loadDeferred(),
  ]);
  addStyles(deferredStyles);
  return loaded;
}

/**
 * Run what fetches code for an action of the user, and tell the user if that fails.
 * @template T
 * @param {Pick<Context, "localize" | "toast">} context
 * @param {() => Promise<T>} load
 * @returns {Promise<T | undefined>} undefined if it failed
 */
export async function loadOrTell({ localize, toast }, load) {
  try {
    return await load();
  } catch (error) {
    console.debug("moosicbox: failed to load a part of the page", error);
    const run = () => {
      location.reload();
    };
    toast(localize("part_missing"), { label: localize("reload"), run });
    return undefined;
  }
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

  #placeholder() {
    const { localize } = this.#context;
    return emptyState({
      icon: "hub",
      title: localize("part_missing"),
      text: localize("part_missing_text"),
      action: localize("reload"),
      onaction: () => {
        location.reload();
      },
    });
  }

  async #fetch() {
    this.#loading = true;
    try {
      const ViewClass = await loadDeferred(this.#context, this.#load);
      if (this.#last) {
        this.#view = new ViewClass(this.#context);
        this.#view.render(...this.#last);
        this.element.replaceChildren(this.#view.element);
      }
    } catch (error) {
      // The next rendering tries again.
      this.#loading = false;
      console.debug("moosicbox: failed to load a part of the page", error);
      this.element.replaceChildren(this.#placeholder());
    }
  }
}
