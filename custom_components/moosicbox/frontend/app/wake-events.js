/**
 * Call back when the device wakes up or the network comes back.
 * @param {() => void} wake
 */
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
