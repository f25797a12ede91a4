/** Nothing of this process's environment, which may hold secrets, but where Node keeps compiled code: a thread starts in half the time. */
export const threadEnvironment = (): Record<string, string> => {
  const cache = process.env['NODE_COMPILE_CACHE'];
  return cache === undefined ? {} : { NODE_COMPILE_CACHE: cache };
};
