// The TypeScript SDK's client, told what to do line by line: a JSON object in, a JSON object out.
// In: {"do": "callTool", "with": {...}, "timeout": ms}. Out: {"result": ...} or {"error": "..."}.
// Environment: MCP_URL, MCP_TOKEN, MCP_ERA (auto or legacy), MCP_DECISION (what the person says to each form; none: no forms).
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const tools = createRequire(join(process.env.TRIVIUM_NODE_TOOLS, "package.json"));
const entry = tools.resolve("@modelcontextprotocol/client").replace(/\.cjs$/, ".mjs");
const { Client, StreamableHTTPClientTransport } = await import(pathToFileURL(entry).href);
const { MCP_URL, MCP_TOKEN, MCP_ERA, MCP_DECISION } = process.env;

const client = new Client(
  { name: "trivium-test", version: "1.0.0" },
  { capabilities: MCP_DECISION ? { elicitation: { form: {} } } : {}, versionNegotiation: { mode: MCP_ERA } },
);
if (MCP_DECISION) {
  client.setRequestHandler("elicitation/create", async () => ({ action: "accept", content: { decision: MCP_DECISION } }));
}
let told = 0;
const say = (said) => process.stdout.write(JSON.stringify(said) + "\n");
const deeds = {
  callTool: (given, options) => client.callTool(given, { ...options, onprogress: () => (told += 1) }),
  listTools: () => client.listTools(),
  listPrompts: () => client.listPrompts(),
  readResource: (given) => client.readResource(given),
  getPrompt: (given) => client.getPrompt(given),
  complete: (given) => client.complete(given),
  progress: async () => ({ told }),
};

await client.connect(
  new StreamableHTTPClientTransport(new URL(MCP_URL), { requestInit: { headers: { Authorization: `Bearer ${MCP_TOKEN}` } } }),
);
say({ result: { version: client.getNegotiatedProtocolVersion?.() ?? null } });
for await (const line of createInterface({ input: process.stdin })) {
  const { do: deed, with: given, timeout } = JSON.parse(line);
  try {
    say({ result: await deeds[deed](given, timeout ? { timeout } : {}) });
  } catch (error) {
    say({ error: String(error?.message ?? error) });
  }
}
await client.close();
