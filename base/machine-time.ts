/**
 * The monotonic clock that all processes of a machine share, in microseconds: libuv reads the same one in each, from the same origin. What
 * `performance.now()` gives begins anew in every process, and wall clocks are set.
 */
export function machineTime(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}
