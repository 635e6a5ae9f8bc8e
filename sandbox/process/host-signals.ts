/**
 * Node opens its inspector on SIGUSR1, and a client of an inspector runs code in that process. The flag against it cannot be asked of a
 * program that embeds us, so a listener takes the signal, for as long as the process lives: without one again, the signal would end it.
 */
export function keepInspectorClosed(): void {
  if (process.platform === "win32" || process.listenerCount("SIGUSR1") > 0) return;
  process.on("SIGUSR1", ignore);
}

// oxlint-disable-next-line no-empty-function -- that the signal is taken is all
function ignore(): void {}
