/** The two ways in which a file is refused for what it says, and how its own words are quoted. */
import { ProtocolError } from '../errors.ts';

export function malformed(reason: string): ProtocolError {
  return new ProtocolError('onnx.malformed', { reason });
}

export function unsupported(feature: string): ProtocolError {
  return new ProtocolError('onnx.unsupported', { feature });
}

/** A name of the file, shortened and escaped: it may be megabytes of anything. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}

/** Runs the library's code; whatever it throws says that the bytes are no such message. */
export function decoding<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw malformed(`it is no protobuf (${(error as Error).message})`);
  }
}
