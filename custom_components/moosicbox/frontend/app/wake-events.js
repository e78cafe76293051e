/** Tells when the device woke up or the network came back. */

/** @param {() => void} wake */
export function onWake(wake) {
  addEventListener("online", wake);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) {
      wake();
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      wake();
    }
  });
}
