// Preloaded into every process of the local network: when the process that started it is gone, however it went, this one ends too.
// A second after asking nicely it is not asked any more.
process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 10_000).unref();
});
// The leash alone keeps nothing alive.
process.channel?.unref();
