// A guest script of the benchmark: an async host function that answers when the host likes.
// oxlint-disable-next-line no-unused-expressions -- the value of the script is this function
(bridge) => {
  globalThis.wait_for_host = (ms) => bridge.callAsync("wait", bridge.primordials.stringify({ ms }));
};
