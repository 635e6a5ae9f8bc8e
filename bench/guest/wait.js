// A guest script of the benchmark: an async host function that answers when the host likes.
(bridge) => {
  globalThis.wait_for_host = (ms) => bridge.callAsync("wait", bridge.primordials.stringify({ ms }));
};
