/** The page's clock runs wrong from here on, as that of another machine would. `PPM` is put in front of this. */
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
