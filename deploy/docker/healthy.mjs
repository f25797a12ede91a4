// The health check of a container: exit code 0 if the role in it says that every component is well.
const url = `http://127.0.0.1:${process.env.OPG_HTTP_PORT ?? 8650}/healthz`;
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  console.log((await answer.text()).slice(0, 1_000));
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.log(`${url}: ${error.message}`);
  process.exitCode = 1;
}
