/** Makes the page's clock run fast, like that of another machine. tab.py defines `PPM`, the error in parts per million. */
(() => {
  const speed = 1 + PPM * 1e-6;
  const { now } = performance;
  const { getOutputTimestamp } = AudioContext.prototype;
  Performance.prototype.now = function () {
    return now.call(this) * speed;
  };
  AudioContext.prototype.getOutputTimestamp = function () {
    const { contextTime, performanceTime } = getOutputTimestamp.call(this);
    return { contextTime, performanceTime: performanceTime * speed };
  };
})();
