/** The live actions for models: as lists of tools, and over the Model Context Protocol. */
import { liveTools, toolList } from "../mcp/tools.ts";
import { ok, tenantOf, type Handlers } from "./handler.ts";

export const modelHandlers: Handlers<"tools" | "mcp"> = {
  async tools(parts, call) {
    return ok({ tools: toolList(await liveTools(parts, tenantOf(call).name), call.query.format) });
  },
  async mcp(parts, call) {
    const { answerMcp } = await import("../mcp/server.ts");
    return { status: 200, response: await answerMcp(parts, tenantOf(call), call) };
  },
};
