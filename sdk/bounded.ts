/** Reads an answer of a stranger's server, and no more of it than there is reason to. */

export class TooMuch extends Error {
  constructor(most: number) {
    super(`it sends more than ${most} bytes`);
  }
}

/** Throws TooMuch, and hangs up, as soon as there is more. */
export async function bytesOf(answer: Response, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop cancels the body.
    if (length > most) throw new TooMuch(most);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

export async function textOf(answer: Response, most: number): Promise<string> {
  return new TextDecoder().decode(await bytesOf(answer, most));
}

/** Why a fetch failed; Node puts that into the cause. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
