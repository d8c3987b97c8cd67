// The host at the other end: JSON-RPC over postMessage, as the MCP Apps extension has it (2026-01-26).
const bridge = (() => {
  const waiting = new Map();
  const heard = new Map();
  let number = 0;

  const send = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const tell = (method, params = {}) => send({ method, params });
  const ask = (method, params) => new Promise((resolve, reject) => {
    const id = ++number;
    waiting.set(id, { resolve, reject });
    send({ id, method, params });
  });
  const on = (method, handler) => heard.set(method, handler);

  const answered = ({ id, result, error }) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) asked?.reject(new Error(error.message || "The host refused."));
    else asked?.resolve(result);
  };

  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || data?.jsonrpc !== "2.0") return;
    if (data.method === undefined) return answered(data);
    const handler = heard.get(data.method);
    if (data.id === undefined) return handler?.(data.params ?? {});
    if (handler) return send({ id: data.id, result: handler(data.params ?? {}) ?? {} });
    send({ id: data.id, error: { code: -32601, message: `There is no ${data.method} here.` } });
  });

  return { ask, on, tell };
})();
