/** Navigation in Home Assistant. */

/**
 * Open a page of Home Assistant without a reload.
 * @param {string} path
 */
export function navigate(path) {
  history.pushState(null, "", path);
  dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
}
