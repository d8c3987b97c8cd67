// Server-sent events out of bytes. Source: html.spec.whatwg.org, section 9.2; comments are pings and only heard.

/**
 * Frames as {event, data, id}; a frame that the stream's end cut off is not given out.
 * @param {AsyncIterable<Uint8Array>|ReadableStream<Uint8Array>} bytes
 * @param {() => void} heard called for every piece that comes, pings too
 */
export async function* framesOf(bytes, heard = () => {}) {
  const decoder = new TextDecoder();
  let rest = "", frame = empty();
  for await (const piece of pieces(bytes)) {
    heard();
    rest += decoder.decode(piece, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line) put(frame, line);
      else if (frame.data !== null) {
        yield frame;
        frame = empty();
      }
    }
  }
}

async function* pieces(bytes) {
  if (!bytes.getReader) return yield* bytes;
  const reader = bytes.getReader();
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) yield value;
  } finally {
    reader.cancel().catch(() => {});
  }
}

const empty = () => ({ event: "message", data: null, id: "" });

function put(frame, line) {
  const colon = line.indexOf(":");
  if (colon === 0) return;
  const field = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (field === "data") frame.data = frame.data === null ? value : `${frame.data}\n${value}`;
  else if (field === "event" || field === "id") frame[field] = value;
}
